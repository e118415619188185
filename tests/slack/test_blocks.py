"""Blocks: whatever text goes in, Slack takes what comes out, and nothing of it comes alive
(facts/slack.md, "Limits")."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack import blocks, markup
from bot.slack.markup import Marked, bold, cut, joined, lines, link, marked, mention, moment, phrase
from bot.slack.model import Post
from bot.words import Voice
from tests.slack.valid import check_dialog, check_post, mrkdwn

LIVE = re.compile(r"<[^<>]*>")
WILD = st.text(max_size=400) | st.sampled_from(
    [
        "<!channel> <@U012ABC> <#C1|x> <https://evil.example|click>",
        "&lt;!channel&gt; & <",
        "\x1b[31mred\x07\x00",
        "\u202egnihton\u2066",
        "\ue000\ue001",
        " ",
        "",
        "\n\n",
        "ㄱ" * 399,
    ]
)


def at_and_over(limit: int) -> st.SearchStrategy[str]:
    """Words of about a limit's length: one less, as many, one more, far more."""
    lengths = st.sampled_from([limit - 1, limit, limit + 1, limit * 2 + 7])
    words = st.sampled_from(["a ", "abc<de ", "가나다 ", "&", "<@U1>", "x"])
    return st.builds(lambda n, w: (w * n)[:n], lengths, words)


def posted(*made: blocks.Block) -> Post:
    post = blocks.post("text", list(made))
    check_post(post)
    return post


# --- text ---------------------------------------------------------------------------------


@given(WILD)
def test_nothing_from_outside_comes_alive(text: str) -> None:
    shown = marked(text)
    assert not LIVE.search(shown)
    back = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert back == markup.harmless(text)
    assert all(c.isprintable() or c == "\n" for c in shown)


@given(WILD, WILD)
def test_a_phrase_keeps_its_own_marks_and_no_others(who: str, what: str) -> None:
    said = phrase(Voice("en"), "slack-live.gap", host=who, what=what, count=mention("U0ME"))
    assert LIVE.findall(said) == ["<@U0ME>"]
    assert "\n" not in said


def test_a_parameter_cant_stand_for_a_mention() -> None:
    """The signs that keep a mention's place can't be sent from outside."""
    said = phrase(Voice("en"), "slack-live.gap", host="\ue000", what="x", count=mention("U0ME"))
    assert said.count("<@U0ME>") == 1
    assert r"\ue000" in said


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("U012ABC", "<@U012ABC>"),
        ("W012ABC", "<@W012ABC>"),
        ("S0ONCALL", "<!subteam^S0ONCALL>"),
        ("!channel", "!channel"),
        ("U1> <!channel", "U1&gt; &lt;!channel"),
        ("root@bastion", "root@bastion"),
    ],
)
def test_only_ids_are_mentioned(who: str, shown: str) -> None:
    assert mention(who) == shown


def test_only_web_addresses_are_links() -> None:
    assert link("https://x.slack.com/archives/C1/p1", "a|b") == (
        "<https://x.slack.com/archives/C1/p1|a/b>"
    )
    assert link("javascript:alert(1)", "words") == "words"
    assert link("https://x|<!channel>", "words") == "words"


def test_a_moment_is_in_the_readers_zone_and_has_words_for_others() -> None:
    assert moment(1795372264.5) == (
        "<!date^1795372264^{date_short_pretty} {time_secs}|2026-11-22 18:31:04 UTC>"
    )


@given(WILD, st.integers(min_value=1, max_value=120))
def test_a_cut_is_within_its_length_and_a_beginning(text: str, most: int) -> None:
    short = cut(text, most)
    assert len(short) <= most
    assert short == text if len(text) <= most else text.startswith(short.removesuffix("…").rstrip())


ALIVE = st.lists(
    st.one_of(
        WILD.map(marked),
        st.just(mention("U0123456789")),
        st.just(moment(1795372264)),
        st.just(bold("a & b")),
    ),
    max_size=8,
).map(joined)


@given(ALIVE, st.integers(min_value=2, max_value=300))
def test_no_tag_and_no_entity_is_cut_in_two(text: Marked, most: int) -> None:
    short = cut(text, most)
    assert len(short) <= most
    whole = re.sub(r"<[^<>]*>|&(?:amp|lt|gt);", "", short)
    assert not re.search(r"[<>]|&(?:[a-z]*)$", whole)
    assert set(LIVE.findall(short)) <= set(LIVE.findall(text))


def test_a_cut_ends_at_a_word() -> None:
    assert cut("one two three four", 12) == "one two…"
    assert cut("x" * 30, 10) == "x" * 9 + "…"


# --- each limit, at it and over it --------------------------------------------------------


@given(at_and_over(150))
def test_headers(text: str) -> None:
    posted(blocks.header(text))


@given(at_and_over(3000), st.booleans())
@settings(max_examples=40)
def test_sections(text: str, ours: bool) -> None:
    made = blocks.section(marked(text) if ours else text)
    assert made["text"]["verbatim"] is True
    posted(made)


@given(st.lists(at_and_over(200), min_size=1, max_size=14))
@settings(max_examples=40)
def test_small_print_and_fields(texts: list[str]) -> None:
    posted(blocks.context(*texts), blocks.fields(*texts))


