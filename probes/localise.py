"""Both directions' traces laid over the idle path → the stretch that blocks, and its owner.

Pure. The idle paths of the two directions may differ in length (the account's are 15 and 10
hops long), so hop n is never hop N-n: two rows belong together only when their addresses
share a point-to-point link, /31 or /30 (facts/path-diagnosis.md, "Reading the incident").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from probes.model import Address, Context, Direction, Location
from probes.ownership import owner_in

POINT_TO_POINT = {4: (31, 30), 6: (127, 126)}
INNER_ONLY = (30, 126)
"""Prefix lengths whose first and last address no router has (RFC 3021 is the /31 that has)."""


@dataclass(frozen=True, slots=True)
class Path:
    """One direction's route: hops[0] is the first router; None where nobody answered.

    The last entry is the target itself where the trace reached it (`reached`).
    """

    origin: Address
    target: Address
    hops: tuple[Address | None, ...]

    @property
    def reached(self) -> bool:
        return bool(self.hops) and self.hops[-1] == self.target

    @property
    def routers(self) -> tuple[Address | None, ...]:
        return self.hops[:-1] if self.reached else self.hops

    @property
    def last(self) -> Address:
        """The last that answered; the origin's own address if none did."""
        return next((hop for hop in reversed(self.hops) if hop is not None), self.origin)

    def index(self, address: Address | None) -> int | None:
        return self.hops.index(address) if address is not None and address in self.hops else None


def merge(origin: Address, target: Address, traces: Sequence[Sequence[Address | None]]) -> Path:
    """Several traces of one direction → one path: a row that answered once, answered.

    Rows beyond the target are dropped, and so are silent rows at the end.
    """
    length = max((len(t) for t in traces), default=0)
    hops: list[Address | None] = []
    for index in range(length):
        row = [t[index] for t in traces if index < len(t)]
        hops.append(next((a for a in row if a is not None), None))
        if hops[-1] == target:
            break
    while hops and hops[-1] is None:
        hops.pop()
    return Path(origin, target, tuple(hops))


def link_mates(a: Address, b: Address, length: int) -> bool:
    """Do two addresses share the point-to-point link of this prefix length?

    A /30 (/126) keeps its first and last address for itself: those are no router's.
    """
    if a == b or a.version != b.version:
        return False
    link = ip_network(f"{a}/{length}", strict=False)
    inner = length in INNER_ONLY
    edges = (link.network_address, link.broadcast_address) if inner else ()
    return b in link and a not in edges and b not in edges


def mate_in(
    address: Address, hops: Sequence[Address | None], seen: Iterable[Address]
) -> int | None:
    """Which of `hops` shares a link with `address`; None if none does.

    /31 goes before /30: between two neighbouring /31 links the inner two addresses look like
    a /30. Where an address that a /30 keeps for itself was seen nearby, the links are /31.
    """
    for length in POINT_TO_POINT[address.version]:
        if length in INNER_ONLY and _has_31s(address, length, seen):
            continue
        for at, hop in enumerate(hops):
            if hop is not None and link_mates(hop, address, length):
                return at
    return None


def _has_31s(address: Address, length: int, seen: Iterable[Address]) -> bool:
    """Links are numbered by the block: does a router nearby have a /30's first or last address?"""
    nearby = ip_network(f"{address}/{length - 6}", strict=False)
    for other in seen:
        if other in nearby:
            link = ip_network(f"{other}/{length}", strict=False)
            if other in (link.network_address, link.broadcast_address):
                return True
    return False


def router_after(idle: Path, back: Path, index: int) -> Address | None:
    """The router after `idle.hops[index]` (-1: after the origin), as the far side sees it, or
    as the near side does where the far side's path leads elsewhere; None if it is mute.

    `back` is the idle path of the other direction. The router k+1 shows the far side the
    address that shares a link with what router k+2 shows the near side.
    """
    following = index + 1
    if following >= len(idle.hops):
        return None
    if idle.hops[following] == idle.target:
        return idle.target
    beyond = idle.hops[following + 1] if following + 1 < len(idle.hops) else None
    if beyond is not None and beyond == idle.target:
        return back.hops[0] if back.hops else None
    seen = {hop for hop in (*idle.hops, *back.hops) if hop is not None}
    if beyond is not None and (at := mate_in(beyond, back.hops, seen)) is not None:
        return back.hops[at]
    shown = idle.hops[following]
    if shown is not None and (at := mate_in(shown, back.hops, seen)) is not None:
        return back.hops[at - 1] if at else back.origin  # that is router k: one nearer to far
    return shown  # the way back does not lead through it: as near's idle path shows it


