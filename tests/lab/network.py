"""From a topology to the `ip` and `nft` commands that build it (pure text)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network

from tests.lab import devices
from tests.lab.namespaces import Reserved, heredoc
from tests.lab.spec import IcmpLimit, LabSpec, NoRoute
from tests.lab.topology import Host, Link, Topology

SYSCTLS = """\
for c in all default; do
  [ ! -d /proc/sys/net/ipv6 ] || echo 1 >/proc/sys/net/ipv6/conf/$c/disable_ipv6
  echo 0 >/proc/sys/net/ipv4/conf/$c/rp_filter
done
"""


def nodes(topology: Topology) -> list[str]:
    """Every namespace of a lab, by its short name."""
    bridges = [f"x{n}" for n, _link in inserted(topology.spec)]
    hosts = [host.node for host in topology.hosts.values()]
    routers = [f"r{k}" for k in topology.routers]
    return [topology.switch(0), topology.switch(1), *routers, *hosts, *bridges]


def inserted(spec: LabSpec) -> list[tuple[int, int]]:
    """(device number, link) of every transparent device."""
    return [
        (n, place.index)
        for n, device in enumerate(spec.devices)
        if (place := getattr(device, "place", None)) and place.where == "l2"
    ]


def wires(lab: Reserved, topology: Topology) -> list[str]:
    """The `ip -batch` lines that make all namespaces and all links between them."""
    lines = [f"netns add {lab.namespace(node)}" for node in nodes(topology)]
    for link in topology.links.values():
        lines += cable(lab, link, [n for n, at in inserted(topology.spec) if at == link.index])
    lines += [f"link add name {lab.bridge} type bridge"]
    for letter, host in zip("abcd", topology.hosts.values(), strict=True):
        port, inside = f"p-{host.role}"[:15], lab.namespace(host.node)
        switch = lab.namespace(topology.switch(host.side))
        peer = f"peer name {host.management_interface} netns {inside}"
        lines += [
            veth(port, switch, host.interface, inside),
            f"link add name {lab.bridge}{letter} type veth {peer}",
            f"link set {lab.bridge}{letter} master {lab.bridge} up",
        ]
    return [
        *lines,
        f"addr add {lab.management[1]}/24 dev {lab.bridge}",
        f"link set {lab.bridge} up",
    ]


def cable(lab: Reserved, link: Link, between: list[int]) -> list[str]:
    """One link, with transparent devices in it one after another."""
    ends = [(link.near.node, link.near.interface)]
    for number in between:
        ends += [(f"x{number}", "near"), (f"x{number}", "far")]
    ends.append((link.far.node, link.far.interface))
    pairs = zip(ends[::2], ends[1::2], strict=True)
    return [veth(a[1], lab.namespace(a[0]), b[1], lab.namespace(b[0])) for a, b in pairs]


def veth(a: str, a_namespace: str, b: str, b_namespace: str) -> str:
    return f"link add name {a} netns {a_namespace} type veth peer name {b} netns {b_namespace}"


def scripts(lab: Reserved, topology: Topology) -> dict[str, str]:
    """Namespace → the script that configures it."""
    found = {f"r{k}": router(topology, k) for k in topology.routers}
    for side in (0, 1):
        ports = ["router", "p-avamar", "p-datadomain"]
        found[topology.switch(side)] = switch(ports)
    for number, _link in inserted(topology.spec):
        found[f"x{number}"] = switch(["near", "far"])
    for host in topology.hosts.values():
        found[host.node] = endpoint(topology, host, lab.management)
    for number, device in enumerate(topology.spec.devices):
        if made := devices.table(number, device, topology):
            found[made[0]] += heredoc("nft -f -", made[1])
    return {lab.namespace(node): script for node, script in found.items()}


def bridged(lab: Reserved, topology: Topology) -> dict[str, str]:
    """Namespace → a script that waits until its bridge forwards.

    A port forwards only some time after its cable has both ends up, and an ARP request
    that is lost before that is repeated a second later: the path would start dark.
    """
    bridges = [topology.switch(0), topology.switch(1)]
    bridges += [f"x{n}" for n, _link in inserted(topology.spec)]
    wait = "while bridge link | grep -qv 'state forwarding'; do sleep 0.01; done"
    return {lab.namespace(node): wait for node in bridges}


def acquainted(lab: Reserved, topology: Topology) -> dict[str, str]:
    """Namespace → a script after which it knows its neighbours' hardware addresses."""
    found = {}
    for index in topology.routers:
        hops = topology.neighbours(index).values()
        hosts = [h.address for h in topology.hosts.values() if index == (1, topology.last)[h.side]]
        found[f"r{index}"] = greet([*hops, *hosts])
    for host in topology.hosts.values():
        siblings = [h.address for h in topology.hosts.values() if h.side == host.side]
        found[host.node] = greet([host.gateway, *(a for a in siblings if a != host.address)])
    return {lab.namespace(node): script for node, script in found.items()}


