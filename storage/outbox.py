"""What is to be said, on disk before it is sent, in the order of each channel, each key once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from storage.database import Database, Rows

Json = Any
Kind = Literal["post", "edit", "file"]


@dataclass(frozen=True, slots=True)
class Say:
    """One thing to say. key: its name for ever; the same key is said once.

    thread: the key of the post in whose thread it stands; thread_ts: the same by Slack's own
    name, for threads that are not ours. of: which post an edit changes; the newest waiting edit
    of a post replaces those before it. body: what the sender needs, as JSON; content: a file's.
    """

    key: str
    kind: Kind
    channel: str
    body: dict[str, Json]
    thread: str | None = None
    thread_ts: str | None = None
    of: str | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A thing to say on its way. unsure: an attempt ended without an answer, so it may stand
    there already. created: epoch seconds when it was to be said."""

    number: int
    say: Say
    created: float
    attempts: int
    unsure: bool
    error: str | None


class Outbox:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def say(self, says: Sequence[Say], now: float) -> None:
        """Keep them all or none; on disk when this returns. A key said before is passed over."""
        await self._database.write(lambda rows: _keep_all(rows, says, now))

    async def waiting(self) -> list[Delivery]:
        """All that is to be sent, in order."""
        sql = "SELECT * FROM outbox WHERE state = 'waiting' ORDER BY number"
        return await self._database.read(lambda rows: [_delivery(row) for row in rows.all(sql)])

    async def sent(self, key: str, ts: str | None, now: float) -> None:
        """Slack took it. ts: Slack's name for the message, where it gave one."""
        await self._database.write(
            lambda rows: rows.change("outbox", "key", key, state="sent", ts=ts, ended=now)
        )

    async def failed(self, key: str, error: str, *, unsure: bool) -> None:
        """An attempt failed; it stays waiting. unsure: it may stand there all the same."""
        await self._database.write(lambda rows: _failed(rows, key, error, unsure=unsure))

    async def give_up(self, key: str, error: str, now: float) -> None:
        """Slack will never take it, and this is why."""
        await self._database.write(
            lambda rows: rows.change("outbox", "key", key, state="given-up", error=error, ended=now)
        )

    async def ts_of(self, key: str) -> str | None:
        """Slack's name for a message that was sent; None while it was not."""

        def read(rows: Rows) -> str | None:
            row = rows.one("SELECT ts FROM outbox WHERE key = ?", key)
            return row["ts"] if row else None

        return await self._database.read(read)

    async def state_of(self, key: str) -> str | None:
        """waiting, sent, given-up or superseded; None if it was never to be said."""

        def read(rows: Rows) -> str | None:
            row = rows.one("SELECT state FROM outbox WHERE key = ?", key)
            return row["state"] if row else None

        return await self._database.read(read)


def _keep_all(rows: Rows, says: Sequence[Say], now: float) -> None:
    for say in says:
        _keep(rows, say, now)


def _keep(rows: Rows, say: Say, now: float) -> None:
    if rows.one("SELECT 1 FROM outbox WHERE key = ?", say.key):
        return
    if say.kind == "edit":
        older = "SELECT key FROM outbox WHERE state = 'waiting' AND kind = 'edit' AND of_key = ?"
        for row in rows.all(older, say.of):
            rows.change("outbox", "key", row["key"], state="superseded", ended=now)
    fresh = {"created": now, "state": "waiting", "attempts": 0, "unsure": 0}
    rows.add(
        "outbox",
        {
            "key": say.key,
            "kind": say.kind,
            "channel": say.channel,
            "thread_key": say.thread,
            "thread_ts": say.thread_ts,
            "of_key": say.of,
            "body": say.body,
            "content": say.content,
            **fresh,
        },
    )


def _failed(rows: Rows, key: str, error: str, *, unsure: bool) -> None:
    if row := rows.one("SELECT attempts, unsure FROM outbox WHERE key = ?", key):
        changes = {"attempts": row["attempts"] + 1, "unsure": int(unsure or row["unsure"])}
        rows.change("outbox", "key", key, error=error, **changes)


def _delivery(row: dict[str, Json]) -> Delivery:
    said = Say(
        key=row["key"],
        kind=row["kind"],
        channel=row["channel"],
        body=json.loads(row["body"]),
        thread=row["thread_key"],
        thread_ts=row["thread_ts"],
        of=row["of_key"],
        content=row["content"],
    )
    return Delivery(
        number=row["number"],
        say=said,
        created=row["created"],
        attempts=row["attempts"],
        unsure=bool(row["unsure"]),
        error=row["error"],
    )
