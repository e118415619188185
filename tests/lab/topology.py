"""From a `LabSpec` to nodes, links, addresses and routes (pure).

The path is a chain: near switch – router 1 … router N – far switch. Link k has the third
octet k in its owner's network, its near end the lower address. Where there is a separate
way back, its routers (101 …) hang between the near site's last and the far site's first
router, and only the far site's traffic takes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise

from tests.lab.spec import LabSpec, MuteRouter, Place, Way

BACK = 100  # the first index of the way back
HOST_SUBNET = {0: 10, 1: 20}  # third octet of the near and the far site's LAN
MANAGEMENT_HOST = {
    (0, "avamar"): 11,
    (0, "datadomain"): 12,
    (1, "avamar"): 21,
    (1, "datadomain"): 22,
}


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: whose, under which interface name, with which address."""

    node: str
    interface: str
    address: IPv4Address | None


@dataclass(frozen=True, slots=True)
class Link:
    index: int
    near: End
    far: End
    network: IPv4Network | None


@dataclass(frozen=True, slots=True)
class Host:
    """One host: its replication and management side."""

    id: str
    side: int  # 0 near, 1 far
    address: IPv4Address
    gateway: IPv4Address
    interface: str
    management_interface: str

    @property
    def site(self) -> str:
        return self.id.partition("/")[0]

    @property
    def node(self) -> str:
        return self.id.replace("/", "-")

    @property
    def appliance(self) -> bool:
        return self.role == "datadomain"

    @property
    def role(self) -> str:
        return self.id.partition("/")[2]

    @property
    def management_number(self) -> int:
        """The last octet of its management address."""
        return MANAGEMENT_HOST[self.side, self.role]


@dataclass(frozen=True, slots=True)
class Hop:
    """A router as one direction's trace shows it."""

    router: int
    address: IPv4Address


