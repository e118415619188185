"""What the record says and how it changes: plain statements, one transaction each.

Every function here runs inside one transaction of `storage.database`. What happens is
appended to `events`; the other tables hold what must be found again. `at` and `now` are
epoch seconds on the checker's clock.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from probes.model import Context, Gap, Tools
from storage import states
from storage.codec import Raw, encode
from storage.database import Rows
from storage.errors import StoreError
from storage.freezes import standing
from storage.states import found_faulty, settle

Json = Any


@dataclass(frozen=True, slots=True)
class Begun:
    """A check that was asked for. joined: it ran already, and the caller is to follow it."""

    check_id: str
    incident_id: str
    joined: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked for a check. key: names the request, so that a redelivery finds the check that
    it began. place: where and how to answer, as the asker's own words keep it."""

    by: str
    key: str | None = None
    place: dict[str, Json] | None = None


def begin_check(
    rows: Rows, context: Context, origin: Origin, holder: str, now: float, ttl: float
) -> Begun:
    """Join the pair's running check, or begin one that holds the pair's lease."""
    interrupt_orphans(rows, now)
    pair_id = context.pair.id
    if mine := rows.one("SELECT id, incident_id FROM checks WHERE request_key = ?", origin.key):
        return Begun(mine["id"], mine["incident_id"], joined=True)
    if running := rows.one("SELECT check_id FROM leases WHERE pair_id = ?", pair_id):
        check = get_check(rows, running["check_id"])
        if check["asked"] is None and origin.place:  # nobody waits for it: it is answered here
            rows.change("checks", "id", check["id"], asked=origin.place)
        add_event(rows, check["id"], "joined", {"by": origin.by, "place": origin.place}, now)
        return Begun(check["id"], check["incident_id"], joined=True)
    incident_id = _open_incident(rows, context, now)
    number = next_number(rows, "checks")
    check_id = f"c{number}"
    rows.add(
        "checks",
        {
            "number": number,
            "id": check_id,
            "incident_id": incident_id,
            "pair_id": pair_id,
            "asked_by": origin.by,
            "request_key": origin.key,
            "asked": origin.place,
            "state": "running",
            "started": now,
            "context": encode(dataclasses.replace(context, check=check_id)),
        },
    )
    add_event(rows, check_id, "asked", {"by": origin.by}, now)
    settle(rows, incident_id)
    _hold(rows, pair_id, check_id, holder, now + ttl)
    return Begun(check_id, incident_id, joined=False)


def acquire_lease(
    rows: Rows, pair_id: str, check_id: str, holder: str, now: float, ttl: float
) -> str:
    """The check that holds the pair's lease now: this one, or the one to join.

    A check that was interrupted runs again once it holds the lease (a watch that is
    resumed); one that has ended can't.
    """
    interrupt_orphans(rows, now)
    held = rows.one("SELECT check_id FROM leases WHERE pair_id = ?", pair_id)
    if held and held["check_id"] != check_id:
        return str(held["check_id"])
    state = get_check(rows, check_id)["state"]
    if state not in ("running", "interrupted"):
        raise StoreError(f"check {check_id} is {state}: begin another one")
    if state == "interrupted":
        rows.change("checks", "id", check_id, state="running", ended=None)
        _settle_of(rows, check_id)
        add_event(rows, check_id, "resumed", {"by": holder}, now)
    _hold(rows, pair_id, check_id, holder, now + ttl)
    return check_id


def renew_lease(rows: Rows, check_id: str, now: float, ttl: float) -> bool:
    """Hold it longer. False: it was lost meanwhile, or somebody asked for a stop."""
    lease = rows.one("SELECT stop_asked_by FROM leases WHERE check_id = ?", check_id)
    if lease is None or lease["stop_asked_by"]:
        return False
    rows.change("leases", "check_id", check_id, expires=now + ttl)
    return True


def ask_to_stop(rows: Rows, check_id: str, by: str, now: float) -> bool:
    """Whoever runs it will stop at its next sign of life. False: it does not run, or was asked."""
    lease = rows.one("SELECT stop_asked_by FROM leases WHERE check_id = ?", check_id)
    if lease is None or lease["stop_asked_by"]:
        return False
    rows.change("leases", "check_id", check_id, stop_asked_by=by)
    add_event(rows, check_id, "stop-asked", {"by": by}, now)
    return True


