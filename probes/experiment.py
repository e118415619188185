"""The phases of a check, as data: what has been learnt → what is asked next.

Pure. A check is a loop over `next_plan`: each step below looks at the scene and says what
it would ask, or None where it could tell nothing more. The order of STEPS is the order of
the experiment (design.md, "The experiment is the core"); each plan runs at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from probes.model import Ask, Endpoint, Evidence, Flow, Kind, Phase, Plan, Value
from probes.scene import Scene

LIGHT = 0.15
"""Seconds between light pings beside a control or a trigger."""
ANSWER_WAIT = 2.0
"""Seconds that a call's answer is waited for: TCP has sent it five times by then (trap 15)."""
DARK_TRACE = 4.5
"""Seconds of a trace into the dark at an appliance, whose own waits can't be set: what it has
not printed by then, while the idle path answered within milliseconds, is silent."""
DARK_PING = 13.0
"""Seconds for an appliance's ping of two into the dark: it waits 10 s for the last answer
(ping(8)), and says only then that there was none."""
SSH = 22


def next_plan(evidence: Evidence) -> Plan | None:
    """What to ask next; None when nothing more can be learnt."""
    scene = Scene(evidence)
    for step in STEPS:
        plan = step(scene)
        if plan is not None and plan.name not in evidence.plans and plan.main:
            return plan
    return None


# --- questions ------------------------------------------------------------------------


def _ask(
    probe: str,
    source: str,
    target: str | None = None,
    *,
    after: float = 0.0,
    deadline: float = 10.0,
    alive_rows: int = 0,
    **params: Value,
) -> Ask:
    return Ask(probe, source, target, params, after, deadline, alive_rows)


def _ping(
    source: str, target: str, count: int, interval: float, *, size: int = 56, df: int = 0
) -> Ask:
    return _ask(
        "ping", source, target, deadline=count * interval + 4,
        count=count, interval=interval, size=size, df=df,
    )  # fmt: skip


def _sockets(scene: Scene, endpoint_id: str, *, after: float = 0.0, samples: int = 1) -> list[Ask]:
    """The host's sockets, `samples` times half a second apart. An appliance lists them once a
    command; where it did not take the first form, the alias is asked (facts, section 0)."""
    endpoint = scene.endpoint(endpoint_id)
    if endpoint is None:
        return []
    if endpoint.kind.has_shell:
        return [_ask("sockets", endpoint_id, after=after, samples=samples, interval=0.5)]
    refused = any(g.probe == "sockets" and g.source == endpoint_id for g in scene.evidence.gaps)
    listed = bool(scene.evidence.of("sockets", source=endpoint_id))
    form: dict[str, Value] = {"form": "netstat"} if refused and not listed else {}
    return [Ask("sockets", endpoint_id, None, form, after + 0.5 * n) for n in range(samples)]


def _linux(scene: Scene, endpoint_id: str) -> bool:
    endpoint = scene.endpoint(endpoint_id)
    return endpoint is not None and endpoint.kind.has_shell


def _other(scene: Scene, endpoint_id: str) -> str | None:
    """Another endpoint of the same site: the sibling."""
    site = endpoint_id.partition("/")[0]
    return next(
        (e.id for e in scene.context.endpoints if e.site == site and e.id != endpoint_id), None
    )


# --- steps ----------------------------------------------------------------------------


def prepare(scene: Scene) -> Plan:
    """Who can do what, and how far each clock is off."""
    main = [_ask("tools", e.id, deadline=8) for e in scene.context.endpoints]
    main += [_ask("clock", e.id, deadline=8) for e in scene.context.endpoints]
    return Plan("prepare", Phase.BASELINE, tuple(main))


def baseline(scene: Scene) -> Plan:
    """Everything at idle, both directions at once; what a host says of itself first."""
    asks = [ask for e in scene.context.endpoints for ask in _host(e)]
    for endpoint in scene.context.endpoints:
        targets = [b for a, b in scene.crossings if a == endpoint.id]
        crossing = _from_shell if endpoint.kind.has_shell else _from_appliance
        asks += crossing(scene, endpoint.id, targets)
    return Plan("baseline", Phase.BASELINE, tuple(asks))


