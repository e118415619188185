"""The whole driven by slack-bolt over Socket Mode: command, ack, message, press, modal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from tests.slack.workspace.conftest import Scene
from tests.slack.workspace.waiting import until

MODAL = {
    "type": "modal",
    "callback_id": "explain",
    "title": {"type": "plain_text", "text": "Explain"},
    "submit": {"type": "plain_text", "text": "Explain"},
    "blocks": [
        {
            "type": "input",
            "block_id": "log",
            "label": {"type": "plain_text", "text": "Log"},
            "element": {"type": "plain_text_input", "action_id": "text", "multiline": True},
        }
    ],
}
BUTTONS = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "seoul → busan"}},
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            {
                "type": "button",
                "action_id": "explain",
                "value": "c12",
                "text": {"type": "plain_text", "text": "Explain"},
            }
        ],
    },
]


def bolt(here: Scene, seen: list[dict[str, Any]]) -> AsyncApp:
    """A bot with one of everything, that notes down what reaches it."""
    app = AsyncApp(client=here.client(), raise_error_for_unhandled_request=True)

    @app.command("/replcheck")
    async def _command(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        seen.append(body)
        sent = await client.chat_postMessage(
            channel=body["channel_id"], text="checking", blocks=BUTTONS[:1]
        )
        await client.chat_update(
            channel=body["channel_id"], ts=sent["ts"], text="found", blocks=BUTTONS
        )

    @app.action("explain")
    async def _action(ack: Any, body: dict[str, Any], client: Any) -> None:
        await ack()
        seen.append(body)
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @app.view("explain")
    async def _view(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
        seen.append(body)
        if view["state"]["values"]["log"]["text"]["value"] == "nothing":
            await ack(response_action="errors", errors={"log": "That is no log."})
        else:
            await ack()

    _listen_beside_commands(app, seen)
    return app


def _listen_beside_commands(app: AsyncApp, seen: list[dict[str, Any]]) -> None:
    """The shortcut, the mention and the Home."""

    @app.shortcut("check_this")
    async def _shortcut(ack: Any, body: dict[str, Any], respond: Any) -> None:
        await ack()
        seen.append(body)
        await respond("taken", response_type="ephemeral")

    @app.event("app_mention")
    async def _mention(body: dict[str, Any], say: Any, event: dict[str, Any]) -> None:
        seen.append(body)
        await say("here", thread_ts=event["ts"])

    @app.event("app_home_opened")
    async def _home(event: dict[str, Any], client: Any) -> None:
        seen.append(event)
        await client.views_publish(
            user_id=event["user"], view={"type": "home", "blocks": BUTTONS[:1]}
        )


@pytest.fixture
async def seen(here: Scene) -> AsyncIterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    handler: Any = AsyncSocketModeHandler(bolt(here, found), here.tokens.app)
    await handler.connect_async()
    yield found
    await handler.close_async()


async def test_a_command_is_acked_and_answered_in_the_channel(
    here: Scene, seen: list[dict[str, Any]]
) -> None:
    answer = await here.running.person(here.mina.id).type(here.channel.id, "/replcheck seoul busan")
    assert answer["ok"], answer
    await until(lambda: any("edited" in m for m in here.channel.messages.values()))
    (message,) = here.channel.messages.values()
    assert message["text"] == "found"
    assert [block["type"] for block in message["blocks"]] == ["section", "actions"]
    assert seen[0]["text"] == "seoul busan"
    assert seen[0]["user_id"] == here.mina.id
    assert seen[0]["channel_name"] == "backup-incidents"


async def test_a_press_opens_a_modal_whose_submission_is_refused_and_then_taken(
    here: Scene, seen: list[dict[str, Any]]
) -> None:
    person = here.running.person(here.mina.id)
    await person.type(here.channel.id, "/replcheck seoul busan")
    await until(lambda: any("edited" in m for m in here.channel.messages.values()))
    (ts,) = here.channel.messages
    assert (await person.press(here.channel.id, ts, "acts", "explain"))["ok"]
    await until(lambda: bool(here.workspace.views))
    assert seen[1]["actions"][0]["value"] == "c12"
    assert seen[1]["container"]["message_ts"] == ts
    (view_id,) = here.workspace.views

    assert await person.submit(view_id, {}) == {
        "errors": {"log": "Please complete this required field."}
    }
    typed = {"log": {"text": {"type": "plain_text_input", "value": "nothing"}}}
    assert await person.submit(view_id, typed) == {"errors": {"log": "That is no log."}}
    typed["log"]["text"]["value"] = "avtar Error <5155>"
    assert (await person.submit(view_id, typed))["ok"]
    assert not here.workspace.views
    assert seen[-1]["view"]["state"]["values"] == typed


async def test_a_mention_is_answered_in_its_thread(here: Scene, seen: list[dict[str, Any]]) -> None:
    person = here.running.person(here.alex.id)
    sent = await person.type(here.channel.id, "@replcheck seoul busan & more")
    await until(lambda: len(here.channel.messages) == 2)
    root, reply = here.channel.messages.values()
    assert reply["thread_ts"] == root["ts"] == sent["ts"]
    event = seen[0]["event"]
    assert event["text"].endswith("> seoul busan &amp; more")
    assert (event["channel"], event["user"]) == (here.channel.id, here.alex.id)


async def test_a_message_shortcut_answers_privately(
    here: Scene, seen: list[dict[str, Any]]
) -> None:
    person = here.running.person(here.alex.id)
    ts = (await person.type(here.channel.id, "replication failed"))["ts"]
    assert (await person.shortcut("check_this", here.channel.id, ts))["ok"]
    await until(lambda: bool(here.workspace.ephemerals))
    assert seen[0]["message"]["text"] == "replication failed"
    assert here.workspace.ephemerals[0]["for_user"] == here.alex.id


async def test_the_home_is_published(here: Scene, seen: list[dict[str, Any]]) -> None:
    here.running.person(here.mina.id).open_home()
    await until(lambda: here.mina.id in here.workspace.homes)
    assert seen[0]["tab"] == "home"


async def test_a_command_that_nobody_hears_fails_in_slacks_words(here: Scene) -> None:
    person = here.running.person(here.mina.id)
    answer = await person.type(here.channel.id, "/replcheck seoul busan")
    assert answer == {
        "ok": False,
        "error": '/replcheck failed with the error "dispatch_failed"',
    }
