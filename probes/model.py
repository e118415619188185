"""The vocabulary, frozen: who is asked, what was asked, what came back, what it means.

Laws kept here: a gap is its own type and is never a reading (law 1); an observation
always carries its raw lines, so that a claim can be taken back to what a host printed
(law 2). Times are seconds since the epoch on the checker's clock unless a name says
otherwise; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probes.readings import Reading

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


# --- who is asked ---------------------------------------------------------------------


class Kind(StrEnum):
    """What an endpoint is, and so which command line it understands."""

    LINUX = "linux"
    AVAMAR = "avamar"
    DATADOMAIN = "datadomain"

    @property
    def has_shell(self) -> bool:
        """True where commands run in a Unix shell with core tools."""
        return self is not Kind.DATADOMAIN


@dataclass(frozen=True, slots=True)
class SshAccess:
    """How the checker logs in. Paths are absolute; `via` is `user@host:port` or None."""

    host: str
    port: int
    user: str
    key: Path
    known_hosts: Path
    via: str | None = None
    legacy_algorithms: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One host that takes part in replication. `address` is what replication uses."""

    site: str
    name: str
    kind: Kind
    address: Address
    ssh: SshAccess | None = None
    seen_from: Mapping[str, Address] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`site/name`, as the verdict names it."""
        return f"{self.site}/{self.name}"

    def address_for(self, site: str) -> Address:
        """The address under which `site` sees this endpoint (NAT may show another)."""
        return self.seen_from.get(site, self.address)


@dataclass(frozen=True, slots=True)
class Site:
    """One end of a pair: its name, its networks, its endpoints by name."""

    name: str
    title: str
    networks: tuple[Network, ...]
    endpoints: Mapping[str, Endpoint]

    def endpoint(self, role: str) -> Endpoint | None:
        """The endpoint that plays a profile's role: by its name, else by its kind."""
        if role in self.endpoints:
            return self.endpoints[role]
        return next((e for e in self.endpoints.values() if e.kind == role), None)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the path that belongs to neither site."""

    name: str
    title: str
    networks: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sites between which data replicates; `near` is the source. Units in the names."""

    near: str
    far: str
    profile: str
    trigger: str = "ask"  # yes | ask | no
    trigger_from_hooks: bool = False
    trigger_every_seconds: float = 6 * 3600.0
    ask_from: tuple[str, ...] = ()
    may_trigger: tuple[str, ...] = ()
    rpo_seconds: float | None = None
    expect: str | None = None
    loss_percent: float = 1.0
    bandwidth_mbit: float | None = None
    clock_skew_seconds: float = 300.0

    @property
    def id(self) -> str:
        return f"{self.near}:{self.far}"


# --- what is judged -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Handshake:
    """A protocol's first message and its control.

    `message` and `control` have the same length; `control` has a right record mark and
    is no call (facts/path-diagnosis.md, trap 16). `reply_bytes` is the length of a good
    answer. The first four bytes after the record mark are the RPC xid in both.
    """

    service: str
    message: bytes
    control: bytes
    reply_bytes: int


@dataclass(frozen=True, slots=True)
class Flow:
    """From whom, to whom, which port, required or not, what its first message is.

    `port` is None where another flow's answer names it (GETPORT) and it is not yet known;
    `port_from` is the service of that flow.
    """

    source: str
    target: str
    port: int | None
    required: bool
    service: str
    handshake: Handshake | None = None
    port_from: str | None = None


# --- what is asked --------------------------------------------------------------------


class Phase(StrEnum):
    """The contract's phases, in the order in which they may follow each other."""

    BASELINE = "baseline"
    CONTROL = "control"
    TRIGGER = "trigger"
    AFTERMATH = "aftermath"
    LOCATE = "locate"
    RECOVERY = "recovery"
    WATCH_JOB = "watch-job"


