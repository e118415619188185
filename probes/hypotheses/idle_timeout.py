"""A connection that rests for a while is dead afterwards, while a fresh one works.

Nothing asks for it yet, so nothing is known.
"""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, unknown
from probes.model import Cause, Finding
from probes.scene import Scene


def test(_scene: Scene) -> Finding:
    return unknown(Cause.IDLE_TIMEOUT, "unknown.not-built")


HYPOTHESIS = Hypothesis(Cause.IDLE_TIMEOUT, (), test)
