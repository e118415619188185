"""What crosses the wire: 5-tuples as both sides see them, the payload, and how to find it in a
capture (pure)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from bot.ticket import contrast
from bot.ticket.model import Sent, Statement, Tuple5, said
from probes.model import Address, Endpoint, Flow, Message, Observation, Phase
from probes.readings import SocketsReading
from probes.scene import Scene, exchanged

_XID = slice(4, 8)
_XID_AT = 4  # bytes into the TCP payload, behind the record mark (RFC 5531, section 11)
_HEX_ROW = 16
_SEEN = {
    (True, True): "ticket-wire.tuple",
    (True, False): "ticket-wire.tuple-unseen",
    (False, False): "ticket-wire.tuple-any-unseen",
}
"""By whether the source's port is known, and whether that side's host was seen to list it."""


def sent(scene: Scene, exchange: Observation) -> Sent | None:
    """The message of an exchange; None if no byte of it left the host."""
    reading, flow = exchanged(exchange), scene.flow_of(exchange)
    if reading.sent is None or flow is None:
        return None
    payload = bytes.fromhex(str(exchange.ask.params["payload"]))
    offset = exchange.transcript.offset
    return Sent(
        exchange=exchange,
        source=flow.source,
        target=flow.target,
        service=flow.service,
        message=reading.message,
        at=reading.sent,
        stamped=None if offset is None else reading.sent + offset,
        payload=payload,
        xid=int.from_bytes(payload[_XID], "big"),
        sha256=hashlib.sha256(payload).hexdigest(),
    )


def views(
    scene: Scene, source: str, target: str, target_port: int, port: int | None, *evidence: str
) -> tuple[Tuple5, ...]:
    """The connection as each side sees it. evidence: where the source's own port was seen."""
    start, end = scene.endpoint(source), scene.endpoint(target)
    if start is None or end is None:
        return ()
    near = Tuple5(
        start.site, start.address, port, end.address_for(start.site), target_port, evidence
    )
    shown = start.address_for(end.site)
    listed = _listed(scene, end, target_port, shown, port) if port else ()
    same_port = port if listed else None
    far = Tuple5(end.site, shown, same_port, end.address, target_port, listed)
    return near, far


def _listed(
    scene: Scene, host: Endpoint, own_port: int, peer: Address, peer_port: int
) -> tuple[str, ...]:
    """Where the far host's own list of sockets has the connection. A socket that its service
    closed before the list was made is not there."""
    phases = (Phase.CONTROL, Phase.TRIGGER, Phase.AFTERMATH, Phase.RECOVERY, Phase.LOCATE)
    wanted = (own_port, peer, peer_port)
    return tuple(
        o.id
        for o in scene.evidence.of("sockets", source=host.id)
        if o.phase in phases and isinstance(o.reading, SocketsReading)
        if any(
            (s.local_port, s.peer, s.peer_port) == wanted
            for sample in o.reading.samples
            for s in sample.sockets
        )
    )


def of_job(scene: Scene, flow: Flow) -> tuple[Tuple5, ...]:
    """The connections of a real job whose bytes wait, as each side's own host lists them."""
    near = [
        Tuple5(_site(w.host), s.local, s.local_port, s.peer, s.peer_port, w.evidence)
        for w in contrast.waiting(scene, flow.source, contrast.JOB)
        if (s := w.socket).local and s.peer and s.peer_port == flow.port
    ]
    far = [
        Tuple5(_site(w.host), s.peer, s.peer_port, s.local, s.local_port, w.evidence)
        for w in contrast.waiting(scene, flow.target, contrast.JOB)
        if (s := w.socket).local and s.peer and s.local_port == flow.port
    ]
    return (*near, *far)


def _site(endpoint: str) -> str:
    return endpoint.partition("/")[0]


def tuples(scene: Scene, found: tuple[Tuple5, ...]) -> Iterator[Statement]:
    """Both views in words; where NAT is known to stand between the hosts, or is not known to."""
    for view in found:
        yield said(
            _SEEN[bool(view.port), bool(view.evidence)],
            *view.evidence,
            side=view.side,
            tuple=_text(view),
        )
    hosts = (scene.endpoint(scene.source), scene.endpoint(scene.destination))
    shown = any(seen != host.address for host in hosts if host for seen in host.seen_from.values())
    yield said("ticket-wire.nat" if shown else "ticket-wire.no-nat")


def _text(view: Tuple5) -> str:
    port = view.port or "*"
    source = contrast.joined(view.source, port)
    return f"TCP {source} → {contrast.joined(view.target, view.target_port)}"


def payload(message: Sent) -> Statement:
    """Its bytes in rows of sixteen, as capture tools show them."""
    rows = [
        f"{at:04x}  {message.payload[at : at + _HEX_ROW].hex(' ')}"
        for at in range(0, len(message.payload), _HEX_ROW)
    ]
    stated = said("ticket-wire.payload", message.id, bytes=len(message.payload))
    return Statement(stated.words, stated.evidence, tuple(rows))


def decoded(message: Sent) -> Statement:
    """What the bytes are, for whoever takes them for an attack (probes/profiles/onc_rpc.py)."""
    kind = message.service if message.message == "call" else "control"
    return said(f"ticket-bytes.{kind}", message.id)


def named(scene: Scene, host: str, peer: str) -> Message:
    """A host with its address, and the one that NAT shows the peer's site."""
    endpoint, other = scene.endpoint(host), peer.partition("/")[0]
    if endpoint is None:
        return Message("ticket-host.unknown", {"host": host})
    address, shown = endpoint.address, endpoint.address_for(other)
    named = {"host": host, "address": str(address)}
    if shown == address:
        return Message("ticket-host.named", named)
    return Message("ticket-host.translated", {**named, "shown": str(shown), "side": other})


def filters(views: tuple[Tuple5, ...], message: Sent | None) -> dict[str, str]:
    """What to type into a capture tool, by the side where it stands: `tcpdump SITE` takes the
    whole conversation (ICMP too), `xid SITE` only what carries the check's mark (the answer
    carries it too), `display` is Wireshark's."""
    found: dict[str, str] = {}
    for view in views:
        pair = f"host {view.source} and host {view.target}"
        found[f"tcpdump {view.side}"] = pair
        if message is not None:
            on_port = f"{pair} and tcp port {view.target_port}"
            found[f"xid {view.side}"] = f"{on_port} and {_xid_word(view)} = 0x{message.xid:08x}"
    if message is not None:
        marked = ":".join(f"{byte:02x}" for byte in message.payload[_XID])
        found["display"] = f"rpc.xid == 0x{message.xid:08x} or tcp.payload[4:4] == {marked}"
    return found


def _xid_word(view: Tuple5) -> str:
    """The four bytes behind the record mark, in pcap-filter(7)'s words. Its `tcp[…]` reads IPv4
    only; of IPv6 the TCP header stands at byte 40 where no extension header comes before it."""
    if view.source.version == 6:
        return f"ip6[40 + ((ip6[52] & 0xf0) >> 2) + {_XID_AT}:4]"
    return f"tcp[((tcp[12] & 0xf0) >> 2) + {_XID_AT}:4]"


def captures(found: dict[str, str], message: Sent | None) -> Iterator[Statement]:
    """The filters in words, each on a line of its own."""
    for name, expression in found.items():
        tool, _, side = name.partition(" ")
        stated = said(f"ticket-filter.{tool}", *_cited(message), side=side)
        yield Statement(stated.words, stated.evidence, (expression,))


def _cited(message: Sent | None) -> tuple[str, ...]:
    return (message.id,) if message else ()
