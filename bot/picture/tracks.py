"""The tracks between the bands: one for idle, one for failing, in each direction.

A track is whole as far as its last answer, and broken beyond it; a dot is full where a hop
answered and hollow where it was silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.picture.columns import Placed
from bot.picture.ink import FAINT, GREEN, RED, Ink
from bot.picture.lanes import Lane

_STUB = 62


@dataclass(frozen=True, slots=True)
class Span:
    """From the near host's card to the far host's, and the stretch's box between them."""

    top: float
    bottom: float
    box: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class _Stop:
    """A place on a track, in its own direction; folded: stands for several hops."""

    y: float
    answers: bool
    folded: bool = False


def draw(
    ink: Ink, lane: Lane, bands: Sequence[Placed], span: Span, idle_x: float, failing_x: float
) -> None:
    """Both tracks of one lane, under the box that is drawn later."""
    rows = [row for band in bands for row in band.rows]
    if lane.upwards:
        rows.reverse()
    ends = (span.bottom, span.top) if lane.upwards else (span.top, span.bottom)
    if lane.idle is not None:
        hops = [_Stop(y, bool(hop.idle), hop.count > 1) for hop, y in rows]
        stops = [_Stop(ends[0], True), *hops, _Stop(ends[1], lane.idle)]
        _track(ink, stops, idle_x, None, upwards=lane.upwards)
    wall = None
    if lane.blocked and span.box:
        wall = span.box[1] if lane.upwards else span.box[0]
    if lane.failing is not None:
        hops = [_Stop(y, bool(hop.failing), hop.count > 1) for hop, y in rows]
        stops = [_Stop(ends[0], True), *hops, _Stop(ends[1], lane.failing)]
        _track(ink, stops, failing_x, wall, upwards=lane.upwards)
    elif wall is not None:
        ink.line(failing_x, wall + (_STUB if lane.upwards else -_STUB), wall, RED)


def _track(
    ink: Ink, stops: Sequence[_Stop], x: float, wall: float | None, *, upwards: bool
) -> None:
    last = max(n for n, stop in enumerate(stops) if stop.answers)
    for n, (here, there) in enumerate(pairwise(stops)):
        whole = n < last
        if wall is not None and min(here.y, there.y) <= wall <= max(here.y, there.y):
            ink.line(x, here.y, wall, GREEN if n <= last else FAINT, dashed=n > last)
            ink.line(x, wall, there.y, GREEN if whole else FAINT, dashed=not whole)
        else:
            ink.line(x, here.y, there.y, GREEN if whole else FAINT, dashed=not whole)
    for stop in stops[1:-1]:
        if stop.folded:
            _fold(ink, x, stop)
        else:
            ink.dot(x, stop.y, GREEN if stop.answers else FAINT, hollow=not stop.answers)
    if last == len(stops) - 1:
        ink.arrow(x, stops[-1].y, GREEN, upwards=upwards)


def _fold(ink: Ink, x: float, stop: _Stop) -> None:
    """Three small dots for many."""
    for shift in (-17, 0, 17):
        fill = GREEN if stop.answers else FAINT
        ink.dot(x, stop.y + shift, fill, hollow=not stop.answers, radius=5)
