"""What a profile is: one replication technology's flows and roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from probes.model import Flow, Site


@dataclass(frozen=True, slots=True)
class Profile:
    """flows: (near, far, xid) → the flows, the required ones first and in the order in which
    the protocol goes through them. The roles name the pair of hosts that the first flow joins.
    """

    name: str
    flows: Callable[[Site, Site, int], tuple[Flow, ...]]
    source_role: str
    destination_role: str
