"""Text is measured as the fonts are wide, broken where it may be, and never wider than its room."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.picture.text import clean, fit, fit_middle, width, wrap
from tests.unit.picture.pictures import FONTS, advance, cmap

SHOWN = st.text(st.sampled_from("ab -/·.가나 W.1:…"), max_size=80)
ROOM = st.integers(60, 600)


def test_the_table_of_widths_is_the_fonts_own() -> None:
    table = json.loads((FONTS / "widths.json").read_text(encoding="utf-8"))
    for weight in ("Regular", "Bold"):
        widths, characters = table[weight.lower()], {chr(code) for code in cmap(weight)}
        assert {c for c in characters if not "가" < c <= "힣"} == set(widths)
        bold = weight == "Bold"
        for character in characters:
            known = widths["가"] if "가" <= character <= "힣" else widths[character]
            assert known == advance(character, bold=bold)


def test_every_hangul_syllable_is_there_and_the_common_ones_in_bold() -> None:
    assert set(range(ord("가"), ord("힣") + 1)) <= set(cmap("Regular"))
    assert {ord(c) for c in "복제장애차단서울부산뷁"} - set(cmap("Bold")) == {ord("뷁")}


@given(st.text(max_size=80))
def test_clean_text_has_only_what_the_fonts_have(text: str) -> None:
    once = clean(text)
    assert {c for c in once if ord(c) not in cmap("Regular")} == set()
    assert clean(once) == once


@given(SHOWN, ROOM, st.booleans(), st.integers(1, 4))
def test_lines_are_never_too_wide_nor_too_many(text: str, room: int, bold: bool, most: int) -> None:
    lines = wrap(text, room, 27, bold=bold, most=most)
    assert len(lines) <= most
    assert all(width(line, 27, bold=bold) <= room for line in lines)
    assert width(fit_middle(text, room, 27), 27) <= room
    assert width(fit(text, room, 27), 27) <= room


@given(SHOWN)
def test_nothing_is_lost_where_there_is_room(text: str) -> None:
    lines = wrap(text, 100, 27, most=100)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_lines_break_at_spaces_and_long_words_where_they_must() -> None:
    assert wrap("Upper institution of Korea", 260, 27) == ["Upper institution of", "Korea"]
    first, *rest = wrap("가" * 30, 260, 27)
    assert len(first) == 10
    assert rest[-1].startswith("가")
    assert wrap("", 260, 27) == []


def test_what_is_cut_says_so() -> None:
    assert fit("Upper institution", 120, 27).endswith("…")
    assert fit_middle("2001:db8:1234:5678:9abc::1", 200, 27).endswith(":1")
