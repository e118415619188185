"""Small packets pass, large ones vanish, and nobody says that they are too big."""

from __future__ import annotations

from probes.hypotheses.base import ALIVE, Hypothesis, Need, refuted, unknown
from probes.model import Cause, Finding
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    passed = scene.large_pings(answered=True)
    if passed:
        return refuted(Cause.PATH_MTU, "mtu.large-pass", passed)
    return unknown(Cause.PATH_MTU, "mtu.large-lost", scene.large_pings(answered=False))


LARGE = Need("no-large-pings", lambda scene: bool(scene.large_pings(answered=None)))
HYPOTHESIS = Hypothesis(Cause.PATH_MTU, (ALIVE, LARGE), test)
