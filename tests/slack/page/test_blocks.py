"""Blocks and files on the page, as a person meets them; the screens' widths and colours."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
from playwright.async_api import expect

from tests.slack.browser import Scheme, Screen
from tests.slack.page.app import words
from tests.slack.page.conftest import Look
from tests.slack.page.scene import Scene

pytestmark = [pytest.mark.lab, pytest.mark.asyncio(loop_scope="session")]


def png(width: int, height: int) -> bytes:
    """A light picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\xdd" * width) * height)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def raw(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def text(said: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": said} | ({"style": style} if style else {})


def line(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


async def test_rich_text_is_taken_as_it_is(here: Scene, look: Look) -> None:
    await here.post(
        blocks=[
            rich(
                line(text("*raw* &amp; "), text("bold", bold=True, italic=True)),
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "offset": 2,
                    "elements": [line({"type": "user", "user_id": here.mina.id}, text(" acts"))],
                },
                {"type": "rich_text_quote", "elements": [text("quoted")]},
                {"type": "rich_text_preformatted", "elements": [text(" 1  10.0.0.1\n 2  *")]},
            )
        ]
    )
    alex = await look()
    message = await alex.sees("*raw* &amp; bold")
    await expect(message.locator("em > strong, strong > em")).to_have_text("bold")
    await expect(message.locator('ol[start="3"] > li')).to_have_text("@Mina Park acts")
    await expect(message.locator("blockquote")).to_have_text("quoted")
    assert await message.locator("pre").inner_text() == " 1  10.0.0.1\n 2  *"


async def test_a_section_has_fields_and_a_context_is_quiet(here: Scene, look: Look) -> None:
    fields = [{"type": "mrkdwn", "text": f"*Name {n}*\nvalue {n}"} for n in range(4)]
    await here.post(
        blocks=[
            {"type": "header", "text": words("Seoul → 부산 :warning:")},
            {"type": "section", "text": words("*plain*"), "fields": fields},
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "_since_ 14:03"}]},
        ]
    )
    alex = await look()
    message = await alex.sees("Name 3")
    await expect(message.get_by_role("heading")).to_have_text("Seoul → 부산 ⚠️")
    assert await message.get_by_text("*plain*").count() == 1
    assert await message.locator(".fields > .text").count() == 4
    assert await message.locator("hr").count() == 1
    await expect(message.locator(".context em")).to_have_text("since")


async def test_a_table_has_a_head_and_scrolls_within_itself(here: Scene, look: Look) -> None:
    head = [raw(f"Column {n}") for n in range(9)]
    cells = [raw("10.20.30.40"), *[raw("a value") for _ in range(8)]]
    await here.post(
        blocks=[
            {
                "type": "table",
                "rows": [head, cells],
                "column_settings": [{"align": "right"}, {"is_wrapped": True}],
            }
        ]
    )
    alex = await look(screen="phone")
    table = alex.page.get_by_role("table")
    assert await table.get_by_role("columnheader").count() == 9
    await expect(table.get_by_role("cell").first).to_have_css("text-align", "right")
    scroll = alex.page.locator(".table-scroll")
    assert await scroll.evaluate("each => each.scrollWidth > each.clientWidth")
    assert not await alex.scrolls_sideways()


async def test_a_picture_stands_in_place_with_its_words(here: Scene, look: Look) -> None:
    alt = "Seoul to Busan, blocked between hop 4 and hop 5"
    root = await here.post("root")
    await here.upload("path.png", png(900, 300), title="The path", alt_txt=alt, thread_ts=root)
    alex = await look(thread=root, screen="phone")
    picture = alex.page.get_by_role("img", name=alt)
    await picture.wait_for()
    await expect(picture).to_have_js_property("naturalWidth", 900)
    box = await picture.bounding_box()
    assert box is not None
    assert 250 < box["width"] <= 390
    link = alex.page.get_by_role("link", name="Download: The path")
    assert await link.get_attribute("download") == "path.png"


async def test_a_text_file_shows_its_first_lines_and_is_whole_on_demand(
    here: Scene, look: Look
) -> None:
    lines = [f"line {number} <b>" for number in range(40)]
    await here.upload("trace.txt", "\n".join(lines).encode(), title="trace.txt")
    alex = await look()
    preview = alex.page.locator("summary pre")
    await expect(preview).to_have_text("\n".join(lines[:8]))
    await alex.page.get_by_text("All 40 lines").click()
    await expect(alex.page.locator("details > pre")).to_have_text("\n".join(lines))
    await expect(alex.page.locator("details > pre")).to_be_visible()
    await expect(preview).to_be_hidden()


