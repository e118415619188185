"""Evidence made by hand, tersely: a row of letters is a row of pings or connection requests.

`Heard` gathers observations; times are seconds from the check's start (`T0`). The two sites
are joined by `CHAIN`: five routers, one of Seoul, three of the carrier, one of Busan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, ip_network
from typing import Any

from probes.model import (
    Address,
    Ask,
    Context,
    End,
    Endpoint,
    Evidence,
    Gap,
    Kind,
    Observation,
    Pair,
    Phase,
    Segment,
    Site,
    Transcript,
)
from probes.profiles import onc_rpc
from probes.readings import (
    Answer,
    ExchangeReading,
    Hop,
    Knock,
    KnockReading,
    KnockRow,
    PingReading,
    PingRow,
    Reading,
    Socket,
    SocketSample,
    SocketsReading,
    SweepReading,
    SweepStep,
    TraceReading,
)
from tests.unit.chain import Chain

T0 = 1_800_000_000.0
XID = 7
NEAR, FAR = "seoul/avamar", "busan/datadomain"
NEAR_STORE, FAR_SOURCE = "seoul/datadomain", "busan/avamar"
NFS_PORT = 2049
KNOCKS = {"!": Knock.OPEN, "s": Knock.OPEN, "R": Knock.REFUSED, ".": Knock.SILENT,
          "X": Knock.PROHIBITED, "e": Knock.ERROR}  # fmt: skip
SLOW = 1.03
_ACCEPTED = (
    b"\x80\x00\x00\x1c" + XID.to_bytes(4, "big") + onc_rpc.REPLY.to_bytes(4, "big") + bytes(16)
)
"""A GETPORT answer without its last word, the port."""


CHAIN = Chain(
    IPv4Address("10.81.10.11"),
    IPv4Address("10.82.10.12"),
    tuple(map(IPv4Address, ("10.81.10.1", "10.80.1.2", "10.80.2.2", "10.80.3.2", "10.82.7.2"))),
    tuple(map(IPv4Address, ("10.80.1.1", "10.80.2.1", "10.80.3.1", "10.82.7.1", "10.82.10.1"))),
)


def site(name: str, network: str, **more: Endpoint) -> Site:
    """An Avamar at .10.11 and a Data Domain at .10.12 of the network."""
    prefix = network.removesuffix(".0.0/16")
    endpoints = {
        role: Endpoint(name, role, Kind(role), IPv4Address(f"{prefix}.10.{last}"))
        for role, last in (("avamar", 11), ("datadomain", 12))
    }
    return Site(name, name.title(), (ip_network(network),), {**endpoints, **more})


def context(**more: Any) -> Context:
    given: dict[str, Any] = {
        "check": "c1",
        "pair": Pair("seoul", "busan", "avamar-datadomain"),
        "near": site("seoul", "10.81.0.0/16"),
        "far": site("busan", "10.82.0.0/16"),
        "segments": (Segment("carrier", "Carrier", (ip_network("10.80.0.0/16"),)),),
        "started": T0,
        "not_sent": None,
        "xid": XID,
    }
    return Context(**{**given, **more})


def phase_of(plan: str) -> Phase:
    """The phase that a plan of this name belongs to."""
    first = plan.partition(":")[0]
    return {"watch": Phase.RECOVERY, "prepare": Phase.BASELINE}.get(first) or Phase(first)


def getport_answer(port: int) -> bytes:
    return _ACCEPTED + port.to_bytes(4, "big")


class Heard:
    """What a check has heard so far. Each method adds one observation and returns its id."""

    def __init__(self, given: Context | None = None) -> None:
        self.context = given or context()
        self.observations: list[Observation] = []
        self.gaps: list[Gap] = []
        self.plans: list[str] = []

    @property
    def evidence(self) -> Evidence:
        return Evidence(self.context, tuple(self.observations), tuple(self.gaps), tuple(self.plans))

    def add(
        self, probe: str, plan: str, at: float, reading: Reading,
        *, source: str = NEAR, target: str | None = FAR, seconds: float = 1.0,
        end: End = End.EXITED, **params: str | int | float,
    ) -> str:  # fmt: skip
        """Any observation; its plan counts as done."""
        if plan not in self.plans:
            self.plans.append(plan)
        ask = Ask(probe, source, target, params)
        status = 0 if end is End.EXITED else None
        transcript = Transcript((probe,), T0 + at, seconds, end, status, ())
        name = f"o{len(self.observations) + 1}"
        self.observations.append(
            Observation(name, plan, phase_of(plan), ask, transcript, 1, reading)
        )
        return name

    def relabel(self, probe: str, ask: Ask) -> None:
        """The last observation answers this question of another probe instead."""
        last = self.observations[-1]
        self.observations[-1] = replace(last, ask=replace(ask, probe=probe))

    def ping(
        self, plan: str, at: float, fates: str,
        *, source: str = NEAR, target: str = FAR, every: float = 0.15, size: int = 56,
    ) -> str:  # fmt: skip
        """`!!..`: answered, answered, lost, lost; as Cisco's ping prints them."""
        rows = tuple(
            PingRow(n, T0 + at + n * every, 0.003 if fate == "!" else None, n)
            for n, fate in enumerate(fates)
        )
        return self.add("ping", plan, at, PingReading(rows, size), source=source, target=target,
                        seconds=every * len(fates))  # fmt: skip

    def knock(
        self, plan: str, at: float, ports: Mapping[int, str],
        *, source: str = NEAR, target: str = FAR, every: float = 0.5,
        icmp_from: Address | None = None,
    ) -> str:  # fmt: skip
        """port → `!` open, `s` open late, `R` reset, `.` silence, `X` ICMP error, `e` error."""
        rows = [
            KnockRow(
                port, T0 + at + n * every, KNOCKS[fate], n,
                {"!": 0.003, "s": SLOW, "R": 0.003, "X": 0.003}.get(fate),
                icmp=(3, 13) if fate == "X" else None,
                icmp_from=icmp_from if fate == "X" else None,
            )
            for port, fates in ports.items()
            for n, fate in enumerate(fates)
        ]  # fmt: skip
        return self.add("knock", plan, at, KnockReading(tuple(rows)), source=source, target=target)

    def rising(
        self, plan: str, at: float, port: int, fates: Sequence[Knock],
        *, source: str = NEAR, target: str = FAR,
    ) -> str:  # fmt: skip
        """Connection requests with TTL 1, 2, 3 …"""
        rows = tuple(
            KnockRow(port, T0 + at + ttl * 0.1, fate, ttl, ttl=ttl)
            for ttl, fate in enumerate(fates, 1)
        )
        return self.add("knock", plan, at, KnockReading(rows), source=source, target=target)

    def sweep(self, plan: str, at: float, message: str, port: int, fates: Sequence[Answer]) -> str:
        """A message with TTL 1, 2, 3 …"""
        steps = tuple(
            SweepStep(ttl, T0 + at + ttl * 0.5, fate, ttl) for ttl, fate in enumerate(fates, 1)
        )
        return self.add("sweep", plan, at, SweepReading(message, port, steps))

    def trace(
        self, plan: str, at: float, route: Sequence[Address | None],
        *, source: str = NEAR, target: str = FAR, every: float = 0.01,
        flags: tuple[str, ...] = (),
    ) -> str:  # fmt: skip
        """A row a hop; the last one carries the flags."""
        end = self.context.endpoint(target).address_for(source.partition("/")[0])
        hops = tuple(
            Hop(ttl, (hop,), (0.002 if hop else None,), T0 + at + ttl * every, ttl,
                flags if ttl == len(route) else ())
            for ttl, hop in enumerate(route, 1)
        )  # fmt: skip
        return self.add("trace", plan, at, TraceReading(end, hops, True), source=source,
                        target=target, seconds=every * len(route))  # fmt: skip

    def exchange(
        self, plan: str, at: float, answer: Answer,
        *, opened: Knock = Knock.OPEN, port: int = 111, acked: bool = True, reply: bytes = b"",
        sent: bool = True, end: End = End.EXITED,
    ) -> str:  # fmt: skip
        """One message; the plan's name says which: `control:nfs`, `trigger:portmapper`."""
        message = "control" if plan.startswith("control") else "call"
        reading = ExchangeReading(
            message, port, 40_000 + len(self.observations), opened,
            T0 + at if sent and opened is Knock.OPEN else None, answer, reply,
            0.003 if answer is Answer.REPLIED else None, ((T0 + at + 0.3, 0 if acked else 60),),
        )  # fmt: skip
        return self.add("exchange", plan, at, reading, end=end, port=port, message=message)

    def sockets(
        self, plan: str, at: float, source: str,
        *, listening: Sequence[int] | None = (22, 111, NFS_PORT),
        queued: Mapping[int, int] | None = None, half_open: Sequence[int] = (), samples: int = 1,
        peer: str | None = None,
    ) -> str:  # fmt: skip
        """The host's own list. queued: local port → bytes that wait to be acknowledged by
        `peer`; half_open: local ports with its request; listening None: no listeners shown."""
        own = self.context.endpoint(source)
        to = self.context.endpoint(peer or (FAR if own.site == "seoul" else NEAR))
        shown = to.address_for(own.site)
        listed = [Socket("LISTEN", 0, 0, None, p, None, 0, 0) for p in listening or ()]
        listed += [
            Socket("ESTAB", 0, size, own.address, p, shown, 45_000, 0)
            for p, size in (queued or {}).items()
        ]
        listed += [Socket("SYN-RECV", 0, 0, own.address, p, shown, 45_001, 0) for p in half_open]
        every = [SocketSample(T0 + at + n * 0.5, tuple(listed)) for n in range(samples)]
        reading = SocketsReading(tuple(every), listening is not None)
        return self.add("sockets", plan, at, reading, source=source, target=None)

    # --- whole phases -----------------------------------------------------------------

    def idle(self, *, hosts: bool = True, **ports: str) -> None:
        """A baseline in which everything passes; `p111="..": what port 111 does instead."""
        self.plans.append("prepare")
        named = {int(port[1:]): fates for port, fates in ports.items()}
        for target in (FAR, FAR_SOURCE):
            self.ping("baseline", 0, "!" * 36, target=target, every=0.055)
            self.ping("baseline", 0, "!!!!", target=target, every=0.3, size=1472)
            self.knock("baseline", 0, {22: "!!", 111: "!!", **named}, target=target)
        self.ping("baseline", 0, "!!", source=NEAR_STORE, every=1.0)
        self.ping("baseline", 0, "!" * 36, source=FAR_SOURCE, target=NEAR, every=0.055)
        self.trace("baseline", 0, CHAIN.there)
        self.trace("baseline", 0, CHAIN.back, source=FAR, target=NEAR)
        if hosts:
            self.sockets("baseline", 0, FAR)
            self.sockets("baseline", 0, NEAR, listening=(22,))

    def control(self, at: float, answer: Answer = Answer.CLOSED, service: str = "portmapper",
                port: int = 111) -> str:  # fmt: skip
        """A control that the host answered, with signs of life around it."""
        self.ping(f"control:{service}", at - 0.5, "!" * 8)
        return self.exchange(f"control:{service}", at, answer, port=port)

    def call(
        self, at: float, answer: Answer = Answer.REPLIED, service: str = "portmapper",
        *, after: str = "!" * 12, port: int = 111, **more: Any,
    ) -> str:  # fmt: skip
        """A call, with pings from half a second before to what `after` says follows it."""
        if answer is Answer.REPLIED and "reply" not in more and service == "portmapper":
            more["reply"] = getport_answer(NFS_PORT)
        self.ping(f"trigger:{service}", at - 0.5, "!!!!" + after)
        return self.exchange(f"trigger:{service}", at, answer, port=port, **more)


DARK = "." * 20


def tripped(*, ping: str = DARK, knock: dict[int, str] | None = None) -> Heard:
    """Idle, a control at 5, a call at 8; then pings and knocks with these fates."""
    heard = Heard()
    heard.idle()
    heard.control(5)
    heard.call(8, after=ping)
    if knock:
        heard.knock("trigger:portmapper", 7.5, {port: f"!{rest}" for port, rest in knock.items()})
    return heard
