"""A trace repeats addresses until its hops run out. Refuted by a trace that arrives."""

from __future__ import annotations

from probes.hypotheses.base import LOOKED, Hypothesis, refuted, unknown
from probes.model import Cause, Finding
from probes.readings import TraceReading
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    arrived = [
        o.id
        for o in scene.evidence.of("trace")
        if isinstance(o.reading, TraceReading)
        and o.reading.reached
        and {o.source, o.target} == {scene.source, scene.destination}
    ]
    if arrived:
        return refuted(Cause.ROUTING_LOOP, "path.trace-arrives", arrived)
    return unknown(Cause.ROUTING_LOOP, "unknown.not-built")


HYPOTHESIS = Hypothesis(Cause.ROUTING_LOOP, (LOOKED,), test)
