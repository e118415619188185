"""What is read of jobs and their incidents: plain facts, one snapshot, no opinion."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from storage.database import Rows
from storage.job_model import Arrival, Case, Held, Known, Target
from storage.records import get_incident

Json = Any
_MOST = 50  # more incidents of one pair than this at one time decide nothing any more

_CASE = (
    "SELECT i.*, EXISTS (SELECT 1 FROM jobs WHERE incident_id = i.id AND fingerprint = ?"
    " AND status IN ('failed', 'missed')) AS same FROM incidents AS i WHERE pair_id = ? AND "
)
_CASES = (  # in one question: every one more is felt where thousands of events come at once
    f"SELECT * FROM ({_CASE} state != 'closed' ORDER BY number DESC LIMIT {_MOST})"  # noqa: S608
    f" UNION ALL SELECT * FROM ({_CASE} state = 'closed' AND closed >= ?"
    f" ORDER BY closed LIMIT {_MOST})"
)  # the texts are our own
_SINCE = (
    "SELECT (SELECT min(at) FROM jobs WHERE status = 'succeeded' AND pair_id = ? AND at >= ?"
    " AND began >= ?) AS success,"
    " (SELECT max(at) FROM triggers WHERE pair_id = ? AND at <= ?) AS trigger"
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """An incident that a later one may be a recurrence of; times are epoch seconds."""

    id: str
    opened: float
    closed: float | None
    closed_how: str | None
    closed_by: str | None
    cause: str | None


def known(rows: Rows, arrival: Arrival, target: Target) -> Known:
    """What the record knows of the pair at the time when the arrival happened."""
    mark, pair_id, at = arrival.fingerprint, target.pair_id, arrival.at
    # A copy that ended after a job began says nothing of how that job ended.
    begun = 0.0 if at == arrival.ended else at
    since = rows.one(_SINCE, pair_id, at, begun, pair_id, arrival.ended) or {}
    cases = [_case(row) for row in rows.all(_CASES, mark, pair_id, mark, pair_id, at)]
    return Known(
        open=tuple(case for case in cases if case.closed is None),
        closed=tuple(case for case in cases if case.closed is not None),
        next_success=since["success"],
        held=None if since["trigger"] is None else _held(rows, pair_id, since["trigger"]),
    )


def _case(row: dict[str, Json]) -> Case:
    return Case(
        row["id"],
        row["opened"],
        row["closed"],
        row["last_failed"],
        row["severity"],
        row["channel"],
        row["recovering"],
        asked=bool(row["asked"]),
        same=bool(row["same"]),
    )


def _held(rows: Rows, pair_id: str, at: float) -> Held | None:
    sql = (
        "SELECT t.at, t.check_id, c.incident_id, c.state FROM triggers AS t"
        " JOIN checks AS c ON c.id = t.check_id"
        " WHERE t.pair_id = ? AND t.at = ? ORDER BY t.number DESC LIMIT 1"
    )
    row = rows.one(sql, pair_id, at)
    if row is None:
        return None
    newest = "SELECT document FROM verdicts WHERE check_id = ? ORDER BY number DESC LIMIT 1"
    verdict = rows.one(newest, row["check_id"])
    said = (json.loads(verdict["document"]).get("trigger") or {}) if verdict else {}
    return Held(
        row["incident_id"],
        row["at"],
        running=row["state"] == "running",
        judged=verdict is not None,
        blocked=said.get("blocked"),
        seconds=said.get("quarantine_seconds"),
        at_least=said.get("quarantine_at_least"),
    )


def earlier(rows: Rows, incident_id: str, seconds: float) -> list[Earlier]:
    """The pair's incidents that count, opened within so many seconds before this one."""
    this = get_incident(rows, incident_id)
    sql = (
        "SELECT * FROM incidents WHERE pair_id = ? AND opened >= ? AND opened <= ? AND id != ?"
        " AND (asked = 0 OR cause IS NOT NULL) ORDER BY opened, number"
    )
    since = this["opened"] - seconds
    found = rows.all(sql, this["pair_id"], since, this["opened"], incident_id)
    return [Earlier(**{name: row[name] for name in Earlier.__slots__}) for row in found]


def event(row: dict[str, Json]) -> dict[str, Json]:
    """A job's event as it is shown; its log text in full."""
    same = ("hook", "job", "status", "at", "received", "message")
    incident = {"incident": row["incident_id"], "pair": row["pair_id"]}
    body = json.loads(row["body"])
    return {"id": f"e{row['number']}", **{n: row[n] for n in same}, **incident, **body}
