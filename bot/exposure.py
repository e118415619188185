"""What a trigger may hit, for whoever is asked to allow it (pure).

A device that quarantines a source cuts every flow of it, not only the one that it took for an
attack (contract.md, `trigger.blocked`): the dialog names those that are open right now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.request import ConsentQuestion
from probes.model import Evidence, Flow, Site
from probes.readings import Socket, SocketsReading
from probes.scene import Scene

_ALIVE = ("ESTAB", "ESTABLISHED", "SYN-SENT", "SYN-RECV", "SYN_SENT", "SYN_RECV")


Open = tuple[str, str, int, str]
"""A connection: its source's endpoint id, the other end (an endpoint's id where it is one, else
its address), the port there, its state."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """The source's connections to the other site. at: epoch seconds when the host listed them.
    open: None where no list came: then nothing is known."""

    at: float = 0.0
    open: tuple[Open, ...] | None = None


def exposed(evidence: Evidence, question: ConsentQuestion) -> Exposed:
    """What the source has open to the target's site, by its newest list."""
    lists = [
        o.reading
        for o in evidence.of("sockets", source=question.source)
        if isinstance(o.reading, SocketsReading) and o.reading.samples
    ]
    if not lists:
        return Exposed()
    sample = max((s for reading in lists for s in reading.samples), key=lambda s: s.at)
    context = evidence.context
    far = context.far if question.target.startswith(f"{context.far.name}/") else context.near
    return Exposed(sample.at, tuple(_open(sample.sockets, question.source, far)))


def _open(sockets: Iterable[Socket], source: str, far: Site) -> Iterator[Open]:
    """Those that end at the site, by its networks and by its endpoints as others see them; each
    at the end that listens, which is the one with the lower port."""
    endpoints = {
        a: e.id for e in far.endpoints.values() for a in (e.address, *e.seen_from.values())
    }
    for socket in sockets:
        if socket.peer is None or socket.state not in _ALIVE:
            continue
        if socket.peer in endpoints or any(socket.peer in network for network in far.networks):
            target = endpoints.get(socket.peer, str(socket.peer))
            yield (source, target, min(socket.local_port, socket.peer_port), socket.state)


def consent_question(evidence: Evidence, flow: Flow) -> ConsentQuestion:
    """What a yes allows: of every required flow a control and a call."""
    allowed = tuple(
        f"{f.port or 'the port that the portmapper names'}: {f.service}, a control and a "
        f"call of {len(f.handshake.message)} bytes"
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
