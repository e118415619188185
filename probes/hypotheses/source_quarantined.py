"""The protocol's first message makes traffic beyond its own flow stop for a time."""

from __future__ import annotations

from probes.hypotheses.base import TRIED, Hypothesis, refuted, supported, unknown
from probes.localise import locate, router_after, stretch
from probes.model import Cause, Confidence, Direction, Finding, Location, Message
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
    location, traced = _where(scene, trip)
    control = scene.exchange(trip.flow.service, "control")
    contrast = trip.message == "control" or control is not None
    complete = bool(location and location.between and None not in location.between)
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


def _where(scene: Scene, trip: Trip) -> tuple[Location | None, tuple[str, ...]]:
    a, b = trip.flow.source, trip.flow.target
    if scene.traffic(trip) in ("tcp", "port"):
        return _by_requests(scene, trip)
    near, far = scene.path(a, b, trip.window), scene.path(b, a, trip.window)
    first, second, direction = stretch(scene.path(a, b), scene.path(b, a), near, far)
    traced = (*scene.trace_ids(a, b, trip.window), *scene.trace_ids(b, a, trip.window))
    idle = (*scene.trace_ids(a, b), *scene.trace_ids(b, a))
    where = locate(scene.context, first, second, direction, scene.path(a, b))
    return where, (*traced, *idle)


def _by_requests(scene: Scene, trip: Trip) -> tuple[Location | None, tuple[str, ...]]:
    """Ping and traces live on: connection requests with rising TTL, sent in the dark."""
    a, b = trip.flow.source, trip.flow.target
    sweep = scene.dark_sweep(trip.window)
    idle, back = scene.path(a, b), scene.path(b, a)
    if sweep is None or idle is None:
        return None, ()
    first = idle.hops[sweep.last_expired - 1] if sweep.last_expired else idle.origin
    second = router_after(idle, back, sweep.last_expired - 1) if back else None
    both = bool(scene.stuck_after(trip))
    direction = Direction.BOTH if both else Direction.NEAR_TO_FAR
    traced = (sweep.observation, *scene.trace_ids(a, b), *scene.trace_ids(b, a))
    return locate(scene.context, first, second, direction, idle), traced


def _found_dark(scene: Scene, window: Window) -> Finding:
    """The check began in the dark: only what came back is known to have been a timed block."""
    if window.ended is None:
        return unknown(Cause.SOURCE_QUARANTINED, "quarantine.still-dark", window.evidence)
    siblings = scene.siblings_live
    if not siblings:
        return unknown(Cause.SOURCE_QUARANTINED, "quarantine.site-was-dark", window.evidence)
    a, b = scene.source, scene.destination
    near, far = scene.path(a, b, window), scene.path(b, a, window)
    first, second, direction = stretch(scene.path(a, b), scene.path(b, a), near, far)
    evidence = (
        *window.evidence,
        *scene.trace_ids(a, b, window),
        *scene.trace_ids(b, a, window),
        *scene.trace_ids(a, b),
        *scene.trace_ids(b, a),
        *siblings[:4],
        *scene.job_sockets,
    )
    why = Message("quarantine.came-back", {"source": a, "destination": b})
    location = locate(scene.context, first, second, direction, scene.path(a, b))
    return supported(Cause.SOURCE_QUARANTINED, why, evidence, Confidence.LIKELY, location)


def _job(scene: Scene, window: Window) -> Finding:
    """A real job was watched: its message went out, and the pair's own traces ended early."""
    a, b = scene.source, scene.destination
    near, far = scene.path(a, b, window), scene.path(b, a, window)
    first, second, direction = stretch(scene.path(a, b), scene.path(b, a), near, far)
    location = locate(scene.context, first, second, direction, scene.path(a, b))
    stuck = scene.stuck_in_job
    if not stuck:
        return unknown(Cause.SOURCE_QUARANTINED, "quarantine.no-message", window.evidence)
    evidence = (*stuck, *window.evidence, *scene.trace_ids(a, b), *scene.trace_ids(b, a))
    why = Message("quarantine.job", {"source": a, "destination": b})
    sure = Confidence.CONFIRMED if location.between and None not in location.between else None
    return supported(Cause.SOURCE_QUARANTINED, why, evidence, sure or Confidence.LIKELY, location)


HYPOTHESIS = Hypothesis(Cause.SOURCE_QUARANTINED, (TRIED,), test)
