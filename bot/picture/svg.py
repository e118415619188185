"""The picture: what and where on top, then both hosts with the path between them, then the signs.

900 units wide, and higher than wide: on a phone 360 points wide its smallest words are as large
as that phone's own. Pure: document and evidence in, text out.
"""

from __future__ import annotations

from bot.path import ways
from bot.picture import columns, ink, story, tracks
from bot.picture.ink import Ink
from bot.picture.lanes import Lane, lanes
from bot.picture.names import Detail, Names
from bot.picture.story import Document
from bot.picture.text import fit, width, wrap
from bot.words import Voice
from probes.model import Evidence

WIDTH = 900
_EDGE = 20
_ROOM = WIDTH - 2 * _EDGE
_RIGHT = WIDTH - _EDGE - columns.WIDE
_TRACKS = {True: ((350, 420), (550, 480)), False: ((385, 385), (515, 515))}
"""idle's and failing's place, there and back; where both are shown, and where one is."""
_OUTCOME = {"fault": ink.RED, "healthy": ink.GREEN, "inconclusive": ink.AMBER}


def svg(document: Document, evidence: Evidence, voice: Voice, detail: Detail) -> str:
    """The verdict's path as an SVG. document: the contract's. detail: the channel's; in `roles`
    no address and no host name is shown."""
    names = Names.of(evidence.context, voice, detail)
    location = document["location"]
    both = lanes(ways(evidence, location), evidence.context, location, detail)
    page = _Page(Ink(WIDTH), document, both, names)
    y = page.headline(_EDGE)
    top = page.hosts(both[0].way.source, y)
    bottom = page.map(top)
    y = page.hosts(both[1].way.source, bottom)
    y = page.signs(y)
    return page.ink.done(y, story.headline(document, names))


