"""One incident per pair and failure: what an event means, out of what is known (pure).

Events come late, twice and out of order. So nothing here looks at when a word came, only at when
what it says happened: a failure older than the success after it reopens nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from probes.inventory import IncidentSettings
from storage.job_model import SEVERITIES, Arrival, Case, Decision, Held, Known, Severity

UNKNOWN_DARKNESS = 3600.0
"""How long a device may hold two hosts apart where nobody saw the end: an hour is the longest
that they are usually set to (design.md: "for minutes or an hour"). Seconds."""
NOTICE = 120.0
"""How long after the pair passes again a job may still fail of what was. Seconds."""


def decide(known: Known, arrival: Arrival, settings: IncidentSettings) -> Decision:
    """What the event means for the pair's incidents. `arrival.target` is set."""
    if arrival.status in ("failed", "missed"):
        return _failed(known, arrival, settings)
    if arrival.status in ("succeeded", "resolved"):
        return _succeeded(known, arrival)
    return _into_the_open_one(known, arrival, "running")


def _failed(known: Known, arrival: Arrival, settings: IncidentSettings) -> Decision:
    cases = [case for case in (*known.open, *known.closed) if not case.asked]
    if case := _its_own(cases, known, arrival, settings):
        why = "same" if case.same else "same-pair"
        return Decision("join", (case.id,), why, counts=True, severity=_graver(case, arrival))
    if known.next_success is not None:
        return Decision("past", why="over-when-heard", closed=known.next_success)
    if known.held and _dark_until(known.held, arrival.received) >= arrival.ended:
        return Decision("join", (known.held.incident_id,), "our-trigger")
    if asked := next((case for case in known.open if case.asked), None):
        severity = _graver(asked, arrival)
        return Decision("join", (asked.id,), "asked-before", counts=True, severity=severity)
    return Decision("open")


def _succeeded(known: Known, arrival: Arrival) -> Decision:
    """A copy ends every incident whose failures it came after; a person's word does too."""
    over = [case for case in known.open if _last(case) <= arrival.at]
    if over:
        return Decision("close", tuple(case.id for case in over), arrival.status)
    return _into_the_open_one(known, arrival, "before-the-last-failure")


def _into_the_open_one(known: Known, arrival: Arrival, why: str) -> Decision:
    inside = [case for case in known.open if case.opened <= arrival.at]
    return Decision("join", (inside[0].id,), why) if inside else Decision("keep")


def _its_own(
    cases: Iterable[Case], known: Known, arrival: Arrival, settings: IncidentSettings
) -> Case | None:
    """The incident that the failure is one of: by its fingerprint, else by the pair and time."""
    joined = [case for case in cases if not _parted(case, known, arrival.at)]
    same = [case for case in joined if case.same]
    near = [case for case in joined if _gap(case, arrival.at) <= settings.same_pair_within]
    return min(same or near, key=lambda case: _gap(case, arrival.at), default=None)


def _parted(case: Case, known: Known, at: float) -> bool:
    """A copy succeeded between the failure and the incident's beginning."""
    success = known.next_success
    return at < case.opened and success is not None and success < case.opened


def _gap(case: Case, at: float) -> float:
    return max(0.0, case.opened - at, at - _last(case))


def _last(case: Case) -> float:
    return case.opened if case.last_failed is None else case.last_failed


def _dark_until(held: Held, now: float) -> float:
    """Until when a failure may be our own trigger's doing."""
    if held.seconds is not None:
        return held.at + held.seconds + NOTICE
    if held.judged and held.blocked is None and held.at_least is None:
        return held.at  # it went through: nothing was dark
    if held.running:
        return max(now, held.at)
    return held.at + max(held.at_least or 0.0, UNKNOWN_DARKNESS)


def _graver(case: Case, arrival: Arrival) -> Severity | None:
    said = [case.severity, arrival.target.severity if arrival.target else None]
    return max((s for s in said if s), key=SEVERITIES.index, default=None)
