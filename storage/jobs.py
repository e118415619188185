"""What backup jobs said of themselves, each word once, and the incidents that follow from it.

The room keeps and gives back; what an event means is decided by the function that it is handed
(law 7), within the same transaction: an event and its incident are on disk together or not at
all (law 8). Times are epoch seconds on the checker's clock.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from storage import job_facts as facts
from storage.database import Database, Rows
from storage.job_model import Arrival, Case, Decision, Known, Target
from storage.records import add_incident_event, next_number
from storage.states import How, close, settle

Json = Any
JOB_EVENT = "job-event"  # its place in an incident's timeline; the word itself stands in `jobs`
Decide = Callable[[Known, Arrival], Decision]


@dataclass(frozen=True, slots=True)
class Kept:
    """An event on disk. incident_id: None where it belongs to none. decision: None for a
    duplicate: nothing new was decided."""

    event_id: str
    incident_id: str | None
    duplicate: bool
    decision: Decision | None


class Jobs:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take_in(self, arrivals: Sequence[Arrival], decide: Decide) -> list[Kept]:
        """Keep what one delivery held, all or none; on disk when this returns. The same key
        again is a duplicate, and changes nothing."""
        return await self._database.write(
            lambda rows: [_take_in(rows, arrival, decide) for arrival in arrivals]
        )

    async def unmatched(self, limit: int = 100) -> list[dict[str, Json]]:
        """Events that no rule of their hook matched, newest first."""
        sql = "SELECT * FROM jobs WHERE pair_id IS NULL ORDER BY number DESC LIMIT ?"
        return await self._database.read(
            lambda rows: [facts.event(row) for row in rows.all(sql, limit)]
        )

    async def event(self, event_id: str) -> dict[str, Json] | None:
        """One event with its log text and all that the sender said."""
        sql = "SELECT * FROM jobs WHERE number = ?"
        number = int(event_id[1:]) if event_id[1:].isdecimal() else 0

        def read(rows: Rows) -> dict[str, Json] | None:
            row = rows.one(sql, number)
            return facts.event(row) | {"raw": json.loads(row["raw"])} if row else None

        return await self._database.read(read)

    async def last_good_copies(self) -> dict[str, float]:
        """When each pair's last copy succeeded, by pair id; a pair without one is not in it."""
        sql = (
            "SELECT pair_id, max(at) AS at FROM jobs"
            " WHERE status = 'succeeded' AND pair_id IS NOT NULL GROUP BY pair_id"
        )
        return await self._database.read(
            lambda rows: {row["pair_id"]: row["at"] for row in rows.all(sql)}
        )

    async def first_heard(self) -> dict[str, float]:
        """When a job of each pair was first heard of, by pair id."""
        sql = (
            "SELECT pair_id, min(received) AS at FROM jobs"
            " WHERE pair_id IS NOT NULL AND status != 'missed' GROUP BY pair_id"
        )
        return await self._database.read(
            lambda rows: {row["pair_id"]: row["at"] for row in rows.all(sql)}
        )

    async def good_copies(self, pair_id: str, since: float) -> list[float]:
        """When copies of the pair succeeded since then, oldest first."""
        sql = (
            "SELECT at FROM jobs WHERE status = 'succeeded' AND pair_id = ? AND at >= ? ORDER BY at"
        )
        return await self._database.read(
            lambda rows: [row["at"] for row in rows.all(sql, pair_id, since)]
        )

    async def earlier(self, incident_id: str, seconds: float) -> list[facts.Earlier]:
        """The pair's incidents that count and were opened within so many seconds before this one
        was, oldest first."""
        return await self._database.read(lambda rows: facts.earlier(rows, incident_id, seconds))

    async def set_recovering(self, incident_id: str, since: float | None, at: float) -> None:
        """What was blocked passes again since then, or (None) no longer does."""
        await self._database.write(lambda rows: _set_recovering(rows, incident_id, since, at))


