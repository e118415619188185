"""The image itself: it decodes, has its size, shows Korean, and takes nothing from the machine."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
import zlib

import pytest

from bot.picture.png import png
from tests.golden import incidents
from tests.unit.picture.pictures import KINDS, of_incident


def pixels(image: bytes) -> tuple[int, int, bytes]:
    """Width, height and the unfiltered-to-be rows; every chunk's checksum is checked."""
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, header = 8, b"", b""
    while at < len(image):
        length, kind = struct.unpack(">I4s", image[at : at + 8])
        body = image[at + 8 : at + 8 + length]
        (sum_,) = struct.unpack(">I", image[at + 8 + length : at + 12 + length])
        assert zlib.crc32(kind + body) == sum_
        header, data = (
            (body if kind == b"IHDR" else header),
            data + (body if kind == b"IDAT" else b""),
        )
        at += 12 + length
    wide, high = struct.unpack(">II", header[:8])
    rows = zlib.decompress(data)
    assert len(rows) == high * (1 + 4 * wide)
    return wide, high, rows


def word(text: str, *, bold: bool = False) -> bytes:
    weight = "bold" if bold else "normal"
    return png(
        '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60">'
        f'<text x="10" y="40" font-size="32" font-weight="{weight}" '
        f'font-family="Replcheck Gothic">{text}</text></svg>'
    )


BLANK = word("")


@pytest.mark.parametrize("name", ["account", "healthy", "host-filter", "one-sided"])
def test_an_image_has_the_size_that_was_drawn(name: str) -> None:
    assert name in incidents.names()
    for lang, detail in KINDS:
        shown = of_incident(name, lang, detail)
        wide, high, _ = pixels(png(shown.svg))
        assert (wide, high) == (900, int(shown.root.get("height", 0)))
        assert high < 2.2 * wide, "it can be looked at on a phone"


def test_korean_is_drawn_and_each_syllable_otherwise() -> None:
    drawn = [word("서"), word("울"), word("□"), BLANK]
    assert len(set(drawn)) == len(drawn)


def test_a_syllable_that_bold_lacks_is_drawn_all_the_same() -> None:
    assert word("뷁", bold=True) not in (BLANK, word("□", bold=True))
    assert word("가", bold=True) != word("가")


def test_a_missing_glyph_is_no_failure() -> None:
    pixels(word("🔥 مرحبا 釜山"))


def test_no_font_of_the_machine_is_read() -> None:
    """The same image where the system shows fonts and where it has none."""
    svg = of_incident("account", "ko", "addresses").svg.replace("Replcheck Gothic", "DejaVu Sans")
    script = (
        "import sys; from bot.picture.png import png; "
        "sys.stdout.buffer.write(png(sys.stdin.read()))"
    )
    bare = {
        "FONTCONFIG_FILE": os.devnull,
        "HOME": os.devnull,
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    run = subprocess.run([sys.executable, "-c", script], input=svg.encode(), env=bare,
                         capture_output=True, check=True)  # fmt: skip
    assert run.stdout == png(svg)


def test_what_is_no_svg_is_an_error() -> None:
    with pytest.raises(ValueError, match="root node"):
        png("<svg")


def test_the_largest_picture_takes_less_than_a_second() -> None:
    shown = max((of_incident(name) for name in incidents.names()), key=lambda p: len(p.svg))
    took = []
    for _ in range(3):
        began = time.perf_counter()
        png(shown.svg)
        took.append(time.perf_counter() - began)
    assert min(took) < 1.0
