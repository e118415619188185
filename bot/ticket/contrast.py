"""Why it is that device and not a host, the line or chance: what passed, and what was answered
(pure). Each is a control of the experiment (design.md, "The experiment is the core")."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.ticket.model import Sent, Statement, said
from bot.ticket.moments import time_of_day
from probes.model import Address, Flow, Message, Phase
from probes.readings import Answer, Knock, KnockReading, Socket, SocketsReading
from probes.scene import Scene, Window, exchanged

_AFTER = 0.02  # seconds: a packet this late was sent after the message (probes/scene/passage.py)
_SENDING = (Phase.TRIGGER, Phase.AFTERMATH, Phase.LOCATE)
JOB = (Phase.BASELINE, Phase.WATCH_JOB)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A connection whose bytes nobody acknowledged, as one host listed it in `samples` looks."""

    host: str
    socket: Socket
    first: float
    last: float
    samples: int
    evidence: tuple[str, ...]


def control(scene: Scene, flow: Flow) -> Iterator[Statement]:
    """A message of the same size to the same port that is no call."""
    exchange = scene.exchange(flow.service, "control")
    if exchange is None:
        yield said("ticket-why.no-control")
        return
    reading = exchanged(exchange)
    if reading.sent is None:
        return
    facts: dict[str, str | int | float | Message] = {
        "at": time_of_day(reading.sent),
        "port": reading.port,
        "local": reading.local_port,
        "bytes": len(bytes.fromhex(str(exchange.ask.params["payload"]))),
    }
    passed = reading.answer in (Answer.REPLIED, Answer.CLOSED, Answer.RESET)
    if passed and reading.seconds is not None:
        milliseconds = reading.seconds * 1000
        yield said(f"ticket-control.{reading.answer}", exchange.id, **facts, ms=milliseconds)
    elif reading.acked:
        yield said("ticket-control.taken", exchange.id, **facts)
    else:
        yield said("ticket-control.silent", exchange.id, **facts)


def before(scene: Scene, since: float) -> Iterator[Statement]:
    """Between the two hosts, from the check's start until then."""
    stream = [s for s in scene.between(scene.source, scene.destination) if s.at < since]
    alive = [sign for sign in stream if sign.alive]
    if alive:
        ways = {sign.way for sign in alive}
        total = [sign for sign in stream if sign.way in ways]
        yield said("ticket-why.before", *(s.observation for s in alive), alive=len(alive),
                   total=len(total))  # fmt: skip


def after(scene: Scene, message: Sent) -> Iterator[Statement]:
    """Between the two hosts once the message was sent, where they stayed alive."""
    stream = [
        s for s in scene.between(scene.source, scene.destination) if s.at > message.at + _AFTER
    ]
    alive = [sign for sign in stream if sign.alive]
    if alive and scene.window is None:
        yield said("ticket-why.after", *(s.observation for s in alive), alive=len(alive),
                   total=len(stream))  # fmt: skip


def siblings(scene: Scene, window: Window) -> Iterator[Statement]:
    """Other hosts of the two sites over the same path, while the pair was dark."""
    own = {(scene.source, scene.destination), (scene.destination, scene.source)}
    for a, b in scene.crossings:
        seen = [s for s in scene.between(a, b) if window.holds(s.at) and s.at > window.began]
        if (a, b) in own or not seen:
            continue
        alive = sum(sign.alive for sign in seen)
        answers = {s.way for s in scene.between(a, b) if s.alive}
        if not alive and not {s.way for s in seen} & answers:
            continue  # that way was never answered: its silence says nothing
        cited = [sign.observation for sign in seen]
        code = "ticket-why.sibling-lives" if alive else "ticket-why.sibling-dark"
        yield said(code, *cited, source=a, target=b, alive=alive, total=len(seen))


def lives_on(scene: Scene, window: Window) -> Iterator[Statement]:
    """Ways between the two hosts themselves that stayed alive: a block of one protocol."""
    dark = {run.way for run in window.runs}
    stream = scene.between(scene.source, scene.destination)
    seen = [s for s in stream if window.holds(s.at) and s.at > window.began + _AFTER]
    for way in dict.fromkeys(s.way for s in seen if s.way not in dark):
        own = [s for s in seen if s.way == way]
        alive = sum(sign.alive for sign in own)
        name = Message("ticket-dark.ping") if way.is_ping else Message(
            "ticket-dark.connect", {"port": way.port}
        )  # fmt: skip
        if alive:
            yield said("ticket-why.way-lives", *(s.observation for s in own), way=name,
                       alive=alive, total=len(own))  # fmt: skip


def crossings(scene: Scene) -> Iterator[Statement]:
    """All that was tried between the two sites, host by host, and what of it was answered."""
    for a, b in scene.crossings:
        seen = scene.between(a, b)
        if seen:
            alive = sum(sign.alive for sign in seen)
            cited = [sign.observation for sign in seen]
            yield said("ticket-why.crossing", *cited, source=a, target=b, alive=alive,
                       total=len(seen))  # fmt: skip
    near, far = scene.context.near.name, scene.context.far.name
    for one, other, seen_in in (
        (near, far, scene.arrived_there),
        (far, near, scene.arrived_back),
    ):
        if seen_in:
            yield said("ticket-why.half-open", *seen_in, source=one, target=other)


