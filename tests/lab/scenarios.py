"""Named labs: each a `LabSpec`, to be started by hand or by a test.

Two placements of a fault are two names. Places are counted on the default path: routers
1–2 Seoul, 3–6 carrier, 7–8 Busan.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tests.lab.spec import (
    AVAMAR,
    DATADOMAIN,
    FAR_AVAMAR,
    FAR_DATADOMAIN,
    NEAR_AVAMAR,
    NEAR_DATADOMAIN,
    Dead,
    Device,
    IcmpLimit,
    LabSpec,
    Loss,
    MuteRouter,
    NoRoute,
    PayloadDrop,
    Place,
    PortDrop,
    PortReject,
    Quarantine,
    TtlClamp,
)

PATH = LabSpec()
A_EDGE = Place("l2", PATH.last_of("seoul"))  # the hand-over from Seoul to the carrier
IN_CARRIER = Place("l2", PATH.last_of("seoul") + 2)
B_EDGE = Place("l2", PATH.last_of("carrier"))  # the hand-over from the carrier to Busan
B_INSIDE = Place("l2", PATH.last_of("carrier") + 1)
B_SWITCH = Place("l2", PATH.last_of("busan"))  # between Busan's last router and its switch
B_FIREWALL = Place("after-ttl", PATH.last_of("carrier") + 1)  # Busan's first router
B_GATE = Place("before-ttl", PATH.last_of("carrier") + 1)
A_FIREWALL = Place("after-ttl", PATH.last_of("seoul"))


def one(*devices: Device) -> Callable[[], LabSpec]:
    """The default path with these devices."""
    return lambda: LabSpec(devices=devices)


def account(place: Place = B_EDGE, **how: Any) -> LabSpec:
    """The account's device: passes the first portmapper call, then drops the pair for 20 s."""
    return LabSpec(devices=(Quarantine(place, **how),))


def account_whole() -> LabSpec:
    """The account's own path: 15 hops there, 10 back, as both its traces count them.

    The device stands between Busan's two routers, whose outer one answers with the
    hand-over's address, the carrier's: last answers hop 13 from near, hop 1 from far.
    """
    return LabSpec(
        routers=(("seoul", 2), ("carrier", 10), ("busan", 2)),
        way_back=5,
        handovers=("carrier", "carrier"),
        devices=(Quarantine(Place("l2", 13)),),
    )


def far_datadomain(**changes: Any) -> Callable[[], LabSpec]:
    """A healthy path to a far appliance that differs from the default."""
    return lambda: LabSpec(hosts={FAR_DATADOMAIN: replace(DATADOMAIN, **changes)})


def drop_ping() -> LabSpec:
    quiet = {FAR_DATADOMAIN: replace(DATADOMAIN, answers_ping=False)}
    return LabSpec(hosts={**quiet, FAR_AVAMAR: replace(AVAMAR, answers_ping=False)})


def old_hosts() -> LabSpec:
    """Old ping and traceroute, no ss, and PATH without the sbin folders."""
    old = replace(
        AVAMAR, old=("ping", "traceroute"), without=("python3", "ss"), path="/usr/bin:/bin"
    )
    return LabSpec(hosts={NEAR_AVAMAR: old, FAR_AVAMAR: old})


def bare_hosts() -> LabSpec:
    """Neither perl nor traceroute nor netstat on the Avamars."""
    bare = replace(AVAMAR, without=("python3", "perl", "traceroute", "netstat"))
    return LabSpec(hosts={NEAR_AVAMAR: bare, FAR_AVAMAR: bare})


def monitors() -> LabSpec:
    """Both appliances let the checker's login do what role `user` may, and list `::ffff:`."""
    limited = replace(DATADOMAIN, role="user", mapped=True)
    return LabSpec(hosts={NEAR_DATADOMAIN: limited, FAR_DATADOMAIN: limited})


def one_sided() -> LabSpec:
    """The far site's hosts let nobody log in; the account's device stands before them."""
    closed = {FAR_AVAMAR: replace(AVAMAR, sshd=False)}
    closed[FAR_DATADOMAIN] = replace(DATADOMAIN, sshd=False)
    return replace(account(), hosts=closed)


