"""Paths, hosts, and what follows from flows and passage together (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from probes.localise import Path, locate, merge, router_after, stretch
from probes.model import (
    Address,
    Direction,
    Endpoint,
    Flow,
    Kind,
    Location,
    Observation,
    Phase,
)
from probes.readings import (
    Answer,
    CountersReading,
    HostFilterReading,
    Knock,
    Socket,
    SocketsReading,
    StatusReading,
    TraceReading,
    VersionReading,
)
from probes.scene.flows import PortSweep, exchanged, sweep_of
from probes.scene.passage import EDGE, Passage, Trip, Window

ENOUGH_REQUESTS = 8
"""Silent requests before a port is called closed on a lossy path: at 36 % round-trip loss eight
in a row happen once in 3,500 (0.36^8)."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A message that does not get through: its bytes, and where that was seen."""

    size: int
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of what blocks, the direction, and the failing traces that show it."""

    first: Address | None
    second: Address | None
    direction: Direction | None
    evidence: tuple[str, ...]


class Scene(Passage):
    """The digest of one check's evidence."""

    def endpoint(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint, or None where the inventory leaves it out."""
        try:
            return self.context.endpoint(endpoint_id)
        except KeyError:
            return None

    # --- paths ------------------------------------------------------------------------

    def traces(
        self, source: str, target: str, window: Window | None = None
    ) -> tuple[Observation, ...]:
        """One direction's traces: those begun in the window, or else the idle ones."""
        found = self.evidence.of("trace", source=source, target=target)
        if window is not None:
            return tuple(o for o in found if window.holds(o.transcript.started))
        dark = self.window
        idle = (o for o in found if o.phase is Phase.BASELINE)
        return tuple(o for o in idle if dark is None or not dark.holds(o.transcript.started + EDGE))

    def trace_ids(self, source: str, target: str, window: Window | None = None) -> tuple[str, ...]:
        return tuple(o.id for o in self.traces(source, target, window))

    def path(self, source: str, target: str, window: Window | None = None) -> Path | None:
        """One direction's path, idle or in the window; None where that side did not look.

        In the window only rows that were sent in the dark count (trap 17).
        """
        rows = [
            _rows(o.reading, window)
            for o in self.traces(source, target, window)
            if isinstance(o.reading, TraceReading)
        ]
        if not rows:
            return None
        start, end = self.context.endpoint(source), self.context.endpoint(target)
        return merge(start.address_for(end.site), end.address_for(start.site), rows)

    def blocked_ends(self, window: Window) -> Ends:
        """The last that answers in the window, from each side, and the direction blocked."""
        a, b = self.source, self.destination
        if self.trip is not None and self.traffic(self.trip) in ("tcp", "port"):
            return self._ends_by_requests(self.trip)
        near, far = self.path(a, b, window), self.path(b, a, window)
        first, second, direction = stretch(self.path(a, b), self.path(b, a), near, far)
        failing = (*self.trace_ids(a, b, window), *self.trace_ids(b, a, window))
        return Ends(first, second, direction, failing)

    def _ends_by_requests(self, trip: Trip) -> Ends:
        """Ping and traces live on: connection requests with rising TTL, sent in the dark."""
        a, b = self.source, self.destination
        sweep, idle, back = self.dark_sweep(trip.window), self.path(a, b), self.path(b, a)
        if sweep is None or idle is None:
            return Ends(None, None, None, ())
        first = idle.hops[sweep.last_expired - 1] if sweep.last_expired else idle.origin
        second = router_after(idle, back, sweep.last_expired - 1) if back else None
        direction = Direction.BOTH if self.stuck_after(trip) else Direction.NEAR_TO_FAR
        return Ends(first, second, direction, (sweep.observation,))

    def behind(self, source: str, target: str, index: int) -> Location:
        """The stretch behind a hop of one direction's idle path (-1: behind the source): what
        that direction loses. In near's and far's places, whichever of them the source is."""
        idle, back = self.path(source, target), self.path(target, source)
        if idle is None:
            return locate(self.context, None, None, None)
        index = min(index, len(idle.hops) - 1)
        last = idle.hops[index] if index >= 0 else idle.origin
        beyond = router_after(idle, back, index) if back else None
        if source.partition("/")[0] == self.context.near.name:
            return locate(self.context, last, beyond, Direction.NEAR_TO_FAR, idle)
        return locate(self.context, beyond, last, Direction.FAR_TO_NEAR, idle)

    # --- what follows -----------------------------------------------------------------

    @cached_property
    def suspect_flow(self) -> Flow | None:
        """The first flow that counts and whose port has not opened yet, while the pair is alive."""
        if not self.alive_at_start or self.trip:
            return None
        return next((flow for flow in self.flows if self._has_not_opened(flow)), None)

    @cached_property
    def closed_flow(self) -> Flow | None:
        """The same, once it has been tried often enough: on a lossy path a few requests in a row
        are lost by chance, and with equal paths one way may be dead."""
        flow = self.suspect_flow
        if flow is None or (self.lossy and self.silent_requests(flow) in range(1, ENOUGH_REQUESTS)):
            return None
        return flow

    def _has_not_opened(self, flow: Flow) -> bool:
        """Its port does not open while something else of the same host answers; one that is not
        required counts only where the host listens (contract.md, "Flows")."""
        if not flow.port or self.opening(flow)[0] in (None, Knock.OPEN):
            return False
        since = self._refused_since(flow)
        signs = self.between(self.knocker(flow), flow.target)
        counts = flow.required or bool(self.listens(flow.target, flow.port)[0])
        return counts and any(s.alive and s.at > since for s in signs)

    def _refused_since(self, flow: Flow) -> float:
        """When a connection for a message did not open, if one was sent before: what passed
        earlier says nothing of the pair's state now. Else 0."""
        tried = [self.exchange(flow.service, message) for message in ("control", "call")]
        failed = [o for o in tried if o is not None and exchanged(o).opened is not Knock.OPEN]
        return max((o.transcript.started for o in failed if self.sent), default=0.0)

    @property
    def unproved_opening(self) -> Observation | None:
        """A connection for a message that did not open, and no sign of life since."""
        for observation in reversed(self.evidence.of("exchange")):
            if exchanged(observation).opened is not Knock.SILENT or not self.sent:
                return None
            stream = self.between(self.source, self.destination)
            alive = any(s.alive and s.at > observation.transcript.started for s in stream)
            return None if alive else observation
        return None

    @property
    def eaten_flow(self) -> Flow | None:
        """The required flow whose call stayed unanswered while the pair stayed alive."""
        if self.trip or self.fell_silent:
            return None
        for flow in self.required:
            call = self.exchange(flow.service, "call")
            if call and exchanged(call).sent and exchanged(call).answer is Answer.SILENT:
                return flow
        return None

    @cached_property
    def job_sockets(self) -> tuple[str, ...]:
        """At the first look, messages between the two ends that do not get through."""
        ends = (self.source, self.destination)
        return tuple(o for e in ends if self.endpoint(e) for o in self.stuck(e, (Phase.BASELINE,)))

    @cached_property
    def stuck_in_job(self) -> tuple[str, ...]:
        """The same while a real job was watched."""
        ends = (self.source, self.destination)
        return tuple(o for e in ends if self.endpoint(e) for o in self.stuck(e, (Phase.WATCH_JOB,)))

    @cached_property
    def stuck_messages(self) -> Stuck | None:
        """The replication's first message, ours or a job's, that is not answered."""
        for observation in self.sent:
            reading = exchanged(observation)
            if reading.message == "call" and reading.answer is Answer.SILENT:
                flow = self.flow_of(observation)
                size = len(flow.handshake.message) if flow and flow.handshake else 0
                return Stuck(size, (observation.id,))
        phases = (Phase.BASELINE, Phase.WATCH_JOB)
        for end in (self.source, self.destination):
            if self.endpoint(end) and (stuck := self.stuck(end, phases)):
                return Stuck(max(stuck.values()), tuple(stuck))
        return None

    def stuck_after(self, trip: Trip) -> tuple[str, ...]:
        """The far end's answers that were never acknowledged, after a message was sent."""
        phases = (Phase.TRIGGER, Phase.AFTERMATH)
        return self.unacknowledged(trip.flow.target, trip.flow.port or 0, phases)

    def unacknowledged(
        self, endpoint_id: str, port: int, phases: tuple[Phase, ...]
    ) -> tuple[str, ...]:
        """Samples in which the host's answers from this port wait to be acknowledged."""
        own = self.endpoint(endpoint_id)
        if own is None:
            return ()
        peers = {e.address_for(own.site) for e in self.context.endpoints if e.site != own.site}
        return tuple(
            o.id
            for o in self.evidence.of("sockets", source=endpoint_id)
            if o.phase in phases and isinstance(o.reading, SocketsReading)
            if any(
                s.send_q > 0 and s.local_port == port and s.peer in peers
                for sample in o.reading.samples
                for s in sample.sockets
            )
        )

    def arrivals(self, source: str, target: str, port: int | None = None) -> tuple[str, ...]:
        """Observations in which the target lists a request of the source (to `port`, if given)
        as half-open: it arrived, and the answer did not come back or is under way."""
        start, end = self.endpoint(source), self.endpoint(target)
        if start is None or end is None:
            return ()
        shown = start.address_for(end.site)
        return tuple(
            o.id
            for o in self.evidence.of("sockets", source=target)
            if isinstance(o.reading, SocketsReading)
            if any(
                s.state == "SYN-RECV" and s.peer == shown and port in (None, s.local_port)
                for sample in o.reading.samples
                for s in sample.sockets
            )
        )

    @cached_property
    def arrived_there(self) -> tuple[str, ...]:
        """Requests from the near site that a far host lists as half-open."""
        return self._arrived(self.context.near.name)

    @cached_property
    def arrived_back(self) -> tuple[str, ...]:
        """The mirror image."""
        return self._arrived(self.context.far.name)

    def _arrived(self, site: str) -> tuple[str, ...]:
        pairs = [(a, b) for a, b in self.crossings if a.partition("/")[0] == site]
        return tuple(dict.fromkeys(o for a, b in pairs for o in self.arrivals(a, b)))

    @property
    def half_open(self) -> tuple[tuple[str, Socket], ...]:
        """(endpoint, socket) of each request from the other site that a host listed as half-open
        when it was last asked."""
        found = []
        for endpoint in self.context.endpoints:
            samples = [
                o.reading.samples[-1]
                for o in self.evidence.of("sockets", source=endpoint.id)
                if isinstance(o.reading, SocketsReading) and o.reading.samples
            ]
            others = {
                e.address_for(endpoint.site)
                for e in self.context.endpoints
                if e.site != endpoint.site
            }
            found += [
                (endpoint.id, socket)
                for socket in (samples[-1].sockets if samples else ())
                if socket.state == "SYN-RECV" and socket.peer in others
            ]
        return tuple(found)

    def dark_sweep(self, window: Window) -> PortSweep | None:
        """Connection requests with rising TTL that were sent in the dark."""
        for o in self.evidence.of("knock", phase=Phase.AFTERMATH, source=self.source):
            if window.holds(o.transcript.started) and (found := sweep_of(o, None)):
                return found
        return None

    def traffic(self, trip: Trip) -> str | None:
        """What of the traffic is blocked: all, tcp, only the port; None if it can't be told."""
        dark = {run.way for run in trip.window.runs}
        stream = self.between(self.source, self.destination)
        ping_lives = any(
            s.alive and s.way.is_ping and trip.window.holds(s.at) and s.at > trip.window.began
            for s in stream
        )
        if any(way.is_ping for way in dark):
            return "all"
        if not ping_lives:
            return "all" if self._traces_end_early(trip.window) else None
        return "tcp" if any(way.port != trip.flow.port for way in dark) else "port"

    def _traces_end_early(self, window: Window) -> bool:
        idle = self.path(self.source, self.destination)
        failing = self.path(self.source, self.destination, window)
        return bool(idle and idle.reached and failing and not failing.reached)

    # --- hosts about themselves -------------------------------------------------------

    def listens(self, endpoint_id: str, port: int) -> tuple[bool | None, tuple[str, ...]]:
        """Does the host's own list hold a listener; None if no list could say."""
        for o in reversed(self.evidence.of("sockets", source=endpoint_id)):
            if isinstance(o.reading, SocketsReading):
                answer = o.reading.listens(port)
                if answer is not None:
                    return answer, (o.id,)
        return None, ()

    def denied_by_host(self, flow: Flow) -> tuple[str, ...]:
        """The far host's own packet filter denies the flow's port."""
        return tuple(
            o.id
            for o in self.evidence.of("hostfilter", source=flow.target)
            if isinstance(o.reading, HostFilterReading)
            and o.reading.allows(flow.port or 0, "tcp") is False
        )

    @cached_property
    def counters(self) -> tuple[tuple[Observation, Observation], ...]:
        """Readings of interface counters from before and from while packets vanished."""
        pairs = []
        for endpoint in (self.source, self.destination):
            found = [
                o
                for o in self.evidence.of("counters", source=endpoint)
                if isinstance(o.reading, CountersReading)
            ]
            if len(found) >= 2:
                pairs.append((found[0], found[-1]))
        return tuple(pairs)

    @cached_property
    def clocks(self) -> tuple[Observation, ...]:
        """Each endpoint's clock against the checker's."""
        return tuple({o.source: o for o in self.evidence.of("clock")}.values())

    @cached_property
    def store_versions(self) -> tuple[Observation, ...]:
        """The versions of the near and the far Data Domain, where both are known."""
        found = {
            o.source.partition("/")[0]: o
            for o in self.evidence.of("version")
            if isinstance(o.reading, VersionReading) and self._is_store(o.source)
        }
        sites = (self.context.near.name, self.context.far.name)
        return tuple(found[s] for s in sites) if all(s in found for s in sites) else ()

    def _is_store(self, endpoint_id: str) -> bool:
        endpoint = self.endpoint(endpoint_id)
        return endpoint is not None and endpoint.kind is Kind.DATADOMAIN

    @cached_property
    def boost_status(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The observations in which DD Boost is said to be enabled, and disabled."""
        enabled: list[str] = []
        disabled: list[str] = []
        for o in self.evidence.of("status"):
            if o.ask.params.get("about") == "ddboost" and isinstance(o.reading, StatusReading):
                words = " ".join(o.reading.items.values()).lower()
                (disabled if "disabled" in words else enabled).append(o.id)
        return tuple(enabled), tuple(disabled)


def _rows(reading: TraceReading, window: Window | None) -> list[Address | None]:
    size = max((hop.ttl for hop in reading.hops), default=0)
    rows: list[Address | None] = [None] * size
    for hop in reading.hops:
        if window is None or window.holds(hop.at):
            rows[hop.ttl - 1] = hop.address
    return rows
