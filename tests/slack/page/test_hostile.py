"""Nothing that a message says becomes HTML, whatever it says and wherever it says it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.slack.browser import Person
from tests.slack.page.conftest import Look
from tests.slack.page.rendering import Rendered, render
from tests.slack.page.scene import Scene

pytestmark = [pytest.mark.lab, pytest.mark.asyncio(loop_scope="session")]

ATTACK = (
    "<script>window.hit=1</script><img src=x onerror=window.hit=1>"
    "[a](javascript:window.hit=1)<svg onload=window.hit=1>"
)
BAD_LINKS = ("javascript:window.hit=1", "JaVaScRiPt:window.hit=1", "data:text/html,<script>", "//x")
MADE = {
    "a", "blockquote", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "time", "tr", "ul",
}  # fmt: skip
SAFE = {"http", "https", "mailto", "tel"}


def harmless(made: Rendered) -> bool:
    return (
        set(made.tags) <= MADE
        and {urlsplit(link).scheme for link in made.links} <= SAFE
        and not any(name.startswith("on") or name == "style" for name in made.attributes)
    )


SIGNS = [*"*_~`<>|!@#^&:\n\\[]() ", "```", "&lt;", "&gt;", "](", "- ", "| a |\n|---|"]
LURES = ["<https://a|", "<!date^1^{time}|", "<@U2>", "javascript:", "<img src=x onerror=1>"]
PIECES = st.sampled_from([*SIGNS, *LURES, "https://", "서울", "word"])
TEXTS = st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(TEXTS, min_size=5, max_size=20))
async def test_wild_texts_make_only_harmless_elements(reader: Person, texts: list[str]) -> None:
    for module in ("mrkdwn", "markdown"):
        for text, made in zip(texts, await render(reader, module, module, *texts), strict=True):
            assert harmless(made), (module, text, made.html)


@settings(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_characters="*_~`<>&:\n", exclude_categories=["Cs"])))
async def test_plain_words_stay_as_they_are(reader: Person, text: str) -> None:
    (made,) = await render(reader, "mrkdwn", "mrkdwn", text)
    assert made.text == text


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def _option(text: str) -> dict[str, Any]:
    return {"text": _plain(text), "value": "v", "description": _plain(text)}


def _everywhere(text: str) -> list[dict[str, Any]]:
    """The text wherever a block can hold one."""
    short = text[:75]
    raw = {"type": "text", "text": text}
    inline = [{"type": "rich_text_section", "elements": [raw]}]
    return [
        {"type": "header", "text": _plain(text[:150])},
        {"type": "section", "text": {"type": "mrkdwn", "text": text}, "fields": [_plain(text)]},
        {"type": "context", "elements": [_plain(text), {"type": "mrkdwn", "text": text}]},
        {"type": "rich_text", "elements": inline},
        {"type": "markdown", "text": text},
        {"type": "table", "rows": [[{"type": "raw_text", "text": text}]]},
        {
            "type": "actions",
            "elements": [
                {"type": "button", "action_id": "b", "text": _plain(short)},
                {"type": "overflow", "action_id": "o", "options": [_option(short)]},
                {
                    "type": "static_select",
                    "action_id": "s",
                    "placeholder": _plain(short),
                    "options": [_option(short)],
                },
            ],
        },
    ]


async def test_an_attack_is_shown_as_its_words(here: Scene, look: Look) -> None:
    person = await look()
    await person.type(ATTACK)
    ts = await here.post(ATTACK, blocks=_everywhere(ATTACK))
    await here.post(ATTACK, thread=ts)
    await here.upload("<img src=x onerror=window.hit=1>.txt", ATTACK.encode(), title=ATTACK)
    await person.page.locator("figure pre", has_text="window.hit").wait_for()
    article = person.page.locator(f'[data-ts="{ts}"]')
    await article.locator("button.overflow").click()
    await person.page.locator(".menu", has_text="<script>").wait_for()
    assert await person.page.evaluate("window.hit") is None
    within = person.page.locator("article, .menu")
    assert await within.locator("script, svg:not(.icon), img, iframe, [onerror]").count() == 0
    shown = [await each.inner_text() for each in await person.page.locator("article").all()]
    assert all("<script>window.hit=1</script>" in text for text in shown)


async def test_a_name_can_attack_no_more_than_a_message(here: Scene, look: Look) -> None:
    here.workspace.users[here.mina.id].real_name = ATTACK
    here.channel.topic = ATTACK
    await here.running.person(here.mina.id).type(here.channel.id, "hello")
    person = await look()
    await person.sees("hello")
    await person.page.locator("#channel-bar", has_text="<script>").wait_for()
    assert await person.page.evaluate("window.hit") is None
    assert await person.page.locator("body script, img, svg:not(.icon)").count() == 0


@pytest.mark.parametrize("address", BAD_LINKS)
async def test_a_bad_link_leads_nowhere(reader: Person, address: str) -> None:
    piece = {"type": "link", "url": address, "text": "press me"}
    block = {"elements": [{"type": "rich_text_section", "elements": [piece]}]}
    (made,) = await render(reader, "richtext", "richText", block)
    assert (made.text, made.links) == ("press me", [])
