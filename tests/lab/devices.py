"""From a device to nftables rules: what it drops, refuses and counts (pure).

Each device is a table of its own, named `device<n>`, with a counter `hits` (how often it
acted; for a quarantine: how often it was set) and, for a quarantine, a set `dark`.
Offsets into an RPC message over TCP, behind its record mark: facts/path-diagnosis.md,
"This kernel and distribution".
"""

from __future__ import annotations

from tests.lab.spec import (
    Dead,
    Device,
    HostSpec,
    IcmpLimit,
    Loss,
    MuteRouter,
    NoRoute,
    PayloadDrop,
    PortDrop,
    PortReject,
    Quarantine,
    TtlClamp,
    Way,
)
from tests.lab.topology import Topology

HOOKS = {
    "l2": "type filter hook forward priority 0",
    "after-ttl": "type filter hook forward priority 0",
    "before-ttl": "type filter hook prerouting priority -300",
}
CALL = {  # what a quarantine takes for an attack: RPC calls over TCP, over UDP, any byte
    "portmapper": (
        "tcp dport 111 @ih,64,32 0 @ih,128,32 100000",
        "udp dport 111 @ih,32,32 0 @ih,96,32 100000",
    ),
    "nfs": ("tcp dport 2049 @ih,64,32 0 @ih,128,32 100003",),
    "bytes": ("tcp dport 111 @ih,0,8 >= 0",),
}
FLOW = "ip saddr . tcp sport . ip daddr . tcp dport"
TRIGGER_PORT = {"portmapper": 111, "nfs": 2049, "bytes": 111}


def table(number: int, device: Device, topology: Topology) -> tuple[str, str] | None:
    """(node, ruleset) of a device; None if it is none of nftables' business."""
    if isinstance(device, NoRoute):
        return None
    if isinstance(device, MuteRouter | IcmpLimit):
        return f"r{device.router}", wrap(number, "ip", [], own_words(device))
    lines = rules(device, topology)
    sets = sets_of(device)
    family = "bridge" if device.place.where == "l2" else "ip"
    hook = HOOKS[device.place.where]
    return node(number, device), wrap(number, family, sets, [f"{hook};", *lines])


def node(number: int, device: Device) -> str:
    """The namespace in which a device lives: its own, or its router's."""
    if isinstance(device, MuteRouter | IcmpLimit | NoRoute):
        return f"r{device.router}"
    return f"x{number}" if device.place.where == "l2" else f"r{device.place.index}"


def way(device: Device) -> Way:
    """In which direction a device's harm is done: that of the packets that it eats."""
    match device:
        case PayloadDrop(reply=reply):
            return "far-to-near" if reply else "near-to-far"
        case PortReject():
            return "near-to-far"
        case Quarantine(way=way) | PortDrop(way=way) | Loss(way=way) | Dead(way=way):
            return way
        case _:
            return "both"


def wrap(number: int, family: str, sets: list[str], chain: list[str]) -> str:
    """A table with its counter, its sets and its one chain (`inspect`)."""
    body = "\n  ".join(["counter hits {}", *sets, "chain inspect {", *chain, "}"])
    return f"table {family} device{number} {{\n  {body}\n}}\n"


def rules(device: Device, topology: Topology) -> list[str]:
    """The rules of a device that inspects what passes."""
    match device:
        case Quarantine():
            return quarantine(device)
        case PayloadDrop(port=port, reply=reply):
            side, kind = ("sport", 1) if reply else ("dport", 0)
            return [
                f"tcp {side} {port} @ih,64,32 {kind} counter name hits drop",
                f"udp {side} {port} @ih,32,32 {kind} counter name hits drop",
            ]
        case PortDrop(port=port, way=way):
            return [f"{toward(topology, way)} tcp dport {port} counter name hits drop"]
        case PortReject(port=port, how=how):
            reject = how if how == "tcp reset" else f"icmp type {how}"
            return [f"tcp dport {port} counter name hits reject with {reject}"]
        case Loss(percent=percent, way=way):
            share = f"numgen random mod 10000 < {round(percent * 100)}"
            return [f"{toward(topology, way)} {share} counter name hits drop"]
        case Dead(way=way):
            return [f"{toward(topology, way)} counter name hits drop"]
        case TtlClamp(highest=highest):
            ttls = range(1, highest + 1)
            seen = [f"ip ttl {ttl} add @low{ttl} {{ {FLOW} }}" for ttl in ttls]
            lower = "counter name hits ip ttl set"
            return seen + [f"{FLOW} @low{ttl} ip ttl > {ttl} {lower} {ttl} accept" for ttl in ttls]
        case _:
            raise TypeError(f"{device} does not inspect")