async def test_times_are_the_readers(here: Scene, look: Look) -> None:
    await here.post("<!date^1769000000^{date_short} {time}|2026-01-21 12:53 UTC>")
    alex, mina = await look(), await look(here.mina.id)
    await (await alex.sees("Jan 21, 2026")).get_by_text("12:53 PM").wait_for()
    await mina.sees("2026년 1월 21일 오후 9:53")


WORST = [
    {"type": "header", "text": words("부산데이터센터복제" * 8)},
    {"type": "section", "text": words("a" * 600), "accessory": {
        "type": "button", "action_id": "b", "text": words("A button with many words on it")}},
    {"type": "section", "text": {"type": "mrkdwn", "text": f"`{'x' * 300}` ```{'y ' * 200}```"}},
    {"type": "section", "fields": [words("f" * 200), words("https://a.example/" + "z" * 200)]},
    {"type": "markdown", "text": "| " + " | ".join(["wide cell"] * 12) + " |\n"
        + "|---" * 12 + "|\n"},
]  # fmt: skip


@pytest.mark.parametrize("screen", ["desktop", "phone"])
async def test_nothing_makes_the_page_wider_than_its_window(
    here: Scene, look: Look, screen: Screen
) -> None:
    root = await here.post(blocks=WORST)
    await here.post(thread=root, blocks=WORST)
    await here.running.person(here.mina.id).type(here.channel.id, "w" * 3000)
    mina = await look(here.mina.id, screen=screen)
    await mina.sees("www")
    assert not await mina.scrolls_sideways()
    await mina.page.locator("[data-thread]").click()
    await mina.page.locator("#thread article").nth(1).wait_for()
    assert not await mina.scrolls_sideways()


CONTRAST = """() => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (colour) => {
    const part = rgb(colour).map((c) => c / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (!/, 0\\)$|transparent/.test(backgroundColor)) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll(
    "#app :is(strong, p, code, .text, .badge, .button, .mention, a, small, th, td, h2, .quiet)",
  )].filter((node) => node.textContent.trim() && node.checkVisibility()).map((node) => {
    const [a, b] = [light(getComputedStyle(node).color), light(ground(node))];
    return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), node.outerHTML.slice(0, 120)];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_words_are_readable_in_both_colour_schemes(
    here: Scene, look: Look, scheme: Scheme
) -> None:
    buttons = [
        {"type": "button", "action_id": f"b{style}", "text": words("Press"), "style": style}
        for style in ("primary", "danger")
    ]
    ts = await here.post(
        blocks=[
            {"type": "section", "text": {"type": "mrkdwn", "text": f"`code` <@{here.mina.id}> x"}},
            {"type": "context", "elements": [words("quiet")]},
            {"type": "table", "rows": [[raw("head")], [raw("cell")]]},
            {"type": "actions", "elements": buttons},
        ]
    )
    await here.update(ts, blocks=[{"type": "actions", "elements": buttons}])
    await here.post("<https://a.example/|a link> `code` reply", thread=ts)
    mina = await look(here.mina.id, scheme=scheme)
    await mina.sees("Press")
    measured = await mina.page.evaluate(CONTRAST)
    assert len(measured) > 8
    assert [each for each in measured if each[0] < 4.5] == []


async def test_a_phone_shows_one_thing_at_a_time(here: Scene, look: Look) -> None:
    root = await here.post("root")
    await here.post("reply", thread=root)
    mina = await look(here.mina.id, screen="phone")
    assert await mina.page.locator("#sidebar").is_hidden()
    await mina.page.get_by_role("button", name="채널 목록 보기").tap()
    await mina.page.locator("#sidebar").get_by_text("storage-team").tap()
    await mina.page.get_by_role("heading", name="#storage-team").wait_for()
    assert await mina.page.locator("#sidebar").is_hidden()
    await mina.page.go_back()
    await mina.open_thread("root")
    assert await mina.page.locator("#channel-messages").is_hidden()
    await mina.page.get_by_role("button", name="뒤로").tap()
    assert await mina.page.locator("#thread").is_hidden()
    await expect(mina.message("root")).to_be_visible()
