"""The phases of a check, as data: what has been learnt → what is asked next.

Pure. A check is a loop over `next_plan`: each step below looks at the scene and says what
it would ask, or None where it could tell nothing more. The order of STEPS is the order of
the experiment (design.md, "The experiment is the core"); each plan runs at most once.
"""

from __future__ import annotations

from collections.abc import Callable

from probes.model import Evidence, Flow, Phase, Plan
from probes.questions import (
    DARK_TRACE,
    far_end,
    from_appliance,
    from_shell,
    has_shell,
    hops,
    light_signs,
    of_host,
    ping,
    question,
    sampled,
    siblings,
    sockets,
    until_alive,
)
from probes.scene import Scene

ANSWER_WAIT = 2.0
"""Seconds that a call's answer is waited for: TCP has sent it five times by then (trap 15)."""


def next_plan(evidence: Evidence) -> Plan | None:
    """What to ask next; None when nothing more can be learnt."""
    scene = Scene(evidence)
    for step in STEPS:
        plan = step(scene)
        if plan is not None and plan.name not in evidence.plans and plan.main:
            return plan
    return None


# --- steps ----------------------------------------------------------------------------


def prepare(scene: Scene) -> Plan:
    """Who can do what, and how far each clock is off."""
    main = [question("tools", e.id, deadline=8) for e in scene.context.endpoints]
    main += [question("clock", e.id, deadline=8) for e in scene.context.endpoints]
    return Plan("prepare", Phase.BASELINE, tuple(main))


def baseline(scene: Scene) -> Plan:
    """Everything at idle, both directions at once; what a host says of itself first."""
    asks = [ask for e in scene.context.endpoints for ask in of_host(e)]
    for endpoint in scene.context.endpoints:
        targets = [b for a, b in scene.crossings if a == endpoint.id]
        crossing = from_shell if endpoint.kind.has_shell else from_appliance
        asks += crossing(scene, endpoint.id, targets)
    return Plan("baseline", Phase.BASELINE, tuple(asks))


def watch_the_dark(scene: Scene) -> Plan | None:
    """A baseline that is dark is not idle: it is watched before it is judged."""
    if scene.dark_start is None or not scene.context.watch_seconds:
        return None
    if not (scene.siblings_live or scene.job_sockets):
        return None
    return Plan("watch", Phase.RECOVERY, until_alive(scene), until_first=True)


def baseline_again(scene: Scene) -> Plan | None:
    """The pair came back: now the idle path can be seen."""
    if scene.dark_start is None or scene.dark_start.ended is None:
        return None
    a, b = scene.source, scene.destination
    asks = [question("trace", a, b, deadline=9), question("trace", b, a, deadline=9)]
    asks += [ping(a, b, 20, 0.1)] if has_shell(scene, a) else []
    return Plan("baseline:again", Phase.BASELINE, tuple(asks))


def watch_the_job(scene: Scene) -> Plan | None:
    """A job's messages are stuck right now: sampling alone shows the signs, nothing is sent."""
    if not scene.alive_at_start or not scene.job_sockets:
        return None
    a, b = scene.source, scene.destination
    asks = [ask for e in (a, b) for ask in sockets(scene, e, samples=4)]
    asks += [question("trace", a, b, after=0.1, deadline=6), *siblings(scene, a, b)]
    asks += [question("trace", b, a, after=0.1, deadline=6 if has_shell(scene, b) else DARK_TRACE)]
    asks += light_signs(scene, scene.flows[0], 5) if has_shell(scene, a) else ()
    return Plan("watch-job", Phase.WATCH_JOB, tuple(asks))


