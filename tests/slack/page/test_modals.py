"""Modals: filled, refused, updated under the person's hands, and stacked."""

from __future__ import annotations

import pytest

from tests.slack.page.app import App, acts, asked, button, modal, option, words
from tests.slack.page.conftest import Look
from tests.slack.page.scene import Scene

pytestmark = [pytest.mark.lab, pytest.mark.asyncio(loop_scope="session")]

TO = {"type": "conversations_select", "default_to_current_conversation": True}
NOTE = {"type": "plain_text_input", "multiline": True}
LANGUAGES = {"type": "radio_buttons", "options": [option("English"), option("한국어")]}
PARTS = {"type": "checkboxes", "options": [option("Picture"), option("Table")]}
FORM = modal(
    asked("to", "Channel", TO),
    asked("note", "A word of yours", NOTE, hint=words("Above.")),
    asked("who", "Who has to act", {"type": "multi_users_select"}),
    asked("lang", "Language", LANGUAGES),
    asked("parts", "Parts", PARTS, optional=True),
)


async def test_a_modal_is_filled_refused_mended_and_taken(
    here: Scene, look: Look, app: App
) -> None:
    app.view = FORM
    await here.post(blocks=acts(button("Open", "open")))
    alex = await look()
    await alex.press("Open")
    await alex.sees("Share the summary")
    await alex.press("Share")  # the page itself asks for what is missing
    errors = alex.dialog.locator(".error")
    await errors.first.wait_for()
    assert await errors.count() == 3
    note = alex.dialog.get_by_label("A word of yours")
    assert await note.evaluate("each => each === document.activeElement")
    described = str(await note.get_attribute("aria-describedby")).split()
    told = [await alex.page.locator(f'[id="{each}"]').inner_text() for each in described]
    assert told == ["Please complete this required field.", "Above."]

    await alex.fill("A word of yours", "go\non")
    await alex.choose("Who has to act", "Mina Park", "Alex Reed")
    await alex.tick("한국어")
    await alex.tick("Table")
    app.answer = {"response_action": "errors", "errors": {"note": "Too short a word."}}
    await alex.press("Share")
    await alex.sees("Too short a word.")
    app.answer = {}
    app.heard.clear()
    await alex.press("Share")
    await alex.dialog.wait_for(state="detached")
    values = await app.submitted()
    assert values["to"]["selected_conversation"] == here.channel.id
    assert values["note"]["value"] == "go\non"
    assert values["who"]["selected_users"] == [here.mina.id, here.alex.id]
    assert values["lang"]["selected_option"]["value"] == "한국어"
    assert [each["value"] for each in values["parts"]["selected_options"]] == ["table"]


LINE = {"type": "section", "text": words("A new line")}


async def test_a_view_that_is_updated_keeps_what_was_typed(
    here: Scene, look: Look, app: App
) -> None:
    app.view = modal(asked("note", "Note", {"type": "plain_text_input"}))
    await here.post(blocks=acts(button("Open", "open")))
    alex = await look()
    await alex.press("Open")
    await alex.press("Share")
    await alex.dialog.locator(".error").wait_for()
    field = alex.dialog.get_by_label("Note")
    await field.press_sequentially("half a wo")
    (view,) = here.workspace.views
    changed = modal(LINE, *app.view["blocks"], title="Another title")
    await here.client.views_update(view_id=view, view=changed)
    await alex.sees("A new line")
    assert await alex.dialog.locator(".error").count() == 0
    await alex.page.keyboard.type("rd")  # the focus never left the field
    assert await field.input_value() == "half a word"
    await alex.press("Cancel")
    await alex.dialog.wait_for(state="detached")
    assert not here.workspace.views


async def test_a_pushed_view_lies_on_top_and_leads_back(here: Scene, look: Look, app: App) -> None:
    app.view = modal(asked("note", "Note", {"type": "plain_text_input"}))
    app.answer = {"response_action": "push", "view": modal(LINE, title="Second")}
    await here.post(blocks=acts(button("Open", "open")))
    alex = await look()
    await alex.press("Open")
    await alex.fill("Note", "kept")
    await alex.press("Share")
    second = await alex.sees("Second")
    assert await second.evaluate("each => each.matches(':modal')")
    await alex.press("Cancel")
    await second.wait_for(state="detached")
    assert await alex.dialog.get_by_label("Note").input_value() == "kept"
