"""The ticket as it is handed on: whole pages kept, and nothing in them breaks out of its place."""

from __future__ import annotations

import re
from dataclasses import replace
from textwrap import wrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ticket import as_json, ticket
from bot.ticket.page import markdown, plain
from bot.words import LANGUAGES
from probes.diagnosis import judge
from probes.model import Context, Evidence, Segment
from tests.unit.ticket.tickets import KEPT, cases, evidence_of, golden, ticket_of

ONE_PAGE, COLUMNS = 84, 104  # A4 in 9 point
HEADING = re.compile(r"^#+ ", re.MULTILINE)
LIVE = re.compile(r"(?<!\\)(\[[^\]\\]*\]\(|<[a-zA-Z/!]|!\[)")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", KEPT)
def test_the_accounts_tickets_are_kept_whole(name: str, lang: str) -> None:
    assert markdown(ticket_of(name), lang) == golden(name, lang).read_text("utf-8")


@pytest.mark.parametrize(("name", "lang"), cases())
def test_the_first_part_fits_one_page(name: str, lang: str) -> None:
    first = markdown(ticket_of(name), lang).partition("\n---\n")[0]
    lines = sum(max(1, len(wrap(line, COLUMNS))) for line in first.splitlines())
    assert lines <= ONE_PAGE


@pytest.mark.parametrize(("name", "lang"), cases())
def test_both_forms_and_the_document_say_the_same(name: str, lang: str) -> None:
    made = ticket_of(name)
    page = re.sub(r"\s+", " ", plain(made, lang))
    document = as_json.document(made, lang)
    told = [s for part in ("first", "appendix") for x in document[part] for s in x["statements"]]
    assert len(told) == len(made.statements)
    assert all(statement["text"] in page for statement in told)
    assert {o for s in told for o in s["evidence"]} == {e["id"] for e in document["evidence"]}


def titled(evidence: Evidence, title: str) -> Evidence:
    """The same evidence at sites with another title."""
    c = evidence.context
    context: Context = replace(
        c,
        near=replace(c.near, title=title),
        far=replace(c.far, title=title[::-1]),
        segments=tuple(Segment(s.name, title, s.networks) for s in c.segments),
    )
    return replace(evidence, context=context)


@settings(max_examples=40, deadline=None)
@given(
    title=st.one_of(
        st.text(max_size=60),
        st.sampled_from(
            (
                "# x",
                "```\n# y",
                "[a](http://b)",
                "<script>",
                "{near}",
                "a\n\n---\n",
                "*b* | c",
                "x[o1]",
            )
        ),
    ),
    lang=st.sampled_from(LANGUAGES),
)
def test_no_title_becomes_markup(title: str, lang: str) -> None:
    evidence = titled(evidence_of("account"), title)
    made = ticket(evidence, judge(evidence), "i1")
    page, usual = markdown(made, lang), markdown(ticket_of("account"), lang)
    assert len(HEADING.findall(page)) == len(HEADING.findall(usual))
    assert page.count("\n---\n") == 1
    assert not LIVE.search(without_fences(page))
    assert all(c.isprintable() or c == "\n" for c in page + plain(made, lang))


def without_fences(page: str) -> str:
    """The page less its fenced blocks, each closed by as many backticks as opened it."""
    return re.sub(r"^  (`{3,})text\n.*?^  \1$", "", page, flags=re.MULTILINE | re.DOTALL)
