"""Which incidents are asked for: by state, pair, cause, and by words that stand in them.

The words are those of the index `search` (migration 0005): the lines that hosts printed, and
what happened in the timeline. Triggers of the database keep it in step within the transaction
that adds an event, so nothing is found that was struck out before it was stored (law 6). A row
of it is named `incident's number << 32 | event's seq`, so it is read from the newest incident
back, and each word's stream can jump to the next incident that the others have too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from storage.database import Database, Rows
from storage.views import IncidentHead

Json = Any
Stream = Callable[[int], int | None]
"""The newest incident's number that fits and is not above this one."""

MOST_WORDS, LONGEST_WORD = 8, 64
_MOST_LOOKS = 4000
"""A search that has looked this often stops, says what it has, and where to go on."""
_NEWEST = (1 << 31) - 1
_SIGNS = r"[^\W_\u19b0-\u19ff\u1c80-\u1cff\U00010000-\U0010ffff]"
"""Letters and digits that SQLite's tokenizer (Unicode 6.1) takes for such too."""
_WORD = re.compile(rf"{_SIGNS}+(?:\.{_SIGNS}+)*(?:\.?\*)?")
_HANGUL = re.compile("[가-힣]")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; empty is anything. text: all its words must stand in the incident."""

    state: str = ""
    pair_id: str = ""
    cause: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An incident in a list. confidence and checked (epoch seconds): the newest verdict's."""

    head: IncidentHead
    asked: bool
    checks: int
    running: bool
    outcome: str | None
    confidence: str | None
    checked: float | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of incidents, newest first. rest: give it as `before` for the next; None: no more."""

    incidents: tuple[Listed, ...]
    rest: int | None


@dataclass(frozen=True, slots=True)
class Facets:
    """What there is to choose from, each with its number of incidents."""

    states: dict[str, int]
    pairs: dict[str, int]
    causes: dict[str, int]


class Search:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, wanted: Wanted, before: int | None = None, limit: int = 50) -> Found:
        """Incidents below the number `before`, newest first, at most `limit`."""
        return await self._database.read(lambda rows: find(rows, wanted, before, limit))

    async def facets(self) -> Facets:
        """What the filters offer."""
        return await self._database.read(facets)


def words_of(text: str) -> list[str]:
    """The words of a question, each once. `quarant*` and Korean words mean their beginnings:
    a Korean word carries its particle. One sign alone is no beginning: half the record has it."""
    found = []
    for word in _WORD.findall(text):
        start = word.removesuffix("*")[:LONGEST_WORD]
        begins = word.endswith("*") or _HANGUL.search(word)
        found.append(f"{start}*" if begins and len(start) > 1 else start)
    return list(dict.fromkeys(found))[:MOST_WORDS]


def find(rows: Rows, wanted: Wanted, before: int | None, limit: int) -> Found:
    """A page of what is wanted, read from the newest back."""
    words = words_of(wanted.text)
    if wanted.text.strip() and not words:
        return Found((), None)
    streams = [_filtered(rows, wanted), *(_holding(rows, word) for word in words)]
    numbers: list[int] = []
    start = _NEWEST if before is None else min(before - 1, _NEWEST)
    for looks, (number, fits) in enumerate(_agreed(streams, start)):
        if len(numbers) == limit or looks >= _MOST_LOOKS:
            return Found(_listed(rows, numbers), number + 1)
        if fits:
            numbers.append(number)
    return Found(_listed(rows, numbers), None)


def _agreed(streams: list[Stream], start: int) -> Iterator[tuple[int, bool]]:
    """Where it is looked, from `start` down, and whether all streams have that number."""
    at, agreeing = start, 0
    for stream in cycle(streams):
        number = stream(at)
        if number is None:
            return
        agreeing = agreeing + 1 if number == at else 1
        fits = agreeing >= len(streams)
        yield number, fits
        at, agreeing = (number - 1, 0) if fits else (number, agreeing)


def _filtered(rows: Rows, wanted: Wanted) -> Stream:
    named = {"state": wanted.state, "pair_id": wanted.pair_id, "cause": wanted.cause}
    given = {name: value for name, value in named.items() if value}
    conditions = "".join(f" AND {name} = ?" for name in given)
    sql = f"SELECT number FROM incidents WHERE number <= ?{conditions} ORDER BY number DESC LIMIT 1"  # noqa: S608 (our own names)

    def newest(at: int) -> int | None:
        row = rows.one(sql, at, *given.values())
        return int(row["number"]) if row else None

    return newest


def _holding(rows: Rows, word: str) -> Stream:
    if word.endswith("*"):
        return _beginning(rows, word[:-1])
    sql = (
        "SELECT rowid >> 32 AS number FROM search WHERE search MATCH ? AND rowid < ?"
        " ORDER BY rowid DESC LIMIT 1"
    )

    def newest(at: int) -> int | None:
        row = rows.one(sql, f'"{word}"', (at + 1) << 32)
        return int(row["number"]) if row else None

    return newest


def _beginning(rows: Rows, start: str) -> Stream:
    """SQLite merges all words with this beginning at every look, so it looks once."""
    sql = "SELECT DISTINCT rowid >> 32 AS number FROM search WHERE search MATCH ?"
    numbers = sorted(row["number"] for row in rows.all(sql, f'"{start}"*'))

    def newest(at: int) -> int | None:
        place = bisect_right(numbers, at)
        return numbers[place - 1] if place else None

    return newest


def facets(rows: Rows) -> Facets:
    """Every state, pair and cause that there is, with its number of incidents."""

    def counted(column: str) -> dict[str, int]:
        of = f"FROM incidents WHERE {column} IS NOT NULL GROUP BY {column}"
        counts = rows.all(f"SELECT {column} AS value, count(*) AS n {of}")
        return {str(row["value"]): int(row["n"]) for row in counts}

    return Facets(counted("state"), counted("pair_id"), counted("cause"))


def _listed(rows: Rows, numbers: list[int]) -> tuple[Listed, ...]:
    return tuple(_one(rows, number) for number in numbers)


def _one(rows: Rows, number: int) -> Listed:
    row = rows.one("SELECT * FROM incidents WHERE number = ?", number) or {}
    checks = rows.one(
        "SELECT count(*) AS n, coalesce(sum(state = 'running'), 0) AS running"
        " FROM checks WHERE incident_id = ?",
        row["id"],
    ) or {"n": 0, "running": 0}
    verdict = rows.one(
        "SELECT at, json_extract(body, '$.outcome') AS outcome,"
        " json_extract(body, '$.confidence') AS confidence FROM events"
        " WHERE incident_id = ? AND kind = 'verdict' ORDER BY seq DESC LIMIT 1",
        row["id"],
    ) or {"at": None, "outcome": None, "confidence": None}
    return Listed(
        head=IncidentHead(**{name: row[name] for name in IncidentHead.__slots__}),
        asked=bool(row["asked"]),
        checks=int(checks["n"]),
        running=bool(checks["running"]),
        outcome=verdict["outcome"],
        confidence=verdict["confidence"],
        checked=verdict["at"],
    )
