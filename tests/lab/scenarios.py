"""Named labs: each a `LabSpec`, to be started by hand or by a test.

Two placements of a fault are two names. Places are counted from the path of the default
spec unless the function says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.lab.spec import LabSpec, Place, Quarantine

PATH = LabSpec()
A_EDGE = Place("l2", PATH.last_of("seoul"))  # the hand-over from Seoul to the carrier
CARRIER = Place("l2", PATH.last_of("seoul") + 2)
B_EDGE = Place("l2", PATH.last_of("carrier"))  # the hand-over from the carrier to Busan


def healthy() -> LabSpec:
    return LabSpec()


def account(place: Place = B_EDGE, seconds: float | None = 20.0) -> LabSpec:
    """The account's device: passes the first portmapper call, then drops the pair."""
    return LabSpec(devices=(Quarantine(place, seconds=seconds),))


SCENARIOS: Mapping[str, Callable[[], LabSpec]] = MappingProxyType(
    {
        "healthy": healthy,
        "account": account,
        "account-at-a-edge": lambda: account(A_EDGE),
        "account-in-carrier": lambda: account(CARRIER),
    }
)