def greet(addresses: list[IPv4Address]) -> str:
    """Have each neighbour's hardware address asked for; whether it answers is all the same."""
    return "".join(f"ping -q -c 1 -W 0.2 {a} >/dev/null || :\n" for a in addresses)


def switch(ports: list[str]) -> str:
    """A bridge; it cannot be named `br`, which ip reads as an abbreviation."""
    lines = ["link add name x type bridge", "link set x up"]
    lines += [f"link set dev {port} master x up" for port in ports]
    return SYSCTLS + heredoc("ip -batch -", "\n".join(lines))


def router(topology: Topology, index: int) -> str:
    lines = ["link set lo up"]
    for link in topology.links.values():
        for end in (link.near, link.far):
            if end.node == f"r{index}" and end.address:
                length = link.network.prefixlen if link.network else 24
                lines += [
                    f"addr add {end.address}/{length} dev {end.interface}",
                    f"link set {end.interface} up",
                ]
    lines += [f"route add {network} via {hop}" for network, hop in topology.routes(index)]
    settings = {"ip_forward": 1, "icmp_errors_use_inbound_ifaddr": 1}
    for device in topology.spec.devices:
        if isinstance(device, IcmpLimit) and device.router == index:
            settings["icmp_ratelimit"] = device.interval
        if isinstance(device, NoRoute) and device.router == index:
            lines += no_route(topology, device)
            settings["icmp_ratemask"] = 6160  # the route's own limit of one a second is enough
    values = "".join(f"echo {v} >/proc/sys/net/ipv4/{k}\n" for k, v in settings.items())
    return SYSCTLS + heredoc("ip -batch -", "\n".join(lines)) + values


def no_route(topology: Topology, device: NoRoute) -> list[str]:
    """Longer prefixes than the site's own, so that they win over its route."""
    halves: list[IPv4Network] = list(topology.networks[device.site].subnets(prefixlen_diff=9))
    side = 0 if device.site == topology.near_site else 1
    lan = topology.lan(side)
    return [f"route add {device.how} {half}" for half in halves if half.subnet_of(lan)]


def endpoint(topology: Topology, host: Host, management: IPv4Network) -> str:
    spec = topology.spec.host(host.id)
    lines = [
        "link set lo up",
        f"addr add {host.address}/24 dev {host.interface}",
        f"addr add {management[host.management_number]}/24 dev {host.management_interface}",
        f"link set {host.interface} up",
        f"link set {host.management_interface} up",
        f"route add default via {host.gateway}",
    ]
    ignore = 0 if spec.answers_ping else 1
    return (
        SYSCTLS
        + heredoc("ip -batch -", "\n".join(lines))
        + f"echo {ignore} >/proc/sys/net/ipv4/icmp_echo_ignore_all\n"
        + heredoc("nft -f -", devices.host_filter(spec, host.interface))
    )
