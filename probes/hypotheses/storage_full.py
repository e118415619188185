"""The destination has no room, or its quota is used up.

Nothing asks for it yet, so nothing is known.
"""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, unknown
from probes.model import Cause, Finding
from probes.scene import Scene


def test(_scene: Scene) -> Finding:
    return unknown(Cause.STORAGE_FULL, "unknown.not-built")


HYPOTHESIS = Hypothesis(Cause.STORAGE_FULL, (), test)
