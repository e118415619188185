"""The connection opens, the protocol's first message is never answered, a control of the same
size passes, and other traffic between the two hosts goes on."""

from __future__ import annotations

from probes.hypotheses.base import TRIED, Hypothesis, refuted, supported, unknown
from probes.model import (
    Cause,
    Confidence,
    Direction,
    Finding,
    Flow,
    Location,
    Message,
    Observation,
    Phase,
)
from probes.readings import Answer, ExchangeReading
from probes.scene import Scene

PASSES = (Answer.REPLIED, Answer.CLOSED, Answer.RESET)
"""A control passed when the host answered it in any way: rpcbind resets junk (trap 9)."""


def test(scene: Scene) -> Finding:
    if scene.trip is not None or scene.window is not None:
        cited = scene.window.evidence if scene.window else ()
        return refuted(Cause.PAYLOAD_BLOCKED, "payload.more-stops", cited)
    flow = scene.eaten_flow
    if flow is None:
        answered = [o.id for f in scene.required if (o := scene.exchange(f.service, "call"))]
        if all(scene.answered(f.service) for f in scene.required):
            return refuted(Cause.PAYLOAD_BLOCKED, "payload.answered", answered)
        return unknown(Cause.PAYLOAD_BLOCKED, "unknown.not-tried", answered)
    call, control = scene.exchange(flow.service, "call"), scene.exchange(flow.service, "control")
    if call is None or control is None or not _passed(control):
        return unknown(Cause.PAYLOAD_BLOCKED, "payload.no-control", [o.id for o in (call,) if o])
    alive = scene.alive_after(call)
    if not alive:
        return unknown(Cause.PAYLOAD_BLOCKED, "payload.nothing-else", (call.id, control.id))
    if isinstance(call.reading, ExchangeReading) and call.reading.acked:
        return _answer_eaten(scene, flow, call, control, alive)
    return _call_eaten(scene, flow, call, control, alive)


def _passed(control: Observation) -> bool:
    reading = control.reading
    return isinstance(reading, ExchangeReading) and (reading.answer in PASSES or reading.acked)


def _call_eaten(
    scene: Scene, flow: Flow, call: Observation, control: Observation, alive: tuple[str, ...]
) -> Finding:
    location, swept = _where(scene, flow)
    sure = bool(location and location.between and None not in location.between)
    why = Message(
        "payload.call-eaten", {"service": flow.service, "bytes": _size(flow), "port": _port(flow)}
    )
    return supported(
        Cause.PAYLOAD_BLOCKED,
        why,
        (call.id, control.id, *swept, *alive),
        Confidence.CONFIRMED if sure else Confidence.LIKELY,
        location,
        flow,
    )


def _answer_eaten(
    scene: Scene, flow: Flow, call: Observation, control: Observation, alive: tuple[str, ...]
) -> Finding:
    """The host took the call. Did it answer? Its own queue says; without that it may be mute."""
    waiting = scene.unacknowledged(flow.target, _port(flow), (Phase.TRIGGER, Phase.LOCATE))
    if not waiting:
        return unknown(
            Cause.PAYLOAD_BLOCKED, "payload.host-mute", (call.id, control.id), host=flow.target
        )
    why = Message("payload.answer-eaten", {"service": flow.service, "host": flow.target})
    return supported(
        Cause.PAYLOAD_BLOCKED,
        why,
        (call.id, control.id, *waiting, *alive),
        Confidence.LIKELY,
        Location(None, False, (), None, direction=Direction.FAR_TO_NEAR),
        flow,
    )


def _where(scene: Scene, flow: Flow) -> tuple[Location | None, tuple[str, ...]]:
    """The call's sweep against the control's, laid over the idle path."""
    sweeps = scene.payload_sweeps(flow)
    idle = scene.path(flow.source, flow.target)
    if sweeps is None or idle is None:
        return None, ()
    call, control = sweeps.call, sweeps.control
    if control.last_expired <= call.last_expired < len(idle.routers):
        return None, sweeps.observations  # the control vanishes there too: no contrast
    at = min(call.last_expired, len(idle.hops)) - 1
    location = scene.behind(flow.source, flow.target, at)
    traced = (
        *scene.trace_ids(flow.source, flow.target),
        *scene.trace_ids(flow.target, flow.source),
    )
    return location, (*sweeps.observations, *traced)


def _size(flow: Flow) -> int:
    return len(flow.handshake.message) if flow.handshake else 0


def _port(flow: Flow) -> int:
    return flow.port or 0


HYPOTHESIS = Hypothesis(Cause.PAYLOAD_BLOCKED, (TRIED,), test)