def interrupt_orphans(rows: Rows, now: float) -> list[str]:
    """Mark as interrupted every check that runs by its record but holds no live lease."""
    for lease in rows.all("SELECT check_id FROM leases WHERE expires <= ?", now):
        rows.remove("leases", "check_id", lease["check_id"])
    orphans = rows.all(
        "SELECT id FROM checks WHERE state = 'running' AND id NOT IN (SELECT check_id FROM leases)"
        " ORDER BY number"
    )
    ids = [str(orphan["id"]) for orphan in orphans]
    for check_id in ids:
        interrupt(rows, check_id, now)
    return ids


def interrupt(rows: Rows, check_id: str, at: float) -> bool:
    """Whoever ran it gives it up. False: it had ended."""
    if get_check(rows, check_id)["state"] != "running":
        return False
    rows.change("checks", "id", check_id, state="interrupted", ended=at)
    _settle_of(rows, check_id)
    rows.remove("leases", "check_id", check_id)
    add_event(rows, check_id, "interrupted", {}, at)
    return True


def add_event(rows: Rows, check_id: str, kind: str, body: dict[str, Json], at: float) -> int:
    """Append what happened in a check; returns its place in the order of all events."""
    incident_id = get_check(rows, check_id)["incident_id"]
    event = {"at": at, "incident_id": incident_id, "check_id": check_id, "kind": kind}
    return rows.add("events", {**event, "body": body})


def set_context(rows: Rows, check_id: str, context: Context, at: float) -> None:
    """What judging needs has changed (consent was given, a cool-down holds)."""
    encoded = encode(dataclasses.replace(context, check=check_id))
    get_check(rows, check_id)
    rows.change("checks", "id", check_id, context=encoded)
    add_event(rows, check_id, "context", {"not_sent": encoded["not_sent"]}, at)


def keep_raw(rows: Rows, check_id: str, raw: Raw) -> None:
    """Keep an observation's raw output; the same id again replaces it (it was heard further)."""
    get_check(rows, check_id)
    transcript = raw.transcript
    rows.add(
        "observations",
        {
            "check_id": check_id,
            "id": raw.id,
            "probe": raw.ask.probe,
            "plan": raw.plan,
            "phase": raw.phase.value,
            "source": raw.ask.source,
            "target": raw.ask.target,
            "started": transcript.started,
            "seconds": transcript.seconds,
            "end": transcript.end.value,
            "exit_status": transcript.exit_status,
            "raw": encode(raw),
        },
        replace=True,
    )


def add_observation(rows: Rows, check_id: str, raw: Raw) -> None:
    """Keep what a command printed from its beginning to its end, and say that it came."""
    keep_raw(rows, check_id, raw)
    ask = raw.ask
    body = {"id": raw.id, "probe": ask.probe, "plan": raw.plan, "phase": raw.phase.value}
    came = raw.transcript.started + raw.transcript.seconds
    add_event(rows, check_id, "observed", {**body, "from": ask.source, "to": ask.target}, came)


def add_gap(rows: Rows, check_id: str, gap: Gap, at: float) -> None:
    """Keep a question that has no answer."""
    add_event(rows, check_id, "gap", encode(gap), at)


def add_tools(rows: Rows, check_id: str, endpoint_id: str, tools: Tools, at: float) -> None:
    """Keep what an endpoint can do."""
    add_event(rows, check_id, "tools", {"endpoint": endpoint_id, "tools": encode(tools)}, at)


def add_trigger(
    rows: Rows, check_id: str, plan: str, what: dict[str, Json], at: float, *, by_person: bool
) -> bool:
    """Keep that bytes are about to be sent: its commit comes before the bytes do. False: a site
    of the pair is frozen, and nothing may be sent."""
    check = get_check(rows, check_id)
    pair_id = check["pair_id"]
    ends = rows.one("SELECT near, far FROM incidents WHERE id = ?", check["incident_id"]) or {}
    if frozen := standing(rows, tuple(ends.values())):
        add_event(rows, check_id, "frozen", {"plan": plan, "by": frozen[0].by}, at)
        return False
    sent = {"check_id": check_id, "pair_id": pair_id, "plan": plan, "what": what, "at": at}
    rows.add("triggers", {**sent, "by_person": int(by_person)})
    body = {"plan": plan, "what": what, "by_person": by_person}
    add_event(rows, check_id, "trigger", body, at)
    return True


