"""Modals and the Home: stacks, updates by hash, limits, and what closing tells the app."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.demo.workspace import inputs, payloads
from tests.slack.workspace.conftest import Scene
from tests.slack.workspace.test_chat import refused
from tests.slack.workspace.test_sockets import listen
from tests.slack.workspace.waiting import until


def modal(title: str = "Title", **more: object) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": {"type": "plain_text", "text": title},
        "blocks": [{"type": "divider"}],
        **more,
    }


def trigger(here: Scene) -> str:
    return payloads.new_trigger(here.workspace, here.mina)


async def test_a_wrong_view_names_its_mistake_and_spends_no_trigger(here: Scene) -> None:
    client, one = here.client(), trigger(here)
    with pytest.raises(SlackApiError) as caught:
        await client.views_open(trigger_id=one, view=modal("t" * 25))
    assert caught.value.response["error"] == "invalid_arguments"
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    await client.views_open(trigger_id=one, view=modal("t" * 24))
    assert len(here.workspace.views) == 1


async def test_an_update_with_an_old_hash_is_a_conflict(here: Scene) -> None:
    client = here.client()
    opened = (await client.views_open(trigger_id=trigger(here), view=modal()))["view"]
    args = {"view_id": opened["id"], "hash": opened["hash"]}
    await client.views_update(**args, view=modal("New"))
    assert await refused(client.views_update(**args, view=modal())) == "hash_conflict"
    assert await refused(client.views_update(view_id="V0", view=modal())) == "not_found"
    view = here.workspace.views[opened["id"]]
    assert view.definition["title"]["text"] == "New"


async def test_three_modals_are_a_stack_and_a_fourth_is_refused(here: Scene) -> None:
    client = here.client()
    assert await refused(client.views_push(trigger_id=trigger(here), view=modal())) == "not_found"
    first = (await client.views_open(trigger_id=trigger(here), view=modal()))["view"]
    await client.views_push(trigger_id=trigger(here), view=modal())
    third = (await client.views_push(trigger_id=trigger(here), view=modal()))["view"]
    assert third["root_view_id"] == first["id"]
    over = client.views_push(trigger_id=trigger(here), view=modal())
    assert await refused(over) == "push_limit_reached"


async def test_an_external_id_names_one_view(here: Scene) -> None:
    client = here.client()
    view = modal(external_id="c12:evidence")
    await client.views_open(trigger_id=trigger(here), view=view)
    again = client.views_open(trigger_id=trigger(here), view=view)
    assert await refused(again) == "duplicate_external_id"
    updated = modal("New", external_id="c12:evidence")
    await client.views_update(external_id="c12:evidence", view=updated)


async def test_closing_is_told_where_the_app_wants_to_know(here: Scene) -> None:
    client = here.client()
    person = here.running.person(here.mina.id)
    async with aiohttp.ClientSession() as http:
        listener = await listen(here, http)
        for wants in (False, True):
            view = modal(notify_on_close=wants, private_metadata="c12")
            opened = (await client.views_open(trigger_id=trigger(here), view=view))["view"]
            assert person.dismiss(opened["id"]) == {"ok": True}
        await until(lambda: bool(listener.envelopes))
        (envelope,) = listener.envelopes
    payload = envelope["payload"]
    assert (payload["type"], payload["is_cleared"]) == ("view_closed", False)
    assert payload["view"]["private_metadata"] == "c12"
    assert here.workspace.views == {}


async def test_a_home_is_published_for_one_person(here: Scene) -> None:
    client = here.client()
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    await client.views_publish(user_id=here.mina.id, view=home)
    assert list(here.workspace.homes) == [here.mina.id]
    wrong = client.views_publish(user_id=here.mina.id, view=modal())
    assert await refused(wrong) == "invalid_arguments"


def test_a_choice_takes_the_shape_of_the_elements_state() -> None:
    option = {"text": {"type": "plain_text", "text": "Busan"}, "value": "busan"}
    element = {"type": "static_select", "action_id": "far", "options": [option]}
    state = {"type": "static_select", "selected_option": option}
    assert inputs.chosen(element, "busan") == state
    assert inputs.chosen(element, option) == state
    assert inputs.chosen(element, {"selected_option": option}) == state
    people = {"type": "users_select", "action_id": "who"}
    assert inputs.chosen(people, "U1") == {"type": "users_select", "selected_user": "U1"}
    boxes = {"type": "checkboxes", "action_id": "b", "options": [option]}
    assert inputs.chosen(boxes, ["busan"])["selected_options"] == [option]


def test_slacks_window_refuses_what_the_app_never_sees() -> None:
    element = {"type": "plain_text_input", "action_id": "t", "min_length": 3, "max_length": 5}
    block = {"type": "input", "block_id": "b", "element": element}

    def errors(value: str | None, **more: object) -> dict[str, str]:
        blocks = [{**block, **more}]
        return inputs.refused(blocks, inputs.merged(blocks, {"b": {"t": {"value": value}}}))

    assert errors(None) == {"b": inputs.REQUIRED}
    assert errors(None, optional=True) == {}
    assert errors("ab") == {"b": "At least 3 characters."}
    assert errors("abc") == errors("abcde") == {}
    assert errors("abcdef") == {"b": "At most 5 characters."}
