"""What a check could not clear on a host, for the record and for the host's owner (pure)."""

from __future__ import annotations

from probes.model import Evidence
from probes.scene import Scene

HALF_OPEN = (
    "half-open connection from {source}, source port {local}, to port {port}: it ends by itself, "
    "or when the same source port connects again"
)
UNANSWERED = (
    "half-open connection request of this check, source port {local}, to port {port}: its answer "
    "is lost on the way back"
)


def residues(evidence: Evidence) -> tuple[tuple[str, str], ...]:
    """What a check could not clear: (endpoint, what). Half-open connections end by themselves
    once the host gives up; until then its owner may find them."""
    scene = Scene(evidence)
    left = [
        (o.target, HALF_OPEN.format(source=o.source, local=o.local_port, port=o.port))
        for o in scene.left_open
    ]
    left += [
        (endpoint, UNANSWERED.format(local=socket.peer_port, port=socket.local_port))
        for endpoint, socket in scene.half_open
    ]
    return tuple(left)
