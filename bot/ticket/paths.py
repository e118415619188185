"""Both directions' paths, idle and failing, and where each of them ends (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from bot.ticket.model import Statement, said
from bot.words import titles_of
from probes.localise import Path
from probes.model import Address, Finding, Flow, Location, Message
from probes.ownership import owner_in
from probes.readings import TraceReading
from probes.scene import Scene, Window


def last_hops(scene: Scene, finding: Finding) -> Iterator[Statement]:
    """The two ends of what blocks, as each side saw them, with whose they are."""
    near, far = scene.context.near.name, scene.context.far.name
    found = ends(finding.location)
    if found == (None, None):
        yield said("ticket-path.nowhere")
        return
    for address, side in zip(found, (near, far), strict=True):
        if address is None:
            yield said("ticket-path.unseen", side=side)
        else:
            cited = _cited(scene, finding, side, address)
            yield said("ticket-path.last", *cited, side=side, address=address,
                       owner=owner(scene, address))  # fmt: skip


def ends(location: Location | None) -> tuple[str | None, str | None]:
    """`between` as two addresses; a loop's many are no two ends."""
    between = location.between if location else None
    if not between or len(between) != 2:
        return None, None
    return between[0], between[1]


def paths(scene: Scene) -> Iterator[Statement]:
    """The appendix: each direction's hops at idle and while the pair was dark, row by row."""
    a, b = scene.source, scene.destination
    for source, target in ((a, b), (b, a)):
        if scene.endpoint(source) is None or scene.endpoint(target) is None:
            continue
        idle = scene.path(source, target)
        if idle is not None:
            yield _listed("ticket-path.idle", scene, idle, source, target, None)
        failing = scene.path(source, target, scene.window) if scene.window else None
        if failing is not None:
            yield _listed("ticket-path.dark", scene, failing, source, target, scene.window)


def swept(scene: Scene, flow: Flow) -> Iterator[Statement]:
    """Where messages or requests with rising TTL were last seen to get to."""
    sweeps, sweep = scene.payload_sweeps(flow), scene.port_sweep(flow)
    idle = scene.path(scene.knocker(flow), flow.target) if scene.endpoint(flow.target) else None
    traced = scene.trace_ids(scene.knocker(flow), flow.target)
    if sweeps is not None:
        control, call = sweeps.control.last_expired, sweeps.call.last_expired
        yield said("ticket-path.swept", *sweeps.observations, *traced, control=control, call=call,
                   at=_hop(idle, call))  # fmt: skip
    if sweep is not None and sweep.last_expired:
        yield said("ticket-path.port-swept", sweep.observation, *traced, hop=sweep.last_expired,
                   port=flow.port or 0, at=_hop(idle, sweep.last_expired))  # fmt: skip


def _listed(
    code: str, scene: Scene, path: Path, source: str, target: str, window: Window | None
) -> Statement:
    rows = tuple(
        f"{ttl:>3}  {hop or '*'}" + (f"  {owner(scene, str(hop))}" if hop else "")
        for ttl, hop in enumerate(path.hops, 1)
    )
    ids = scene.trace_ids(source, target, window)
    reached = Message("ticket-path.reached" if path.reached else "ticket-path.ended")
    stated = said(code, *ids, source=source, target=target, reached=reached)
    return Statement(stated.words, stated.evidence, rows)


def _hop(idle: Path | None, ttl: int) -> str:
    hop: Address | None = idle.hops[ttl - 1] if idle and 0 < ttl <= len(idle.hops) else None
    return str(hop) if hop else "?"


def owner(scene: Scene, address: str) -> str:
    """Whose it is by the inventory: a title, or `?` where it is nobody's."""
    code = owner_in(scene.context, ip_address(address))
    return titles_of(scene.context)[code] if code else "?"


def _cited(scene: Scene, finding: Finding, side: str, address: str) -> tuple[str, ...]:
    """What the finding rests on of what this side saw, else its traces with the address."""
    cited = set(finding.evidence)
    seen = tuple(
        o.id
        for o in scene.evidence.observations
        if o.id in cited and o.source.partition("/")[0] == side
        if o.probe in ("trace", "sweep") or (o.probe == "knock" and "first_ttl" in o.ask.params)
    )
    return seen or tuple(
        o.id
        for o in scene.evidence.of("trace")
        if o.source.partition("/")[0] == side and isinstance(o.reading, TraceReading)
        if any(str(hop.address) == address for hop in o.reading.hops)
    )
