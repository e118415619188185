"""The incidents that failed jobs opened, for whoever follows them to their end."""

from __future__ import annotations

from dataclasses import dataclass

from storage.database import Rows
from storage.records import get_incident


@dataclass(frozen=True, slots=True)
class Followed:
    """An incident that a failed job opened. channel: where its hook's rule wants it told. job: the
    one that failed first. first_check: its id; started: when each check of it began, oldest first;
    told: those that stand in Slack. last_failed: when a job failed last; all times are epoch
    seconds."""

    id: str
    pair_id: str
    near: str
    far: str
    channel: str | None
    job: str
    opened: float
    closed: float | None
    last_failed: float | None
    first_check: str | None
    started: tuple[float, ...]
    told: tuple[str, ...]


def followed(rows: Rows) -> list[Followed]:
    """The open incidents that jobs opened, the oldest first."""
    sql = "SELECT id FROM incidents WHERE state != 'closed' AND asked = 0 ORDER BY number"
    return [followed_one(rows, row["id"]) for row in rows.all(sql)]


def copied(rows: Rows, since: float) -> list[Followed]:
    """Those that a copy has closed since then, that were told somewhere, and whose end was not
    (the outbox' key: the incident's id, `:copied:`, and when it was closed)."""
    sql = (
        "SELECT id FROM incidents AS i WHERE closed_how = 'job' AND asked = 0 AND closed >= ?"
        " AND EXISTS (SELECT 1 FROM checks WHERE incident_id = i.id AND asked IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM outbox"
        " WHERE key = i.id || ':copied:' || CAST(i.closed AS INTEGER)) ORDER BY closed"
    )
    return [followed_one(rows, row["id"]) for row in rows.all(sql, since)]


def followed_one(rows: Rows, incident_id: str) -> Followed:
    """One of them, closed or not; StoreError if there is none."""
    row = get_incident(rows, incident_id)
    sql = "SELECT id, started FROM checks WHERE incident_id = ? ORDER BY number"
    checks = rows.all(sql, incident_id)
    told = "SELECT id FROM checks WHERE incident_id = ? AND asked IS NOT NULL ORDER BY number"
    sql = "SELECT job FROM jobs WHERE incident_id = ? ORDER BY number LIMIT 1"
    job = rows.one(sql, incident_id)
    names = ("id", "pair_id", "near", "far", "channel", "opened", "closed", "last_failed")
    return Followed(
        **{name: row[name] for name in names},
        job=job["job"] if job else "",
        first_check=checks[0]["id"] if checks else None,
        started=tuple(check["started"] for check in checks),
        told=tuple(check["id"] for check in rows.all(told, incident_id)),
    )