class _Page:
    """What is drawn on, and what is drawn; each part takes its top and gives its bottom."""

    def __init__(
        self, paper: Ink, document: Document, both: tuple[Lane, Lane], names: Names
    ) -> None:
        self.ink, self.document, self.lanes, self.names = paper, document, both, names
        self.location = document["location"] or {}
        self.palette = columns.Palette(both)

    # --- what and where -----------------------------------------------------------------

    def headline(self, y: float) -> float:
        document, voice = self.document, self.names.voice
        colour = _OUTCOME[document["outcome"]]
        badge = voice(f"outcome.{document['outcome']}")
        wide = width(badge, 30, bold=True) + 44
        self.ink.box(_EDGE, y, wide, 52, colour)
        self.ink.text(_EDGE + 22, y + 37, badge, 30, bold=True, fill=ink.PAPER)
        notes = [voice(f"picture.{document['confidence']}")] if document["confidence"] else []
        notes += [voice("picture.stopped")] if document["stopped"] else []
        self.ink.text(_EDGE + wide + 20, y + 36, " · ".join(notes), 30, fill=ink.SOFT)
        y += 52
        y = self._lines(story.headline(document, self.names), y + 16, 42, bold=True, most=3)
        for words in (story.where(document, self.names), story.talk_to(document, self.names)):
            if words:
                y = self._lines(words, y + 4, 31, fill=ink.SOFT, most=3)
        return y + 18

    def _lines(
        self, words: str, y: float, size: int, *, bold: bool = False, fill: str = ink.INK,
        most: int = 2,
    ) -> float:  # fmt: skip
        for line in wrap(words, _ROOM, size, bold=bold, most=most):
            y += size * 1.3
            self.ink.text(_EDGE, y - size * 0.3, line, size, bold=bold, fill=fill)
        return y

    # --- the hosts ----------------------------------------------------------------------

    def hosts(self, endpoint: str, y: float) -> float:
        """The host at this end of the path; and beside it another one of its site, if the fault
        is there."""
        y = self._card(endpoint, y)
        other = self.location.get("host")
        site = endpoint.partition("/")[0]
        if other and other != endpoint and other.partition("/")[0] == site:
            y = self._card(other, y + 10)
        return y

    def _card(self, endpoint: str, y: float) -> float:
        marked = self.location.get("host") == endpoint
        light, full = self.palette[endpoint.partition("/")[0]]
        high = 132 if marked else 78
        self.ink.box(_EDGE, y, 12, high, full, radius=4)
        self.ink.box(_EDGE + 8, y, _ROOM - 8, high, light, ink.RED if marked else full, radius=4)
        address = self._address(endpoint)
        room = _ROOM - 70 - (width(address, 29) + 20 if address else 0)
        role = self.names.role(endpoint)
        role = fit(role, room * 0.45, 29)
        title = fit(self.names.site(endpoint), room - width(role, 29) - 14, 33, bold=True)
        self.ink.text(_EDGE + 30, y + 50, title, 33, bold=True, fill=full)
        self.ink.text(_EDGE + 44 + width(title, 33, bold=True), y + 50, role, 29)
        if address:
            self.ink.text(WIDTH - _EDGE - 22, y + 50, address, 29, anchor="end")
        if marked:
            self.ink.hatched(_EDGE + 30, y + 76, 64, 40)
            self.ink.cross(_EDGE + 62, y + 96, 18)
            words = fit(self.names.voice("picture.host-named"), _ROOM - 140, 30, bold=True)
            self.ink.text(_EDGE + 110, y + 107, words, 30, bold=True, fill=ink.RED)
        return y + high

    def _address(self, endpoint: str) -> str | None:
        """As the other site sees it: the traces go there."""
        context = self.names.context
        try:
            known = context.endpoint(endpoint)
        except KeyError:
            return None
        site = endpoint.partition("/")[0]
        other = context.far if site == context.near.name else context.near
        return self.names.address(known.address_for(other.name))

    # --- the path between them ------------------------------------------------------------

    def map(self, top: float) -> float:
        """Both lanes, cut by the stretch where it is known."""
        y = top + 64
        above = columns.place(
            self.lanes[0].above, self.lanes[1].above, self.names, y, upwards=False
        )
        y = max(above[2], y + self._excuses_height())
        box = None
        if self.location.get("between"):
            box = (y + 14, y + 14 + self._stretch_height())
            y = box[1] + 14
        below = columns.place(self.lanes[0].below, self.lanes[1].below, self.names, y, upwards=True)
        bottom = below[2] + 18
        span = tracks.Span(top, bottom, box)
        for n, bands in enumerate(([*above[0], *below[0]], [*above[1], *below[1]])):
            self._lane(n, bands, span)
        self._headings(top)
        if box:
            self._stretch(*box)
        return bottom

    def _lane(self, n: int, bands: list[columns.Placed], span: tracks.Span) -> None:
        x = (_EDGE, _RIGHT)[n]
        lane, (idle_x, failing_x) = self._each[n]
        tracks.draw(self.ink, lane, bands, span, idle_x, failing_x)
        for band in bands:
            columns.draw(self.ink, band, x, self.names, self.palette, (-1, 1)[n])
        for row, line in enumerate(self._excuse(lane)):
            self.ink.text(x + 10, span.top + 100 + row * 35, line, 26, fill=ink.SOFT)

    def _excuse(self, lane: Lane) -> list[str]:
        """What stands in the place of a lane on which nobody could look."""
        if lane.way.spine is not None:
            return []
        words = self.names.voice("picture.not-looked", source=self.names.host(lane.way.source))
        return wrap(words, columns.WIDE - 20, 26, most=4)

    def _excuses_height(self) -> float:
        return max(35 * len(self._excuse(lane)) for lane in self.lanes) + 24

    @property
    def _each(self) -> list[tuple[Lane, tuple[int, int]]]:
        """The lanes with their tracks' places, idle's and failing's."""
        shown = [
            [lane.idle is not None for lane in self.lanes],
            [lane.failing is not None for lane in self.lanes],
        ]
        wide = all(map(any, shown)) or bool(self.location.get("between"))
        return list(zip(self.lanes, _TRACKS[wide], strict=True))

    def _headings(self, top: float) -> None:
        """Which way each lane leads, and which track is which."""
        voice, base = self.names.voice, top + 46
        for n, (x, sign) in enumerate(((_EDGE, "↓"), (_RIGHT + 8, "↑"))):
            words = voice("picture.towards", target=self.names.site(self.lanes[n].way.target))
            self.ink.text(x, base, sign, 28, bold=True, fill=ink.SOFT)
            self.ink.text(x + 22, base, fit(words, columns.WIDE - 34, 26), 26, fill=ink.SOFT)
        titles = [(places[0], "idle") for lane, places in self._each if lane.idle is not None]
        if any(lane.failing is not None for lane in self.lanes):
            titles.append((WIDTH // 2, "failing"))
        for x, code in titles:
            words = voice(f"picture.{code}")
            wide = width(words, 25) + 6
            self.ink.box(x - wide / 2, base - 25, wide, 34, ink.PAPER)
            self.ink.text(x, base, words, 25, fill=ink.SOFT, anchor="middle")

    # --- the blocked stretch ----------------------------------------------------------------

    def _stretch_height(self) -> float:
        note = 38 * len(self._note())
        return 126 + 40 * max(map(len, self._sides())) + note + 48

    def _note(self) -> list[str]:
        """Why the tracks go on behind the box, where they do."""
        if not story.traces_pass(self.lanes):
            return []
        return wrap(self.names.voice("picture.traces-pass"), _ROOM - 80, 27, most=2)

    def _sides(self) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
        """Each neighbour's lines, and whether they are bold: whose it is, and how to find it."""
        first, second = story.neighbours(self.location, self.lanes, self.names)
        room = _ROOM / 2 - 60
        sides = []
        for neighbour in (first, second):
            owner = wrap(self.names.owner(neighbour.owner), room, 29, bold=True, most=2)
            more = [line for words in story.details(neighbour, self.names)
                    for line in wrap(words, room, 27, most=3)]  # fmt: skip
            sides.append([(line, True) for line in owner] + [(line, False) for line in more])
        return sides[0], sides[1]

    def _stretch(self, top: float, bottom: float) -> None:
        """A hatched box over both lanes that says what it is; ✖ where traffic runs into it."""
        voice = self.names.voice
        self.ink.hatched(_EDGE, top, _ROOM, bottom - top)
        self.ink.box(_EDGE + 18, top + 18, _ROOM - 36, bottom - top - 36, ink.PAPER)
        title = voice("picture.blocked")
        towards = story.direction(self.location, self.lanes, self.names)
        self.ink.cross(_EDGE + 62, top + 62, 22)
        self.ink.text(_EDGE + 98, top + 74, title, 36, bold=True, fill=ink.RED)
        if towards:
            x = _EDGE + 114 + width(title, 36, bold=True)
            self.ink.text(x, top + 74, fit(towards, WIDTH - _EDGE - 40 - x, 29), 29, fill=ink.RED)
        for n, (code, lines) in enumerate(zip(("before", "behind"), self._sides(), strict=True)):
            x = _EDGE + 40 + n * (_ROOM / 2 - 16)
            self.ink.text(x, top + 120, voice(f"picture.{code}"), 25, fill=ink.SOFT)
            for row, (line, bold) in enumerate(lines):
                self.ink.text(x, top + 158 + row * 40, line, 29 if bold else 27, bold=bold)
        base = bottom - 50 - 38 * (len(self._note()) - 1)
        for row, line in enumerate(self._note()):
            self.ink.text(_EDGE + 40, base + row * 38, line, 27, fill=ink.SOFT)
        for lane, (_, x) in self._each:
            if lane.blocked:
                self.ink.cross(x, bottom if lane.upwards else top)

    # --- the signs ----------------------------------------------------------------------------

    def signs(self, y: float) -> float:
        """What a full and a hollow dot mean."""
        y += 46
        x: float = _EDGE + 14
        if any(lane.way.spine for lane in self.lanes):
            for code, fill, hollow in (("answers", ink.GREEN, False), ("silent", ink.FAINT, True)):
                words = self.names.voice(f"picture.{code}")
                self.ink.dot(x, y - 9, fill, hollow=hollow)
                self.ink.text(x + 24, y, words, 26, fill=ink.SOFT)
                x += 24 + width(words, 26) + 50
        return y + 24
