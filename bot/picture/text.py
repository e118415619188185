"""Text as the picture's own fonts show it: which characters there are, and how wide they are.

Titles and addresses come from outside. What the fonts lack becomes `□`, and what is no character
(controls, marks that turn text round) is left out: so nothing unseen gets into the SVG, and a
missing glyph can't be met when it is drawn.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib import resources

FAMILY = "Replcheck Gothic"
UNKNOWN = "□"
_CUT = "…"
_BREAKS = " /·-"


def clean(text: str) -> str:
    """One line of characters that the fonts have; decomposed Hangul is composed first."""
    words = unicodedata.normalize("NFC", text)
    shown = (c for c in words if c.isspace() or not _is_no_character(c))
    return "".join(c if _has(c) else UNKNOWN for c in " ".join("".join(shown).split()))


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line is, in the picture's units."""
    advances = _advances()["bold" if bold else "regular"]
    return sum(advances.get(c, advances["가"]) for c in text) * size / 1000


def fit(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text, or its beginning with `…` where it is too wide."""
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(text + _CUT, size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip() + _CUT


def fit_middle(text: str, room: float, size: float) -> str:
    """The same for an address: its beginning and its end stay."""
    if width(text, size) <= room:
        return text
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while head and width(head + _CUT + tail, size) > room:
        head, tail = (head[:-1], tail) if len(head) >= len(tail) else (head, tail[1:])
    return head + _CUT + tail


def wrap(text: str, room: float, size: float, *, bold: bool = False, most: int = 3) -> list[str]:
    """At most so many lines of this width, the last one cut where the text goes on."""
    lines: list[str] = []
    rest = text.strip()
    while rest and len(lines) < most - 1:
        line = _first_line(rest, room, size, bold)
        lines.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    return [*lines, fit(rest, room, size, bold=bold)] if rest else lines


def _first_line(text: str, room: float, size: float, bold: bool) -> str:
    """As much as fits, up to a place to break; a long word is broken where it must be."""
    if width(text, size, bold=bold) <= room:
        return text
    end = 1
    while width(text[: end + 1].rstrip(), size, bold=bold) <= room:
        end += 1
    if text[end] == " ":
        return text[:end]
    best = max(text.rfind(sign, 0, end) for sign in _BREAKS)
    return text[: best + 1] if best > 0 else text[:end]


def _has(character: str) -> bool:
    return "가" <= character <= "힣" or character in _advances()["regular"]


def _is_no_character(character: str) -> bool:
    """Controls, formats (bidi marks, joiners), surrogates, and marks that go over another."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Mc"}


@cache
def _advances() -> Mapping[str, Mapping[str, int]]:
    """By weight: thousandths of the size; every Hangul syllable is as wide as `가`."""
    file = resources.files("bot.picture.fonts").joinpath("widths.json")
    found: dict[str, dict[str, int]] = json.loads(file.read_text(encoding="utf-8"))
    return found
