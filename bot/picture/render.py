"""SVG on standard input → PNG on standard output: what png.py runs, by its path and isolated.

Arguments: the family, and the font files that are there; the system's fonts are not looked at.
"""

from __future__ import annotations

import sys

import resvg_py


def main(family: str, *fonts: str) -> None:
    image = resvg_py.svg_to_bytes(
        svg_string=sys.stdin.buffer.read().decode(),
        skip_system_fonts=True,
        font_files=list(fonts),
        font_family=family,
        sans_serif_family=family,
    )
    sys.stdout.buffer.write(image)


if __name__ == "__main__":
    main(*sys.argv[1:])
