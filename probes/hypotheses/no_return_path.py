"""Exactly one direction is proved to pass: packets arrive at the far host, and its answers do
not come back (or the mirror image). The host's own list proves the arrival: it holds our
connection requests as half-open."""

from __future__ import annotations

from probes.hypotheses.base import LOOKED, Hypothesis, refuted, supported, unknown
from probes.localise import locate
from probes.model import Cause, Confidence, Direction, Finding, Location, Message
from probes.scene import Scene, Window


def test(scene: Scene) -> Finding:
    if scene.alive_at_start:
        return refuted(Cause.NO_RETURN_PATH, "path.round-trips", scene.passing)
    there, back = scene.arrived_there, scene.arrived_back
    window = scene.dark_start
    if window is None or window.ended is not None or bool(there) == bool(back):
        return unknown(Cause.NO_RETURN_PATH, "path.no-arrival-seen", (*there, *back))
    why = Message(
        "path.one-way",
        {"source": scene.source, "destination": scene.destination}
        if there
        else {"source": scene.destination, "destination": scene.source},
    )
    evidence = (*there, *back, *window.evidence)
    where = _where(scene, window, there=bool(there))
    return supported(Cause.NO_RETURN_PATH, why, evidence, Confidence.LIKELY, where)


def _where(scene: Scene, window: Window, *, there: bool) -> Location:
    """The end of the trace in the direction that fails; what lies beyond it could not be seen."""
    a, b = scene.source, scene.destination
    if there:
        far = scene.path(b, a, window)
        last = far.last if far else None
        return locate(scene.context, None, last, Direction.FAR_TO_NEAR)
    near = scene.path(a, b, window)
    last = near.last if near else None
    return locate(scene.context, last, None, Direction.NEAR_TO_FAR)


HYPOTHESIS = Hypothesis(Cause.NO_RETURN_PATH, (LOOKED,), test)
