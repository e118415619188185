"""What was measured against what it should be, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One goal. unit: `` for a ratio, `s` for seconds. at_least: more is better. behind: the
    numbers that it was made of, in words. runs: the single results whose median it is."""

    what: str
    goal: float
    measured: float
    behind: str
    runs: tuple[float, ...] = ()
    unit: str = ""
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Not met either where nothing could be measured (NaN)."""
        return self.measured >= self.goal if self.at_least else self.measured <= self.goal


def table(rows: Sequence[Row]) -> str:
    """Markdown, so that it can be put into a text as it is."""
    lines = ["| what | goal | measured | | behind it |", "| --- | --- | --- | --- | --- |"]
    for row in rows:
        sign, unit = "≥" if row.at_least else "≤", f" {row.unit}" if row.unit else ""
        goal, measured = f"{sign} {row.goal:.3g}{unit}", f"{row.measured:.3g}{unit}"
        met = "met" if row.met else "**not met**"
        lines.append(f"| {row.what} | {goal} | {measured} | {met} | {row.behind} |")
    return "\n".join(lines)


def as_json(row: Row) -> dict[str, Any]:
    """One row for a program."""
    return {
        "what": row.what,
        "goal": row.goal,
        "at_least": row.at_least,
        "unit": row.unit or "ratio",
        "measured": row.measured,
        "met": row.met,
        "runs": list(row.runs),
        "behind": row.behind,
    }
