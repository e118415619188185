"""What parsers read in what hosts printed: one frozen type per kind of answer.

Times named `at` are seconds since the epoch on the checker's clock: the host's own stamp
less the transcript's `offset` where the tool prints one, else the line's arrival. `line`
is the index of the raw line (from 0) that a row was read from, so that a claim can cite it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from probes.model import Address, Tool


@dataclass(frozen=True, slots=True)
class PingRow:
    """One echo request. rtt in seconds, None: no answer. note: an ICMP error's own words
    (`Packet filtered`, `Destination Host Unreachable`), note_from: who said it."""

    seq: int
    sent: float
    rtt: float | None
    line: int
    note: str = ""
    note_from: Address | None = None


@dataclass(frozen=True, slots=True)
class PingReading:
    """Echo requests in the order sent. size: payload bytes. A request whose answer could
    still have been on its way when the command was stopped is left out, not lost."""

    rows: tuple[PingRow, ...]
    size: int = 56

    @property
    def sent(self) -> int:
        return len(self.rows)

    @property
    def received(self) -> int:
        return sum(row.rtt is not None for row in self.rows)


@dataclass(frozen=True, slots=True)
class Hop:
    """One row of a trace. answers: one per probe sent; None where nobody answered. names:
    what the tool printed beside an address that is no literal (an account's placeholder)."""

    ttl: int
    answers: tuple[Address | None, ...]
    rtts: tuple[float | None, ...]
    at: float  # when this row's first probe was sent, as nearly as the tool lets us know
    line: int
    flags: tuple[str, ...] = ()  # !X, !H, !N … (traceroute(8))

    @property
    def address(self) -> Address | None:
        """The first address that answered."""
        return next((a for a in self.answers if a is not None), None)


@dataclass(frozen=True, slots=True)
class TraceReading:
    """A trace to `target`. complete: the tool ran to its own end (target reached or hops
    run out); a trace that was cut says nothing of the rows it had not printed."""

    target: Address
    hops: tuple[Hop, ...]
    complete: bool
    method: str = "udp"  # udp | icmp | tcp

    @property
    def reached(self) -> bool:
        return any(self.target in hop.answers for hop in self.hops)


class Knock(StrEnum):
    """What became of one connection request."""

    OPEN = "open"
    REFUSED = "refused"  # a reset came back
    SILENT = "silent"  # nothing came back within the wait
    PROHIBITED = "prohibited"  # an ICMP error came back; see icmp
    EXPIRED = "expired"  # ICMP time exceeded (sweeps with a limited TTL)
    ERROR = "error"  # the host itself could not send; see detail


@dataclass(frozen=True, slots=True)
class KnockRow:
    """One connection request. seconds: until the answer, None if silent. icmp: (type, code)
    and icmp_from: who sent it, where the kernel says. ttl: 0 where it was not limited."""

    port: int
    at: float
    result: Knock
    line: int
    seconds: float | None = None
    ttl: int = 0
    icmp: tuple[int, int] | None = None
    icmp_from: Address | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class KnockReading:
    """Connection requests, each closed at once without a byte."""

    rows: tuple[KnockRow, ...]

    def results(self, port: int) -> tuple[Knock, ...]:
        return tuple(row.result for row in self.rows if row.port == port)


class Answer(StrEnum):
    """What became of a message on an open connection."""

    REPLIED = "replied"
    CLOSED = "closed"  # the far end closed (FIN) after the message
    RESET = "reset"  # a reset followed the message
    SILENT = "silent"  # nothing came back within the wait
    NOT_OPEN = "not-open"  # the connection did not open; see knock
    EXPIRED = "expired"  # ICMP time exceeded (sweeps with a limited TTL)
    VOID = "void"  # the sample says nothing (path-diagnosis.md, trap 2)


@dataclass(frozen=True, slots=True)
class ExchangeReading:
    """One connection that carried one message.

    message: `call` or `control`. sent: when the message was written (None: it never was).
    unacked: samples (at, bytes) of the send queue; 0 means that the peer's TCP took it.
    reply: what came back. local_port: fixed, so that a residue can be cleared (trap 14).
    """

    message: str
    port: int
    local_port: int
    opened: Knock
    sent: float | None
    answer: Answer
    reply: bytes
    seconds: float | None  # from the message to its answer
    unacked: tuple[tuple[float, int], ...]
    lines: Mapping[str, int] = field(default_factory=dict)
    detail: str = ""

    @property
    def acked(self) -> bool:
        """The peer's TCP (or something that stands in for it) acknowledged every byte."""
        return bool(self.unacked) and self.unacked[-1][1] == 0

    @property
    def left_open(self) -> bool:
        """Our reset may never have arrived: the far host may still hold the connection
        (facts/path-diagnosis.md, trap 14)."""
        unsettled = (Answer.SILENT, Answer.VOID, Answer.RESET)  # a reset may not be the host's
        return self.opened is Knock.OPEN and self.answer in unsettled


@dataclass(frozen=True, slots=True)
class SweepStep:
    """One message sent with a limited TTL on an otherwise normal connection."""

    ttl: int
    at: float
    result: Answer
    line: int


@dataclass(frozen=True, slots=True)
class SweepReading:
    """A message with rising TTL, ascending so that a device is tripped at most once.
    local_port: the one source port of all steps (trap 7); 0 if the host did not say it."""

    message: str  # call | control
    port: int
    steps: tuple[SweepStep, ...]
    local_port: int = 0

    @property
    def last_expired(self) -> int:
        """The highest TTL that some hop expired; 0 if none."""
        return max((s.ttl for s in self.steps if s.result is Answer.EXPIRED), default=0)


@dataclass(frozen=True, slots=True)
class Socket:
    """One TCP socket as the host lists it. state in ss(8)'s words (`ESTAB`, `SYN-SENT`)."""

    state: str
    recv_q: int
    send_q: int
    local: Address | None  # None: any address
    local_port: int
    peer: Address | None
    peer_port: int
    line: int


@dataclass(frozen=True, slots=True)
class SocketSample:
    at: float
    sockets: tuple[Socket, ...]


@dataclass(frozen=True, slots=True)
class SocketsReading:
    """The host's TCP sockets at one or several moments. listeners: whether listening
    sockets are in the list at all (some tools leave them out)."""

    samples: tuple[SocketSample, ...]
    listeners: bool

    def listens(self, port: int) -> bool | None:
        """Does the host's own list hold a listener on this port; None if it can't say."""
        if not self.listeners or not self.samples:
            return None
        return any(s.state == "LISTEN" and s.local_port == port for s in self.samples[-1].sockets)


@dataclass(frozen=True, slots=True)
class InterfaceCounters:
    """Cumulative counters since boot; only their rise means something."""

    name: str
    rx_packets: int
    rx_errors: int
    rx_dropped: int
    tx_packets: int
    tx_errors: int
    tx_dropped: int
    mtu: int | None
    line: int


@dataclass(frozen=True, slots=True)
class CountersReading:
    at: float
    interfaces: tuple[InterfaceCounters, ...]


@dataclass(frozen=True, slots=True)
class ClockReading:
    """offset: the host's clock minus the checker's; within: the error's bound; seconds."""

    offset: float
    within: float


@dataclass(frozen=True, slots=True)
class ToolsReading:
    """What the host has, by the tool's name."""

    tools: Mapping[str, Tool]


@dataclass(frozen=True, slots=True)
class NamesReading:
    """What the host's resolver says: name → addresses; an empty tuple: no answer."""

    names: Mapping[str, tuple[Address, ...]]


@dataclass(frozen=True, slots=True)
class VersionReading:
    """product as the host prints it (`Data Domain OS`); version as comparable numbers."""

    product: str
    version: tuple[int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class StatusReading:
    """An appliance's answer about itself: item → its words, as printed."""

    items: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule of the host's own packet filter. ports: empty means every port; clients: whom
    it is for, as printed (`all`)."""

    seq: int
    enabled: bool
    allow: bool
    protocol: str
    ports: tuple[int, ...]
    clients: str
    line: int


@dataclass(frozen=True, slots=True)
class HostFilterReading:
    """The host's own packet filter, in the order in which its rules are tried."""

    rules: tuple[FilterRule, ...]

    def allows(self, port: int, protocol: str = "tcp") -> bool | None:
        """What the first rule in force that names this port for all clients says; None if no
        rule does, or one for some clients only comes first."""
        for rule in self.rules:
            named = rule.protocol == protocol and (not rule.ports or port in rule.ports)
            if rule.enabled and named:
                return rule.allow if rule.clients == "all" else None
        return None


@dataclass(frozen=True, slots=True)
class ProgramsReading:
    """Programs registered with the host's own portmapper: (program, version, protocol, port)."""

    programs: tuple[tuple[int, int, str, int], ...]


@dataclass(frozen=True, slots=True)
class JobLogReading:
    """What a job's log says: (time text, severity, id, words, line) and decoded codes."""

    entries: tuple[tuple[str, str, str, str, int], ...]
    codes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ThroughputReading:
    """What a throughput test measured; mbit in 10^6 bits a second."""

    mbit: float
    seconds: float
    line: int


Reading = (
    PingReading
    | TraceReading
    | KnockReading
    | ExchangeReading
    | SweepReading
    | SocketsReading
    | CountersReading
    | ClockReading
    | ToolsReading
    | NamesReading
    | VersionReading
    | StatusReading
    | HostFilterReading
    | ProgramsReading
    | JobLogReading
    | ThroughputReading
)
