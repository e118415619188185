"""Causes, one a file. The tuple's order is that of the layers, lowest first (law 3)."""

from probes.hypotheses import (
    authentication_failed,
    clock_skew,
    idle_timeout,
    link_errors,
    low_bandwidth,
    name_resolution,
    no_return_path,
    packet_loss,
    path_mtu,
    payload_blocked,
    port_filtered,
    port_rejected,
    replication_service_disabled,
    reset_injected,
    routing_loop,
    rpc_program_unavailable,
    service_down,
    source_quarantined,
    storage_full,
    transit_fault,
    unreachable,
    version_incompatible,
)
from probes.hypotheses.base import Hypothesis

HYPOTHESES: tuple[Hypothesis, ...] = (
    name_resolution.HYPOTHESIS,
    link_errors.HYPOTHESIS,
    unreachable.HYPOTHESIS,
    no_return_path.HYPOTHESIS,
    routing_loop.HYPOTHESIS,
    packet_loss.HYPOTHESIS,
    transit_fault.HYPOTHESIS,
    path_mtu.HYPOTHESIS,
    low_bandwidth.HYPOTHESIS,
    port_filtered.HYPOTHESIS,
    port_rejected.HYPOTHESIS,
    service_down.HYPOTHESIS,
    rpc_program_unavailable.HYPOTHESIS,
    payload_blocked.HYPOTHESIS,
    reset_injected.HYPOTHESIS,
    source_quarantined.HYPOTHESIS,
    idle_timeout.HYPOTHESIS,
    clock_skew.HYPOTHESIS,
    version_incompatible.HYPOTHESIS,
    replication_service_disabled.HYPOTHESIS,
    authentication_failed.HYPOTHESIS,
    storage_full.HYPOTHESIS,
)

__all__ = ["HYPOTHESES", "Hypothesis"]
