"""What a whole check has to say of each scenario, and which are checked in every run of the tests.

The `MORE_…` are marked slow: `make accuracy-lab`.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.lab.checking import Call

NO_CONSENT = (Call("healthy", "no"), Call("account", "no"), Call("account-in-carrier", "no"))

# scenario → the segment that is named, what is blocked, which traffic
QUARANTINES = {
    "account": ("busan", "pair", "all"),
    "account-at-a-edge": ("seoul", "pair", "all"),
    "account-in-carrier": ("carrier", "pair", "all"),
    "drop-call": ("busan", "pair", "all"),
    "block-source": ("busan", "source", "all"),
    "block-destination": ("busan", "destination", "all"),
    "tcp-only": ("busan", "pair", "tcp"),
    "any-bytes": ("busan", "pair", "all"),
    "nfs-call": ("busan", "pair", "all"),
}
MORE_QUARANTINES = {
    "account-whole": ("busan", "pair", "all"),
    "account-firewall": ("busan", "pair", "all"),
    "account-gate": ("busan", "pair", "all"),
    "drop-call-at-a-edge": ("seoul", "pair", "all"),
    "block-source-at-a-edge": ("seoul", "source", "all"),
    "block-source-in-carrier": ("carrier", "source", "all"),
    "block-destination-in-carrier": ("carrier", "destination", "all"),
    "tcp-only-at-a-edge": ("seoul", "pair", "tcp"),
    "tcp-only-in-carrier": ("carrier", "pair", "tcp"),
    "port-only": ("busan", "pair", "port"),
}
TIMERS = (
    Call("renewing", watch=40),
    Call("until-released", watch=8),
    Call("dark-at-start"),
    Call("account", watch=0),
)

HEALTHY = ("healthy", "mute-routers", "drop-ping", "icmp-limits", "old-hosts", "monitors")
MORE_HEALTHY = ("healthy-long", "ttl-clamp")
LOSSY = ("loss5", "loss5-at-b", "loss5-each-way")

# scenario → cause, the segment that is named, the direction that is blocked
PLACED = {  # `between` is exactly where the device is
    "payload-drop": ("payload-blocked", "busan", "near-to-far"),
    "payload-drop-in-carrier": ("payload-blocked", "carrier", "near-to-far"),
    "port-drop": ("port-filtered", "busan", "near-to-far"),
    "port-drop-at-a": ("port-filtered", "seoul", "near-to-far"),
    "port-drop-l2": ("port-filtered", "busan", "near-to-far"),
    "port-reject-rst": ("port-rejected", "busan", "near-to-far"),
    "port-reject-icmp": ("port-rejected", "busan", "near-to-far"),
    "port-reject-icmp-at-a": ("port-rejected", "seoul", "near-to-far"),
    "dead-link": ("unreachable", "carrier", "both"),
    "site-dark": ("unreachable", "busan", "both"),
}
MORE_PLACED = {
    "payload-drop-firewall": ("payload-blocked", "busan", "near-to-far"),
    "payload-drop-nfs": ("payload-blocked", "busan", "near-to-far"),
    "port-drop-nfs": ("port-filtered", "busan", "near-to-far"),
}
ON_A_HOST = {
    "service-down": "service-down",
    "nfs-down": "service-down",
    "host-filter": "port-filtered",
}
MORE_ON_A_HOST = {"nfs-unregistered": "rpc-program-unavailable"}
OTHERS = ("reply-drop", "no-route")
MORE_OTHERS = ("payload-drop-clamped", "no-return", "bare-hosts", "one-sided")

WRONG_TRACKS = (
    "low-bandwidth",
    "port-filtered",
    "link-errors",
    "version-incompatible",
    "transit-fault",
)
REFUTING = ("account", "account-at-a-edge", "drop-call", "block-source", "block-destination")

AGAIN_HEALTHY = (
    *(Call("healthy", again=n) for n in range(1, 20)),
    *(Call(name, again=n) for name in HEALTHY[1:] for n in (1, 2)),
)
AGAIN_LOSSY = tuple(Call(name, again=n) for name in LOSSY for n in (1, 2))

CALLS = (
    *map(Call, (*QUARANTINES, *HEALTHY, *LOSSY, *PLACED, *ON_A_HOST, *OTHERS)),
    *TIMERS,
    *NO_CONSENT,
)
MORE_CALLS = (
    *map(Call, (*MORE_QUARANTINES, *MORE_HEALTHY, *MORE_PLACED, *MORE_ON_A_HOST, *MORE_OTHERS)),
    *AGAIN_HEALTHY,
    *AGAIN_LOSSY,
)


def of(calls: Iterable[str | Call], more: Iterable[str | Call] = ()) -> pytest.MarkDecorator:
    """Parametrize by calls, or by scenarios. more: slow ones."""
    slow = [pytest.mark.slow]
    marked = [*((call, []) for call in calls), *((call, slow) for call in more)]
    parameters = []
    for named, marks in marked:
        call = Call(named) if isinstance(named, str) else named
        parameters.append(pytest.param(call, marks=marks, id=str(call)))
    return pytest.mark.parametrize("call", parameters)
