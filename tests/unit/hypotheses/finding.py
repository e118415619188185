"""What one hypothesis says of what was heard."""

from __future__ import annotations

from typing import Any

from probes.hypotheses import HYPOTHESES
from probes.model import Cause, Confidence, Finding, Stance
from probes.readings import (
    Answer,
)
from probes.scene import Scene
from tests.unit.evidence import (
    Heard,
)
from tests.unit.world import World

SUPPORTED, REFUTED, UNKNOWN = Stance.SUPPORTED, Stance.REFUTED, Stance.UNKNOWN
CONFIRMED, LIKELY = Confidence.CONFIRMED, Confidence.LIKELY


def finding(cause: Cause, heard: Heard) -> Finding:
    hypothesis = next(h for h in HYPOTHESES if h.cause is cause)
    return hypothesis.examine(Scene(heard.evidence))


def check(cause: Cause, **world: Any) -> Finding:
    """The finding after a whole check of a network."""
    network = World(**world)
    network.check()
    return finding(cause, network.heard)


def told(found: Finding) -> tuple[Stance, str]:
    return found.stance, found.why.code


def eaten(*, control: str = "closed", acked: bool = False, after: str = "!" * 12) -> Heard:
    """A call without an answer, while pings go on."""
    heard = Heard()
    heard.idle()
    if control:
        heard.control(5, Answer(control))
    heard.call(8, Answer.SILENT, acked=acked, after=after)
    return heard