def position(idle: Path, back: Path, seen_from_far: Address) -> int | None:
    """Which hop of the idle path a router is that only the far side saw; None if unknown.

    -1 stands for the origin itself, len(idle.hops) - 1 for the target.
    """
    if seen_from_far == idle.target:
        return len(idle.hops) - 1 if idle.reached else None
    if seen_from_far == idle.origin:
        return -1
    seen = {hop for hop in (*idle.hops, *back.hops) if hop is not None}
    routers = [None if hop == idle.target else hop for hop in idle.hops]
    if (at := mate_in(seen_from_far, routers, seen)) is not None:
        return at - 1
    if idle.reached and back.hops and back.hops[0] == seen_from_far:
        return len(idle.hops) - 2
    return None


def stretch(
    idle: Path | None, back: Path | None, near: Path | None, far: Path | None
) -> tuple[Address | None, Address | None, Direction | None]:
    """The two ends of what blocks, and the direction that is blocked; None where both sides'
    traces pass everything but the other host itself, and nothing tells which of them is cut off.

    idle, back: the idle paths near→far and far→near. near, far: the same in the failing
    state; None where that side could not look. Follows contract.md, `location.between`.
    """
    first = near.last if near else None
    second = far.last if far else None
    if near is None or far is None or idle is None or back is None:
        return first, second, Direction.BOTH
    reaches, answers = position_of_last(idle, near), position(idle, back, far.last)
    if reaches is None or answers is None or answers >= reaches:
        return first, second, Direction.BOTH  # they end at one device, or leave it between them
    near_arrives = near.reached or reaches >= len(idle.routers) - 1
    far_arrives = far.reached or answers <= 0
    if far_arrives and not near_arrives:  # far's trace passes the device
        return first, router_after(idle, back, reaches), Direction.NEAR_TO_FAR
    if near_arrives and not far_arrives:
        last = back.index(far.last)
        beyond = router_after(back, idle, -1 if last is None else last)
        return beyond, second, Direction.FAR_TO_NEAR
    if near_arrives and far_arrives:  # the ends have crossed: one of the two hosts' own links
        return None, None, None
    return first, second, Direction.BOTH


def position_of_last(idle: Path, failing: Path) -> int | None:
    """Where on the idle path a failing trace of the same direction ended; -1: at its origin."""
    return -1 if failing.last == idle.origin else idle.index(failing.last)


def locate(
    context: Context,
    first: Address | None,
    second: Address | None,
    direction: Direction | None,
    idle: Path | None = None,
) -> Location:
    """Who owns each end. Where two owners meet, the segment is the site, never the transit;
    the words name both (contract.md, `location.owners`).

    idle: the idle path of the side that looked. Where the other could not look, the hop after
    the last that answered is still somebody's, and the stretch is not its predecessor's alone.
    """
    sides = (first or _after(idle, second), second or _after(idle, first))
    ends = [end for end in sides if end is not None]
    found = [owner_in(context, end) for end in ends]
    owners = tuple(owner for owner in found if owner)
    boundary = len(set(found)) > 1
    return Location(
        segment=_segment(context, found),
        boundary=boundary,
        owners=owners,
        between=(_text(first), _text(second)),
        direction=direction,
    )


def _segment(context: Context, owners: Sequence[str | None]) -> str | None:
    """Whose stretch it is; None where an end is nobody's, or the transit lies in between."""
    sites = {owner for owner in owners if owner in (context.near.name, context.far.name)}
    if not owners or None in owners or (len(sites) > 1 and context.segments):
        return None
    known = [owner for owner in owners if owner]
    return next((owner for owner in reversed(known) if owner in sites), known[-1])


def _after(idle: Path | None, address: Address | None) -> Address | None:
    """The hop after this one on the idle path."""
    if idle is None or address is None:
        return None
    at = -1 if address == idle.origin else idle.index(address)
    if at is None:
        return None
    return next((hop for hop in idle.hops[at + 1 :] if hop is not None), None)


def _text(address: Address | None) -> str | None:
    return str(address) if address is not None else None
