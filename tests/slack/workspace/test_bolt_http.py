"""The same bot over signed HTTP: bolt checks the signatures that the workspace makes."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp

from bot.demo.workspace.clock import ManualClock, WallClock
from bot.demo.workspace.deliveries import signature
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import MANIFEST, Scene, scene
from tests.slack.workspace.waiting import until


@dataclass
class Bot:
    """A bolt app behind one address, with what reached that address."""

    url: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)
    seen: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    fail: int = 0


def _app(here: Scene, bot: Bot) -> AsyncApp:
    app = AsyncApp(client=here.client(), signing_secret=here.tokens.signing_secret)

    @app.command("/replcheck")
    async def _command(ack: Any, body: dict[str, Any]) -> None:
        bot.seen.append(body)
        await (ack("taken") if body["text"] else ack())

    @app.event("app_mention")
    async def _mention(body: dict[str, Any]) -> None:
        bot.seen.append(body)

    @app.action("go")
    async def _go(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        bot.seen.append(body)

    return app


async def _serve(here: Scene, bot: Bot) -> web.AppRunner:
    app = _app(here, bot)

    async def events(request: web.Request) -> web.Response:
        bot.headers.append(dict(request.headers))
        if bot.fail:
            bot.fail -= 1
            return web.Response(status=500)
        answer = await app.async_dispatch(await to_bolt_request(request))
        bot.statuses.append(answer.status)
        return await to_aiohttp_response(answer)

    server = web.Application()
    server.router.add_post("/slack/events", events)
    runner = web.AppRunner(server, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot.url = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    return runner


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def there(bot: Bot) -> AsyncIterator[Scene]:
    here = await scene(Workspace(rates=Rates.roomy()))
    runner = await _serve(here, bot)
    app = here.workspace.installed()
    app.socket_mode = False
    app.urls = dict.fromkeys(app.urls, bot.url)
    yield here
    await here.running.close()
    await runner.cleanup()


async def test_a_signed_command_is_taken_and_its_ack_shown(there: Scene, bot: Bot) -> None:
    person = there.running.person(there.mina.id)
    answer = await person.type(there.channel.id, "/replcheck seoul <busan> & more")
    assert answer["ok"], answer
    assert bot.seen[0]["text"] == "seoul &lt;busan&gt; &amp; more"
    assert there.workspace.ephemerals[0]["text"] == "taken"
    assert there.workspace.ephemerals[0]["for_user"] == there.mina.id


async def test_an_empty_ack_says_nothing(there: Scene) -> None:
    assert (await there.running.person(there.mina.id).type(there.channel.id, "/replcheck"))["ok"]
    assert there.workspace.ephemerals == []


async def test_a_wrong_signature_is_refused_by_bolt(there: Scene, bot: Bot) -> None:
    tokens = there.workspace.installed().tokens
    there.workspace.installed().tokens = type(tokens)(tokens.bot, tokens.app, "0" * 32)
    answer = await there.running.person(there.mina.id).type(there.channel.id, "/replcheck x")
    assert answer["error"] == '/replcheck failed with the error "dispatch_failed"'
    assert (bot.statuses, bot.seen) == ([401], [])


@pytest.mark.parametrize(("off", "status"), [(290, 200), (310, 401), (-310, 401)])
async def test_a_signature_is_good_for_five_minutes(
    there: Scene, bot: Bot, off: float, status: int
) -> None:
    there.workspace.clock = ManualClock(WallClock().now() + off)
    await there.running.person(there.mina.id).type(there.channel.id, "/replcheck x")
    assert bot.statuses == [status]


async def test_a_press_and_an_event_arrive(there: Scene, bot: Bot) -> None:
    button = {
        "type": "button",
        "action_id": "go",
        "text": {"type": "plain_text", "text": "Go"},
    }
    blocks = [{"type": "actions", "block_id": "acts", "elements": [button]}]
    sent = await there.client().chat_postMessage(channel=there.channel.id, text="x", blocks=blocks)
    person = there.running.person(there.mina.id)
    assert (await person.press(there.channel.id, sent["ts"], "acts", "go"))["ok"]
    await until(lambda: len(bot.seen) == 1)
    assert bot.seen[0]["type"] == "block_actions"
    await person.type(there.channel.id, "@replcheck hello")
    await until(lambda: len(bot.seen) == 2)
    assert bot.seen[1]["event"]["type"] == "app_mention"
    assert "X-Slack-Retry-Num" not in bot.headers[1]


async def test_an_event_that_fails_is_tried_again_with_its_number_and_reason(
    there: Scene, bot: Bot
) -> None:
    bot.fail = 1
    await there.running.person(there.mina.id).type(there.channel.id, "@replcheck hello")
    await until(lambda: len(bot.seen) == 1)
    assert bot.headers[1]["X-Slack-Retry-Num"] == "1"
    assert bot.headers[1]["X-Slack-Retry-Reason"] == "http_error"


async def test_a_bot_that_is_not_there_fails_the_command_alone(there: Scene) -> None:
    app = there.workspace.installed()
    app.urls = dict.fromkeys(app.urls, "http://127.0.0.1:9/")
    answer = await there.running.person(there.mina.id).type(there.channel.id, "/replcheck x")
    assert answer["error"] == '/replcheck failed with the error "dispatch_failed"'


def test_the_signature_is_slacks_own_example() -> None:
    """The worked example of Slack's page on verifying requests."""
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    made = signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body.encode())
    assert made == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


async def test_the_manifest_names_where_each_delivery_goes() -> None:
    manifest = copy.deepcopy(MANIFEST)
    manifest["settings"]["socket_mode_enabled"] = False
    manifest["settings"]["interactivity"]["request_url"] = "https://bot.example/press"
    manifest["settings"]["event_subscriptions"]["request_url"] = "https://bot.example/event"
    manifest["features"]["slash_commands"][0]["url"] = "https://bot.example/command"
    workspace = Workspace()
    workspace.install_app(manifest)
    assert workspace.installed().urls == {
        "interactive": "https://bot.example/press",
        "events_api": "https://bot.example/event",
        "slash_commands": "https://bot.example/command",
    }
    workspace.install_app(manifest, url="http://127.0.0.1:1/")
    assert set(workspace.installed().urls.values()) == {"http://127.0.0.1:1/"}


async def test_the_page_of_a_response_url_answers_over_http(there: Scene, bot: Bot) -> None:
    await there.running.person(there.mina.id).type(there.channel.id, "/replcheck")
    async with aiohttp.ClientSession() as http:
        answer = await http.post(bot.seen[0]["response_url"], json={"text": "later"})
        assert answer.status == 200
    assert there.workspace.ephemerals[0]["text"] == "later"