def _from_shell(scene: Scene, source: str, targets: list[str]) -> Iterator[Ask]:
    """Small and large pings, a trace and connection requests, all side by side."""
    for target in targets:
        yield _ping(source, target, 36, 0.055)
        yield _ping(source, target, 4, 0.3, size=1472, df=1)
        yield _ask("trace", source, target, deadline=9)
        ports = _ports(scene, source, target)
        yield _ask("knock", source, target, deadline=6, ports=ports, count=2)


def _from_appliance(scene: Scene, source: str, targets: list[str]) -> Iterator[Ask]:
    """One command at a time there, and each is audited (trap 22): traces, the more telling
    first, each within its own wait, then one short ping."""
    ends = (scene.source, scene.destination)
    first = sorted(targets, key=lambda t: not (source in ends and t in ends))
    for number, target in enumerate(first, 1):
        yield _ask("trace", source, target, deadline=0.5 + DARK_TRACE * number)
    wanted = scene.source if source == scene.destination else scene.destination
    if wanted in targets:
        yield replace(_ping(source, wanted, 2, 1.0), deadline=0.5 + DARK_TRACE * 2 + 3)


def _ports(scene: Scene, source: str, target: str) -> str:
    """SSH as the control, and the ports of the flows for which this host knocks."""
    flows = (f.port for f in scene.flows if f.target == target and scene.knocker(f) == source)
    return ",".join(str(port) for port in sorted({SSH, *(port for port in flows if port)}))


def _host(endpoint: Endpoint) -> Iterator[Ask]:
    """One host about itself."""
    yield _ask("version", endpoint.id)
    yield _ask("counters", endpoint.id)
    if endpoint.kind is not Kind.DATADOMAIN:
        yield _ask("sockets", endpoint.id, samples=3, interval=0.6)
        return
    yield _ask("sockets", endpoint.id)
    for about in ("replication", "filesys", "ddboost", "nfs"):
        yield _ask("status", endpoint.id, about=about)
    yield _ask("hostfilter", endpoint.id)


def watch_the_dark(scene: Scene) -> Plan | None:
    """A baseline that is dark is not idle: it is watched before it is judged."""
    if scene.dark_start is None or not scene.context.watch_seconds:
        return None
    if not (scene.siblings_live or scene.job_sockets):
        return None
    return Plan("watch", Phase.RECOVERY, _until_alive(scene))


def _until_alive(scene: Scene) -> tuple[Ask, ...]:
    seconds = scene.context.watch_seconds
    a, b = scene.source, scene.destination
    asks = []
    if scene.pings(a, b) or scene.dark_start:
        asks.append(
            _ask("ping", a, b, deadline=seconds, alive_rows=3,
                 count=int(seconds / 0.5) + 1, interval=0.5)
        )  # fmt: skip
    if _linux(scene, a) and (port := scene.open_port or SSH):
        ports = f"{port}" if not scene.trip else _light_ports(scene, scene.trip.flow)
        asks.append(
            _ask("knock", a, b, deadline=seconds, alive_rows=1 + ports.count(","),
                 ports=ports, count=int(seconds) + 1, interval=1.0, wait=0.9)
        )  # fmt: skip
    return tuple(asks)


def baseline_again(scene: Scene) -> Plan | None:
    """The pair came back: now the idle path can be seen."""
    if scene.dark_start is None or scene.dark_start.ended is None:
        return None
    a, b = scene.source, scene.destination
    asks = [_ask("trace", a, b, deadline=9), _ask("trace", b, a, deadline=9)]
    asks += [_ping(a, b, 20, 0.1)] if _linux(scene, a) else []
    return Plan("baseline:again", Phase.BASELINE, tuple(asks))


def watch_the_job(scene: Scene) -> Plan | None:
    """A job's messages are stuck right now: sampling alone shows the signs, nothing is sent."""
    if not scene.alive_at_start or not scene.job_sockets:
        return None
    a, b = scene.source, scene.destination
    asks = [ask for e in (a, b) for ask in _sockets(scene, e, samples=4)]
    asks += [_ask("trace", a, b, after=0.1, deadline=6), *_siblings(scene, a, b)]
    asks += [_ask("trace", b, a, after=0.1, deadline=6 if _linux(scene, b) else DARK_TRACE)]
    asks += _beside(scene, scene.flows[0], 5) if _linux(scene, a) else ()
    return Plan("watch-job", Phase.WATCH_JOB, tuple(asks))


