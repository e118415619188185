"""What a lab is made of, as data: the path, the hosts, the devices that do harm.

Nothing here touches the machine. A test writes a `LabSpec`; `topology.py` turns it into
addresses, `lab.py` into namespaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

NEAR_AVAMAR = "seoul/avamar"
NEAR_DATADOMAIN = "seoul/datadomain"
FAR_AVAMAR = "busan/avamar"
FAR_DATADOMAIN = "busan/datadomain"

Where = Literal["l2", "after-ttl", "before-ttl"]
Way = Literal["both", "near-to-far", "far-to-near"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device sits.

    `l2`: a transparent bridge on link `index`; `after-ttl`, `before-ttl`: router `index`,
    which inspects after or before its own TTL check. Routers count from 1 at the near
    site; link k joins router k and router k+1, link 0 and link N join the sites' switches.
    The way back, where it is another one, has routers 101 … and links 100 ….
    """

    where: Where
    index: int


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Sees a protocol's first message and then drops traffic for a time.

    trigger: `portmapper` (an RPC call to program 100000), `nfs` (a call to 100003 on 2049),
    `bytes` (any payload on 111). pass_first: the message itself passes, what follows does
    not (the account's device). blocks: this pair, its source, or its destination. way: of
    the blocked packets. seconds: None until released. renews: a message that arrives in
    the dark starts the time anew. dark_at_start: seconds for which it already holds the
    pair (near Avamar, far Data Domain) when the lab comes up; 0: it does not.
    """

    place: Place
    trigger: Literal["portmapper", "nfs", "bytes"] = "portmapper"
    pass_first: bool = True
    blocks: Literal["pair", "source", "destination"] = "pair"
    traffic: Literal["all", "tcp", "port"] = "all"
    way: Way = "both"
    seconds: float | None = 20.0
    renews: bool = False
    dark_at_start: float = 0.0


@dataclass(frozen=True, slots=True)
class PayloadDrop:
    """Drops the packets that carry an RPC call (or its reply) on one port; the rest passes."""

    place: Place
    port: int = 111
    reply: bool = False


@dataclass(frozen=True, slots=True)
class PortDrop:
    """Drops whatever is sent to one TCP port, silently. way: of the connection request."""

    place: Place
    port: int = 111
    way: Literal["near-to-far", "far-to-near"] = "near-to-far"


@dataclass(frozen=True, slots=True)
class PortReject:
    """Refuses one TCP port. how: `tcp reset` or nft's icmp type (`admin-prohibited` …).
    Only routers can: the bridge family of this kernel has no `reject`."""

    place: Place
    port: int = 111
    how: str = "tcp reset"


@dataclass(frozen=True, slots=True)
class Loss:
    """Loses a share of all IP packets, at random. One way alone, it is the share of round
    trips too; both ways, a round trip is lost nearly twice as often."""

    place: Place
    percent: float = 5.0
    way: Way = "both"


@dataclass(frozen=True, slots=True)
class Dead:
    """Loses every IP packet."""

    place: Place
    way: Way = "both"


@dataclass(frozen=True, slots=True)
class TtlClamp:
    """Lowers a TCP flow's TTL to the lowest that it saw, up to `highest`: sweeps are void
    behind it (facts/path-diagnosis.md, trap 20)."""

    place: Place
    highest: int = 12


@dataclass(frozen=True, slots=True)
class MuteRouter:
    """A router that forwards, and never says a word of its own."""

    router: int


@dataclass(frozen=True, slots=True)
class IcmpLimit:
    """A router that sends few ICMP errors: one per `interval` ms and destination by the
    kernel's bucket (icmp_ratelimit), and `per_second` in all by a filter of its own."""

    router: int
    interval: int = 1000
    per_second: int = 2


@dataclass(frozen=True, slots=True)
class NoRoute:
    """A router without a route to a site, which says so. how: iproute2's route type
    (`unreachable`: ICMP code 1, `prohibit`: 13, `blackhole`: silent)."""

    router: int
    site: str = "busan"
    how: Literal["unreachable", "prohibit", "blackhole"] = "unreachable"


Device = (
    Quarantine
    | PayloadDrop
    | PortDrop
    | PortReject
    | Loss
    | Dead
    | TtlClamp
    | MuteRouter
    | IcmpLimit
    | NoRoute
)


@dataclass(frozen=True, slots=True)
class HostSpec:
    """One host's manners.

    ports: TCP ports on which a stand-in listens (it answers RPC NULL for NFS and mountd).
    registered: (program, version, protocol, port) with its rpcbind. path: PATH of logins.
    without: tools that it lacks. old: tools in an old variant (`ping`, `traceroute`).
    drops: TCP ports that its own packet filter drops. mapped: IPv4 peers are listed as
    `::ffff:…`. skew: seconds that an appliance's clock is ahead. role, version: of an
    appliance's login and software.
    """

    ports: tuple[int, ...] = ()
    rpcbind: bool = False
    registered: tuple[tuple[int, int, str, int], ...] = ()
    sshd: bool = True
    answers_ping: bool = True
    drops: tuple[int, ...] = ()
    path: str = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    without: tuple[str, ...] = ()
    old: tuple[str, ...] = ()
    mapped: bool = False
    skew: int = 0
    role: Literal["admin", "user"] = "admin"
    version: str = ""


AVAMAR = HostSpec(ports=(27000, 29000), without=("python3",))
DATADOMAIN = HostSpec(
    ports=(2049, 2051, 2052),
    rpcbind=True,
    registered=((100003, 3, "tcp", 2049), (100003, 3, "udp", 2049), (100005, 3, "tcp", 2052)),
)

HOSTS: Mapping[str, HostSpec] = MappingProxyType(
    {
        NEAR_AVAMAR: AVAMAR,
        NEAR_DATADOMAIN: DATADOMAIN,
        FAR_AVAMAR: AVAMAR,
        FAR_DATADOMAIN: DATADOMAIN,
    }
)
VERSIONS: Mapping[str, str] = MappingProxyType(
    {NEAR_DATADOMAIN: "6.1.1.20-605871", FAR_DATADOMAIN: "6.2.1.30-640789"}
)


@dataclass(frozen=True, slots=True)
class LabSpec:
    """A whole lab; the defaults are a healthy path of eight routers.

    routers: segments in the path's order with their number of routers. way_back: routers
    of the middle segment's separate way back; 0: it is the same way. networks: who owns
    what. handovers: whose addresses each link between two segments has. prefix: of the
    links, 30 or 31. hosts: those that differ from the default. management: the checker's
    /24; None: the first free of 10.89.0.0/16.
    """

    routers: tuple[tuple[str, int], ...] = (("seoul", 2), ("carrier", 4), ("busan", 2))
    way_back: int = 0
    networks: Mapping[str, str] = field(
        default_factory=lambda: {
            "seoul": "10.81.0.0/16",
            "carrier": "10.80.0.0/16",
            "busan": "10.82.0.0/16",
        }
    )
    handovers: tuple[str, ...] = ("carrier", "busan")
    prefix: Literal[30, 31] = 30
    hosts: Mapping[str, HostSpec] = field(default_factory=dict)
    devices: tuple[Device, ...] = ()
    management: str | None = None

    def host(self, host_id: str) -> HostSpec:
        """The manners of one host: its own, else the default of its kind."""
        return self.hosts.get(host_id, HOSTS[host_id])

    def last_of(self, segment: str) -> int:
        """The index of a segment's last router; the link behind it has the same index."""
        names = [name for name, _count in self.routers]
        return sum(count for _name, count in self.routers[: names.index(segment) + 1])
