"""The image itself: it decodes, has its size, shows Korean, and takes nothing from the machine."""

from __future__ import annotations

import asyncio
import shutil
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest

from bot.picture.png import PictureError, png
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


def test_no_font_of_the_machine_is_read(tmp_path: Path) -> None:
    """Every file that the drawing opens is looked at."""
    strace, fonts = shutil.which("strace"), Path("/usr/share/fonts")
    if strace is None:
        pytest.skip("strace is not here")
    svg = of_incident("account", "ko", "addresses").svg
    log = tmp_path / "opened"
    code = "import sys; from bot.picture.png import png; png(sys.stdin.read())"
    command = [strace, "-f", "-e", "trace=open,openat,connect", "-o", str(log)]
    subprocess.run([*command, sys.executable, "-c", code], input=svg.encode(), check=True)
    assert "ReplcheckGothic" in log.read_text()
    assert str(fonts) not in log.read_text()


def test_the_bot_goes_on_while_an_image_is_drawn() -> None:
    """Slack's answers are not kept waiting: the drawing holds nothing of this process."""
    svg = of_incident("account-whole").svg

    async def longest_wait() -> float:
        drawing = asyncio.create_task(asyncio.to_thread(png, svg))
        worst = 0.0
        while not drawing.done():
            began = time.perf_counter()
            await asyncio.sleep(0.002)
            worst = max(worst, time.perf_counter() - began)
        return worst

    assert min(asyncio.run(longest_wait()) for _ in range(3)) < 0.1


def test_what_is_no_svg_is_an_error() -> None:
    with pytest.raises(PictureError, match="root node"):
        png("<svg")


def test_the_largest_picture_takes_less_than_a_second() -> None:
    shown = max((of_incident(name) for name in incidents.names()), key=lambda p: len(p.svg))
    took = []
    for _ in range(5):
        began = time.perf_counter()
        png(shown.svg)
        took.append(time.perf_counter() - began)
    assert min(took) < 1.0
