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
    a, b = scene.source, scene.destination
    near, far = scene.path(a, b, window), scene.path(b, a, window)
    if near is None or far is None:
        return unknown(Cause.TRANSIT_FAULT, "unknown.no-observation")
    transit = {segment.name for segment in scene.context.segments}
    ends = {owner_in(scene.context, path.last) for path in (near, far)}
    cited = (*scene.trace_ids(a, b, window), *scene.trace_ids(b, a, window))
    if len(ends & transit) == 1 and len(ends) == 2:
        return refuted(Cause.TRANSIT_FAULT, "transit.crossed", cited, last=str(near.last))
    if not ends & transit and None not in ends:
        return refuted(Cause.TRANSIT_FAULT, "transit.not-reached", cited)
    return unknown(Cause.TRANSIT_FAULT, "transit.inside", cited)


DARK = Need("nothing-vanished", lambda scene: scene.window is not None)
HYPOTHESIS = Hypothesis(Cause.TRANSIT_FAULT, (DARK,), test)