def add_consent(rows: Rows, check_id: str, who: str, how: str, at: float) -> None:
    """Keep who agreed to the trigger, and how (an option, a button, the terminal)."""
    add_event(rows, check_id, "consent", {"who": who, "how": how}, at)
    rows.add("consents", {"check_id": check_id, "who": who, "how": how, "at": at})


def save_verdict(rows: Rows, check_id: str, document: dict[str, Json], at: float) -> None:
    """Keep a verdict document beside the earlier ones, and what it means for the incident."""
    incident_id = get_check(rows, check_id)["incident_id"]
    rows.add("verdicts", {"check_id": check_id, "at": at, "document": document})
    said = {key: document.get(key) for key in ("outcome", "cause", "confidence")}
    add_event(rows, check_id, "verdict", said, at)
    if said["outcome"] == "fault":
        found_faulty(rows, incident_id, check_id, said["cause"])
    elif said["outcome"] == "healthy" and get_incident(rows, incident_id)["state"] != "closed":
        states.close(rows, incident_id, at, "check", ref=check_id)


def acknowledge(rows: Rows, incident_id: str, by: str, at: float) -> bool:
    """Somebody has it. False: it is closed, or somebody else was first; nothing changes then."""
    incident = get_incident(rows, incident_id)
    if incident["state"] == "closed" or incident["acknowledged"] is not None:
        return False
    rows.change("incidents", "id", incident_id, acknowledged=at, acknowledged_by=by)
    settle(rows, incident_id)
    add_incident_event(rows, incident_id, "acknowledged", {"by": by}, at)
    return True


def close(rows: Rows, incident_id: str, by: str, at: float) -> bool:
    """A person closes it. False: it was closed already."""
    if get_incident(rows, incident_id)["state"] == "closed":
        return False
    states.close(rows, incident_id, at, "person", ref=None, by=by)
    add_incident_event(rows, incident_id, "closed", {"by": by}, at)
    return True


def finish_check(rows: Rows, check_id: str, at: float, *, stopped: bool) -> None:
    """The check has ended; the pair is free for another."""
    get_check(rows, check_id)
    state = "stopped" if stopped else "finished"
    rows.change("checks", "id", check_id, state=state, ended=at)
    _settle_of(rows, check_id)
    rows.remove("leases", "check_id", check_id)
    add_event(rows, check_id, state, {}, at)


def get_check(rows: Rows, check_id: str) -> dict[str, Json]:
    """The check's row; StoreError if there is none."""
    if row := rows.one("SELECT * FROM checks WHERE id = ?", check_id):
        return row
    raise StoreError(f"there is no check {check_id}: `replcheck incidents list` shows all")


def get_incident(rows: Rows, incident_id: str) -> dict[str, Json]:
    """The incident's row; StoreError if there is none."""
    if row := rows.one("SELECT * FROM incidents WHERE id = ?", incident_id):
        return row
    raise StoreError(f"there is no incident {incident_id}: `replcheck incidents list`")


def add_incident_event(
    rows: Rows, incident_id: str, kind: str, body: dict[str, Json], at: float
) -> None:
    """Append what happened to an incident outside of its checks."""
    rows.add("events", {"at": at, "incident_id": incident_id, "kind": kind, "body": body})


def _open_incident(rows: Rows, context: Context, now: float) -> str:
    """The pair's open incident, or a new one that was only asked about."""
    pair = context.pair
    sql = "SELECT id FROM incidents WHERE pair_id = ? AND state != 'closed' ORDER BY number DESC"
    if existing := rows.one(sql, pair.id):
        return str(existing["id"])
    number = next_number(rows, "incidents")
    rows.add(
        "incidents",
        {
            "number": number,
            "id": f"i{number}",
            "pair_id": pair.id,
            "near": pair.near,
            "far": pair.far,
            "asked": 1,
            "state": "open",
            "opened": now,
        },
    )
    return f"i{number}"


def _settle_of(rows: Rows, check_id: str) -> None:
    settle(rows, get_check(rows, check_id)["incident_id"])


def _hold(rows: Rows, pair_id: str, check_id: str, holder: str, expires: float) -> None:
    lease = {"pair_id": pair_id, "check_id": check_id, "holder": holder, "expires": expires}
    rows.add("leases", lease, replace=True)


def next_number(rows: Rows, table: str) -> int:
    """The number after the last one: ids are made of them."""
    row = rows.one(f"SELECT coalesce(max(number), 0) + 1 AS number FROM {table}")  # noqa: S608
    return int(row["number"]) if row else 1
