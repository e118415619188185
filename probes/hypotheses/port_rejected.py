"""A device on the path refuses the port: an ICMP error, or a reset that the host, which
listens, never sent."""

from __future__ import annotations

from probes.hypotheses.base import ALIVE, Hypothesis, refuted, supported, unknown
from probes.model import Address, Cause, Confidence, Finding, Flow, Location, Message
from probes.readings import Knock
from probes.scene import PortSweep, Scene


def test(scene: Scene) -> Finding:
    flow = scene.closed_flow
    if flow is None:
        opened = [o for f in scene.required for o in scene.opened(f)]
        return refuted(Cause.PORT_REJECTED, "port.opens", opened)
    knock, tried = scene.opening(flow)
    if knock is Knock.PROHIBITED:
        return _prohibited(scene, flow, tried)
    if knock is Knock.REFUSED:
        return _reset(scene, flow, tried)
    return refuted(Cause.PORT_REJECTED, "port.not-refused", tried)


def _prohibited(scene: Scene, flow: Flow, tried: tuple[str, ...]) -> Finding:
    """An ICMP error: who sent it, and where on the path is that."""
    sweep = scene.port_sweep(flow)
    sender = scene.icmp_sender(flow)
    evidence = (*tried, *((sweep.observation,) if sweep else ()))
    params: dict[str, str | int | float | Message] = {
        "port": flow.port or 0,
        "sender": str(sender) if sender else "?",
    }
    why = Message("port.prohibited", params)
    target = scene.endpoint(flow.target)
    if sender and target and sender == target.address_for(flow.source.partition("/")[0]):
        here = Location(target.site, False, (), None, host=flow.target)
        return supported(Cause.PORT_REJECTED, why, evidence, Confidence.CONFIRMED, here, flow)
    location = _where(scene, flow, sweep, sender)
    sure = Confidence.CONFIRMED if location and location.between else Confidence.LIKELY
    return supported(Cause.PORT_REJECTED, why, evidence, sure, location, flow)


def _reset(scene: Scene, flow: Flow, tried: tuple[str, ...]) -> Finding:
    """A reset: from the host, or from before it?"""
    sweep = scene.port_sweep(flow)
    listens, listed = scene.listens(flow.target, flow.port or 0)
    idle = scene.path(scene.knocker(flow), flow.target)
    length = len(idle.hops) if idle and idle.reached else None
    nearer = bool(sweep and length and sweep.first_answer and sweep.first_answer < length)
    evidence = (*tried, *listed, *((sweep.observation,) if sweep else ()))
    if not nearer and listens is False:
        return refuted(Cause.PORT_REJECTED, "port.host-refuses", (*tried, *listed))
    if not nearer and listens is None:
        return unknown(Cause.PORT_REJECTED, "port.who-refuses", tried)
    why = Message("port.reset-before-host", {"port": flow.port or 0, "host": flow.target})
    if not nearer and (denied := scene.denied_by_host(flow)):
        here = Location(flow.target.partition("/")[0], False, (), None, host=flow.target)
        cited = (*evidence, *denied)
        return supported(Cause.PORT_REJECTED, why, cited, Confidence.CONFIRMED, here, flow)
    location = _where(scene, flow, sweep, None)
    sure = Confidence.CONFIRMED if nearer and listens else Confidence.LIKELY
    return supported(Cause.PORT_REJECTED, why, evidence, sure, location, flow)


def _where(
    scene: Scene, flow: Flow, sweep: PortSweep | None, sender: Address | None
) -> Location | None:
    knocker = scene.knocker(flow)
    idle = scene.path(knocker, flow.target)
    if idle is None:
        return None
    at = idle.index(sender)
    if at is None:
        at = sweep.last_expired - 1 if sweep else None
    return None if at is None else scene.behind(knocker, flow.target, at)


HYPOTHESIS = Hypothesis(Cause.PORT_REJECTED, (ALIVE,), test)
