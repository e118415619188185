"""What the picture is drawn with: shapes and text on one SVG, no style sheet and no reference to
anything outside. Text is handed over clean (text.py); escaping is ElementTree's.
"""

from __future__ import annotations

from typing import Literal
from xml.etree import ElementTree as ET

from bot.picture.text import FAMILY

PAPER, INK, SOFT, FAINT = "#ffffff", "#1b2430", "#566171", "#98a2b0"
RED, PALE_RED, GREEN, AMBER = "#c4162a", "#fdecee", "#16804a", "#b26a00"

Anchor = Literal["start", "middle", "end"]


class Ink:
    """One drawing, top to bottom; its height is known when all is drawn."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg"})
        self._hatch()
        self._paper = self._shape("rect", x=0, y=0, width=width, height=0, fill=PAPER)

    def done(self, height: float, title: str) -> str:
        """The SVG's text."""
        size = {"width": f"{self._width}", "height": f"{height:.0f}"}
        self._root.attrib |= size | {"viewBox": f"0 0 {self._width} {height:.0f}"}
        self._paper.set("height", size["height"])
        label = ET.Element("title")
        label.text = title
        self._root.insert(0, label)
        return ET.tostring(self._root, encoding="unicode")

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: int,
        *,
        bold: bool = False,
        fill: str = INK,
        anchor: Anchor = "start",
    ) -> None:
        """One line; y is its base line."""
        weight = "bold" if bold else "normal"
        line = self._shape("text", x=x, y=y, fill=fill, font_size=size, font_weight=weight,
                           font_family=FAMILY, text_anchor=anchor)  # fmt: skip
        line.text = words

    def box(
        self,
        x: float,
        y: float,
        wide: float,
        high: float,
        fill: str,
        edge: str | None = None,
        *,
        radius: int = 12,
    ) -> None:
        """A rectangle with round corners."""
        more = {"stroke": edge, "stroke_width": "3"} if edge else {}
        self._shape("rect", x=x, y=y, width=wide, height=high, rx=radius, fill=fill, **more)

    def hatched(self, x: float, y: float, wide: float, high: float) -> None:
        """The sign of the blocked stretch, told by its hatching where colours are not."""
        self.box(x, y, wide, high, "url(#hatch)", RED)

    def line(self, x: float, top: float, bottom: float, fill: str, *, dashed: bool = False) -> None:
        """A vertical track."""
        more = {"stroke_dasharray": "4 12"} if dashed else {}
        self._shape("line", x1=x, y1=top, x2=x, y2=bottom, stroke=fill, stroke_width=7,
                    stroke_linecap="round", **more)  # fmt: skip

    def dot(
        self, x: float, y: float, fill: str, *, hollow: bool = False, radius: float = 11
    ) -> None:
        inside = PAPER if hollow else fill
        self._shape("circle", cx=x, cy=y, r=radius, fill=inside, stroke=fill, stroke_width=4)

    def cross(self, x: float, y: float, radius: float = 25) -> None:
        """✖ in a disc, drawn so that no font is needed for it."""
        self._shape("circle", cx=x, cy=y, r=radius, fill=RED, stroke=PAPER, stroke_width=5)
        arm = radius * 0.42
        path = f"M{x - arm:.1f} {y - arm:.1f}l{2 * arm:.1f} {2 * arm:.1f}"
        path += f"M{x + arm:.1f} {y - arm:.1f}l{-2 * arm:.1f} {2 * arm:.1f}"
        width = radius * 0.3
        self._shape("path", d=path, stroke=PAPER, stroke_width=width, stroke_linecap="round")

    def arrow(self, x: float, y: float, fill: str, *, upwards: bool) -> None:
        """A head whose tip is at y."""
        back = 20 if upwards else -20
        points = f"{x:.1f},{y:.1f} {x - 13:.1f},{y + back:.1f} {x + 13:.1f},{y + back:.1f}"
        self._shape("polygon", points=points, fill=fill)

    def _hatch(self) -> None:
        """Slanting stripes: a gradient that repeats is drawn twice as fast as a pattern."""
        gradient = ET.SubElement(ET.SubElement(self._root, "defs"), "linearGradient", {
            "id": "hatch", "gradientUnits": "userSpaceOnUse", "spreadMethod": "repeat",
            "x1": "0", "y1": "0", "x2": "11", "y2": "11"})  # fmt: skip
        stops = ((0, PALE_RED), (0.06, RED), (0.44, RED), (0.5, PALE_RED), (1, PALE_RED))
        for offset, colour in stops:
            ET.SubElement(gradient, "stop", {"offset": f"{offset}", "stop-color": colour})

    def _shape(self, tag: str, **attributes: object) -> ET.Element:
        named = {
            name.replace("_", "-"): f"{value:g}" if isinstance(value, float) else str(value)
            for name, value in attributes.items()
        }
        return ET.SubElement(self._root, tag, named)