def measure_loss(scene: Scene) -> Plan | None:
    """Some pings were lost: is it the path, or a limit on ICMP? Both protocols, more packets."""
    if not scene.lossy or not scene.alive_at_start or not has_shell(scene, scene.source):
        return None
    a, b = scene.source, scene.destination
    asks = [ping(a, b, 120, 0.055)]
    if scene.answering_port:
        asks.append(
            question("knock", a, b, deadline=30, ports=str(scene.answering_port), count=120,
                 interval=0.055, wait=3.2)
        )  # fmt: skip
    return Plan("baseline:loss", Phase.BASELINE, tuple(asks))


def sweep_the_port(scene: Scene) -> Plan | None:
    """A port that counts does not open while others do: connection requests with rising TTL,
    and what the far host lists meanwhile."""
    flow = scene.suspect_flow
    if flow is None or not flow.port or not has_shell(scene, scene.knocker(flow)):
        return None
    last = hops(scene, scene.knocker(flow), flow.target) + 1
    sweep = question("knock", scene.knocker(flow), flow.target, deadline=2.0 * last + 5,
                 ports=str(flow.port), first_ttl=1, last_ttl=last, wait=1.0)  # fmt: skip
    # With equal paths another source port may go another way, and with loss one request is none.
    again = question("knock", scene.knocker(flow), flow.target, deadline=8,
                     ports=str(flow.port), count=10, interval=0.25)  # fmt: skip
    beside = tuple(sockets(scene, flow.target, after=1.0, samples=2))
    return Plan(f"locate:port-{flow.port}", Phase.LOCATE, (sweep, again), beside, settle=0.5)


def experiment_on(index: int) -> tuple[Callable[[Scene], Plan | None], ...]:
    """The steps of one required flow: control, then trigger."""

    def control(scene: Scene) -> Plan | None:
        flow = _to_try(scene, index)
        return _sent(scene, flow, "control", wait=0.5, settle=0.2) if flow else None

    def trigger(scene: Scene) -> Plan | None:
        flow = _to_try(scene, index)
        return _sent(scene, flow, "call", wait=ANSWER_WAIT, settle=0.5) if flow else None

    return control, trigger


def look_longer(scene: Scene) -> Plan | None:
    """The pair went silent at the very end of a message's plan: look on, on the same ways,
    until it is dark or alive."""
    unproved = scene.unproved_opening
    if not (scene.fell_silent or unproved) or scene.window is not None:
        return None
    last = unproved or scene.sent[-1]
    flow = scene.flow_of(last)
    return Plan(f"{last.plan}:after", last.phase, light_signs(scene, flow, 2.5)) if flow else None


def _to_try(scene: Scene, index: int) -> Flow | None:
    """The required flow to send bytes on: all before it answered, and nothing forbids it."""
    required = scene.required
    if index >= len(required) or scene.context.not_sent is not None:
        return None
    if not scene.alive_at_start or scene.job_sockets or scene.trip or scene.fell_silent:
        return None
    if scene.unproved_opening:
        return None
    flow = required[index]
    earlier_fine = all(scene.answered(f.service) for f in required[:index])
    closed = scene.closed_flow is not None and scene.closed_flow.required
    if not earlier_fine or not flow.port or closed or not has_shell(scene, flow.source):
        return None
    return flow if scene.endpoint(flow.target) else None


def _sent(scene: Scene, flow: Flow, message: str, *, wait: float, settle: float) -> Plan | None:
    """One connection with one message, with light signs beside it."""
    if flow.handshake is None or flow.port is None:
        return None
    payload = flow.handshake.control if message == "control" else flow.handshake.message
    exchange = question(
        "exchange", flow.source, flow.target, after=0.2, deadline=wait + 6,
        port=flow.port, payload=payload.hex(), message=message,
        reply_bytes=flow.handshake.reply_bytes, wait=wait,
    )  # fmt: skip
    phase = Phase.CONTROL if message == "control" else Phase.TRIGGER
    beside = light_signs(scene, flow, wait + 8)
    if message == "call":
        beside += sampled(scene, flow)
    return Plan(f"{phase}:{flow.service}", phase, (exchange,), beside, settle, intrusive=True)


