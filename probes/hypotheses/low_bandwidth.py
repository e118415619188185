"""Measured throughput is below what the pair declares, without loss that would explain it.

A throughput test is opt-in and not part of a plain check; what a plain check can do is to
refute the idea where the thing that is stuck is a few dozen bytes.
"""

from __future__ import annotations

from probes.hypotheses.base import TRIED, Hypothesis, refuted, unknown
from probes.model import Cause, Finding
from probes.readings import ThroughputReading
from probes.scene import Scene

ENOUGH_MBIT = 1.0
"""A call of 60 bytes that is stuck for seconds is not short of a megabit."""


def test(scene: Scene) -> Finding:
    for observation in scene.evidence.of("throughput"):
        reading = observation.reading
        if isinstance(reading, ThroughputReading) and reading.mbit >= max(
            ENOUGH_MBIT, scene.context.pair.bandwidth_mbit or 0.0
        ):
            return refuted(
                Cause.LOW_BANDWIDTH, "bandwidth.measured", (observation.id,), mbit=reading.mbit
            )
    stuck = scene.stuck_messages
    if stuck:
        return refuted(Cause.LOW_BANDWIDTH, "bandwidth.few-bytes-stuck", stuck.evidence,
                       bytes=stuck.size)  # fmt: skip
    return unknown(Cause.LOW_BANDWIDTH, "bandwidth.not-measured")


HYPOTHESIS = Hypothesis(Cause.LOW_BANDWIDTH, (TRIED,), test)
