"""The two lanes on paper: owners as bands outside, the tracks of idle and failing in the middle.

The band of an owner that both lanes show stands at one height, and so does the stretch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.picture import ink as colour
from bot.picture import story
from bot.picture.ink import Ink
from bot.picture.lanes import Hop, Lane, Section
from bot.picture.names import Names
from bot.picture.text import fit, fit_middle, wrap

WIDE = 290
"""How wide a band is."""
TITLE, LABEL = 28, 27
_ROW, _LINE, _PAD, _GAP = 44, 36, 12, 10
_BANDS = (
    ("#e3eefb", "#2761a3"), ("#e2f3ee", "#14705c"), ("#fbf0d9", "#8f5a00"),
    ("#f0e8fa", "#7145a8"), ("#eaf0dc", "#556616"), ("#fae6f1", "#9c3271"),
)  # fmt: skip
_NOBODYS = ("#eceff3", "#7b8592")


@dataclass(frozen=True, slots=True)
class Placed:
    """A section, where its band begins, and how high it is."""

    section: Section
    top: float
    high: float
    title: tuple[str, ...]

    @property
    def rows(self) -> list[tuple[Hop, float]]:
        """Each hop with the height of its middle: spread over the band."""
        begin = self.top + _PAD + len(self.title) * _LINE
        step = (self.top + self.high - _PAD - begin) / len(self.section.hops)
        return [(hop, begin + (n + 0.5) * step) for n, hop in enumerate(self.section.hops)]


class Palette:
    """One colour an owner: near, far, then the others as they appear."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        found = [s.owner for lane in lanes for s in (*lane.above, *lane.below) if s.owner]
        ends = [lane.way.source.partition("/")[0] for lane in lanes]
        order = dict.fromkeys((*ends, *found))
        self._of = {owner: _BANDS[n % len(_BANDS)] for n, owner in enumerate(order)}

    def __getitem__(self, owner: str | None) -> tuple[str, str]:
        """Its light and its full colour."""
        return self._of.get(owner, _NOBODYS) if owner else _NOBODYS


def place(
    one: Sequence[Section], other: Sequence[Section], names: Names, top: float, *, upwards: bool
) -> tuple[list[Placed], list[Placed], float]:
    """Both lanes' sections below `top`, and where they end. upwards: they stand together at the
    bottom, not at the top."""
    both = (list(one), list(other))
    if upwards:
        both = (both[0][::-1], both[1][::-1])
    highs = [[_least(section, names) for section in sections] for sections in both]
    for n, (a, b) in enumerate(zip(*both, strict=False)):
        if a.owner != b.owner:
            break
        highs[0][n] = highs[1][n] = max(highs[0][n], highs[1][n])
    total = max(sum(high) + _GAP * max(len(high) - 1, 0) for high in highs)
    for high in highs:
        if high:
            high[-1] += total - sum(high) - _GAP * (len(high) - 1)
    if upwards:
        both, highs = (both[0][::-1], both[1][::-1]), [high[::-1] for high in highs]
    placed = [list(_stack(s, h, names, top)) for s, h in zip(both, highs, strict=True)]
    return placed[0], placed[1], top + total


def _stack(
    sections: Sequence[Section], highs: Sequence[float], names: Names, top: float
) -> Iterator[Placed]:
    for section, high in zip(sections, highs, strict=True):
        yield Placed(section, top, high, _title(section, names))
        top += high + _GAP


def _least(section: Section, names: Names) -> float:
    return len(_title(section, names)) * _LINE + len(section.hops) * _ROW + 2 * _PAD


def _title(section: Section, names: Names) -> tuple[str, ...]:
    return tuple(wrap(story.owner(section, names), WIDE - 40, TITLE, bold=True, most=2))


def draw(ink: Ink, placed: Placed, x: float, names: Names, palette: Palette, side: int) -> None:
    """One band. side: -1 where its stripe is on its left edge, 1 on its right."""
    light, full = palette[placed.section.owner]
    ink.box(x, placed.top, WIDE, placed.high, light, radius=4)
    ink.box(x if side < 0 else x + WIDE - 10, placed.top, 10, placed.high, full, radius=4)
    left = x + 22 if side < 0 else x + 12
    for n, line in enumerate(placed.title):
        base = placed.top + _PAD + n * _LINE + 27
        ink.text(left, base, line, TITLE, bold=True, fill=full)
    for hop, y in placed.rows:
        _row(ink, hop, left, y + 9, names)


def _row(ink: Ink, hop: Hop, x: float, base: float, names: Names) -> None:
    room = WIDE - 34
    if hop.count > 1:
        words = story.hops(hop.count, names)
        if names.detail == "addresses":
            words = names.voice("picture.folded", count=hop.count)
        ink.text(x, base, fit(words, room, LABEL), LABEL, fill=colour.SOFT)
        return
    if names.detail == "roles":
        words = names.voice("picture.hop", hop=hop.number)
        ink.text(x, base, fit(words, room, LABEL), LABEL)
        return
    ink.text(x + 26, base, str(hop.number), LABEL - 4, fill=colour.SOFT, anchor="end")
    address = names.address(hop.address)
    fill = colour.INK if address else colour.SOFT
    ink.text(x + 34, base, fit_middle(address or names.voice("picture.silent"), room - 34, LABEL),
             LABEL, fill=fill)  # fmt: skip
