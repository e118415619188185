"""What people asked for, on disk before it is acknowledged (law 8), and once (a redelivery has
the same key). It stays until it was acted on, also over a restart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from storage.database import Database, Rows

Json = Any


@dataclass(frozen=True, slots=True)
class Taken:
    """Something asked for. at: epoch seconds when it came. answer: what came of it, once done."""

    key: str
    kind: str
    body: dict[str, Json]
    at: float
    answer: dict[str, Json] | None = None


class Inbox:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, key: str, kind: str, body: dict[str, Json], now: float) -> bool:
        """Keep it; on disk when this returns. False: it was there before, and nothing changes."""
        return await self._database.write(
            lambda rows: _take_in(rows, key, kind, body, now), awaited=True
        )

    async def claim(self, key: str, body: dict[str, Json], now: float) -> Taken:
        """Be the first to do what is done once: whose it is, this one's or an earlier one's."""
        return await self._database.write(lambda rows: _claim(rows, key, body, now))

    async def release(self, key: str) -> None:
        """Take a claim back: what was claimed could not be done, and may be done later."""
        await self._database.write(lambda rows: rows.remove("inbox", "key", key))

    async def done_with(self, key: str, answer: dict[str, Json], now: float) -> None:
        """It was acted on: it won't be seen in `undone` again."""
        await self._database.write(
            lambda rows: rows.change("inbox", "key", key, done=now, answer=answer)
        )

    async def undone(self) -> list[Taken]:
        """All that was not acted on, oldest first; claims are marks, not acts."""
        sql = "SELECT * FROM inbox WHERE done IS NULL AND kind != 'claim' ORDER BY number"
        return await self._database.read(lambda rows: [_taken(row) for row in rows.all(sql)])

    async def find(self, key: str) -> Taken | None:
        """What was asked under this key, if anything was."""

        def read(rows: Rows) -> Taken | None:
            row = rows.one("SELECT * FROM inbox WHERE key = ?", key)
            return _taken(row) if row else None

        return await self._database.read(read)


def _take_in(rows: Rows, key: str, kind: str, body: dict[str, Json], now: float) -> bool:
    if rows.one("SELECT 1 FROM inbox WHERE key = ?", key):
        return False
    rows.add("inbox", {"key": key, "kind": kind, "body": body, "at": now})
    return True


def _claim(rows: Rows, key: str, body: dict[str, Json], now: float) -> Taken:
    _take_in(rows, key, "claim", body, now)
    row = rows.one("SELECT * FROM inbox WHERE key = ?", key)
    return _taken(row) if row else Taken(key, "claim", body, now)


def _taken(row: dict[str, Json]) -> Taken:
    answer = json.loads(row["answer"]) if row["answer"] else None
    return Taken(row["key"], row["kind"], json.loads(row["body"]), row["at"], answer)