@given(WILD | at_and_over(3000))
@settings(max_examples=60)
def test_what_a_host_printed_stands_in_elements_without_marks(text: str) -> None:
    post = posted(blocks.preformatted(text))
    assert list(mrkdwn(list(post.blocks))) == []


@given(
    st.lists(st.lists(WILD, max_size=24), max_size=130),
    st.integers(min_value=1, max_value=24),
)
@settings(max_examples=40, deadline=None)
def test_tables(rows: list[list[str]], width: int) -> None:
    made = blocks.table([f"c{n}" for n in range(width)], rows)
    assert {len(row) for row in made["rows"]} == {min(width, 20)}
    assert len(made["column_settings"]) == min(width, 20)
    assert {cell["type"] for row in made["rows"] for cell in row} == {"raw_text"}
    posted(made)


def test_a_table_says_what_it_leaves_out() -> None:
    whole = blocks.table(["n"], [[str(n)] for n in range(99)])
    assert len(whole["rows"]) == 100
    assert whole["rows"][-1][0]["text"] == "98"
    folded = blocks.table(["n"], [[str(n)] for n in range(100)], more="and more")
    assert len(folded["rows"]) == 100
    assert folded["rows"][-1][0]["text"] == "and more"
    heavy = blocks.table(["a", "b"], [["x" * 600, "y" * 600]] * 50, more="and more")
    assert sum(len(c["text"]) for row in heavy["rows"] for c in row) <= blocks.CELLS
    assert heavy["rows"][-1][0]["text"] == "and more"
    assert heavy["rows"][1][0]["text"].endswith("…")


@given(at_and_over(75), at_and_over(300))
def test_buttons_and_what_they_ask_first(label: str, text: str) -> None:
    asks = blocks.confirm(label, text, label, label, danger=True)
    value = blocks.value_of(check="c12", incident="i7")
    row = blocks.actions(blocks.button(label, "replcheck:stop", value, text, confirm=asks))
    posted(*row)


def test_a_buttons_value_is_never_cut() -> None:
    whole = blocks.button("x", "replcheck:x", "v" * 2000, "x")
    assert len(whole["value"]) == 2000
    with pytest.raises(ValueError, match="no button can carry"):
        blocks.button("x", "replcheck:x", "v" * 2001, "x")
    with pytest.raises(ValueError, match="no button can carry"):
        blocks.button("x", "a" * 256, "v", "x")
    with pytest.raises(ValueError, match="no option can carry"):
        blocks.option("x", "v" * 151)
    with pytest.raises(ValueError, match="no modal can carry"):
        blocks.dialog("x", [blocks.divider()], "replcheck:x", "m" * 3001, close="x")


def test_a_row_of_buttons_is_never_empty_and_never_too_long() -> None:
    assert blocks.actions() == []
    many = [blocks.button(str(n), f"replcheck:{n}", "{}", str(n)) for n in range(30)]
    posted(*blocks.actions(*many))


# --- whole messages -----------------------------------------------------------------------

SOME: st.SearchStrategy[dict[str, Any]] = st.one_of(
    WILD.map(blocks.section),
    at_and_over(3000).map(blocks.section),
    WILD.map(blocks.header),
    WILD.map(lambda text: blocks.context(text, text)),
    at_and_over(3000).map(blocks.preformatted),
    st.just(blocks.divider()),
)


@given(st.lists(SOME, max_size=70), at_and_over(3000))
@settings(max_examples=60, deadline=None)
def test_a_message_of_any_size_is_taken_and_keeps_its_end(
    made: list[blocks.Block], text: str
) -> None:
    buttons = blocks.actions(blocks.button("Stop", "replcheck:stop", "{}", "Stop"))
    post = blocks.post(text, [*made, *buttons], "folded")
    check_post(post)
    assert post.blocks[-1]["type"] == "actions"
    if len(post.blocks) != len(made) + 1:
        assert post.blocks[-2]["elements"][0]["text"] == "folded"


@pytest.mark.parametrize(("count", "kept"), [(49, 49), (50, 50), (51, 50), (200, 50)])
def test_fifty_blocks(count: int, kept: int) -> None:
    post = posted(*[blocks.section("x")] * count)
    assert len(post.blocks) == kept


@given(st.lists(SOME, min_size=1, max_size=130), at_and_over(24))
@settings(max_examples=40, deadline=None)
def test_a_modal_of_any_size_is_taken(made: list[blocks.Block], title: str) -> None:
    check_dialog(blocks.dialog(title, made, "replcheck:x", "m" * 3000, close=title, submit=title))


def test_block_ids_are_new_with_each_change_and_the_same_without() -> None:
    def ids(*texts: str) -> list[str]:
        return [b["block_id"] for b in blocks.post("t", [blocks.section(t) for t in texts]).blocks]

    assert ids("a", "b") == ids("a", "b")
    assert not set(ids("a", "b")) & set(ids("a", "c"))
    assert len(set(ids("a", "a"))) == 2


def test_an_inputs_block_keeps_its_name() -> None:
    chooser = {"type": "conversations_select", "action_id": "channel"}
    made = blocks.dialog(
        "x", [blocks.ask("x", chooser, "channel")], "replcheck:x", "", close="x", submit="x"
    )
    assert made.view["blocks"][0]["block_id"] == "channel"
    check_dialog(made)


def test_lines_are_escaped_one_by_one() -> None:
    assert lines(["<a>", mention("U0ME")]) == "&lt;a&gt;\n<@U0ME>"
