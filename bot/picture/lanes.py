"""Both ways laid beside each other: near on top, far at the bottom, the blocked stretch across.

One lane a direction, each with its own hops (hop n of one is never hop N-n of the other), cut
where the stretch lies on it. Long runs of one owner are folded; hops beside the stretch and
beside the last answer never are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.path import Way
from bot.picture.names import Detail
from probes.localise import Path, position
from probes.model import Address, Context
from probes.ownership import owner_in

_SHORT = 4
_MOST_SECTIONS = 6


@dataclass(frozen=True, slots=True)
class Hop:
    """Hop `number`, or a fold of `count` hops from there. idle, failing: did it answer; None
    where that state was not looked at."""

    number: int
    address: Address | None
    owner: str | None
    idle: bool | None
    failing: bool | None
    count: int = 1


@dataclass(frozen=True, slots=True)
class Section:
    """A run of hops of one owner; `size` counts those in folds too. several: a fold of many
    owners' runs, where they change too often to be shown."""

    owner: str | None
    hops: tuple[Hop, ...]
    several: bool = False

    @property
    def size(self) -> int:
        return sum(hop.count for hop in self.hops)


@dataclass(frozen=True, slots=True)
class Lane:
    """One direction from top to bottom: the sections above the stretch, and those below it.

    blocked: the stretch blocks this direction. idle, failing: did the target itself answer.
    """

    way: Way
    upwards: bool
    above: tuple[Section, ...]
    below: tuple[Section, ...]
    blocked: bool
    idle: bool | None
    failing: bool | None


def lanes(
    ways: tuple[Way, Way], context: Context, location: Mapping[str, Any] | None, detail: Detail
) -> tuple[Lane, Lane]:
    """The lane there and the lane back. location: the verdict document's, or None."""
    between = (location or {}).get("between")
    there, back = ways
    cuts: tuple[int | None, int | None] = (None, None)
    if between:
        cuts = (_cut(there, between[0], between[-1]), _cut(back, between[-1], between[0]))
        cuts = (_or_mirrored(cuts[0], there, back, cuts[1]),
                _or_mirrored(cuts[1], back, there, cuts[0]))  # fmt: skip
    return (
        _lane(there, context, cuts[0], detail, upwards=False),
        _lane(back, context, cuts[1], detail, upwards=True),
    )


# --- where the stretch lies on a way --------------------------------------------------------


def _cut(way: Way, before: str | None, behind: str | None) -> int | None:
    """How many hops of the way stand before the stretch."""
    paths = [path for path in (way.idle, way.failing) if path]
    for path in paths:
        shown = [str(path.origin), *map(str, path.hops)]
        if before is not None and before in shown:
            return shown.index(before)
    for path in paths:
        shown = list(map(str, path.hops))
        if behind is not None and behind in shown:
            return shown.index(behind)
    return None


def _or_mirrored(cut: int | None, way: Way, other: Way, other_cut: int | None) -> int | None:
    """Where one end was not seen (a mute router): before the first hop that is known to stand on
    this side of the stretch as the other side sees it, else behind the last one beyond it."""
    this, that = way.spine, other.spine
    if cut is not None or other_cut is None or this is None or that is None:
        return cut
    places = [position(that, this, hop) if hop else None for hop in this.hops]
    passed = [n for n, place in enumerate(places) if place is not None and place < other_cut]
    beyond = [n for n, place in enumerate(places) if place is not None and place >= other_cut]
    return min(passed) if passed else max(beyond, default=-1) + 1


# --- one lane -------------------------------------------------------------------------------


def _lane(way: Way, context: Context, cut: int | None, detail: Detail, *, upwards: bool) -> Lane:
    hops = list(_hops(way, context))
    split = len(hops) if cut is None else min(cut, len(hops))
    if cut is None and upwards:
        split = 0
    beside = {split - 1, split} if cut is not None else set()
    kept = beside | _last_answers(hops)
    first = _sections(hops[:split], kept, detail)
    second = _sections(hops[split:], kept, detail)
    if upwards:
        first, second = _upside_down(second), _upside_down(first)
    return Lane(way, upwards, first, second, way.blocked_after is not None and cut is not None,
                _reached(way.idle), _reached(way.failing))  # fmt: skip


def _hops(way: Way, context: Context) -> Iterator[Hop]:
    """The routers; a silent one is its predecessor's, as far as anybody can tell."""
    spine = way.spine
    if spine is None:
        return
    owner = owner_in(context, spine.origin)
    for n in range(way.length):
        address = way.at(n)
        if address == spine.target:
            return
        owner = owner_in(context, address) if address is not None else owner
        yield Hop(n + 1, address, owner, _answered(way.idle, n), _answered(way.failing, n))


def _answered(path: Path | None, n: int) -> bool | None:
    return None if path is None else n < len(path.hops) and path.hops[n] is not None


def _reached(path: Path | None) -> bool | None:
    return None if path is None else path.reached


def _last_answers(hops: Sequence[Hop]) -> set[int]:
    """The last hop that answers and its follower, where the way ends early."""
    kept: set[int] = set()
    for answers in ([h.idle for h in hops], [h.failing for h in hops]):
        last = max((n for n, answer in enumerate(answers) if answer), default=None)
        if last is not None and last + 1 < len(hops):
            kept |= {last, last + 1}
    return kept


def _sections(hops: Sequence[Hop], kept: set[int], detail: Detail) -> tuple[Section, ...]:
    runs: list[list[Hop]] = []
    for hop in hops:
        if runs and runs[-1][0].owner == hop.owner:
            runs[-1].append(hop)
        else:
            runs.append([hop])
    sections = [Section(run[0].owner, tuple(_folded(run, kept, detail))) for run in runs]
    if len(sections) <= _MOST_SECTIONS:
        return tuple(sections)
    half = _MOST_SECTIONS // 2
    between = [hop for run in runs[half:-half] for hop in run]
    several = Section(None, tuple(_fold(between)), several=True)
    return (*sections[:half], several, *sections[-half:])


def _folded(run: Sequence[Hop], kept: set[int], detail: Detail) -> Iterator[Hop]:
    """Without the hops that tell nothing more; where no address is told, few tell anything."""
    told = kept
    if detail == "addresses":
        ends = run if len(run) <= _SHORT else (run[0], run[-1])
        told = kept | {hop.number - 1 for hop in ends}
    waiting: list[Hop] = []
    for hop in run:
        if hop.number - 1 in told:
            yield from _fold(waiting)
            yield hop
            waiting = []
        else:
            waiting.append(hop)
    yield from _fold(waiting)


def _fold(hops: Sequence[Hop]) -> Iterator[Hop]:
    if len(hops) < 2:
        yield from hops
        return
    idle, failing = (_any([h.idle for h in hops]), _any([h.failing for h in hops]))
    yield replace(hops[0], address=None, idle=idle, failing=failing, count=len(hops))


def _any(answers: Sequence[bool | None]) -> bool | None:
    return None if answers[0] is None else any(answers)


def _upside_down(sections: Sequence[Section]) -> tuple[Section, ...]:
    return tuple(replace(s, hops=s.hops[::-1]) for s in reversed(sections))
