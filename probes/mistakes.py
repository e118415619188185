"""What is wrong with an inventory, for the person who wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """line: counted from 1, 0 for the whole file; where: the table or key; mend: what to do."""

    line: int
    where: str
    what: str
    mend: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.where + ': ' if self.where else ''}{self.what} ({self.mend})"


class InventoryError(Exception):
    """A file that cannot be used, with all its mistakes in the order of their lines."""

    def __init__(self, path: Path, mistakes: Iterable[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join([f"{path}:", *map(str, self.mistakes)]))


def dotted(where: Where) -> str:
    """`("pairs", 0, "near")` → `pairs[1].near`: people count from one."""
    text = ""
    for part in where:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
