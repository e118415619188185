"""A connection request to one port vanishes on the path, while others to the host pass."""

from __future__ import annotations

from probes.hypotheses.base import ALIVE, Hypothesis, refuted, supported, unknown
from probes.model import Cause, Confidence, Direction, Finding, Flow, Location, Message
from probes.readings import Knock
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    flow = scene.closed_flow
    if flow is None:
        opened = [o for f in scene.required for o in scene.opened(f)]
        return refuted(Cause.PORT_FILTERED, "port.opens", opened)
    knock, tried = scene.opening(flow)
    if knock is not Knock.SILENT:
        return refuted(Cause.PORT_FILTERED, "port.answered-otherwise", tried)
    others = scene.passing
    if not others:
        return unknown(Cause.PORT_FILTERED, "port.nothing-else", tried)
    denied = scene.denied_by_host(flow)
    port = flow.port or 0
    if denied:
        why = Message("port.host-denies", {"host": flow.target, "port": port})
        here = Location(flow.target.partition("/")[0], False, (), None, host=flow.target)
        evidence = (*tried, *denied, *others)
        return supported(Cause.PORT_FILTERED, why, evidence, Confidence.CONFIRMED, here, flow)
    location, swept = _where(scene, flow)
    arrived = scene.arrivals(scene.knocker(flow), flow.target, flow.port)
    if arrived:
        location = Location(None, False, (), None, direction=Direction.FAR_TO_NEAR)
    # A stand-in may be let in where the flow's own source is not, and the other way round.
    stands_in = scene.knocker(flow) != flow.source
    placed = bool(location and location.between and None not in location.between)
    sure = placed and not stands_in
    why = Message(
        "port.answer-vanishes" if arrived else "port.vanishes",
        {"port": port, "source": scene.knocker(flow), "destination": flow.target},
    )
    return supported(
        Cause.PORT_FILTERED,
        why,
        (*tried, *swept, *arrived, *others),
        Confidence.CONFIRMED if sure else Confidence.LIKELY,
        location,
        flow,
    )


def _where(scene: Scene, flow: Flow) -> tuple[Location | None, tuple[str, ...]]:
    """Behind the last router that a connection request reached."""
    sweep, knocker = scene.port_sweep(flow), scene.knocker(flow)
    if sweep is None or scene.path(knocker, flow.target) is None:
        return None, ()
    location = scene.behind(knocker, flow.target, sweep.last_expired - 1)
    traced = (*scene.trace_ids(knocker, flow.target), *scene.trace_ids(flow.target, knocker))
    return location, (sweep.observation, *traced)


HYPOTHESIS = Hypothesis(Cause.PORT_FILTERED, (ALIVE,), test)
