"""Avamar with Data Domain: the source Avamar drives a DD-to-DD copy.

The source's avtar logs in to the destination Data Domain itself: portmapper, then NFS
(facts/backup-appliances.md, sections 0b and 1). That is what must work, and what the
account's IPS cut off.
"""

from __future__ import annotations

from probes.model import Flow, Handshake, Site
from probes.profiles import onc_rpc
from probes.profiles.base import Profile

SOURCE, STORE = "avamar", "datadomain"


def _portmapper(xid: int) -> Handshake:
    message = onc_rpc.getport_call(xid)
    return Handshake(
        "portmapper", message, onc_rpc.control_for(message), onc_rpc.GETPORT_REPLY_BYTES
    )


def _nfs(xid: int) -> Handshake:
    message = onc_rpc.null_call(xid)
    return Handshake("nfs", message, onc_rpc.control_for(message), onc_rpc.NULL_REPLY_BYTES)


def _id(site: Site, role: str) -> str:
    """The endpoint's id; a role that the inventory leaves out keeps its place and is a gap."""
    endpoint = site.endpoint(role)
    return endpoint.id if endpoint else f"{site.name}/{role}"


def flows(near: Site, far: Site, xid: int) -> tuple[Flow, ...]:
    """contract.md, "Flows": two required, the rest counts only where the far host listens."""
    source, destination = _id(near, SOURCE), _id(far, STORE)
    near_store, far_source = _id(near, STORE), _id(far, SOURCE)
    return (
        Flow(source, destination, 111, True, "portmapper", _portmapper(xid)),
        Flow(source, destination, None, True, "nfs", _nfs(xid), port_from="portmapper"),
        Flow(source, destination, 2052, False, "mountd"),
        Flow(near_store, destination, 2051, False, "dd-replication"),
        Flow(destination, near_store, 2051, False, "dd-replication"),
        Flow(source, far_source, 27000, False, "gsan"),
        Flow(source, far_source, 29000, False, "gsan-tls"),
    )


PROFILE = Profile(
    name="avamar-datadomain",
    flows=flows,
    source_role=SOURCE,
    destination_role=STORE,
)
