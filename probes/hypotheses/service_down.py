"""The host itself refuses: nothing listens there, and its own list says so."""

from __future__ import annotations

from probes.hypotheses.base import ALIVE, Hypothesis, refuted, supported, unknown
from probes.model import Cause, Confidence, Finding, Location, Message
from probes.readings import Knock
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    flow = scene.closed_flow
    if flow is None:
        opened = [o for f in scene.required for o in scene.opened(f)]
        return refuted(Cause.SERVICE_DOWN, "port.opens", opened)
    knock, tried = scene.opening(flow)
    port = flow.port or 0
    listens, listed = scene.listens(flow.target, port)
    if listens:
        return refuted(Cause.SERVICE_DOWN, "service.listens", listed, port=port, host=flow.target)
    if listens is None or knock is not Knock.REFUSED:
        return unknown(Cause.SERVICE_DOWN, "service.no-list", (*tried, *listed), host=flow.target)
    why = Message("service.not-listening", {"port": port, "host": flow.target})
    here = Location(flow.target.partition("/")[0], False, (), None, host=flow.target)
    return supported(Cause.SERVICE_DOWN, why, (*tried, *listed), Confidence.CONFIRMED, here, flow)


HYPOTHESIS = Hypothesis(Cause.SERVICE_DOWN, (ALIVE,), test)