def aftermath(scene: Scene) -> Plan | None:
    """While the pair is dark: both directions' traces, siblings, sockets, counters."""
    trip = scene.trip
    if trip is None or scene.dark_start:
        return None
    a, b = trip.flow.source, trip.flow.target
    asks = [
        question("trace", a, b, deadline=6),
        question("trace", a, b, after=1.6, deadline=6),
        *far_end(scene, b, a),
        *siblings(scene, a, b),
        *sockets(scene, a, samples=3),
        question("counters", a, after=2.0),
    ]
    if scene.traffic(trip) in ("tcp", "port"):
        whole = scene.traffic(trip) == "tcp"
        port = scene.light_port(trip.flow) if whole else trip.flow.port
        last = hops(scene, a, b) + 1
        asks.append(
            question("knock", a, b, deadline=1.0 * last + 5, ports=str(port or trip.flow.port),
                 first_ttl=1, last_ttl=last, wait=0.7)
        )  # fmt: skip
    return Plan("aftermath", Phase.AFTERMATH, tuple(asks), light_signs(scene, trip.flow, 30))


def sweep_with(message: str) -> Callable[[Scene], Plan | None]:
    """The pair stays alive and the call is never answered: which hop eats it? The control's
    sweep first (trap 4), then the call's, never both at once (trap 1)."""

    def sweep(scene: Scene) -> Plan | None:
        flow = scene.eaten_flow
        if flow is None or flow.handshake is None or flow.port is None:
            return None
        if scene.context.not_sent is not None:
            return None
        last = hops(scene, flow.source, flow.target)
        payload = flow.handshake.control if message == "control" else flow.handshake.message
        ask = question(
            "sweep", flow.source, flow.target, deadline=2.0 * last + 10, port=flow.port,
            payload=payload.hex(), message=message, first=1, last=last, wait=0.6,
        )  # fmt: skip
        return Plan(f"locate:{flow.service}:{message}", Phase.LOCATE, (ask,), intrusive=True)

    return sweep


def recovery(scene: Scene) -> Plan | None:
    """Until what is blocked passes again, or the watch ends."""
    if scene.trip is None or scene.trip.window.ended is not None:
        return None
    if not scene.context.watch_seconds:
        return None
    return Plan("recovery", Phase.RECOVERY, until_alive(scene))


def clear(scene: Scene) -> Plan | None:
    """A call that was eaten leaves a half-open socket on the far host: the same source port
    again clears it, once packets pass (trap 14)."""
    if scene.window is not None and scene.window.ended is None:
        return None
    asks = [
        question("reconnect", left.source, left.target, deadline=8,
             port=left.port, local_port=left.local_port)
        for left in scene.left_open
    ]  # fmt: skip
    ends = (scene.source, scene.destination) if asks else ()
    asks += [ask for e in ends for ask in sockets(scene, e, after=1.0)]
    return Plan("recovery:clear", Phase.RECOVERY, tuple(asks))


def what_is_left(scene: Scene) -> Plan | None:
    """Requests arrived and their answers did not: what the hosts that hold them still list."""
    if not scene.half_open or scene.dark_start is None or scene.dark_start.ended is not None:
        return None
    holders = dict.fromkeys(endpoint.partition("/")[0] for endpoint, _ in scene.half_open)
    hosts = [e.id for e in scene.context.endpoints if e.site in holders]
    return Plan("recovery:left", Phase.RECOVERY, tuple(a for e in hosts for a in sockets(scene, e)))


STEPS: tuple[Callable[[Scene], Plan | None], ...] = (
    prepare,
    baseline,
    watch_the_dark,
    baseline_again,
    watch_the_job,
    measure_loss,
    sweep_the_port,
    *experiment_on(0),
    *experiment_on(1),
    look_longer,
    aftermath,
    sweep_with("control"),
    sweep_with("call"),
    recovery,
    clear,
    what_is_left,
)
