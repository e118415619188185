"""Where in a TOML text a table or key stands, for tomllib keeps no positions (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"^\s*(\[\[?)\s*({_DOTTED})\s*\]")
_ASSIGNMENT = re.compile(rf"^\s*({_DOTTED})\s*=")
_QUOTES = re.compile(r"\"\"\"|'''|\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[\[\]{}]|#.*")


@dataclass(slots=True)
class LineIndex:
    """Lines by path, counted from 1. Tables in arrays are counted from 0, as lists are."""

    lines: dict[Path, int] = field(default_factory=dict)
    statements: list[int] = field(default_factory=list)

    def line_of(self, path: Path) -> int | None:
        """The line of the path itself, or of the nearest table around it that is written."""
        return next((self.lines[p] for p in _from_inside(path) if p in self.lines), None)

    def statement_at(self, line: int) -> int:
        """The line on which the header or value that reaches into `line` begins."""
        return max((start for start in self.statements if start <= line), default=line)


def index(text: str) -> LineIndex:
    """Read the headers and keys of a TOML text, whether or not its values are right."""
    found = LineIndex()
    counts: dict[Path, int] = {}
    table: Path = ()
    closing, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if closing or depth:
            closing, depth = _open_after(line, closing, depth)
            continue
        if header := _HEADER.match(line):
            table = _table(_split(header[2]), header[1] == "[[", counts)
            found.lines.setdefault(table, number)
            found.statements.append(number)
        elif key := _ASSIGNMENT.match(line):
            path: Path = (*table, *_split(key[1]))
            for end in range(len(table) + 1, len(path) + 1):
                found.lines.setdefault(path[:end], number)
            found.statements.append(number)
            closing, depth = _open_after(line[key.end() :], "", 0)
    return found


def starts_statement(line: str) -> bool:
    """Does a header or an assignment begin on this line of text."""
    return bool(_HEADER.match(line) or _ASSIGNMENT.match(line))


def _from_inside(path: Path) -> list[Path]:
    return [path[:end] for end in range(len(path), 0, -1)]


def _split(dotted: str) -> list[str]:
    return [key.strip("\"'") for key in re.findall(_KEY, dotted)]


def _table(keys: list[str], is_array: bool, counts: dict[Path, int]) -> Path:
    """A header's path; a name that is an array of tables means its last element."""
    path: Path = ()
    for position, key in enumerate(keys, 1):
        path = (*path, key)
        if is_array and position == len(keys):
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, counts[path] - 1)
    return path


def _open_after(text: str, closing: str, depth: int) -> tuple[str, int]:
    """What a line leaves open: a multi-line string's quotes, and a number of brackets."""
    if closing:
        _, ended, text = text.partition(closing)
        if not ended:
            return closing, depth
    for token in _QUOTES.finditer(text):
        word = token[0]
        if word in ('"""', "'''"):
            return _open_after(text[token.end() :], word, depth)
        depth += (word in "[{") - (word in "]}")
    return "", max(depth, 0)
