"""What a person does on the page, and what the app hears of it."""

from __future__ import annotations

import pytest

from tests.slack.page.app import App, acts, button, option, words
from tests.slack.page.conftest import Look
from tests.slack.page.scene import Scene

pytestmark = [pytest.mark.lab, pytest.mark.asyncio(loop_scope="session")]


CONFIRM = {
    "title": words("Send the trigger?"),
    "text": {"type": "mrkdwn", "text": "The pair may go dark for *an hour*."},
    "confirm": words("Send it"),
    "deny": words("Keep it"),
    "style": "danger",
}


@pytest.mark.usefixtures("app")
async def test_a_command_is_hinted_completed_and_answered_privately(
    here: Scene, look: Look
) -> None:
    alex, mina = await look(), await look(here.mina.id)
    box = alex.page.locator("#channel-composer textarea")
    await box.press_sequentially("/rep")
    hints = alex.page.locator("#channel-hints [role=option]")
    assert [await each.inner_text() for each in await hints.all()] == [
        "/replcheck NEAR FAR\nFinds out why data does not replicate",
        "/repeat TEXT\nSays it again",
    ]
    await box.press("ArrowDown")
    assert await hints.nth(1).get_attribute("aria-selected") == "true"
    await box.press("ArrowUp")
    await box.press("Enter")  # takes the hint, sends nothing
    assert await box.input_value() == "/replcheck "
    await box.press_sequentially("seoul <busan> & *x*")
    await box.press("Enter")
    answer = await alex.sees("Taken: seoul <busan> & x")
    assert "Only visible to you" in await answer.inner_text()
    assert await box.input_value() == ""
    await here.post("for everybody")
    await mina.sees("for everybody")
    assert await mina.page.get_by_text("Taken:").count() == 0


async def test_a_command_that_nobody_answers_leaves_the_words_to_try_again(look: Look) -> None:
    alex = await look()
    await alex.type("/replcheck seoul busan")
    alert = alex.page.locator("#channel-composer [role=alert]")
    await alert.wait_for()
    assert await alert.inner_text() == '/replcheck failed with the error "dispatch_failed"'
    box = alex.page.locator("#channel-composer textarea")
    assert await box.input_value() == "/replcheck seoul busan"


async def test_a_name_becomes_a_mention(here: Scene, look: Look) -> None:
    alex = await look()
    box = alex.page.locator("#channel-composer textarea")
    await box.press_sequentially("ask @mi")
    await box.press("Tab")
    await box.press_sequentially("about <this> & that")
    await box.press("Enter")
    await alex.sees("about <this> & that")
    (said,) = here.channel.messages.values()
    assert said["text"] == f"ask <@{here.mina.id}> about &lt;this&gt; &amp; that"
    assert await alex.page.locator(".mention").inner_text() == "@Mina Park"