def measure_loss(scene: Scene) -> Plan | None:
    """Some pings were lost: is it the path, or a limit on ICMP? Both protocols, more packets."""
    if not scene.lossy or not scene.alive_at_start or not _linux(scene, scene.source):
        return None
    a, b = scene.source, scene.destination
    asks = [_ping(a, b, 120, 0.055)]
    if scene.open_port:
        asks.append(
            _ask("knock", a, b, deadline=30, ports=str(scene.open_port), count=80,
                 interval=0.08, wait=3.2)
        )  # fmt: skip
    return Plan("baseline:loss", Phase.BASELINE, tuple(asks))


def sweep_the_port(scene: Scene) -> Plan | None:
    """A port that counts does not open while others do: connection requests with rising TTL,
    and what the far host lists meanwhile."""
    flow = scene.closed_flow
    if flow is None or not flow.port or not _linux(scene, scene.knocker(flow)):
        return None
    last = _hops(scene, scene.knocker(flow), flow.target) + 1
    sweep = _ask("knock", scene.knocker(flow), flow.target, deadline=2.0 * last + 5,
                 ports=str(flow.port), first_ttl=1, last_ttl=last, wait=1.0)  # fmt: skip
    beside = tuple(_sockets(scene, flow.target, after=1.0, samples=2))
    return Plan(f"locate:port-{flow.port}", Phase.LOCATE, (sweep,), beside, settle=0.5)


def _hops(scene: Scene, source: str, target: str) -> int:
    idle = scene.path(source, target)
    return len(idle.hops) if idle and idle.hops else 20


def experiment_on(index: int) -> tuple[Callable[[Scene], Plan | None], ...]:
    """The steps of one required flow: control, trigger, and a longer look if need be."""

    def control(scene: Scene) -> Plan | None:
        flow = _to_try(scene, index)
        return _sent(scene, flow, "control", wait=0.5, settle=0.2) if flow else None

    def trigger(scene: Scene) -> Plan | None:
        flow = _to_try(scene, index)
        return _sent(scene, flow, "call", wait=ANSWER_WAIT, settle=0.5) if flow else None

    def longer(scene: Scene) -> Plan | None:
        """The pair went silent at the very end: look on until it is dark or alive."""
        flow = scene.required[index] if index < len(scene.required) else None
        if flow is None or not scene.fell_silent or scene.window is not None:
            return None
        return Plan(f"trigger:{flow.service}:after", Phase.TRIGGER, _beside(scene, flow, 2.5))

    return control, trigger, longer


def _to_try(scene: Scene, index: int) -> Flow | None:
    """The required flow to send bytes on: all before it answered, and nothing forbids it."""
    required = scene.required
    if index >= len(required) or scene.context.not_sent is not None:
        return None
    if not scene.alive_at_start or scene.job_sockets or scene.trip or scene.fell_silent:
        return None
    flow = required[index]
    earlier_fine = all(scene.answered(f.service) for f in required[:index])
    closed = scene.closed_flow is not None and scene.closed_flow.required
    if not earlier_fine or not flow.port or closed or not _linux(scene, flow.source):
        return None
    return flow if scene.endpoint(flow.target) else None


def _sent(scene: Scene, flow: Flow, message: str, *, wait: float, settle: float) -> Plan | None:
    """One connection with one message, with light signs beside it."""
    if flow.handshake is None or flow.port is None:
        return None
    payload = flow.handshake.control if message == "control" else flow.handshake.message
    exchange = _ask(
        "exchange", flow.source, flow.target, after=0.2, deadline=wait + 6,
        port=flow.port, payload=payload.hex(), message=message,
        reply_bytes=flow.handshake.reply_bytes, wait=wait,
    )  # fmt: skip
    phase = Phase.CONTROL if message == "control" else Phase.TRIGGER
    beside = _beside(scene, flow, wait + 8)
    if message == "call":
        beside += _sampled(scene, flow)
    return Plan(f"{phase}:{flow.service}", phase, (exchange,), beside, settle, intrusive=True)


