"""The network between the sites blocks on its own stretch: the account's last wrong track.

Refuted where the failing traces from both sides end outside it, or at its outermost routers:
every stretch between two of its own routers still carries packets.
"""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, Need, refuted, unknown
from probes.model import Cause, Finding
from probes.ownership import owner_in
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    window = scene.window
    assert window is not None, "the need is met"  # noqa: S101
    ends = scene.blocked_ends(window)
    if ends.first is None or ends.second is None:
        return unknown(Cause.TRANSIT_FAULT, "unknown.no-observation")
    transit = {segment.name for segment in scene.context.segments}
    owners = [owner_in(scene.context, end) for end in (ends.first, ends.second)]
    inside = [owner in transit for owner in owners]
    if all(inside) or None in owners:
        return unknown(Cause.TRANSIT_FAULT, "transit.inside", ends.evidence)
    if any(inside):
        last = ends.first if inside[0] else ends.second
        return refuted(Cause.TRANSIT_FAULT, "transit.crossed", ends.evidence, last=str(last))
    if owners[0] != owners[1]:
        return unknown(Cause.TRANSIT_FAULT, "transit.inside", ends.evidence)  # it lies between
    return refuted(Cause.TRANSIT_FAULT, "transit.not-reached", ends.evidence)


DARK = Need("nothing-vanished", lambda scene: scene.window is not None)
HYPOTHESIS = Hypothesis(Cause.TRANSIT_FAULT, (DARK,), test)