async def test_enter_that_ends_a_korean_syllable_sends_nothing(here: Scene, look: Look) -> None:
    alex = await look()
    box = alex.page.locator("#channel-composer textarea")
    await box.fill("서울")
    await box.evaluate(
        "each => each.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    assert await box.input_value() == "서울"
    await box.press("Shift+Enter")
    await box.press_sequentially("부산")
    await box.press("Enter")
    await alex.sees("부산")
    assert [each["text"] for each in here.channel.messages.values()] == ["서울\n부산"]


@pytest.mark.usefixtures("app")
async def test_a_thread_takes_replies_and_refuses_commands(here: Scene, look: Look) -> None:
    root = await here.post("root")
    await here.post("first reply", thread=root)
    alex = await look()
    await alex.open_thread("root")
    await alex.reply("second reply")
    await alex.page.locator("#thread").get_by_text("second reply").wait_for()
    await alex.page.locator("#channel-messages").get_by_text("2 replies").wait_for()
    await alex.reply("/replcheck seoul busan")
    alert = alex.page.locator("#thread-composer [role=alert]")
    await alert.wait_for()
    assert "not supported in threads" in await alert.inner_text()
    await alex.page.keyboard.press("Escape")
    assert await alex.page.locator("#thread").is_hidden()
    assert await alex.page.evaluate("document.activeElement.dataset.thread") == root


async def test_a_button_asks_first_where_it_has_a_confirm(
    here: Scene, look: Look, app: App
) -> None:
    await here.post(blocks=acts(button("Send", "send", confirm=CONFIRM), button("Other", "other")))
    alex = await look()
    await alex.press("Send")
    dialog = await alex.sees("The pair may go dark for an hour.")
    assert await dialog.get_by_role("heading").inner_text() == "Send the trigger?"
    assert await alex.page.evaluate("document.activeElement.textContent") == "Keep it"
    await alex.press("Keep it")
    await alex.press("Send")
    await alex.page.keyboard.press("Escape")
    await alex.press("Other")
    await app.action("other")
    assert [a["action_id"] for each in app.heard for a in each["actions"]] == ["other"]
    await alex.press("Send")
    await alex.press("Send it")
    assert (await app.action("send"))["value"] == "c12"


async def test_a_button_is_found_by_what_it_says_to_a_screen_reader(
    here: Scene, look: Look, app: App
) -> None:
    named = button("Stop", "stop", style="danger", accessibility_label="Stop check 12")
    await here.post(blocks=acts(named))
    alex = await look()
    stop = alex.page.get_by_role("button", name="Stop check 12", exact=True)
    assert await stop.inner_text() == "Stop"
    assert "danger" in str(await stop.get_attribute("class"))
    await stop.focus()
    await alex.page.keyboard.press("Enter")
    assert (await app.action("stop"))["block_id"] == "acts"


async def test_a_press_that_nobody_answers_is_said(here: Scene, look: Look) -> None:
    await here.post(blocks=acts(button("Stop", "stop")))
    alex = await look()
    await alex.press("Stop")
    await alex.page.locator("#notices").get_by_text("That did not work").wait_for()


async def test_selects_and_overflow_tell_what_was_chosen(here: Scene, look: Look, app: App) -> None:
    choices = [option("Alpha"), option("Beta")]
    await here.post(
        blocks=acts(
            {
                "type": "static_select",
                "action_id": "one",
                "placeholder": words("One"),
                "options": choices,
            },
            {
                "type": "multi_static_select",
                "action_id": "many",
                "placeholder": words("Many"),
                "options": choices,
            },
            {"type": "users_select", "action_id": "user", "placeholder": words("User")},
            {"type": "conversations_select", "action_id": "room", "placeholder": words("Room")},
            {"type": "overflow", "action_id": "more", "options": choices},
        )
    )
    alex = await look()
    await alex.choose("One", "Beta")
    assert (await app.action("one"))["selected_option"]["value"] == "beta"
    await alex.page.get_by_role("button", name="Beta", exact=True).wait_for()
    await alex.choose("Many", "Alpha", "Beta")
    chosen = (await app.action("many"))["selected_options"]
    assert [each["value"] for each in chosen] == ["alpha", "beta"]
    await alex.choose("User", "Mina Park")
    assert (await app.action("user"))["selected_user"] == here.mina.id
    await alex.choose("Room", "#backup-incidents")
    assert (await app.action("room"))["selected_conversation"] == here.channel.id
    await alex.overflow("Alpha")
    assert (await app.action("more"))["selected_option"]["value"] == "alpha"


async def test_a_menu_is_led_by_keys(here: Scene, look: Look, app: App) -> None:
    many = [option(f"Site {number}") for number in range(20)]
    select = {
        "type": "static_select",
        "action_id": "one",
        "placeholder": words("One"),
        "options": many,
    }
    await here.post(blocks=acts(select))
    alex = await look()
    opener = alex.page.get_by_role("button", name="One", exact=True)
    await opener.focus()
    keys = alex.page.keyboard
    await keys.press("Enter")
    await keys.type("site 1")
    assert await alex.page.locator("[role=option]:visible").count() == 11
    await keys.press("Escape")
    await alex.page.locator(".menu").wait_for(state="detached")
    assert await opener.evaluate("each => each === document.activeElement")
    await keys.press("Enter")
    for key in ("ArrowDown", "ArrowDown", "End", "ArrowUp", "Enter"):
        await keys.press(key)
    assert (await app.action("one"))["selected_option"]["value"] == "site 18"


async def test_a_shortcut_is_in_the_messages_menu(look: Look, app: App) -> None:
    alex = await look()
    await alex.type("replication failed")
    await alex.sees("replication failed")
    await alex.menu("replication failed", "Check this")
    payload = await app.until(lambda each: each.get("type") == "message_action")
    assert payload["message"]["text"] == "replication failed"
    assert payload["callback_id"] == "check_this"


async def test_a_reaction_is_seen_by_all_and_given_once(here: Scene, look: Look) -> None:
    await here.post("look at this")
    alex, mina = await look(), await look(here.mina.id)
    await alex.menu("look at this", "Add reaction")
    await alex.page.locator(".menu").get_by_role("menuitem").first.click()
    chip = mina.page.get_by_role("button", name="eyes: Alex Reed", exact=True)
    assert await chip.get_attribute("aria-pressed") == "false"
    await chip.click()
    both = mina.page.get_by_role("button", name="eyes: Alex Reed, Mina Park", exact=True)
    assert await both.get_attribute("aria-pressed") == "true"


async def test_one_can_look_as_somebody_else(here: Scene, look: Look) -> None:
    await here.running.person(here.mina.id).type(here.private.id, "among us")
    alex = await look()
    assert await alex.page.get_by_text("storage-team").count() == 0
    await alex.press("Look as someone else: Alex Reed")
    await alex.page.get_by_role("option", name="Mina Park").click()
    await alex.page.locator("#sidebar").get_by_text("storage-team").click()
    await alex.sees("among us")
    assert f"as={here.mina.id}" in alex.page.url
    assert await alex.page.evaluate("document.documentElement.lang") == "ko"
    await alex.page.go_back()
    await alex.page.get_by_role("heading", name="#backup-incidents").wait_for()
