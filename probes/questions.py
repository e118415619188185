"""The questions that the experiment's steps are made of: who is asked what, for how long.

Pure. What is a limit or a wait here says why it has that value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from probes.model import Ask, Endpoint, Flow, Kind, Value
from probes.scene import Scene

LIGHT = 0.15
"""Seconds between light pings beside a control or a trigger."""
DARK_TRACE = 4.5
"""Seconds of a trace into the dark at an appliance, whose own waits can't be set: what it has
not printed by then, while the idle path answered within milliseconds, is silent."""
DARK_PING = 13.0
"""Seconds for an appliance's ping of two into the dark: it waits 10 s for the last answer
(ping(8)), and says only then that there was none."""
SSH = 22
"""The control beside a flow's port: every host here can be logged in to."""


def question(
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


def ping(
    source: str, target: str, count: int, interval: float, *, size: int = 56, df: int = 0
) -> Ask:
    return question(
        "ping", source, target, deadline=count * interval + 4,
        count=count, interval=interval, size=size, df=df,
    )  # fmt: skip


def sockets(scene: Scene, endpoint_id: str, *, after: float = 0.0, samples: int = 1) -> list[Ask]:
    """The host's sockets, `samples` times half a second apart. An appliance lists them once a
    command; where it did not take the first form, the alias is asked (facts, section 0)."""
    endpoint = scene.endpoint(endpoint_id)
    if endpoint is None:
        return []
    if endpoint.kind.has_shell:
        return [question("sockets", endpoint_id, after=after, samples=samples, interval=0.5)]
    refused = any(g.probe == "sockets" and g.source == endpoint_id for g in scene.evidence.gaps)
    listed = bool(scene.evidence.of("sockets", source=endpoint_id))
    form: dict[str, Value] = {"form": "netstat"} if refused and not listed else {}
    return [Ask("sockets", endpoint_id, None, form, after + 0.5 * n) for n in range(samples)]


def has_shell(scene: Scene, endpoint_id: str) -> bool:
    endpoint = scene.endpoint(endpoint_id)
    return endpoint is not None and endpoint.kind.has_shell


def sibling(scene: Scene, endpoint_id: str) -> str | None:
    """Another endpoint of the same site: the sibling."""
    site = endpoint_id.partition("/")[0]
    return next(
        (e.id for e in scene.context.endpoints if e.site == site and e.id != endpoint_id), None
    )


def from_shell(scene: Scene, source: str, targets: list[str]) -> Iterator[Ask]:
    """Small and large pings, a trace and connection requests, all side by side."""
    for target in targets:
        yield ping(source, target, 36, 0.055)
        yield ping(source, target, 4, 0.3, size=1472, df=1)
        yield question("trace", source, target, deadline=9)
        ports = ports_of(scene, source, target)
        yield question("knock", source, target, deadline=6, ports=ports, count=2)


def from_appliance(scene: Scene, source: str, targets: list[str]) -> Iterator[Ask]:
    """One command at a time there, and each is audited (trap 22): a trace, then a short ping,
    to the end of the flow on the other site; a mute router costs a trace all its wait."""
    wanted = scene.source if source == scene.destination else scene.destination
    target = wanted if wanted in targets else next(iter(targets), None)
    if target is not None:
        yield question("trace", source, target, deadline=0.5 + DARK_TRACE)
        yield replace(ping(source, target, 2, 1.0), deadline=0.5 + DARK_TRACE + 1.5)


def ports_of(scene: Scene, source: str, target: str) -> str:
    """SSH as the control, and the ports of the flows for which this host knocks."""
    flows = (f.port for f in scene.flows if f.target == target and scene.knocker(f) == source)
    return ",".join(str(port) for port in sorted({SSH, *(port for port in flows if port)}))


def of_host(endpoint: Endpoint) -> Iterator[Ask]:
    """One host about itself."""
    yield question("version", endpoint.id)
    yield question("counters", endpoint.id)
    if endpoint.kind is not Kind.DATADOMAIN:
        yield question("sockets", endpoint.id, samples=3, interval=0.6)
        return
    yield question("sockets", endpoint.id)
    for about in ("replication", "filesys", "ddboost", "nfs"):
        yield question("status", endpoint.id, about=about)
    yield question("hostfilter", endpoint.id)


def until_alive(scene: Scene) -> tuple[Ask, ...]:
    seconds = scene.context.watch_seconds
    a, b = scene.source, scene.destination
    asks = []
    if scene.pings(a, b) or scene.dark_start:
        asks.append(
            question("ping", a, b, deadline=seconds, alive_rows=3,
                 count=int(seconds / 0.5) + 1, interval=0.5)
        )  # fmt: skip
    if has_shell(scene, a):
        dark = {run.way.port for run in scene.window.runs} if scene.window else set()
        blocked = ",".join(str(port) for port in sorted(dark - {0}))
        usual = light_ports(scene, scene.trip.flow) if scene.trip else str(SSH)
        ports = blocked if scene.trip and blocked else usual
        asks.append(
            question("knock", a, b, deadline=seconds, alive_rows=1 + ports.count(","),
                 ports=ports, count=int(seconds) + 1, interval=1.0, wait=0.9)
        )  # fmt: skip
    return tuple(asks)


def hops(scene: Scene, source: str, target: str) -> int:
    idle = scene.path(source, target)
    return len(idle.hops) if idle and idle.hops else 20


def light_signs(scene: Scene, flow: Flow, seconds: float) -> tuple[Ask, ...]:
    """A light ping and a light connect from the source."""
    asks = []
    if scene.pings(flow.source, flow.target):
        asks.append(ping(flow.source, flow.target, int(seconds / LIGHT), LIGHT))
    asks.append(
        question("knock", flow.source, flow.target, deadline=seconds + 2,
             ports=light_ports(scene, flow), count=int(seconds / 0.5) + 1, interval=0.5, wait=0.9)
    )  # fmt: skip
    return tuple(asks)


def light_ports(scene: Scene, flow: Flow) -> str:
    """A port that another service answers on, and the flow's own: a device may block only it."""
    ports = (scene.light_port(flow), flow.port)
    return ",".join(str(port) for port in sorted({port for port in ports if port}))


def sampled(scene: Scene, flow: Flow) -> tuple[Ask, ...]:
    """Sockets at both ends, once a call stays unanswered."""
    ends = (flow.source, flow.target)
    return tuple(ask for e in ends for ask in sockets(scene, e, after=0.7, samples=3))


def far_end(scene: Scene, b: str, a: str) -> tuple[Ask, ...]:
    """What the far end sees: its queue of unacknowledged answers, and its way back."""
    wait = 6.0 if has_shell(scene, b) else DARK_TRACE
    first, *later = sockets(scene, b, samples=3)
    return (
        first,
        question("trace", b, a, after=0.05, deadline=wait),
        *later,
        question("counters", b, after=2.0),
    )


def siblings(scene: Scene, a: str, b: str) -> Iterator[Ask]:
    """The same destination from a sibling, and the same source to a sibling."""
    other_near, other_far = sibling(scene, a), sibling(scene, b)
    if other_far:
        yield ping(a, other_far, 6, 0.2)
        ports = ports_of(scene, a, b)  # a block of one port is told by the same port
        yield question("knock", a, other_far, after=0.2, deadline=6, ports=ports, count=2, wait=0.9)
    if other_near and scene.pings(other_near, b):
        yield replace(ping(other_near, b, 2, 1.0), deadline=DARK_PING)
