"""The flows, what was sent on them, and whether their ports open (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from probes.model import Address, Evidence, Flow, Observation, Phase
from probes.profiles import PROFILES
from probes.profiles.onc_rpc import getport_answer
from probes.readings import Answer, ExchangeReading, Knock, KnockReading, SweepReading

OPENINGS = (Knock.OPEN, Knock.PROHIBITED, Knock.REFUSED, Knock.SILENT)
"""What a connection may meet, the most telling first: one that opened outweighs a lost one."""


@dataclass(frozen=True, slots=True)
class PortSweep:
    """Connection requests with rising TTL. first_answer: the lowest TTL at which something
    other than an expiry came back; None if nothing did."""

    observation: str
    last_expired: int
    first_answer: int | None


@dataclass(frozen=True, slots=True)
class PayloadSweeps:
    """The call's sweep and its control's."""

    control: SweepReading
    call: SweepReading
    observations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """A connection of ours that the far host may still hold (trap 14)."""

    source: str
    target: str
    port: int
    local_port: int


class Flows:
    """What became of the profile's flows."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.context = evidence.context
        self.profile = PROFILES[self.context.pair.profile]
        first = self._declared[0]
        self.source, self.destination = first.source, first.target

    @cached_property
    def _declared(self) -> tuple[Flow, ...]:
        return self.profile.flows(self.context.near, self.context.far, self.context.xid)

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        """The profile's flows; a port that an answer named is filled in."""
        return tuple(
            replace(flow, port=self.named_port(flow.port_from)) if flow.port_from else flow
            for flow in self._declared
        )

    @property
    def required(self) -> tuple[Flow, ...]:
        return tuple(flow for flow in self.flows if flow.required)

    def exchange(self, service: str, message: str) -> Observation | None:
        """The one exchange of a service's call or of its control."""
        plan = f"{'control' if message == 'control' else 'trigger'}:{service}"
        found = self.evidence.of("exchange", plan=plan)
        return found[-1] if found else None

    def named_port(self, service: str) -> int | None:
        """The port that a GETPORT answer named; 0: not registered; None: no answer."""
        call = self.exchange(service, "call")
        return getport_answer(exchanged(call).reply) if call else None

    def answered(self, service: str) -> bool:
        """The service answered its first message."""
        call = self.exchange(service, "call")
        return call is not None and exchanged(call).answer is Answer.REPLIED

    def flow_of(self, exchange: Observation) -> Flow | None:
        """The flow whose message an exchange carried."""
        service = exchange.plan.partition(":")[2]
        return next((flow for flow in self.flows if flow.service == service), None)

    @cached_property
    def sent(self) -> tuple[Observation, ...]:
        """Every exchange of which a byte left the host, in the order sent."""
        found = [o for o in self.evidence.of("exchange") if exchanged(o).sent is not None]
        return tuple(sorted(found, key=lambda o: exchanged(o).sent or 0.0))

    def knocker(self, flow: Flow) -> str:
        """Who knocks for this flow: its source, or where that can't, the source's sibling that
        can (contract.md, "Flows": a stand-in, and the finding says which)."""
        site = flow.source.partition("/")[0]
        siblings = [e for e in self.context.endpoints if e.site == site]
        able = [e.id for e in siblings if e.kind.has_shell]
        return flow.source if flow.source in able or not able else able[0]

    def opening(self, flow: Flow) -> tuple[Knock | None, tuple[str, ...]]:
        """Does the flow's port open: the best result of every connection to it at idle."""
        results: dict[Knock, list[str]] = {}
        for o in self.evidence.of("knock", source=self.knocker(flow), target=flow.target):
            if isinstance(o.reading, KnockReading) and o.phase in (Phase.BASELINE, Phase.LOCATE):
                for row in o.reading.rows:
                    limited = row.ttl and row.result is not Knock.OPEN
                    if row.port == flow.port and row.result in OPENINGS and not limited:
                        results.setdefault(row.result, []).append(o.id)
        for message in ("control", "call"):
            exchange = self.exchange(flow.service, message)
            if exchange is not None and exchanged(exchange).port == flow.port:
                results.setdefault(exchanged(exchange).opened, []).append(exchange.id)
        best = next((knock for knock in OPENINGS if knock in results), None)
        return best, tuple(dict.fromkeys(results[best])) if best else ()

    def silent_requests(self, flow: Flow) -> int:
        """How many connection requests to the flow's port, without a TTL limit, met silence."""
        found = self.evidence.of("knock", source=self.knocker(flow), target=flow.target)
        rows = [r for o in found if isinstance(o.reading, KnockReading) for r in o.reading.rows]
        return sum(r.port == flow.port and not r.ttl and r.result is Knock.SILENT for r in rows)

    def opened(self, flow: Flow) -> tuple[str, ...]:
        """The observations in which the flow's port opened."""
        knock, observations = self.opening(flow)
        return observations if knock is Knock.OPEN else ()

    def port_sweep(self, flow: Flow) -> PortSweep | None:
        """The connection requests to the flow's port with rising TTL."""
        for o in self.evidence.of("knock", phase=Phase.LOCATE, source=self.knocker(flow)):
            if isinstance(o.reading, KnockReading) and (found := sweep_of(o, flow.port)):
                return found
        return None

    @property
    def left_open(self) -> tuple[LeftOpen, ...]:
        """What a message that was eaten, or a sweep whose reset may have died on the way (a
        device that clamps TTL, trap 20), may have left on the far host."""
        used = [
            (o, exchanged(o).port, exchanged(o).local_port)
            for o in self.sent
            if exchanged(o).left_open
        ] + [
            (o, o.reading.port, o.reading.local_port)
            for o in self.evidence.of("sweep")
            if isinstance(o.reading, SweepReading) and o.reading.local_port
        ]
        cleared = {
            (o.source, o.ask.params.get("local_port"))
            for o in self.evidence.of("reconnect")
            if isinstance(o.reading, KnockReading)
            and any(row.result is Knock.OPEN for row in o.reading.rows)
        }
        return tuple(
            LeftOpen(o.source, o.target or "", port, local)
            for o, port, local in used
            if (o.source, local) not in cleared
        )

    def icmp_sender(self, flow: Flow) -> Address | None:
        """Who sent the ICMP error that refused the flow's port, where the kernel said it."""
        for o in self.evidence.of("knock", source=self.knocker(flow), target=flow.target):
            if not isinstance(o.reading, KnockReading):
                continue
            for row in o.reading.rows:
                refuses = row.port == flow.port and row.result is Knock.PROHIBITED
                if refuses and row.icmp_from is not None:
                    return row.icmp_from
        return None

    def payload_sweeps(self, flow: Flow) -> PayloadSweeps | None:
        """Both sweeps of the flow's first message; None unless both were made."""
        found: dict[str, Observation] = {}
        for o in self.evidence.of("sweep", source=flow.source, target=flow.target):
            if isinstance(o.reading, SweepReading) and o.reading.port == flow.port:
                found[o.reading.message] = o
        control, call = found.get("control"), found.get("call")
        if control is None or call is None:
            return None
        if not isinstance(control.reading, SweepReading):
            return None
        if not isinstance(call.reading, SweepReading):
            return None
        return PayloadSweeps(control.reading, call.reading, (control.id, call.id))


def exchanged(observation: Observation) -> ExchangeReading:
    """The reading of an exchange; TypeError for any other."""
    if not isinstance(observation.reading, ExchangeReading):
        raise TypeError(f"{observation.id} is no exchange")
    return observation.reading


def sweep_of(observation: Observation, port: int | None) -> PortSweep | None:
    """A sweep of connection requests to `port`; None if the observation holds none."""
    reading = observation.reading
    if not isinstance(reading, KnockReading):
        return None
    rows = [row for row in reading.rows if row.ttl and port in (row.port, None)]
    if not rows:
        return None
    expired = [row.ttl for row in rows if row.result is Knock.EXPIRED]
    answers = (Knock.OPEN, Knock.REFUSED, Knock.PROHIBITED)
    answered = [row.ttl for row in rows if row.result in answers]
    return PortSweep(observation.id, max(expired, default=0), min(answered, default=None))
