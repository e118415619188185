"""What is read out of the record: one snapshot each, no writes.

Shapes as the contract fixes them (`incidents list --json`, `incidents show --json`); times
in them are ISO 8601 in UTC, as in the verdict. Elsewhere epoch seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from probes.model import Context, Evidence, Gap, Tools
from storage.codec import Parse, Raw, decode, evidence
from storage.database import Rows
from storage.job_facts import event
from storage.records import get_check, get_incident

Json = Any

PLAN_ENDED = "plan-ended"  # body: {"plan": name}; it makes the plan part of the evidence


State = Literal["running", "finished", "stopped", "interrupted"]


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the record. seq: its place in the order of all events, rising."""

    seq: int
    at: float
    check_id: str | None
    incident_id: str
    kind: str
    body: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Sent:
    """A trigger that was put on record before it was sent."""

    check_id: str
    plan: str
    what: dict[str, Json]
    at: float
    by_person: bool


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """A check as it stands. verdicts: every document that was saved, oldest first; the last one
    counts. key: names the request that began it; place: where it was asked, for whoever has to
    answer there."""

    id: str
    incident_id: str
    pair_id: str
    asked_by: str
    state: State
    started: float
    ended: float | None
    context: Context
    key: str | None
    place: dict[str, Json] | None
    verdicts: tuple[dict[str, Json], ...]

    @property
    def verdict(self) -> dict[str, Json] | None:
        """The newest verdict document, if there is one."""
        return self.verdicts[-1] if self.verdicts else None


def check(rows: Rows, check_id: str) -> CheckRecord:
    """The check as it stands; StoreError if there is none."""
    row = get_check(rows, check_id)
    names = ("id", "incident_id", "pair_id", "asked_by", "state", "started", "ended")
    return CheckRecord(
        **{name: row[name] for name in names},
        context=decode(Context, json.loads(row["context"])),
        key=row["request_key"],
        place=json.loads(row["asked"]) if row["asked"] else None,
        verdicts=tuple(_documents(rows, check_id)),
    )


def load_evidence(rows: Rows, check_id: str, parse: Parse) -> Evidence:
    """All that the check has learnt, its raw lines read by today's parsers."""
    record = check(rows, check_id)
    sql = "SELECT raw FROM observations WHERE check_id = ? ORDER BY number"
    raws = [decode(Raw, json.loads(row["raw"])) for row in rows.all(sql, check_id)]
    tools = (event.body for event in _of_kind(rows, check_id, "tools"))
    base = Evidence(
        context=record.context,
        plans=tuple(event.body["plan"] for event in _of_kind(rows, check_id, PLAN_ENDED)),
        tools={body["endpoint"]: decode(Tools, body["tools"]) for body in tools},
    )
    gaps = [decode(Gap, event.body) for event in _of_kind(rows, check_id, "gap")]
    return evidence(base, raws, gaps, parse)


def follow(rows: Rows, check_id: str, after_seq: int) -> list[Event]:
    """The check's events after `after_seq`, in order."""
    get_check(rows, check_id)
    sql = "SELECT * FROM events WHERE check_id = ? AND seq > ? ORDER BY seq"
    return _events(rows.all(sql, check_id, after_seq))


def running(rows: Rows) -> list[CheckRecord]:
    """The checks that run now, over all processes."""
    ids = rows.all("SELECT id FROM checks WHERE state = 'running' ORDER BY number")
    return [check(rows, row["id"]) for row in ids]


def unsaid(rows: Rows, suffix: str) -> list[str]:
    """Checks that were asked somewhere and have ended, and whose end (the outbox' key: the
    check's id and `suffix`) was never to be said."""
    sql = (
        "SELECT id FROM checks WHERE asked IS NOT NULL AND state != 'running'"
        " AND id || ? NOT IN (SELECT key FROM outbox) ORDER BY number"
    )
    return [str(row["id"]) for row in rows.all(sql, suffix)]


def triggers_since(rows: Rows, since: float) -> int:
    """How many were sent since then, of all pairs; their controls are not counted."""
    row = rows.one(
        "SELECT count(*) AS sent FROM triggers WHERE at >= ? AND plan LIKE 'trigger:%'", since
    )
    return int(row["sent"]) if row else 0


def last_triggers(rows: Rows, pair_id: str, limit: int) -> list[Sent]:
    """What was last sent between the pair, newest first."""
    sql = "SELECT * FROM triggers WHERE pair_id = ? ORDER BY at DESC, number DESC LIMIT ?"
    return [
        Sent(
            row["check_id"],
            row["plan"],
            json.loads(row["what"]),
            row["at"],
            by_person=bool(row["by_person"]),
        )
        for row in rows.all(sql, pair_id, limit)
    ]


@dataclass(frozen=True, slots=True)
class IncidentHead:
    """An incident as it stands; times are epoch seconds. closed_how: by a `job` that succeeded, a
    `check`, or a `person`."""

    id: str
    pair_id: str
    near: str
    far: str
    state: str
    opened: float
    closed: float | None
    closed_by: str | None
    closed_how: str | None
    cause: str | None
    acknowledged: float | None
    acknowledged_by: str | None


