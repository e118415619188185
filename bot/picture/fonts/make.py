"""Makes the picture's fonts out of NanumGothic: `python -m bot.picture.fonts.make FOLDER`.

FOLDER holds NanumGothic.ttf and NanumGothicBold.ttf (Debian: fonts-nanum). Needs fonttools.
Why it is done this way, and under which licence, stands in README.md.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
NAME = "Replcheck Gothic"
SYMBOLS = "‐–—‘’“”…·•→←↑↓↔×±≤≥≠°□○●"
ENGLISH = 0x409
DROPPED = ["kern", "GSUB", "GPOS", "GDEF", "gasp", "TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]


def main(folder: Path) -> None:
    widths = {
        "regular": make(folder / "NanumGothic.ttf", "Regular", every_syllable()),
        "bold": make(folder / "NanumGothicBold.ttf", "Bold", common_syllables()),
    }
    text = json.dumps(widths, ensure_ascii=False, indent=0, sort_keys=True)
    (HERE / "widths.json").write_text(text + "\n", encoding="utf-8")


def every_syllable() -> Iterator[str]:
    return map(chr, range(ord("가"), ord("힣") + 1))


def common_syllables() -> Iterator[str]:
    """The 2,350 of KS X 1001."""
    for row in range(0xB0, 0xC9):
        for cell in range(0xA1, 0xFF):
            yield bytes((row, cell)).decode("euc_kr")


def letters() -> Iterator[str]:
    """Latin (ASCII, Latin-1, Extended-A), Greek, Cyrillic, and the signs that are used."""
    for first, last in ((0x20, 0x7E), (0xA0, 0x17F), (0x370, 0x45F)):
        yield from map(chr, range(first, last + 1))
    yield from SYMBOLS


def make(source: Path, weight: str, syllables: Iterator[str]) -> dict[str, int]:
    """Write one weight; returns each character's advance in thousandths of the font's size.

    All Hangul syllables are equally wide: they stand there once, as `가`.
    """
    font = TTFont(source, recalcTimestamp=False)
    options = Options(hinting=False, name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], notdef_outline=True)
    options.drop_tables += DROPPED
    subsetter = Subsetter(options)
    subsetter.populate(text="".join((*letters(), *syllables)))
    subsetter.subset(font)
    rename(font, weight)
    font.save(HERE / f"ReplcheckGothic-{weight}.ttf")
    return advances(font)


def rename(font: TTFont, weight: str) -> None:
    """The licence reserves the original's name: a changed font must not bear it."""
    own = {
        1: NAME,
        3: f"{NAME} {weight}, a subset",
        4: f"{NAME} {weight}",
        6: f"{NAME.replace(' ', '')}-{weight}",
    }
    table = font["name"]
    table.names = [record for record in table.names if record.langID in (0, ENGLISH)]
    for record in table.names:
        record.string = own.get(record.nameID, record.toUnicode())


def advances(font: TTFont) -> dict[str, int]:
    table, scale = font["hmtx"], 1000 / font["head"].unitsPerEm
    found = {chr(c): round(table[glyph][0] * scale) for c, glyph in font.getBestCmap().items()}
    syllables = {width for char, width in found.items() if "가" <= char <= "힣"}
    if len(syllables) != 1:
        raise ValueError(f"Hangul syllables are not equally wide: {sorted(syllables)}")
    return {c: w for c, w in found.items() if not "가" < c <= "힣"}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