Value = str | int | float


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to one endpoint.

    probe: a name in the catalog. source: the endpoint that is asked. target: the endpoint
    it is asked about, if any. params: the probe's own parameters, each documented in its
    file. after: seconds from the plan's start. deadline: seconds for the command itself.
    alive_rows: stop as soon as this many signs of life came in a row (0: run to the end).
    """

    probe: str
    source: str
    target: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)
    after: float = 0.0
    deadline: float = 10.0
    alive_rows: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """One step of the experiment: `main` runs to its end, `beside` is stopped then.

    name: unique within a check (`baseline`, `trigger:nfs`). settle: seconds that `beside`
    goes on after the last of `main` ended. intrusive: sends bytes that need consent.
    until_first: as soon as one of `main` has seen enough signs of life, all end.
    """

    name: str
    phase: Phase
    main: tuple[Ask, ...]
    beside: tuple[Ask, ...] = ()
    settle: float = 0.0
    intrusive: bool = False
    until_first: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """What a probe wants to run: constant words and literals out of the inventory (law 5)."""

    argv: tuple[str, ...]


# --- what came back -------------------------------------------------------------------


class End(StrEnum):
    """How a command ended. Only EXITED has an exit status."""

    EXITED = "exited"
    STOPPED = "stopped"  # we stopped it: enough was seen, the plan ended, or a person said stop
    DEADLINE = "deadline"  # its deadline passed; what it had printed is kept
    BOUNDED = "bounded"  # it printed more than is read
    LOST = "lost"  # the connection died under it; what it had printed is kept


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output. `at`: when it arrived; `error`: it came on standard error."""

    at: float
    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one command printed. `offset`: the host's clock minus the checker's, if known."""

    argv: tuple[str, ...]
    started: float
    seconds: float
    end: End
    exit_status: int | None
    lines: tuple[Line, ...]
    offset: float | None = None

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def ok(self) -> bool:
        """It ran to its end with status 0. A lost or stopped command is never ok."""
        return self.end is End.EXITED and self.exit_status == 0


class GapKind(StrEnum):
    """Why something could not be measured. A gap is never evidence of health."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    TIMED_OUT = "timed-out"
    NOT_PERMITTED = "not-permitted"
    NOT_AVAILABLE = "not-available"
    NOT_TRIED = "not-tried"
    HOST_KEY_MISMATCH = "host-key-mismatch"
    UNPARSED = "unparsed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Gap:
    """A question without an answer. `detail` is for people and is escaped where shown."""

    probe: str
    phase: Phase
    source: str
    target: str | None
    kind: GapKind
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer: the question, the raw transcript, and what today's parser reads in it.

    id: `o1`, `o2` … within a check. plan: the plan's name. parser: the parser's version
    when the reading was made. variant: the tool's variant, as the host named it.
    """

    id: str
    plan: str
    phase: Phase
    ask: Ask
    transcript: Transcript
    parser: int
    reading: Reading
    variant: str = ""

    @property
    def probe(self) -> str:
        return self.ask.probe

    @property
    def source(self) -> str:
        return self.ask.source

    @property
    def target(self) -> str | None:
        return self.ask.target


class Unparsed(Exception):  # noqa: N818 - reads as the sentence it is
    """A parser does not understand the text; it becomes the gap `unparsed`, never empty."""


class NotPermitted(Unparsed):
    """The host refused by name: the role may not, or the account must change its password."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool as a host has it: its absolute path (`/usr/sbin/ss`) and what it calls itself."""

    path: str
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """What an endpoint can do, found out and not assumed. On an appliance the one tool is
    `ddos`, whose variant is the version that it prints."""

    found: Mapping[str, Tool] = field(default_factory=dict)

    def __contains__(self, tool: str) -> bool:
        return tool in self.found

    def __getitem__(self, tool: str) -> Tool:
        return self.found[tool]


@dataclass(frozen=True, slots=True)
class Route:
    """Who asks whom, as literals: what a probe's command may be built from."""

    source: Endpoint
    target: Endpoint | None
    target_address: Address | None


@dataclass(frozen=True, slots=True)
class Probe:
    """One file of the catalog.

    command: the words to run at this kind of endpoint with these tools, or the gap that
    stands in the way (a tool that is missing). parse: the transcript → a reading; raises
    Unparsed. alive: does this line of output show that packets pass (True), that they do
    not (False), or neither (None); used to stop early. uses: the tool whose variant is
    recorded with the observation.
    """

    name: str
    version: int
    question: str
    command: Callable[[Ask, Route, Tools], Command | GapKind]
    parse: Callable[[Ask, Transcript], Reading]
    alive: Callable[[str], bool | None] = lambda _line: None
    uses: Callable[[Ask, Route, Tools], str] = lambda _ask, _route, _tools: ""


# --- what it means --------------------------------------------------------------------


class Cause(StrEnum):
    """The contract's causes, and `transit-fault`: the network between the sites, which the
    account suspected and dropped. Their order is the order of layers, lowest first (law 3)."""

    NAME_RESOLUTION = "name-resolution"
    LINK_ERRORS = "link-errors"
    UNREACHABLE = "unreachable"
    NO_RETURN_PATH = "no-return-path"
    ROUTING_LOOP = "routing-loop"
    PACKET_LOSS = "packet-loss"
    TRANSIT_FAULT = "transit-fault"
    PATH_MTU = "path-mtu"
    LOW_BANDWIDTH = "low-bandwidth"
    PORT_FILTERED = "port-filtered"
    PORT_REJECTED = "port-rejected"
    SERVICE_DOWN = "service-down"
    RPC_PROGRAM_UNAVAILABLE = "rpc-program-unavailable"
    PAYLOAD_BLOCKED = "payload-blocked"
    RESET_INJECTED = "reset-injected"
    SOURCE_QUARANTINED = "source-quarantined"
    IDLE_TIMEOUT = "idle-timeout"
    CLOCK_SKEW = "clock-skew"
    VERSION_INCOMPATIBLE = "version-incompatible"
    REPLICATION_SERVICE_DISABLED = "replication-service-disabled"
    AUTHENTICATION_FAILED = "authentication-failed"
    STORAGE_FULL = "storage-full"


