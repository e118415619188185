"""SVG → PNG, with the picture's own fonts and nothing else of the machine."""

from __future__ import annotations

from importlib import resources

import resvg_py

from bot.picture.text import FAMILY

_FONTS = ("ReplcheckGothic-Regular.ttf", "ReplcheckGothic-Bold.ttf")


def png(svg: str) -> bytes:
    """The image, one pixel a unit. It takes the processor for tenths of a second: call it in a
    thread. Raises ValueError for what is no SVG."""
    folder = resources.files("bot.picture.fonts")
    with resources.as_file(folder.joinpath(_FONTS[0])) as regular, \
         resources.as_file(folder.joinpath(_FONTS[1])) as bold:  # fmt: skip
        return resvg_py.svg_to_bytes(
            svg_string=svg,
            skip_system_fonts=True,
            font_files=[str(regular), str(bold)],
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
