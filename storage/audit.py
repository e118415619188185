"""Everything asked, pressed and refused: who, where, when, what came of it. Append-only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from storage.database import Database

Json = Any


@dataclass(frozen=True, slots=True)
class Entry:
    """at: epoch seconds. what: the act (`ask`, `send`, `stop`); outcome: `done`, `refused`,
    `again` … with its details in body."""

    at: float
    who: str
    place: str
    what: str
    outcome: str
    body: dict[str, Json]


class Audit:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, entry: Entry) -> None:
        """Append one entry; on disk when this returns."""
        row = {name: getattr(entry, name) for name in Entry.__slots__}
        await self._database.write(lambda rows: rows.add("audit", row))

    async def trail(self, limit: int = 1000) -> list[Entry]:
        """The newest entries, oldest of them first."""
        sql = "SELECT * FROM audit ORDER BY number DESC LIMIT ?"
        names = ("at", "who", "place", "what", "outcome")
        return await self._database.read(
            lambda rows: [
                Entry(**{name: row[name] for name in names}, body=json.loads(row["body"]))
                for row in reversed(rows.all(sql, limit))
            ]
        )
