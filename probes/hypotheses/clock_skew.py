"""The two ends' clocks differ by more than the protocol's authentication allows. Refuted by
two clocks that agree; that a skew breaks this protocol is not proved yet."""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, Need, refuted, unknown
from probes.model import Cause, Finding
from probes.readings import ClockReading
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    readings = [o for o in scene.clocks if isinstance(o.reading, ClockReading)]
    offsets = [o.reading.offset for o in readings if isinstance(o.reading, ClockReading)]
    apart = max(offsets) - min(offsets)
    ids = [o.id for o in readings]
    if apart > scene.context.pair.clock_skew_seconds:
        return unknown(Cause.CLOCK_SKEW, "clock.apart", ids, seconds=round(apart, 1))
    return refuted(Cause.CLOCK_SKEW, "clock.agree", ids, seconds=round(apart, 1))


BOTH = Need("no-clocks", lambda scene: len({o.source.split("/")[0] for o in scene.clocks}) == 2)
HYPOTHESIS = Hypothesis(Cause.CLOCK_SKEW, (BOTH,), test)
