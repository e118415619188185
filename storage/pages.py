"""What a page reads of one incident: the whole order of what happened, without raw output.

One snapshot each. Times are epoch seconds.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from storage.audit import Entry
from storage.codec import Raw, decode
from storage.database import Database, Rows
from storage.views import Event, IncidentHead, State, incident_head

Json = Any
_MOST_NEWS = 200  # events in one look; the next look has the next
_MOST_JOBS = 200  # a sender that repeats itself for days says nothing new


@dataclass(frozen=True, slots=True)
class CheckHead:
    """A check without its evidence. outcome, cause, confidence and summary: its newest
    verdict's, the summary in the language it was given in; None without a verdict."""

    id: str
    state: State
    asked_by: str
    started: float
    ended: float | None
    verdicts: int
    outcome: str | None
    cause: str | None
    confidence: str | None
    summary: str | None


@dataclass(frozen=True, slots=True)
class JobSaid:
    """A job event with its log text, which is evidence. at: when it happened."""

    id: str
    hook: str
    job: str
    status: str
    at: float
    message: str


@dataclass(frozen=True, slots=True)
class Account:
    """An incident with its checks and what jobs said (oldest first), its events in the order of
    their times, and what people pressed that the events do not say."""

    head: IncidentHead
    checks: tuple[CheckHead, ...]
    events: tuple[Event, ...]
    presses: tuple[Entry, ...]
    jobs: tuple[JobSaid, ...]


@dataclass(frozen=True, slots=True)
class News:
    """Events in their order, and what those brought that are observations, by the event's seq.
    over: no check of the incident runs, and nothing more is to come."""

    events: tuple[Event, ...]
    raws: dict[int, Raw]
    over: bool


class Pages:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def exists(self, incident_id: str) -> bool:
        """Is there such an incident?"""
        sql = "SELECT 1 FROM incidents WHERE id = ?"
        return await self._database.read(lambda rows: rows.one(sql, incident_id) is not None)

    async def account(self, incident_id: str) -> Account:
        """All that a page tells, but for evidence. StoreError if there is none."""
        return await self._database.read(lambda rows: _account(rows, incident_id))

    async def raws(self, check_id: str) -> tuple[Raw, ...]:
        """What the check's commands printed, also what no parser understands."""
        sql = "SELECT raw FROM observations WHERE check_id = ? ORDER BY number"
        return await self._database.read(
            lambda rows: tuple(
                decode(Raw, json.loads(row["raw"])) for row in rows.all(sql, check_id)
            )
        )

    async def newest(self) -> int:
        """The seq of the newest event of all: it rises when anything happens, in any process."""
        sql = "SELECT coalesce(max(seq), 0) AS seq FROM events"
        row = await self._database.read(lambda rows: rows.one(sql))
        return int(row["seq"]) if row else 0

    async def since(self, incident_id: str, seq: int) -> News:
        """What happened in the incident after `seq`."""
        return await self._database.read(lambda rows: _since(rows, incident_id, seq))


def _account(rows: Rows, incident_id: str) -> Account:
    head = incident_head(rows, incident_id)
    ids = rows.all("SELECT id FROM checks WHERE incident_id = ? ORDER BY number", incident_id)
    checks = tuple(_check(rows, row["id"]) for row in ids)
    events = _events(rows, "incident_id = ? ORDER BY at, seq", incident_id)
    jobs = rows.all(
        "SELECT 'e' || number AS id, hook, job, status, at, message FROM jobs"
        " WHERE incident_id = ? ORDER BY at, number LIMIT ?",
        incident_id,
        _MOST_JOBS,
    )
    return Account(
        head=head,
        checks=checks,
        events=events,
        presses=_presses(rows, head, {check.id for check in checks}),
        jobs=tuple(JobSaid(**row) for row in jobs),
    )


def _check(rows: Rows, check_id: str) -> CheckHead:
    row = rows.one(
        "SELECT id, state, asked_by, started, ended,"
        " (SELECT count(*) FROM verdicts WHERE check_id = checks.id) AS verdicts"
        " FROM checks WHERE id = ?",
        check_id,
    )
    said = rows.one(
        "SELECT json_extract(document, '$.outcome') AS outcome,"
        " json_extract(document, '$.cause') AS cause,"
        " json_extract(document, '$.confidence') AS confidence,"
        " json_extract(document, '$.summary') AS summary"
        " FROM verdicts WHERE check_id = ? ORDER BY number DESC LIMIT 1",
        check_id,
    ) or dict.fromkeys(("outcome", "cause", "confidence", "summary"))
    return CheckHead(**(row or {}), **said)


def _presses(rows: Rows, head: IncidentHead, checks: set[str]) -> tuple[Entry, ...]:
    """The audit trail's entries that name the incident or a check of it. What was done stands
    among the events too: here is what was refused, repeated or only shown."""
    sql = "SELECT * FROM audit WHERE at >= ? AND outcome != 'done' ORDER BY at, number LIMIT 20000"
    found = []
    for row in rows.all(sql, head.opened):
        body = json.loads(row["body"])
        if body.get("incident") == head.id or body.get("check") in checks:
            names = ("at", "who", "place", "what", "outcome")
            found.append(Entry(**{name: row[name] for name in names}, body=body))
    return tuple(found)


def _since(rows: Rows, incident_id: str, seq: int) -> News:
    running = "SELECT 1 FROM checks WHERE incident_id = ? AND state = 'running'"
    which = "incident_id = ? AND seq > ? ORDER BY seq LIMIT ?"
    events = _events(rows, which, incident_id, seq, _MOST_NEWS)
    sql = "SELECT raw FROM observations WHERE check_id = ? AND id = ?"
    raws = {}
    for event in events:
        if event.kind == "observed" and (
            row := rows.one(sql, event.check_id, event.body.get("id"))
        ):
            raws[event.seq] = decode(Raw, json.loads(row["raw"]))
    over = rows.one(running, incident_id) is None and len(events) < _MOST_NEWS
    return News(events, raws, over)


def _events(rows: Rows, which: str, *params: Json) -> tuple[Event, ...]:
    found = rows.all(f"SELECT * FROM events WHERE {which}", *params)  # noqa: S608 (our own words)
    return tuple(Event(**{**row, "body": json.loads(row["body"])}) for row in found)
