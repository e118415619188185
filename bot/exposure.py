"""What a trigger may hit, for whoever is asked to allow it (pure).

A device that quarantines a source cuts every flow of it, not only the one that it took for an
attack (contract.md, `trigger.blocked`): the dialog names those that are open right now.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.request import ConsentQuestion, Sending
from probes.model import Evidence, Flow, Site
from probes.readings import Socket, SocketsReading
from probes.scene import Scene

_ALIVE = ("ESTAB", "ESTABLISHED", "SYN-SENT", "SYN-RECV", "SYN_SENT", "SYN_RECV")


@dataclass(frozen=True, slots=True)
class Exposed:
    """The source's connections to the other site. at: epoch seconds when the host listed them;
    None where no list came: then nothing is known."""

    at: float | None
    sockets: tuple[Socket, ...] = ()


def exposed(evidence: Evidence, question: ConsentQuestion) -> Exposed:
    """What the source has open to the target's site, by its newest list."""
    lists = [
        o.reading
        for o in evidence.of("sockets", source=question.source)
        if isinstance(o.reading, SocketsReading) and o.reading.samples
    ]
    if not lists:
        return Exposed(None)
    sample = max((s for reading in lists for s in reading.samples), key=lambda s: s.at)
    context = evidence.context
    far = context.far if question.target.startswith(f"{context.far.name}/") else context.near
    alive = (socket for socket in sample.sockets if socket.state in _ALIVE)
    return Exposed(sample.at, tuple(socket for socket in alive if _ends_at(socket, far)))


def _ends_at(socket: Socket, site: Site) -> bool:
    """By the site's networks, and by its endpoints as others may see them."""
    if socket.peer is None:
        return False
    seen = (a for e in site.endpoints.values() for a in (e.address, *e.seen_from.values()))
    return socket.peer in set(seen) or any(socket.peer in network for network in site.networks)


def consent_question(evidence: Evidence, flow: Flow) -> ConsentQuestion:
    """What a yes allows: of every required flow a control and a call."""
    allowed = tuple(
        Sending(f.port, f.service, len(f.handshake.message))
        for f in _with_handshake(evidence)
        if f.handshake
    )
    check = evidence.context.check
    return ConsentQuestion(check, flow.source, flow.target, flow.port or 0, flow.service, allowed)


def question_of(evidence: Evidence) -> ConsentQuestion | None:
    """What a check of this pair would ask for first; None where no flow has a first message."""
    first = next(_with_handshake(evidence), None)
    return consent_question(evidence, first) if first else None


def _with_handshake(evidence: Evidence) -> Iterator[Flow]:
    return (flow for flow in Scene(evidence).required if flow.handshake)
