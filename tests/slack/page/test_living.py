"""The page follows what happens, and takes nothing away from who is reading or typing."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from bot.demo.workspace.server import start
from tests.slack.page.app import App, modal, words
from tests.slack.page.conftest import Look
from tests.slack.page.scene import Scene

pytestmark = [pytest.mark.lab, pytest.mark.asyncio(loop_scope="session")]


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def stop(block: str) -> dict[str, Any]:
    button = {"type": "button", "action_id": "stop", "text": words("Stop")}
    return {"type": "actions", "block_id": block, "elements": [button]}


async def test_an_edit_keeps_the_focus_and_presses_the_new_block(
    here: Scene, look: Look, app: App
) -> None:
    ts = await here.post(blocks=[section("Step 1"), stop("one")])
    alex = await look()
    await alex.page.get_by_role("button", name="Stop").focus()
    for step in ("two", "three"):
        await here.update(ts, blocks=[section(f"Step {step}"), section("more"), stop(step)])
        await alex.sees(f"Step {step}")
    await alex.page.keyboard.press("Enter")
    assert (await app.action("stop"))["block_id"] == "three"


async def test_an_edit_is_marked(here: Scene, look: Look) -> None:
    ts = await here.post("first")
    alex = await look()
    await alex.sees("first")
    assert await alex.page.get_by_text("(edited)").count() == 0
    await here.update(ts, "second")
    await (await alex.sees("second")).get_by_text("(edited)").wait_for()


async def test_a_draft_survives_what_comes_and_is_kept_for_its_place(
    here: Scene, look: Look
) -> None:
    mina = await look(here.mina.id)
    box = mina.page.locator("#channel-composer textarea")
    await box.press_sequentially("half a ")
    await here.post("meanwhile")
    await mina.sees("meanwhile")
    await mina.page.keyboard.type("word")
    await expect(box).to_have_value("half a word")
    await mina.page.locator("#sidebar").get_by_text("storage-team").click()
    await expect(box).to_have_value("")
    await box.fill("something else")
    await mina.page.locator("#sidebar").get_by_text("backup-incidents").click()
    await expect(box).to_have_value("half a word")


TOP = "each => each.getBoundingClientRect().top"


async def test_who_reads_further_up_stays_there_and_is_told(here: Scene, look: Look) -> None:
    for number in range(30):
        await here.post(f"line {number}\n" * 3)
    alex = await look()
    await alex.sees("line 29")
    scroller = alex.page.locator("#channel-messages")
    await expect(alex.message("line 29")).to_be_in_viewport()
    await scroller.evaluate("each => each.scrollTop = 700")
    read = alex.page.locator("article", has_text="line 8\n").first
    before = await read.evaluate(TOP)
    first = next(iter(here.channel.messages))
    await here.update(first, "grown\n" * 12)
    await here.post("the newest")
    jump = alex.page.get_by_role("button", name="Newest messages")
    await jump.wait_for()
    assert abs(await read.evaluate(TOP) - before) <= 1  # scrolling knows whole pixels only
    await jump.click()
    await expect(alex.message("the newest")).to_be_in_viewport()
    await expect(jump).to_be_hidden()
    await here.post("one more")
    await expect(alex.message("one more")).to_be_in_viewport()


async def test_a_table_keeps_its_sideways_place(here: Scene, look: Look) -> None:
    row = [{"type": "raw_text", "text": "a long cell of a table"} for _ in range(12)]
    table = {"type": "table", "rows": [row, row]}
    ts = await here.post(blocks=[section("first"), table])
    alex = await look()
    scroll = alex.page.locator(".table-scroll")
    await scroll.evaluate("each => each.scrollLeft = 120")
    await here.update(ts, blocks=[section("second"), table])
    await alex.sees("second")
    assert await scroll.evaluate("each => each.scrollLeft") == 120


async def test_an_open_menu_outlives_an_edit(here: Scene, look: Look, app: App) -> None:
    options = [{"text": words("Alpha"), "value": "alpha"}]
    menu = {"type": "overflow", "action_id": "more", "options": options}
    ts = await here.post(blocks=[section("one", accessory=menu)])
    alex = await look()
    await alex.page.locator("button.overflow").click()
    await here.update(ts, blocks=[section("two", block_id="fixed", accessory=menu)])
    await alex.sees("two")
    await alex.page.get_by_role("menuitem", name="Alpha").click()
    await alex.page.locator(".menu").wait_for(state="detached")
    assert not app.heard  # the block is another one by now: the workspace refuses, the page says so
    await alex.page.locator("#notices").get_by_text("no such element").wait_for()


async def test_what_others_say_elsewhere_is_counted_until_it_is_read(
    here: Scene, look: Look
) -> None:
    mina, alex = here.running.person(here.mina.id), here.running.person(here.alex.id)
    old = (await mina.type(here.private.id, "said before the page was opened"))["ts"]
    window = await look(here.mina.id)
    entry = window.page.locator("#sidebar .entry", has_text="storage-team")
    here.private.members.append(here.alex.id)
    await alex.type(here.private.id, "one")
    await alex.type(here.private.id, "a reply", old)
    await mina.type(here.private.id, "my own")
    await alex.type(here.private.id, "two")
    await window.page.get_by_label("읽지 않음 2개").wait_for()
    assert await window.page.title() == "(2) #backup-incidents"
    await entry.click()
    await window.sees("two")
    await expect(window.page.locator("#sidebar .count")).to_have_count(0)
    await expect(window.page).to_have_title("#storage-team")


async def test_only_what_is_new_is_read_out(here: Scene, look: Look) -> None:
    ts = await here.post("before")
    alex = await look()
    await alex.sees("before")
    announcer = alex.page.locator("#announcer")
    await expect(announcer).to_be_empty()
    await here.update(ts, "edited")
    await alex.sees("edited")
    await expect(announcer).to_be_empty()
    await here.post("verdict: blocked")
    await expect(announcer).to_have_text("replcheck: verdict: blocked")


async def test_a_view_that_the_app_opens_by_itself_appears_and_goes(
    here: Scene, look: Look, app: App
) -> None:
    app.view = modal(section("Look at this"))
    button = {"type": "button", "action_id": "open", "text": words("Open")}
    await here.post(blocks=[{"type": "actions", "elements": [button]}])
    alex, second = await look(), await look()
    await alex.press("Open")
    await second.sees("Look at this")  # another window of the same person
    await second.press("Cancel")
    await alex.dialog.wait_for(state="detached")


async def test_a_lost_line_is_said_and_found_again(here: Scene, look: Look) -> None:
    alex = await look()
    port = int(here.running.url.rsplit(":", 1)[1])
    await here.running.close()
    await alex.page.get_by_text("No connection. Trying again…").wait_for()
    again = await start(here.workspace, port=port)
    try:
        here.client.base_url = again.api_url
        await here.post("back again")
        await alex.sees("back again")
        await expect(alex.page.locator("#offline")).to_be_hidden()
    finally:
        await again.close()
    alex.mistakes.clear()  # the browser notes the refused connections