def toward(topology: Topology, way: Way) -> str:
    """A match on the direction: by the site that the packet is for, or by being IP at all."""
    if way == "both":
        return "ip version 4"
    site = topology.far_site if way == "near-to-far" else topology.near_site
    return f"ip daddr {topology.networks[site]}"


def own_words(device: MuteRouter | IcmpLimit) -> list[str]:
    """The rules on what a router says itself."""
    hook = "type filter hook output priority 0;"
    errors = "icmp type { destination-unreachable, time-exceeded, parameter-problem }"
    if isinstance(device, MuteRouter):
        return [
            hook,
            "icmp type echo-reply counter name hits drop",
            f"{errors} counter name hits drop",
        ]
    limit = f"limit rate over {device.per_second}/second burst {device.per_second} packets"
    return [hook, f"{errors} {limit} counter name hits drop"]


# --- quarantine -----------------------------------------------------------------------


def key(device: Quarantine, *, reverse: bool = False) -> str:
    """The part of a packet under which it is dark; reverse: of a packet the other way."""
    if device.blocks == "pair":
        return "ip daddr . ip saddr" if reverse else "ip saddr . ip daddr"
    of_call = "ip saddr" if device.blocks == "source" else "ip daddr"
    other = {"ip saddr": "ip daddr", "ip daddr": "ip saddr"}
    return other[of_call] if reverse else of_call


def sets_of(device: Device) -> list[str]:
    """The sets that a device remembers in."""
    if isinstance(device, Quarantine):
        return [dark_set(device)]
    if isinstance(device, TtlClamp):
        kind = "ipv4_addr . inet_service . ipv4_addr . inet_service"
        flows = f"{{ type {kind}; flags dynamic; size 1024; }}"
        return [f"set low{ttl} {flows}" for ttl in range(1, device.highest + 1)]
    return []


def dark_set(device: Quarantine) -> str:
    kind = "ipv4_addr . ipv4_addr" if device.blocks == "pair" else "ipv4_addr"
    return f"set dark {{ type {kind}; flags dynamic,timeout; size 1024; }}"


def timeout(seconds: float | None) -> str:
    """nft's words for a time; none: it stays until it is released."""
    return "" if seconds is None else f" timeout {round(seconds * 1000)}ms"


def quarantine(device: Quarantine) -> list[str]:
    """Drop what is dark, then look for the message that makes it dark.

    A message that arrives in the dark meets the first rules, so that TCP's sending it
    again does not renew the time unless the device is one that renews.
    """
    call, life = CALL[device.trigger], timeout(device.seconds)
    add = f"{{ {key(device)}{life} }}"
    lines = []
    if device.renews:
        lines += [f"{key(device)} @dark {c} update @dark {add} drop" for c in call]
    forward, reverse = traffic(device, "dport"), traffic(device, "sport")
    if device.way != "far-to-near":
        lines.append(f"{forward}{key(device)} @dark drop")
    if device.way != "near-to-far":
        lines.append(f"{reverse}{key(device, reverse=True)} @dark drop")
    verdict = "accept" if device.pass_first else "drop"
    return lines + [f"{c} counter name hits add @dark {add} {verdict}" for c in call]


def traffic(device: Quarantine, side: str) -> str:
    """The match on what a quarantine stops: everything, TCP, or the message's own port."""
    if device.traffic == "all":
        return ""
    return (
        "meta l4proto tcp "
        if device.traffic == "tcp"
        else f"tcp {side} {TRIGGER_PORT[device.trigger]} "
    )


# --- a host's own filter --------------------------------------------------------------


def host_filter(host: HostSpec, interface: str) -> str:
    """The rules of a host that drops ports itself; empty if it drops none."""
    if not host.drops:
        return ""
    ports = ", ".join(str(port) for port in host.drops)
    drop = f'iifname "{interface}" tcp dport {{ {ports} }} counter drop'
    return f"table ip own {{\n chain inbound {{ type filter hook input priority 0; {drop}; }}\n}}\n"
