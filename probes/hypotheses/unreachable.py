"""No packet of any kind passes in either direction, or its arrival could not be observed."""

from __future__ import annotations

from probes.hypotheses.base import LOOKED, Hypothesis, refuted, supported, unknown
from probes.localise import locate, stretch
from probes.model import Cause, Confidence, Finding, Location, Message
from probes.readings import PingReading, TraceReading
from probes.scene import Scene, Window

SAYS_UNREACHABLE = frozenset({"!H", "!N", "!X", "!A", "!C"})  # traceroute(8)


def test(scene: Scene) -> Finding:
    if scene.alive_at_start:
        return refuted(Cause.UNREACHABLE, "unreachable.idle-passes", scene.passing)
    window = scene.dark_start
    if window is None:
        return unknown(Cause.UNREACHABLE, "unknown.no-observation")
    if window.ended is not None:
        return refuted(Cause.UNREACHABLE, "unreachable.came-back", window.evidence)
    if arrived := (*scene.arrived_there, *scene.arrived_back):
        return refuted(Cause.UNREACHABLE, "unreachable.arrives", arrived)
    siblings = scene.siblings_live
    router = _router_says(scene)
    if siblings and not router and not scene.watched:
        return unknown(Cause.UNREACHABLE, "unreachable.not-watched", window.evidence)
    evidence = (*window.evidence, *siblings[:4], *router, *_traces(scene, window))
    where = _where(scene, window)
    if siblings and not router:
        why = Message("unreachable.siblings-live", _ends(scene))
        return supported(Cause.UNREACHABLE, why, evidence, Confidence.LIKELY, where)
    proved = bool(router) or scene.tried_elsewhere
    sure = Confidence.CONFIRMED if proved and _both_looked(scene) else Confidence.LIKELY
    why = Message(f"unreachable.{'router-says' if router else 'whole-site'}", _ends(scene))
    return supported(Cause.UNREACHABLE, why, evidence, sure, where)


def _both_looked(scene: Scene) -> bool:
    """One side's word is at most likely (contract.md, `location.between`)."""
    asked = {observation.source for observation in scene.evidence.observations}
    return {scene.source, scene.destination} <= asked


def _ends(scene: Scene) -> dict[str, str | int | float | Message]:
    return {"source": scene.source, "destination": scene.destination}


def _where(scene: Scene, window: Window) -> Location:
    a, b = scene.source, scene.destination
    near, far = scene.path(a, b, window), scene.path(b, a, window)
    first, second, direction = stretch(None, None, near, far)
    return locate(scene.context, first, second, direction)


def _traces(scene: Scene, window: Window) -> tuple[str, ...]:
    a, b = scene.source, scene.destination
    return tuple(o.id for s, t in ((a, b), (b, a)) for o in scene.traces(s, t, window))


def _router_says(scene: Scene) -> tuple[str, ...]:
    """Observations in which a router answers that there is no way."""
    found = []
    for o in scene.evidence.observations:
        if {o.source, o.target} != {scene.source, scene.destination}:
            continue
        if isinstance(o.reading, TraceReading) and any(
            SAYS_UNREACHABLE & set(hop.flags) for hop in o.reading.hops
        ):
            found.append(o.id)
        if isinstance(o.reading, PingReading) and any(
            "nreachable" in row.note and row.note_from is not None for row in o.reading.rows
        ):
            found.append(o.id)
    return tuple(found)


HYPOTHESIS = Hypothesis(Cause.UNREACHABLE, (LOOKED,), test)