class Stance(StrEnum):
    SUPPORTED = "supported"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


class Confidence(StrEnum):
    """confirmed: a contrast proved it. likely: every rival is refuted."""

    CONFIRMED = "confirmed"
    LIKELY = "likely"


class Outcome(StrEnum):
    HEALTHY = "healthy"
    FAULT = "fault"
    INCONCLUSIVE = "inconclusive"


class Direction(StrEnum):
    NEAR_TO_FAR = "near-to-far"
    FAR_TO_NEAR = "far-to-near"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Message:
    """Words by code and parameters; the catalogs say them in the reader's language (law 10).

    A parameter that is itself a Message is said first. Site, segment and endpoint names
    are given as their codes; the catalogs' caller puts in their titles.
    """

    code: str
    params: Mapping[str, str | int | float | Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Location:
    """Where it blocks; the contract's `location` says what each field means."""

    segment: str | None
    boundary: bool
    owners: tuple[str, ...]
    between: tuple[str | None, str | None] | tuple[str, ...] | None
    host: str | None = None
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A hypothesis' stance. Supported and refuted rest on evidence, or are errors (law 2)."""

    cause: Cause
    stance: Stance
    why: Message
    evidence: tuple[str, ...] = ()
    confidence: Confidence | None = None
    location: Location | None = None
    flow: tuple[str, str, int | None] | None = None

    def __post_init__(self) -> None:
        if self.stance is not Stance.UNKNOWN and not self.evidence:
            raise ValueError(f"{self.cause} is {self.stance} without evidence")
        if (self.stance is Stance.SUPPORTED) != (self.confidence is not None):
            raise ValueError(f"{self.cause}: confidence goes with support, and only with it")


class NotSent(StrEnum):
    """Why no trigger was sent."""

    NO_CONSENT = "no-consent"
    NOT_NEEDED = "not-needed"
    COOL_DOWN = "cool-down"
    JOB_RUNNING = "job-running"
    NOT_PERMITTED = "not-permitted"


@dataclass(frozen=True, slots=True)
class TriggerReport:
    """What was sent and what it did; the contract's `trigger`. `at` is epoch seconds."""

    sent: bool
    not_sent_reason: NotSent | None = None
    service: str | None = None
    port: int | None = None
    at: float | None = None
    blocked: str | None = None
    traffic: str | None = None
    quarantine_seconds: float | None = None
    quarantine_at_least: float | None = None


@dataclass(frozen=True, slots=True)
class FlowResult:
    """A flow and what became of it: `ok`, `fault` or `unknown`."""

    flow: Flow
    result: str
    cause: Cause | None = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """Who has to do what. `owner` is a site, a segment, or a person's role."""

    owner: str
    text: Message


@dataclass(frozen=True, slots=True)
class Verdict:
    """What judge() says: codes and parameters, no words (law 10)."""

    outcome: Outcome
    cause: Cause | None
    also: tuple[Cause, ...]
    confidence: Confidence | None
    summary: Message
    flows: tuple[FlowResult, ...]
    location: Location | None
    trigger: TriggerReport
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    advice: tuple[Advice, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """All that judging needs beside observations; stored with the check.

    consent: whether a trigger may be sent, and if not why. watch_seconds: how long a dark
    pair may be watched. xid: this check's mark in every call it sends.
    """

    check: str
    pair: Pair
    near: Site
    far: Site
    segments: tuple[Segment, ...]
    other_sites: tuple[Site, ...] = ()
    started: float = 0.0
    not_sent: NotSent | None = NotSent.NO_CONSENT
    watch_seconds: float = 120.0
    xid: int = 1

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """The endpoint `site/name`; KeyError if there is none."""
        site_name, _, name = endpoint_id.partition("/")
        site = self.near if site_name == self.near.name else self.far
        if site.name != site_name:
            raise KeyError(endpoint_id)
        return site.endpoints[name]

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        return (*self.near.endpoints.values(), *self.far.endpoints.values())


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that one check has learnt so far, in the order in which it came."""

    context: Context
    observations: tuple[Observation, ...] = ()
    gaps: tuple[Gap, ...] = ()
    plans: tuple[str, ...] = ()
    tools: Mapping[str, Tools] = field(default_factory=dict)

    def of(
        self,
        probe: str,
        *,
        phase: Phase | None = None,
        plan: str | None = None,
        source: str | None = None,
        target: str | None = None,
    ) -> tuple[Observation, ...]:
        """The observations of one probe, narrowed by what is given."""
        return tuple(
            o
            for o in self.observations
            if o.probe == probe
            and (phase is None or o.phase is phase)
            and (plan is None or o.plan == plan)
            and (source is None or o.source == source)
            and (target is None or o.target == target)
        )
