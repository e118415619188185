"""Pictures of recorded incidents and of made-up ones, and an eye that measures what is drawn.

Widths are taken from the font files, not from the table that the picture was laid out with.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from fontTools.ttLib import TTFont

from bot.document import document
from bot.picture.alt import alt_text
from bot.picture.names import Detail
from bot.picture.svg import svg
from bot.words import LANGUAGES, Voice, titles_of
from probes.diagnosis import judge
from probes.model import Evidence, Verdict
from tests.golden import incidents

FONTS = Path(__file__).parents[3] / "bot/picture/fonts"
DETAILS: tuple[Detail, ...] = ("addresses", "roles")
KINDS = list(product(LANGUAGES, DETAILS))
RED, GREEN, GREY = "#c4162a", "#16804a", "#98a2b0"


@dataclass(frozen=True)
class Picture:
    """One picture, its alternative text, and what it was made of."""

    svg: str
    alt: str
    document: dict[str, Any]
    evidence: Evidence

    @property
    def root(self) -> ET.Element:
        return ET.fromstring(self.svg)

    @property
    def texts(self) -> list[str]:
        return [element.text or "" for element in self.all("text")]

    @property
    def said(self) -> str:
        return "\n".join(self.texts)

    def all(self, tag: str) -> list[ET.Element]:
        return list(self.root.iter(f"{{http://www.w3.org/2000/svg}}{tag}"))

    def dots(self) -> list[tuple[float, bool]]:
        """Each hop's dot: its place from left to right, and whether the hop answered."""
        circles = [
            c for c in self.all("circle") if c.get("r") == "11" and float(c.get("cx", 0)) > 310
        ]
        return [(float(c.get("cx", 0)), c.get("fill") == GREEN) for c in circles]


def picture(
    evidence: Evidence, verdict: Verdict, lang: str = "en", detail: Detail = "addresses",
    *, stopped: bool = False,
) -> Picture:  # fmt: skip
    told = document(
        evidence, verdict, started=1e9, seconds=30, seconds_to_verdict=14, stopped=stopped,
        incident="i1", lang=lang,
    )  # fmt: skip
    voice = Voice(lang, titles_of(evidence.context))
    words = alt_text(told, evidence, voice, detail)
    return Picture(svg(told, evidence, voice, detail), words, told, evidence)


@cache
def judged(name: str) -> tuple[Evidence, Verdict]:
    evidence = incidents.load(name)
    return evidence, judge(evidence)


@cache
def of_incident(name: str, lang: str = "en", detail: Detail = "addresses") -> Picture:
    return picture(*judged(name), lang, detail)


# --- measuring ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Rect:
    left: float
    top: float
    right: float
    bottom: float

    def holds(self, other: Rect) -> bool:
        return (
            self.left <= other.left + 0.5
            and self.top <= other.top + 0.5
            and self.right >= other.right - 0.5
            and self.bottom >= other.bottom - 0.5
        )

    def meets(self, other: Rect) -> bool:
        return (
            self.left < other.right - 0.5
            and other.left < self.right - 0.5
            and self.top < other.bottom - 0.5
            and other.top < self.bottom - 0.5
        )

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)


@cache
def cmap(weight: str) -> dict[int, str]:
    return dict(TTFont(FONTS / f"ReplcheckGothic-{weight}.ttf").getBestCmap())


@cache
def advances(weight: str) -> dict[str, tuple[int, int]]:
    return dict(TTFont(FONTS / f"ReplcheckGothic-{weight}.ttf")["hmtx"].metrics)


def advance(character: str, *, bold: bool) -> int:
    """As the renderer does it: what the bold font lacks is taken from the regular one."""
    weight = "Bold" if bold and ord(character) in cmap("Bold") else "Regular"
    return advances(weight)[cmap(weight)[ord(character)]][0]


def extent(text: ET.Element) -> Rect:
    """Where a text stands; from its capitals' tops to below its descenders."""
    size, x, y = (float(text.get(name, 0)) for name in ("font-size", "x", "y"))
    bold = text.get("font-weight") == "bold"
    wide = sum(advance(c, bold=bold) for c in text.text or "") * size / 1000
    left = x - {"start": 0, "middle": wide / 2, "end": wide}[text.get("text-anchor", "start")]
    return Rect(left, y - 0.80 * size, left + wide, y + 0.20 * size)


def rect(element: ET.Element) -> Rect:
    x, y, wide, high = (float(element.get(name, 0)) for name in ("x", "y", "width", "height"))
    return Rect(x, y, x + wide, y + high)


def overflows(shown: Picture) -> list[str]:
    """Texts that leave the innermost box in which they begin, or that touch another text."""
    boxes = [rect(e) for e in shown.all("rect") if e.get("x")]
    found, texts = [], [(e, extent(e)) for e in shown.all("text")]
    for element, place in texts:
        begin = Rect(place.left + 1, place.bottom - 8, place.left + 2, place.bottom - 7)
        innermost = min((b for b in boxes if b.holds(begin)), key=lambda b: b.area)
        if not innermost.holds(place):
            found.append(f"{element.text!r} leaves {innermost}: {place}")
    for n, (element, place) in enumerate(texts):
        found += [f"{element.text!r} on {o.text!r}" for o, p in texts[n + 1 :] if place.meets(p)]
    return found
