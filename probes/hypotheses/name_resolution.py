"""An endpoint resolves its peer's name to another address than the inventory's, or not at all.

Nothing asks for it yet, so nothing is known.
"""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, unknown
from probes.model import Cause, Finding
from probes.scene import Scene


def test(_scene: Scene) -> Finding:
    return unknown(Cause.NAME_RESOLUTION, "unknown.not-built")


HYPOTHESIS = Hypothesis(Cause.NAME_RESOLUTION, (), test)
