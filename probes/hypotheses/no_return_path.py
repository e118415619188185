"""Exactly one direction is proved to pass. Refuted by any round trip; proving it needs counts
at both ends, which are not built yet."""

from __future__ import annotations

from probes.hypotheses.base import LOOKED, Hypothesis, refuted, unknown
from probes.model import Cause, Finding
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    if scene.alive_at_start:
        return refuted(Cause.NO_RETURN_PATH, "path.round-trips", scene.passing)
    return unknown(Cause.NO_RETURN_PATH, "unknown.not-built")


HYPOTHESIS = Hypothesis(Cause.NO_RETURN_PATH, (LOOKED,), test)
