"""The destination refuses the replication user or token. Refuted where the first message is
never answered: authentication comes later (facts/path-diagnosis.md, "Reading the incident")."""

from __future__ import annotations

from probes.hypotheses.base import TRIED, Hypothesis, refuted, unknown
from probes.model import Cause, Finding
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    stuck = scene.stuck_messages
    if stuck:
        return refuted(Cause.AUTHENTICATION_FAILED, "auth.not-reached", stuck.evidence)
    return unknown(Cause.AUTHENTICATION_FAILED, "unknown.not-built")


HYPOTHESIS = Hypothesis(Cause.AUTHENTICATION_FAILED, (TRIED,), test)
