"""Exactly one direction is proved to pass: packets arrive at the far host, and its answers do
not come back (or the mirror image). The host's own list proves the arrival: it holds our
connection requests as half-open."""

from __future__ import annotations

from probes.hypotheses.base import LOOKED, Hypothesis, refuted, supported, unknown
from probes.localise import locate
from probes.model import Cause, Confidence, Direction, Finding, Message
from probes.scene import Scene


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
    direction = Direction.FAR_TO_NEAR if there else Direction.NEAR_TO_FAR
    near = scene.path(scene.source, scene.destination, window)
    far = scene.path(scene.destination, scene.source, window)
    first, second = near.last if near else None, far.last if far else None
    sure = Confidence.CONFIRMED if first and second else Confidence.LIKELY
    where = locate(scene.context, first, second, direction)
    return supported(Cause.NO_RETURN_PATH, why, evidence, sure, where)


HYPOTHESIS = Hypothesis(Cause.NO_RETURN_PATH, (LOOKED,), test)