SCENARIOS: Mapping[str, Callable[[], LabSpec]] = MappingProxyType(
    {
        "healthy": LabSpec,
        "healthy-long": lambda: replace(account_whole(), devices=()),
        "mute-routers": one(MuteRouter(3), MuteRouter(4), MuteRouter(7)),
        "icmp-limits": one(*(IcmpLimit(k, interval=2000, per_second=1) for k in range(1, 9))),
        "drop-ping": drop_ping,
        "old-hosts": old_hosts,
        "bare-hosts": bare_hosts,
        "monitors": monitors,
        "one-sided": one_sided,
        "loss5": one(Loss(IN_CARRIER, way="near-to-far")),
        "loss5-at-b": one(Loss(B_INSIDE, way="far-to-near")),
        "loss5-each-way": one(Loss(IN_CARRIER)),
        "account": account,
        "account-whole": account_whole,
        "account-at-a-edge": lambda: account(A_EDGE),
        "account-in-carrier": lambda: account(IN_CARRIER),
        "account-firewall": lambda: account(B_FIREWALL),
        "account-gate": lambda: account(B_GATE),
        "drop-call": lambda: account(pass_first=False),
        "block-source": lambda: account(blocks="source"),
        "block-destination": lambda: account(blocks="destination"),
        "drop-call-at-a-edge": lambda: account(A_EDGE, pass_first=False),
        "block-source-at-a-edge": lambda: account(A_EDGE, blocks="source"),
        "block-source-in-carrier": lambda: account(IN_CARRIER, blocks="source"),
        "block-destination-in-carrier": lambda: account(IN_CARRIER, blocks="destination"),
        "tcp-only": lambda: account(traffic="tcp"),
        "tcp-only-at-a-edge": lambda: account(A_EDGE, traffic="tcp"),
        "tcp-only-in-carrier": lambda: account(IN_CARRIER, traffic="tcp"),
        "port-only": lambda: account(traffic="port"),
        "any-bytes": lambda: account(trigger="bytes"),
        "nfs-call": lambda: account(trigger="nfs"),
        "renewing": lambda: account(renews=True),
        "until-released": lambda: account(seconds=None),
        "dark-at-start": lambda: account(dark_at_start=15.0),
        "payload-drop": one(PayloadDrop(B_EDGE)),
        "payload-drop-in-carrier": one(PayloadDrop(IN_CARRIER)),
        "payload-drop-firewall": one(PayloadDrop(B_FIREWALL)),
        "payload-drop-nfs": one(PayloadDrop(B_EDGE, port=2049)),
        "reply-drop": one(PayloadDrop(B_EDGE, reply=True)),
        "ttl-clamp": one(TtlClamp(IN_CARRIER)),
        "payload-drop-clamped": one(TtlClamp(IN_CARRIER), PayloadDrop(B_EDGE)),
        "port-drop": one(PortDrop(B_FIREWALL)),
        "port-drop-at-a": one(PortDrop(A_FIREWALL)),
        "port-drop-l2": one(PortDrop(B_EDGE)),
        "port-drop-nfs": one(PortDrop(B_FIREWALL, port=2049)),
        "port-reject-rst": one(PortReject(B_FIREWALL)),
        "port-reject-icmp": one(PortReject(B_FIREWALL, how="admin-prohibited")),
        "port-reject-icmp-at-a": one(PortReject(A_FIREWALL, how="host-prohibited")),
        "host-filter": far_datadomain(drops=(111,)),
        "service-down": far_datadomain(rpcbind=False),
        "nfs-down": far_datadomain(ports=(2051, 2052)),
        "nfs-unregistered": far_datadomain(registered=()),
        "dead-link": one(Dead(IN_CARRIER)),
        "no-return": one(Dead(B_EDGE, way="far-to-near")),
        "no-route": one(NoRoute(6)),
        "site-dark": one(Dead(B_SWITCH)),
    }
)