def _beside(scene: Scene, flow: Flow, seconds: float) -> tuple[Ask, ...]:
    """A light ping and a light connect from the source."""
    asks = []
    if scene.pings(flow.source, flow.target):
        asks.append(_ping(flow.source, flow.target, int(seconds / LIGHT), LIGHT))
    asks.append(
        _ask("knock", flow.source, flow.target, deadline=seconds + 2,
             ports=_light_ports(scene, flow), count=int(seconds / 0.5) + 1, interval=0.5, wait=0.9)
    )  # fmt: skip
    return tuple(asks)


def _light_ports(scene: Scene, flow: Flow) -> str:
    """A port that another service answers on, and the flow's own: a device may block only it."""
    ports = {scene.open_port, flow.port} - {None}
    return ",".join(str(port) for port in sorted(p for p in ports if p))


def _sampled(scene: Scene, flow: Flow) -> tuple[Ask, ...]:
    """Sockets at both ends, once a call stays unanswered."""
    ends = (flow.source, flow.target)
    return tuple(ask for e in ends for ask in _sockets(scene, e, after=0.7, samples=3))


def aftermath(scene: Scene) -> Plan | None:
    """While the pair is dark: both directions' traces, siblings, sockets, counters."""
    trip = scene.trip
    if trip is None or scene.dark_start:
        return None
    a, b = trip.flow.source, trip.flow.target
    asks = [
        _ask("trace", a, b, deadline=6),
        _ask("trace", a, b, after=1.6, deadline=6),
        *_far_end(scene, b, a),
        *_siblings(scene, a, b),
        *_sockets(scene, a, samples=3),
        _ask("counters", a, after=2.0),
    ]
    if scene.traffic(trip) in ("tcp", "port"):
        port = trip.flow.port if scene.traffic(trip) == "port" else scene.open_port
        last = _hops(scene, a, b) + 1
        asks.append(
            _ask("knock", a, b, deadline=1.0 * last + 5, ports=str(port or trip.flow.port),
                 first_ttl=1, last_ttl=last, wait=0.7)
        )  # fmt: skip
    return Plan("aftermath", Phase.AFTERMATH, tuple(asks), _beside(scene, trip.flow, 30))


def _far_end(scene: Scene, b: str, a: str) -> tuple[Ask, ...]:
    """What the far end sees: its queue of unacknowledged answers, and its way back."""
    wait = 6.0 if _linux(scene, b) else DARK_TRACE
    first, *later = _sockets(scene, b, samples=3)
    return (
        first,
        _ask("trace", b, a, after=0.05, deadline=wait),
        *later,
        _ask("counters", b, after=2.0),
    )


def _siblings(scene: Scene, a: str, b: str) -> Iterator[Ask]:
    """The same destination from a sibling, and the same source to a sibling."""
    other_near, other_far = _other(scene, a), _other(scene, b)
    if other_far:
        yield _ping(a, other_far, 6, 0.2)
        ports = str(SSH)
        yield _ask("knock", a, other_far, after=0.2, deadline=6, ports=ports, count=2, wait=0.9)
    if other_near:
        yield replace(_ping(other_near, b, 2, 1.0), deadline=DARK_PING)


def sweep_with(message: str) -> Callable[[Scene], Plan | None]:
    """The pair stays alive and the call is never answered: which hop eats it? The control's
    sweep first (trap 4), then the call's, never both at once (trap 1)."""

    def sweep(scene: Scene) -> Plan | None:
        flow = scene.eaten_flow
        if flow is None or flow.handshake is None or flow.port is None:
            return None
        last = _hops(scene, flow.source, flow.target)
        payload = flow.handshake.control if message == "control" else flow.handshake.message
        ask = _ask(
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
    return Plan("recovery", Phase.RECOVERY, _until_alive(scene))


def clear(scene: Scene) -> Plan | None:
    """A call that was eaten leaves a half-open socket on the far host: the same source port
    again clears it, once packets pass (trap 14)."""
    if scene.window is not None and scene.window.ended is None:
        return None
    asks = [
        _ask("reconnect", left.source, left.target, deadline=8,
             port=left.port, local_port=left.local_port)
        for left in scene.left_open
    ]  # fmt: skip
    ends = (scene.source, scene.destination) if asks else ()
    asks += [ask for e in ends for ask in _sockets(scene, e, after=1.0)]
    return Plan("recovery:clear", Phase.RECOVERY, tuple(asks))


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
    aftermath,
    sweep_with("control"),
    sweep_with("call"),
    recovery,
    clear,
)
