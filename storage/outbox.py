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
    """A thing to say on its way. unsure: an attempt has no known end, so it may stand there
    already. created: epoch seconds when it was to be said. error: why it is not there yet.
    file_id: Slack's name for a file that was brought to it."""

    number: int
    say: Say
    created: float
    attempts: int
    unsure: bool
    error: str | None
    file_id: str | None


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits, and since when (epoch seconds) the oldest of it; None: nothing waits."""

    waiting: int
    oldest: float | None


class Outbox:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def say(self, says: Sequence[Say], now: float) -> None:
        """Keep them all or none; on disk when this returns. A key said before is passed over."""
        await self._database.write(lambda rows: _keep_all(rows, says, now))

    # --- what waits -------------------------------------------------------------------

    async def channels(self) -> list[str]:
        """Where something is to be said."""
        sql = "SELECT channel FROM outbox WHERE state = 'waiting' GROUP BY channel"
        return await self._database.read(lambda rows: [row["channel"] for row in rows.all(sql)])

    async def next_in(self, channel: str) -> Delivery | None:
        """What is to be said there first."""
        sql = "SELECT * FROM outbox WHERE state = 'waiting' AND channel = ? ORDER BY number LIMIT 1"

        def read(rows: Rows) -> Delivery | None:
            row = rows.one(sql, channel)
            return _delivery(row) if row else None

        return await self._database.read(read)

    async def depth(self) -> Depth:
        """How much waits."""
        sql = "SELECT count(*) AS n, min(created) AS oldest FROM outbox WHERE state = 'waiting'"

        def read(rows: Rows) -> Depth:
            row = rows.one(sql) or {"n": 0, "oldest": None}
            return Depth(row["n"], row["oldest"])

        return await self._database.read(read)

    # --- what becomes of it -----------------------------------------------------------

    async def begin(self, key: str) -> None:
        """It is about to be sent: should nothing more be heard of the attempt, it is unsure.
        Send it only after this has returned."""
        await self._database.write(lambda rows: _begin(rows, key))

    async def uploaded(self, key: str, file_id: str | None) -> None:
        """The file is with Slack under this name, and shown to nobody yet. None: it is no
        longer there."""
        await self._database.write(lambda rows: rows.change("outbox", "key", key, file_id=file_id))

    async def sent(self, key: str, ts: str | None, now: float) -> None:
        """Slack took it. ts: Slack's name for the message, where it gave one."""
        await self._database.write(
            lambda rows: rows.change("outbox", "key", key, state="sent", ts=ts, ended=now)
        )

    async def failed(self, key: str, error: str, *, unsure: bool) -> None:
        """The attempt failed; it stays waiting. unsure: it may stand there all the same."""
        await self._database.write(
            lambda rows: rows.change("outbox", "key", key, error=error, unsure=int(unsure))
        )

    async def give_up(self, key: str, error: str, now: float) -> None:
        """Slack will never take it, and this is why."""
        await self._database.write(
            lambda rows: rows.change("outbox", "key", key, state="given-up", error=error, ended=now)
        )

    # --- what became of it ------------------------------------------------------------

    async def ts_of(self, key: str) -> str | None:
        """Slack's name for a message that was sent; None while it was not."""
        row = await self._row(key)
        return row["ts"] if row else None

    async def thread_of(self, key: str) -> str | None:
        """The thread that a message stands in, or that it begins: Slack wants a thread's first
        message named, never an answer in it. None: it was not sent."""
        row = await self._row(key)
        if row is None or row["state"] != "sent":
            return None
        above = await self.thread_of(row["thread_key"]) if row["thread_key"] else None
        thread: str | None = row["thread_ts"] or above or row["ts"]
        return thread

    async def state_of(self, key: str) -> str | None:
        """waiting, sent, given-up or superseded; None if it was never to be said."""
        row = await self._row(key)
        return row["state"] if row else None

    async def _row(self, key: str) -> dict[str, Json] | None:
        sql = "SELECT ts, state, thread_ts, thread_key FROM outbox WHERE key = ?"
        return await self._database.read(lambda rows: rows.one(sql, key))


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


def _begin(rows: Rows, key: str) -> None:
    if row := rows.one("SELECT attempts FROM outbox WHERE key = ?", key):
        rows.change("outbox", "key", key, attempts=row["attempts"] + 1, unsure=1)


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
        file_id=row["file_id"],
    )
