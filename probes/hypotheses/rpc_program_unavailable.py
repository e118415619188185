"""The portmapper answers, and says that the program is not registered."""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, Need, refuted, supported
from probes.model import Cause, Confidence, Finding, Location, Message
from probes.scene import Scene

SERVICE = "portmapper"


def test(scene: Scene) -> Finding:
    call = scene.exchange(SERVICE, "call")
    assert call is not None, "the need is met"  # noqa: S101
    port = scene.named_port(SERVICE)
    if port:
        return refuted(Cause.RPC_PROGRAM_UNAVAILABLE, "rpc.registered", (call.id,), port=port)
    why = Message("rpc.not-registered", {"host": call.target or ""})
    here = Location((call.target or "").partition("/")[0], False, (), None, host=call.target)
    flow = next(f for f in scene.flows if f.port_from == SERVICE)
    return supported(
        Cause.RPC_PROGRAM_UNAVAILABLE, why, (call.id,), Confidence.CONFIRMED, here, flow
    )


ANSWERED = Need("no-answer", lambda scene: scene.named_port(SERVICE) is not None)
HYPOTHESIS = Hypothesis(Cause.RPC_PROGRAM_UNAVAILABLE, (ANSWERED,), test)