def incident_head(rows: Rows, incident_id: str) -> IncidentHead:
    """The incident as it stands; StoreError if there is none."""
    row = get_incident(rows, incident_id)
    return IncidentHead(**{name: row[name] for name in IncidentHead.__slots__})


def list_incidents(rows: Rows) -> list[dict[str, Json]]:
    """The contract's `incidents list --json`, oldest first."""
    return [_head(rows, row) for row in rows.all("SELECT * FROM incidents ORDER BY number")]


def incident(rows: Rows, incident_id: str) -> dict[str, Json]:
    """The contract's `incidents show ID --json`: the whole record but for raw output."""
    row = get_incident(rows, incident_id)
    head = _head(rows, row)
    events = _events(
        rows.all("SELECT * FROM events WHERE incident_id = ? ORDER BY seq", incident_id)
    )
    jobs = rows.all("SELECT * FROM jobs WHERE incident_id = ? ORDER BY number", incident_id)
    return {
        **head,
        "events": [_job(row) for row in jobs],
        "checks": [_whole_check(rows, check_id, events) for check_id in head["checks"]],
        "timeline": [
            {
                "seq": event.seq,
                "at": iso(event.at),
                "check": event.check_id,
                "kind": event.kind,
                "body": event.body,
            }
            for event in events
        ],
    }


def iso(at: float | None) -> str | None:
    """Epoch seconds → ISO 8601 in UTC with milliseconds, as the verdict has it."""
    if at is None:
        return None
    text = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _head(rows: Rows, row: dict[str, Json]) -> dict[str, Json]:
    checks = "SELECT id FROM checks WHERE incident_id = ? ORDER BY number"
    jobs = "SELECT number FROM jobs WHERE incident_id = ? ORDER BY number"
    return {
        "id": row["id"],
        "near": row["near"],
        "far": row["far"],
        "state": row["state"],
        "opened": iso(row["opened"]),
        "closed": iso(row["closed"]),
        "cause": row["cause"],
        "events": [f"e{job['number']}" for job in rows.all(jobs, row["id"])],
        "checks": [found["id"] for found in rows.all(checks, row["id"])],
        "acknowledged": iso(row["acknowledged"]),
        "acknowledged_by": row["acknowledged_by"],
        "closed_by": row["closed_by"],
        "severity": row["severity"],
        "asked": bool(row["asked"]),
        # Asked about and no fault found: it counts in no summary (contract.md).
        "counts": not row["asked"] or row["cause"] is not None,
    }


def _job(row: dict[str, Json]) -> dict[str, Json]:
    """A job's event; its times are ISO 8601 like all others here."""
    said = event(row)
    times = {n: iso(said.get(n)) for n in ("at", "received", "started", "finished")}
    return {**said, **times}


def _whole_check(rows: Rows, check_id: str, events: Iterable[Event]) -> dict[str, Json]:
    record = check(rows, check_id)
    mine = [event for event in events if event.check_id == check_id]

    def bodies(kind: str) -> list[dict[str, Json]]:
        return [{"at": iso(e.at), **e.body} for e in mine if e.kind == kind]

    return {
        "id": check_id,
        "state": record.state,
        "asked_by": record.asked_by,
        "started": iso(record.started),
        "ended": iso(record.ended),
        "verdict": record.verdict,
        "earlier_verdicts": list(record.verdicts[:-1]),
        "consents": bodies("consent"),
        "triggers": bodies("trigger"),
        "gaps": [_gap(body) for body in bodies("gap")],
        "residues": bodies("residue"),
        "observations": [_metadata(row) for row in _observation_rows(rows, check_id)],
    }


def _gap(body: dict[str, Json]) -> dict[str, Json]:
    """A stored gap as the contract's verdict has it."""
    same = {key: body[key] for key in ("at", "probe", "phase", "detail")}
    return {**same, "from": body["source"], "to": body["target"], "gap": body["kind"]}


def _observation_rows(rows: Rows, check_id: str) -> list[dict[str, Json]]:
    sql = (
        "SELECT id, probe, plan, phase, source, target, started, seconds, end, exit_status"
        " FROM observations WHERE check_id = ? ORDER BY number"
    )
    return rows.all(sql, check_id)


def _metadata(row: dict[str, Json]) -> dict[str, Json]:
    same = ("id", "probe", "plan", "phase", "seconds", "end", "exit_status")
    ends = {"from": row["source"], "to": row["target"], "started": iso(row["started"])}
    return {**{name: row[name] for name in same}, **ends}


def _documents(rows: Rows, check_id: str) -> list[dict[str, Json]]:
    sql = "SELECT document FROM verdicts WHERE check_id = ? ORDER BY number"
    return [json.loads(row["document"]) for row in rows.all(sql, check_id)]


def _of_kind(rows: Rows, check_id: str, kind: str) -> list[Event]:
    sql = "SELECT * FROM events WHERE check_id = ? AND kind = ? ORDER BY seq"
    return _events(rows.all(sql, check_id, kind))


def _events(found: Iterable[dict[str, Json]]) -> list[Event]:
    return [Event(**{**row, "body": json.loads(row["body"])}) for row in found]
