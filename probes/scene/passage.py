"""What passed between whom, and when a pair was dark (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from probes import signs
from probes.model import Evidence, Flow, Observation, Phase
from probes.readings import PingReading, SocketsReading, TraceReading
from probes.scene.flows import Flows, exchanged
from probes.signs import Share, Sign, Way

CLEAN_LOSSES, LOSSY_LOSSES = 4, 8
"""Pings lost in a row before a pair counts as dark: at 10 % round-trip loss eight in a row
happen once in 10^8 (facts/path-diagnosis.md, trap 13)."""
TCP_LOSSES, LOSSY_TCP_LOSSES = 2, 5
"""The same for connection requests to one port. There are few of them in a check, a dozen a
port: at 10 % five in a row are lost by chance in one check of some 5000, three in one of 100."""
CLEAN_PINGS = 30
"""None of thirty lost: the loss is below 10 % (the upper end of its 95 % interval)."""
EDGE = 0.3
"""Seconds before a message was sent in which a loss already belongs to it: a ping that was
on its way, and the error of a clock's midpoint."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a pair was dark. ended: when something passed again; None: not seen to end.

    runs: the losses that show it. others: further observations that do (a job's traces).
    """

    began: float
    ended: float | None
    watched_until: float
    runs: tuple[signs.Run, ...]
    others: tuple[str, ...] = ()

    @property
    def evidence(self) -> tuple[str, ...]:
        return (*dict.fromkeys(o for run in self.runs for o in run.observations), *self.others)

    def holds(self, at: float) -> bool:
        """Was the pair dark at this moment?"""
        return self.began - EDGE <= at and (self.ended is None or at < self.ended)


@dataclass(frozen=True, slots=True)
class Trip:
    """A message after which traffic beyond its own flow stopped."""

    flow: Flow
    message: str  # call | control
    exchange: Observation
    at: float
    window: Window
    sure: bool = True  # False: another message was sent between it and the dark


@dataclass(frozen=True, slots=True)
class Measured:
    """A share of losses, and where it was counted."""

    share: Share
    observations: tuple[str, ...]


class Passage(Flows):
    """Signs of life, darkness, and what a message did to them."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence)
        self._signs: dict[tuple[str, str], tuple[Sign, ...]] = {}

    # --- the first look ---------------------------------------------------------------

    def between(self, source: str, target: str) -> tuple[Sign, ...]:
        """All signs of packets from source to target, in the order sent."""
        key = (source, target)
        if key not in self._signs:
            self._signs[key] = signs.between(self.evidence, source, target)
        return self._signs[key]

    @cached_property
    def crossings(self) -> tuple[tuple[str, str], ...]:
        """Every (source, target) from one site to the other that the inventory knows."""
        near, far = self.context.near.endpoints.values(), self.context.far.endpoints.values()
        there = tuple((a.id, b.id) for a in near for b in far)
        return there + tuple((b, a) for a, b in there)

    def baseline(self, source: str, target: str) -> tuple[Sign, ...]:
        """The signs of the first look, before anything was sent."""
        ids = {o.id for o in self.evidence.observations if o.plan == "baseline"}
        return tuple(s for s in self.between(source, target) if s.observation in ids)

    @cached_property
    def passing(self) -> tuple[str, ...]:
        """The observations in which something passed between the two hosts at idle."""
        pairs = ((self.source, self.destination), (self.destination, self.source))
        seen = [s.observation for a, b in pairs for s in self.baseline(a, b) if s.alive]
        arrived = [
            o.id
            for a, b in pairs
            for o in self.evidence.of("trace", plan="baseline", source=a, target=b)
            if isinstance(o.reading, TraceReading) and o.reading.reached
        ]
        return tuple(dict.fromkeys((*seen, *arrived)))

    @cached_property
    def alive_at_start(self) -> bool | None:
        """Did anything pass between source and destination at first; None: not looked."""
        if self.passing:
            return True
        pairs = ((self.source, self.destination), (self.destination, self.source))
        looked = any(self.baseline(a, b) for a, b in pairs)
        return False if looked else None

    def pings(self, source: str, target: str) -> bool:
        """Was a ping from source to target ever answered (some hosts drop ping)?"""
        return any(s.alive and s.way.is_ping for s in self.between(source, target))

    def light_port(self, flow: Flow) -> int | None:
        """A port of the destination that answered at idle, other than this flow's: what a light
        connect can use. No flow's at all, if there is one; else another flow's."""
        seen = self.baseline(self.source, self.destination)
        ports = [s.way.port for s in seen if s.alive and s.way.port not in (0, flow.port)]
        flows = {flow.port for flow in self._declared}
        return next((port for port in ports if port not in flows), next(iter(ports), None))

    @property
    def answering_port(self) -> int | None:
        """Any port of the destination that answered, a flow's own if there is no other."""
        flow = self._declared[0]
        seen = self.baseline(self.source, self.destination)
        own = any(s.alive and s.way.port == flow.port for s in seen)
        return self.light_port(flow) or (flow.port if own else None)

    @cached_property
    def lossy(self) -> bool:
        """Some but not all packets of the first look were lost."""
        shares = [signs.ping_share(self.baseline(a, b)) for a, b in self.crossings]
        return any(0 < share.lost < share.sent for share in shares)

    @cached_property
    def clean(self) -> bool:
        """Enough pings of the first look were answered, and none was lost. Where hosts drop
        ping nobody knows how lossy the path is."""
        shares = [signs.ping_share(self.baseline(a, b)) for a, b in self.crossings]
        answering = [share for share in shares if share.lost < share.sent]
        return sum(s.sent for s in answering) >= CLEAN_PINGS and not any(s.lost for s in answering)

    def _measured(self, *, pings: bool) -> Measured:
        total, found = Share(0, 0), []
        for a, b in self.crossings:
            ids = {o.id for o in self.evidence.observations if o.phase is Phase.BASELINE}
            seen = [s for s in self.between(a, b) if s.observation in ids]
            seen = [s for s in seen if s.way.is_ping is pings]
            answering = {s.way for s in seen if s.alive}
            seen = [s for s in seen if s.way in answering]
            total += signs.ping_share(seen) if pings else signs.connect_share(seen)
            found += [s.observation for s in seen]
        return Measured(total, tuple(dict.fromkeys(found)))

    @cached_property
    def idle_pings(self) -> Measured:
        """Pings at idle over all pairs of hosts; hosts that never answer ping don't count."""
        return self._measured(pings=True)

    @cached_property
    def idle_connects(self) -> Measured:
        """Connection requests at idle, to ports that ever answered."""
        return self._measured(pings=False)

    def large_pings(self, *, answered: bool | None) -> tuple[str, ...]:
        """Pings of full size between the two hosts at idle: with an answer, without, or all."""
        pairs = {(self.source, self.destination), (self.destination, self.source)}
        return tuple(
            o.id
            for o in self.evidence.of("ping", phase=Phase.BASELINE)
            if (o.source, o.target) in pairs
            and isinstance(o.reading, PingReading)
            and o.reading.size >= 1400
            and (answered is None or (o.reading.received > 0) is answered)
        )

    @cached_property
    def siblings_live(self) -> tuple[str, ...]:
        """Signs of life between other hosts of the two sites, at the first look."""
        own = {(self.source, self.destination), (self.destination, self.source)}
        others = [pair for pair in self.crossings if pair not in own]
        seen = [s.observation for a, b in others for s in self.baseline(a, b) if s.alive]
        return tuple(dict.fromkeys(seen))

    @property
    def tried_elsewhere(self) -> bool:
        """Were other hosts of the two sites looked at too?"""
        own = {(self.source, self.destination), (self.destination, self.source)}
        return any(self.baseline(a, b) for a, b in self.crossings if (a, b) not in own)

    # --- darkness ---------------------------------------------------------------------

    def _least(self, way: Way) -> int:
        if way.is_ping:
            return LOSSY_LOSSES if self.lossy else CLEAN_LOSSES
        return TCP_LOSSES if self.clean else LOSSY_TCP_LOSSES

    def dark_after(self, since: float) -> Window | None:
        """The darkness between source and destination that began at or after `since`, on
        ways that were alive before."""
        stream = self.between(self.source, self.destination)
        alive = {s.way for s in stream if s.alive and s.at < since}
        runs = tuple(
            run
            for way in signs.ways(stream)
            if way in alive
            and (run := signs.first_run(stream, way, since - EDGE, self._least(way)))
        )
        return _window(runs, stream) if runs else None

    @cached_property
    def trip(self) -> Trip | None:
        """The first message after which the pair went dark."""
        for index, observation in enumerate(self.sent):
            at = exchanged(observation).sent or 0.0
            window = self.dark_after(at)
            flow = self.flow_of(observation)
            if window is None or flow is None:
                continue
            following = self.sent[index + 1 : index + 2]
            if following and window.began >= (exchanged(following[0]).sent or 0.0) - EDGE:
                continue  # it began only after a later message
            return self._ascribed(index, window)
        return None

    def _ascribed(self, index: int, window: Window) -> Trip | None:
        """The message that did it. A control is only blamed where no call was sent before it: a
        device that acts late acts on the call."""
        calls = [o for o in self.sent[:index] if exchanged(o).message == "call"]
        observation = self.sent[index]
        late = bool(calls) and exchanged(observation).message == "control"
        observation = calls[-1] if late else observation
        flow = self.flow_of(observation)
        at = exchanged(observation).sent or 0.0
        if flow is None:
            return None
        message = exchanged(observation).message
        return Trip(flow, message, observation, at, window, sure=not late)

    @cached_property
    def dark_start(self) -> Window | None:
        """The darkness in which the check began, on every way that was tried."""
        if self.alive_at_start is not False:
            return None
        stream = self.between(self.source, self.destination)
        runs = tuple(
            run for way in signs.ways(stream) if (run := signs.first_run(stream, way, 0.0, 1))
        )
        return _window(runs, stream, any_end=True) if runs else None

    @cached_property
    def job_window(self) -> Window | None:
        """While a real job was watched, traces between the two ended early; at idle they
        arrive."""
        a, b = self.source, self.destination
        watched = [
            o
            for s, t in ((a, b), (b, a))
            for o in self.evidence.of("trace", phase=Phase.WATCH_JOB, source=s, target=t)
        ]
        arrives = any(isinstance(o.reading, TraceReading) and o.reading.reached for o in watched)
        if not watched or arrives or not self.alive_at_start:
            return None
        began = min(o.transcript.started for o in watched)
        until = max(o.transcript.started + o.transcript.seconds for o in watched)
        return Window(began, None, until, (), tuple(o.id for o in watched))

    @cached_property
    def window(self) -> Window | None:
        """The darkness that this check saw, whoever caused it."""
        return self.dark_start or (self.trip.window if self.trip else None) or self.job_window

    @property
    def watched(self) -> bool:
        """Was a pair that was dark at first watched before it is judged?"""
        return "watch" in self.evidence.plans

    @cached_property
    def fell_silent(self) -> bool:
        """Since the last message nothing passed on a way that was alive before it."""
        if not self.sent:
            return False
        at = exchanged(self.sent[-1]).sent or 0.0
        stream = self.between(self.source, self.destination)
        for way in signs.ways(stream):
            before = any(s.alive for s in stream if s.way == way and s.at < at)
            after = [s for s in stream if s.way == way and s.at > at + 0.02]
            if before and (after or way.is_ping) and not any(s.alive for s in after[-3:]):
                return True
        return False

    def alive_after(self, exchange: Observation) -> tuple[str, ...]:
        """The observations in which something passed after a message was sent."""
        at = exchanged(exchange).sent
        if at is None:
            return ()
        stream = self.between(self.source, self.destination)
        return tuple(dict.fromkeys(s.observation for s in stream if s.alive and s.at > at + 0.02))

    def fate(self, source: str, target: str, window: Window) -> bool | None:
        """Did anything pass while the window held: True, False, or None if not looked.

        Compared on what is dark: a ping that lives says nothing of a block of TCP, and a
        silence only where the same way was answered before (hosts that drop ping).
        """
        stream = self.between(source, target)
        answers = {s.way for s in stream if s.alive and not window.holds(s.at)}
        seen = [
            s.alive
            for s in stream
            if window.holds(s.at) and s.at > window.began
            if _compares(s.way, window) and (s.alive or s.way in answers)
        ]
        return any(seen) if seen else None

    def siblings_in(self, window: Window) -> tuple[str, ...]:
        """What was seen between other hosts of the two sites while the window held."""
        own = {(self.source, self.destination), (self.destination, self.source)}
        return tuple(
            dict.fromkeys(
                s.observation
                for a, b in self.crossings
                if (a, b) not in own
                for s in self.between(a, b)
                if window.holds(s.at) and s.at > window.began
            )
        )

    # --- sockets ----------------------------------------------------------------------

    def stuck(self, endpoint_id: str, phases: tuple[Phase, ...]) -> dict[str, int]:
        """Samples in which a send queue towards the other site did not drain: id → bytes.

        The rule: non-zero and unchanged over three or more samples (facts/path-diagnosis.md).
        """
        own = self.context.endpoint(endpoint_id)
        peers = {e.address_for(own.site) for e in self.context.endpoints if e.site != own.site}
        queues: dict[tuple[int, str, int, int], list[str]] = {}
        for o in self.evidence.of("sockets", source=endpoint_id):
            if o.phase not in phases or not isinstance(o.reading, SocketsReading):
                continue
            for sample in o.reading.samples:
                for s in sample.sockets:
                    if s.send_q > 0 and s.peer in peers:
                        key = (s.local_port, str(s.peer), s.peer_port, s.send_q)
                        queues.setdefault(key, []).append(o.id)
        return {o: key[3] for key, ids in queues.items() if len(ids) >= 3 for o in ids}


def _window(
    runs: tuple[signs.Run, ...], stream: tuple[Sign, ...], *, any_end: bool = False
) -> Window:
    """any_end: some ways may never pass (a port that nobody answers on): the others decide."""
    began = min(run.first_lost for run in runs)
    watched = max((s.at for s in stream), default=began)
    ends = [run.passed_again for run in runs if run.passed_again is not None]
    ended = max(ends) if ends and (len(ends) == len(runs) or any_end) else None
    return Window(began, ended, watched, runs)


def _compares(way: Way, window: Window) -> bool:
    """Would this way be dark too, if the same block held it?"""
    dark = {run.way for run in window.runs}
    if not dark or any(known.is_ping for known in dark):
        return True
    return way in dark if len(dark) == 1 else not way.is_ping