def arrived(scene: Scene, flow: Flow, *, job: bool) -> Iterator[Statement]:
    """What both hosts' own lists of sockets say of bytes that were never acknowledged."""
    phases = JOB if job else _SENDING
    reply = flow.handshake.reply_bytes if flow.handshake else 0
    for found in waiting(scene, flow.source, phases):
        if found.socket.peer_port == flow.port and found.socket.state.startswith("ESTAB"):
            yield _stuck("ticket-why.call-waits", found)
    for found in waiting(scene, flow.target, phases):
        if found.socket.local_port == flow.port:
            answered = found.socket.send_q == reply
            yield _stuck("ticket-why.answer-waits" if answered else "ticket-why.far-waits", found)


def opened_only(scene: Scene, flow: Flow, message: Sent) -> Iterator[Statement]:
    """The far host lists our connection as open, and nothing of it waits: the call did not
    arrive, or was not answered."""
    if scene.unacknowledged(flow.target, flow.port or 0, _SENDING):
        return
    port = exchanged(message.exchange).local_port
    cited = tuple(
        o.id
        for o in scene.evidence.of("sockets", source=flow.target)
        if o.phase in _SENDING and isinstance(o.reading, SocketsReading)
        if any(
            s.state.startswith("ESTAB") and s.peer_port == port and s.local_port == flow.port
            for sample in o.reading.samples
            for s in sample.sockets
        )
    )
    if cited:
        yield said("ticket-why.opened-only", *cited, host=flow.target, port=port)


def answered(message: Sent) -> Iterator[Statement]:
    """What the sender saw of its own message."""
    reading = exchanged(message.exchange)
    if reading.answer is Answer.SILENT and reading.unacked:
        code = "ticket-why.taken-silent" if reading.acked else "ticket-why.silent"
        yield said(code, message.id, bytes=reading.unacked[-1][1],
                   seconds=reading.seconds or 0.0)  # fmt: skip
    elif reading.answer is Answer.RESET:
        yield said("ticket-why.reset", message.id, ms=(reading.seconds or 0.0) * 1000)


def first_request(scene: Scene, flow: Flow) -> tuple[str, float] | None:
    """The first connection request to a port that did not open: where it was seen, and when."""
    for o in scene.evidence.of("knock", source=scene.knocker(flow), target=flow.target):
        for row in o.reading.rows if isinstance(o.reading, KnockReading) else ():
            if row.port == flow.port and not row.ttl and row.result is not Knock.OPEN:
                return o.id, row.at
    return None


def requests(scene: Scene, flow: Flow) -> Iterator[Statement]:
    """Connection requests to a port that does not open, and to those that do."""
    found = scene.evidence.of("knock", source=scene.knocker(flow), target=flow.target)
    rows = [(o.id, row) for o in found if isinstance(o.reading, KnockReading)
            for row in o.reading.rows if not row.ttl]  # fmt: skip
    for knock in (Knock.SILENT, Knock.PROHIBITED, Knock.REFUSED):
        own = [(o, row) for o, row in rows if row.port == flow.port and row.result is knock]
        if own:
            yield said(f"ticket-port.{knock}", *(o for o, _ in own), port=flow.port or 0,
                       count=len(own), first=time_of_day(own[0][1].at),
                       last=time_of_day(own[-1][1].at), source=scene.knocker(flow))  # fmt: skip
    senders = {str(row.icmp_from): o for o, row in rows if row.port == flow.port and row.icmp_from}
    for sender, observation in senders.items():
        yield said("ticket-why.icmp-from", observation, address=sender)
    for port in dict.fromkeys(row.port for _, row in rows if row.result is Knock.OPEN):
        own = [(o, row) for o, row in rows if row.port == port and row.result is Knock.OPEN]
        if port != flow.port:
            yield said("ticket-why.port-open", *(o for o, _ in own), port=port, count=len(own))
    listens, cited = scene.listens(flow.target, flow.port or 0)
    if listens:
        yield said("ticket-why.listens", *cited, host=flow.target, port=flow.port or 0)


def waiting(scene: Scene, host: str, phases: tuple[Phase, ...]) -> tuple[Waiting, ...]:
    """The host's connections to the other site's hosts with unacknowledged bytes."""
    own = scene.endpoint(host)
    if own is None:
        return ()
    peers = {e.address_for(own.site) for e in scene.context.endpoints if e.site != own.site}
    seen: dict[tuple[object, ...], list[tuple[str, float, Socket]]] = {}
    for o in scene.evidence.of("sockets", source=host):
        if o.phase in phases and isinstance(o.reading, SocketsReading):
            for sample in o.reading.samples:
                for s in sample.sockets:
                    if s.send_q > 0 and s.state != "LISTEN" and s.peer in peers:
                        key = (s.state, s.local_port, s.peer, s.peer_port, s.send_q)
                        seen.setdefault(key, []).append((o.id, sample.at, s))
    return tuple(
        Waiting(host, rows[0][2], rows[0][1], rows[-1][1], len(rows),
                tuple(dict.fromkeys(o for o, _, _ in rows)))
        for rows in seen.values()
    )  # fmt: skip


def joined(address: Address | None, port: int | str) -> str:
    """An address and a port as tools write them, IPv6 in brackets."""
    return f"[{address}]:{port}" if address and address.version == 6 else f"{address}:{port}"


def _stuck(code: str, found: Waiting) -> Statement:
    socket = found.socket
    own = joined(socket.local, socket.local_port)
    return said(
        code,
        *found.evidence,
        host=found.host,
        connection=f"{own} → {joined(socket.peer, socket.peer_port)}",
        bytes=socket.send_q,
        samples=found.samples,
        first=time_of_day(found.first),
        last=time_of_day(found.last),
    )
