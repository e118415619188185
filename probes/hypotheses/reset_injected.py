"""A reset that the host never sent follows the protocol's first message. Refuted where no
reset followed; who sent one is not measured yet."""

from __future__ import annotations

from probes.hypotheses.base import TRIED, Hypothesis, refuted, unknown
from probes.model import Cause, Finding
from probes.readings import Answer, ExchangeReading
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    calls = [o for f in scene.required if (o := scene.exchange(f.service, "call"))]
    if not calls:
        return unknown(Cause.RESET_INJECTED, "unknown.not-tried")
    reset = [
        o.id
        for o in calls
        if isinstance(o.reading, ExchangeReading) and o.reading.answer is Answer.RESET
    ]
    if reset:
        return unknown(Cause.RESET_INJECTED, "reset.who", reset)
    return refuted(Cause.RESET_INJECTED, "reset.none", [o.id for o in calls])


HYPOTHESIS = Hypothesis(Cause.RESET_INJECTED, (TRIED,), test)