class Topology:
    """Everything that follows from a `LabSpec` without touching the machine."""

    def __init__(self, spec: LabSpec) -> None:
        self.spec = spec
        self.near_site, self.far_site = spec.routers[0][0], spec.routers[-1][0]
        self.networks = {name: IPv4Network(net) for name, net in spec.networks.items()}
        self.owners = [name for name, count in spec.routers for _ in range(count)]
        self.last = len(self.owners)
        self.fork, self.join = spec.last_of(self.near_site), spec.last_of(spec.routers[-2][0]) + 1
        self.links = {link.index: link for link in (*self._chain(), *self._way_back())}
        self.hosts = {host.id: host for host in self._hosts()}

    # --- nodes and links --------------------------------------------------------------

    @property
    def routers(self) -> tuple[int, ...]:
        back = range(BACK + 1, BACK + 1 + self.spec.way_back)
        return (*range(1, self.last + 1), *back)

    def lan(self, side: int) -> IPv4Network:
        """The hosts' network at one side."""
        base = self.networks[(self.near_site, self.far_site)[side]].network_address
        return IPv4Network((int(base) + HOST_SUBNET[side] * 256, 24))

    def switch(self, side: int) -> str:
        return f"{(self.near_site, self.far_site)[side]}-switch"

    def _chain(self) -> list[Link]:
        first, last = self.lan(0), self.lan(1)
        links = [Link(0, End(self.switch(0), "router", None), End("r1", "near", first[1]), None)]
        handovers = iter(self.spec.handovers)
        for k in range(1, self.last):
            here, there = self.owners[k - 1], self.owners[k]
            owner = here if here == there else next(handovers)
            links.append(self._link(k, owner, f"r{k}", "far", f"r{k + 1}", "near"))
        end = End(f"r{self.last}", "far", last[1])
        return [*links, Link(self.last, end, End(self.switch(1), "router", None), None)]

    def _way_back(self) -> list[Link]:
        count, owner = self.spec.way_back, self.spec.routers[-2][0]
        if not count:
            return []
        nodes = [f"r{self.fork}", *(f"r{BACK + j}" for j in range(1, count + 1)), f"r{self.join}"]
        links = []
        for j in range(count + 1):
            out = "back" if j == 0 else "far"
            into = "back" if j == count else "near"
            links.append(self._link(BACK + j, owner, nodes[j], out, nodes[j + 1], into))
        return links

    def _link(self, index: int, owner: str, a: str, a_if: str, b: str, b_if: str) -> Link:
        base = int(self.networks[owner].network_address) + index * 256
        network = IPv4Network((base, self.spec.prefix))
        low, high = list(network.hosts())
        return Link(index, End(a, a_if, low), End(b, b_if, high), network)

    def _hosts(self) -> list[Host]:
        hosts = []
        for side, site in enumerate((self.near_site, self.far_site)):
            lan = self.lan(side)
            for number, role in ((11, "avamar"), (12, "datadomain")):
                names = ("eth0a", "ethMa") if role == "datadomain" else ("eth0", "eth1")
                hosts.append(Host(f"{site}/{role}", side, lan[number], lan[1], *names))
        return hosts

    def host_by_role(self, side: int, role: str) -> Host:
        return self.hosts[f"{(self.near_site, self.far_site)[side]}/{role}"]

    # --- routes -----------------------------------------------------------------------

    def routes(self, router: int) -> list[tuple[IPv4Network, IPv4Address]]:
        """(network, next hop) of one router, for both sites and every link of the path."""
        toward = self.neighbours(router)
        routes = []
        if router != 1:
            back = "back" if router == self.join and self.spec.way_back else "near"
            routes.append((self.networks[self.near_site], toward[back]))
        if router != self.last:
            routes.append((self.networks[self.far_site], toward["far"]))
        own = {f"r{router}"}
        routes += [
            (link.network, toward[self._direction(router, link.index)])
            for link in self.links.values()
            if link.network and not own & {link.near.node, link.far.node}
        ]
        return routes

    def neighbours(self, router: int) -> dict[str, IPv4Address]:
        """Interface → the address at the other end of its link."""
        found = {}
        for link in self.links.values():
            for own, other in ((link.near, link.far), (link.far, link.near)):
                if own.node == f"r{router}" and other.address:
                    found[own.interface] = other.address
        return found

    def _direction(self, router: int, link: int) -> str:
        """Through which of its interfaces a router reaches a link that is not its own."""
        if router < BACK and link >= BACK:
            if router in (self.fork, self.join):
                return "back"
            return "far" if router < self.fork else "near"
        if router >= BACK and link < BACK:
            return "near" if link < self.join - 1 else "far"
        return "near" if link < router else "far"

    # --- what traces show -------------------------------------------------------------

    def forward(self) -> list[Hop]:
        """The routers as a trace from near shows them, in order."""
        return [Hop(k, self._address(k - 1, far_end=True)) for k in range(1, self.last + 1)]

    def backward(self) -> list[Hop]:
        """The routers as a trace from far shows them, in order."""
        ahead = [
            Hop(k, self._address(k, far_end=False)) for k in range(self.last, self.join - 1, -1)
        ]
        if not self.spec.way_back:
            rest = range(self.join - 1, 0, -1)
            return ahead + [Hop(k, self._address(k, far_end=False)) for k in rest]
        back = range(BACK + self.spec.way_back, BACK, -1)
        between = [Hop(k, self._address(k, far_end=False)) for k in back]
        fork = Hop(self.fork, self._address(BACK, far_end=False))
        return (
            ahead
            + between
            + [fork]
            + [Hop(k, self._address(k, far_end=False)) for k in range(self.fork - 1, 0, -1)]
        )

    def _address(self, link: int, *, far_end: bool) -> IPv4Address:
        end = self.links[link].far if far_end else self.links[link].near
        assert end.address is not None, f"link {link} has no address at that end"
        return end.address

    def between(
        self, place: Place, way: Way, pair: tuple[str, str] = ("seoul/avamar", "busan/datadomain")
    ) -> tuple[IPv4Address | None, IPv4Address | None]:
        """The contract's `location.between` for a device here that blocks this way.

        Where one direction alone is blocked, the other side's entry is the next hop beyond
        the first, as the other side's idle trace shows it.
        """
        mute = {d.router for d in self.spec.devices if isinstance(d, MuteRouter)}
        ends = self.hosts[pair[0]].address, self.hosts[pair[1]].address
        near = self._last_answer(self.forward(), place, mute, ends[0], forward=True)
        far = self._last_answer(self.backward(), place, mute, ends[1], forward=False)
        if way == "near-to-far" or (near and not far):
            far = beyond(near, self.forward(), self.backward(), ends[1]) if near else None
        elif way == "far-to-near" or (far and not near):
            near = beyond(far, self.backward(), self.forward(), ends[0]) if far else None
        return near, far

    def _last_answer(
        self, hops: list[Hop], place: Place, mute: set[int], own: IPv4Address, *, forward: bool
    ) -> IPv4Address | None:
        """The last address that answers before the device; None if it is not on this way."""
        routers = [0, *(hop.router for hop in hops), 0]  # 0: the switches at both ends
        if place.where == "l2":
            link = self.links[place.index]
            ends = router_number(link.near.node), router_number(link.far.node)
            steps = list(pairwise(routers))
            step = ends if forward else (ends[1], ends[0])
            if step not in steps:
                return None
            count = steps.index(step)
        elif place.index in routers:
            count = routers.index(place.index) - (place.where == "before-ttl")
        else:
            return None
        answering = [hop.address for hop in hops[:count] if hop.router not in mute]
        return answering[-1] if answering else own


def router_number(node: str) -> int:
    """`r12` → 12; 0 for whatever is no router."""
    return int(node[1:]) if node[:1] == "r" and node[1:].isdigit() else 0


def beyond(
    last: IPv4Address, hops: list[Hop], other: list[Hop], end: IPv4Address
) -> IPv4Address | None:
    """The router after `last` on this way, under the address that the other way shows."""
    position = next((i for i, hop in enumerate(hops) if hop.address == last), -1)
    if position + 1 == len(hops):
        return end
    router = hops[position + 1].router
    return next((hop.address for hop in other if hop.router == router), None)