def _take_in(rows: Rows, arrival: Arrival, decide: Decide) -> Kept:
    seen = rows.one("SELECT number, incident_id FROM jobs WHERE key = ?", arrival.key)
    if seen:
        return Kept(f"e{seen['number']}", seen["incident_id"], duplicate=True, decision=None)
    number = next_number(rows, "jobs")
    event_id = f"e{number}"
    decision, incident_id = Decision("keep"), None
    if arrival.target:
        known = facts.known(rows, arrival, arrival.target)
        decision = decide(known, arrival)
        incident_id = _apply(rows, decision, arrival, known, event_id)
    rows.add("jobs", {"number": number, "incident_id": incident_id, **_row(arrival)})
    if incident_id:
        said = {"event": event_id, "hook": arrival.hook, "job": arrival.job}
        body = {**said, "status": arrival.status, "decision": decision.kind, "why": decision.why}
        add_incident_event(rows, incident_id, JOB_EVENT, body, arrival.at)
    return Kept(event_id, incident_id, duplicate=False, decision=decision)


def _row(arrival: Arrival) -> dict[str, Json]:
    names = ("key", "hook", "job", "status", "at", "began", "received", "fingerprint", "message")
    target = arrival.target
    return {
        **{name: getattr(arrival, name) for name in names},
        "pair_id": target.pair_id if target else None,
        "body": arrival.body,
        "raw": arrival.raw if isinstance(arrival.raw, dict | list) else json.dumps(arrival.raw),
    }


def _apply(
    rows: Rows, decision: Decision, arrival: Arrival, known: Known, event_id: str
) -> str | None:
    """Make the incident what was decided; the incident that the event belongs to."""
    if arrival.target and decision.kind in ("open", "past"):
        return _open(rows, decision, arrival, arrival.target)
    for case in (*known.open, *known.closed):
        if case.id in decision.incidents and decision.kind == "close":
            _close(rows, case, arrival, event_id)
        elif case.id in decision.incidents and decision.counts:
            _join(rows, case, decision, arrival)
    return decision.incidents[0] if decision.incidents else None


def _open(rows: Rows, decision: Decision, arrival: Arrival, target: Target) -> str:
    number = next_number(rows, "incidents")
    over = decision.closed is not None
    rows.add(
        "incidents",
        {
            "number": number,
            "id": f"i{number}",
            "pair_id": target.pair_id,
            "near": target.near,
            "far": target.far,
            "asked": 0,
            "state": "closed" if over else "open",
            "opened": arrival.at,
            "last_failed": arrival.at,
            "closed": decision.closed,
            "closed_how": "job" if over else None,
            "severity": target.severity,
            "channel": target.channel,
        },
    )
    return f"i{number}"


def _join(rows: Rows, case: Case, decision: Decision, arrival: Arrival) -> None:
    target = arrival.target
    changes: dict[str, Json] = {
        "asked": 0,
        "opened": min(case.opened, arrival.at),
        "last_failed": max(case.last_failed or arrival.at, arrival.at),
        "severity": decision.severity,
        "channel": case.channel or (target.channel if target else None),
    }
    if case.closed is not None or case.recovering is None:
        rows.change("incidents", "id", case.id, **changes)
        return
    rows.change("incidents", "id", case.id, recovering=None, **changes)
    settle(rows, case.id)


def _close(rows: Rows, case: Case, arrival: Arrival, event_id: str) -> None:
    at = max(case.opened, arrival.at)
    by_person = arrival.status == "resolved"
    how: How = "person" if by_person else "job"
    close(rows, case.id, at, how, ref=event_id, by=arrival.by if by_person else None)
    body = {"by": arrival.by, "event": event_id}
    add_incident_event(rows, case.id, "closed", body, at)


def _set_recovering(rows: Rows, incident_id: str, since: float | None, at: float) -> None:
    rows.change("incidents", "id", incident_id, recovering=since)
    add_incident_event(rows, incident_id, "recovering", {"since": since}, at)
    settle(rows, incident_id)
