"""The protocol's first message makes traffic beyond its own flow stop for a time."""

from __future__ import annotations

from probes.hypotheses.base import TRIED, Hypothesis, refuted, supported, unknown
from probes.localise import locate
from probes.model import Cause, Confidence, Finding, Location, Message
from probes.scene import Scene, Trip, Window


def test(scene: Scene) -> Finding:
    if scene.trip is not None:
        return _tripped(scene, scene.trip)
    if scene.dark_start is not None:
        return _found_dark(scene, scene.dark_start)
    if scene.job_window is not None:
        return _job(scene, scene.job_window)
    calls = [o for f in scene.required if (o := scene.exchange(f.service, "call"))]
    alive = [o for call in calls for o in scene.alive_after(call)]
    if not calls or not alive or scene.fell_silent:
        return unknown(Cause.SOURCE_QUARANTINED, "unknown.not-tried")
    tried_all = all(scene.exchange(f.service, "call") for f in scene.required)
    if not tried_all and scene.eaten_flow is None:
        return unknown(Cause.SOURCE_QUARANTINED, "unknown.not-tried", alive)
    cited = [*(o.id for o in calls), *alive]
    return refuted(Cause.SOURCE_QUARANTINED, "quarantine.stays-alive", cited)


def _tripped(scene: Scene, trip: Trip) -> Finding:
    location, traced = _where(scene, trip.window)
    control = scene.exchange(trip.flow.service, "control")
    contrast = trip.sure and (trip.message == "control" or control is not None)
    complete = bool(location.between) and None not in (location.between or ())
    sure = (
        Confidence.CONFIRMED if contrast and complete and scene.traffic(trip) else Confidence.LIKELY
    )
    code = "quarantine.any-bytes" if trip.message == "control" else "quarantine.call"
    why = Message(
        code,
        {
            "service": trip.flow.service,
            "port": trip.flow.port or 0,
            "source": trip.flow.source,
            "destination": trip.flow.target,
        },
    )
    evidence = (
        trip.exchange.id,
        *((control.id,) if control else ()),
        *trip.window.evidence,
        *traced,
        *scene.stuck_after(trip),
        *scene.siblings_in(trip.window),
    )
    return supported(Cause.SOURCE_QUARANTINED, why, evidence, sure, location, trip.flow)


def _where(scene: Scene, window: Window) -> tuple[Location, tuple[str, ...]]:
    """The failing traces of both sides, laid over the idle path."""
    a, b = scene.source, scene.destination
    ends = scene.blocked_ends(window)
    location = locate(scene.context, ends.first, ends.second, ends.direction, scene.path(a, b))
    return location, (*ends.evidence, *scene.trace_ids(a, b), *scene.trace_ids(b, a))


def _found_dark(scene: Scene, window: Window) -> Finding:
    """The check began in the dark: only what came back is known to have been a timed block."""
    if window.ended is None:
        return unknown(Cause.SOURCE_QUARANTINED, "quarantine.still-dark", window.evidence)
    siblings = scene.siblings_live
    if not siblings:
        return unknown(Cause.SOURCE_QUARANTINED, "quarantine.site-was-dark", window.evidence)
    location, traced = _where(scene, window)
    evidence = (*window.evidence, *traced, *siblings[:4], *scene.job_sockets)
    why = Message(
        "quarantine.came-back", {"source": scene.source, "destination": scene.destination}
    )
    return supported(Cause.SOURCE_QUARANTINED, why, evidence, Confidence.LIKELY, location)


def _job(scene: Scene, window: Window) -> Finding:
    """A real job was watched: its message went out, and the pair's own traces ended early."""
    stuck = scene.stuck_in_job
    if not stuck:
        return unknown(Cause.SOURCE_QUARANTINED, "quarantine.no-message", window.evidence)
    location, traced = _where(scene, window)
    why = Message("quarantine.job", {"source": scene.source, "destination": scene.destination})
    complete = location.between and None not in location.between
    sure = Confidence.CONFIRMED if complete else Confidence.LIKELY
    evidence = (*stuck, *window.evidence, *traced)
    return supported(Cause.SOURCE_QUARANTINED, why, evidence, sure, location)


HYPOTHESIS = Hypothesis(Cause.SOURCE_QUARANTINED, (TRIED,), test)
