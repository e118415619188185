"""The lab's paper: addresses, routes and the truth about places. Needs no root."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, ip_network

import pytest

from tests.lab import devices, scenarios
from tests.lab.rpc import control, getport, null
from tests.lab.spec import LabSpec, MuteRouter, Place, Quarantine, Way, Where
from tests.lab.topology import Topology

DEFAULT = Topology(LabSpec())


def shown(pair: tuple[IPv4Address | None, IPv4Address | None]) -> tuple[str, str]:
    return str(pair[0]), str(pair[1])


@pytest.mark.parametrize(
    ("where", "index", "way", "between"),
    [
        ("l2", 6, "both", ("10.80.5.2", "10.82.7.1")),
        ("after-ttl", 7, "both", ("10.82.6.2", "10.82.7.1")),
        ("before-ttl", 7, "both", ("10.80.5.2", "10.82.20.1")),
        ("l2", 0, "both", ("10.81.10.11", "10.81.1.1")),
        ("l2", 8, "both", ("10.82.7.2", "10.82.20.12")),
        ("before-ttl", 1, "both", ("10.81.10.11", "10.80.2.1")),
        ("after-ttl", 7, "near-to-far", ("10.82.6.2", "10.82.20.1")),
        ("after-ttl", 8, "near-to-far", ("10.82.7.2", "10.82.20.12")),
        ("after-ttl", 7, "far-to-near", ("10.80.5.2", "10.82.7.1")),
        ("l2", 6, "far-to-near", ("10.80.5.2", "10.82.7.1")),
    ],
)
def test_between(where: Where, index: int, way: Way, between: tuple[str, str]) -> None:
    """The contract's `location.between`, worked out by hand from the default path."""
    assert shown(DEFAULT.between(Place(where, index), way)) == between


def test_between_passes_over_mute_routers() -> None:
    topology = Topology(LabSpec(devices=(MuteRouter(6), MuteRouter(7))))
    assert shown(topology.between(Place("l2", 6), "both")) == ("10.80.4.2", "10.82.20.1")


def test_the_accounts_own_path_has_its_hop_counts() -> None:
    """15 and 10 hops with the hosts; last answers hop 13 (the carrier's) and hop 1."""
    topology = Topology(scenarios.account_whole())
    assert (len(topology.forward()) + 1, len(topology.backward()) + 1) == (15, 10)
    near, far = topology.between(Place("l2", 13), "both")
    assert near == topology.forward()[12].address
    assert near in topology.networks["carrier"]
    assert far == topology.backward()[0].address


@pytest.mark.parametrize("spec", [LabSpec(), LabSpec(prefix=31), scenarios.account_whole()])
def test_addresses_belong_to_their_owner_and_are_unique(spec: LabSpec) -> None:
    topology = Topology(spec)
    ends = [e for link in topology.links.values() for e in (link.near, link.far) if e.address]
    addresses = [end.address for end in ends]
    assert len(set(addresses)) == len(addresses)
    for link in topology.links.values():
        if link.network:
            assert link.network.prefixlen == spec.prefix
            assert any(link.network.subnet_of(n) for n in topology.networks.values())


@pytest.mark.parametrize("spec", [LabSpec(), scenarios.account_whole()])
def test_every_router_has_a_route_to_every_link(spec: LabSpec) -> None:
    topology = Topology(spec)
    for router in topology.routers:
        networks = [network for network, _hop in topology.routes(router)]
        for link in topology.links.values():
            own = f"r{router}" in (link.near.node, link.far.node)
            assert own or link.network is None or link.network in networks


def test_message_sizes_are_the_accounts() -> None:
    assert (len(getport()), len(null())) == (60, 44)
    assert len(control(getport())) == 60
    assert control(getport())[:4] == getport()[:4]


def test_quarantine_drops_before_it_looks() -> None:
    """What arrives in the dark must not renew the time, unless the device renews."""
    device = Quarantine(Place("l2", 6))
    lines = devices.quarantine(device)
    first_add = next(i for i, line in enumerate(lines) if " add @dark" in line)
    assert all("drop" in line for line in lines[:first_add])
    assert not any("update" in line for line in lines)
    assert "update" in devices.quarantine(replace(device, renews=True))[0]


@pytest.mark.parametrize("name", sorted(scenarios.SCENARIOS))
def test_every_scenario_is_placed_on_its_path(name: str) -> None:
    spec = scenarios.SCENARIOS[name]()
    topology = Topology(spec)
    for device in spec.devices:
        place = getattr(device, "place", None)
        if place:
            known = topology.links if place.where == "l2" else topology.routers
            assert place.index in known
    assert all(ip_network(net).is_private for net in spec.networks.values())
