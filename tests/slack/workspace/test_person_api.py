"""The people's API over HTTP, as the page and other tests use it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.demo.workspace.server import start
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import Scene
from tests.slack.workspace.test_sockets import Listener, listen
from tests.slack.workspace.waiting import until

BUTTON = {
    "type": "button",
    "action_id": "stop",
    "value": "c12",
    "text": {"type": "plain_text", "text": "Stop"},
}
MENU = {
    "type": "static_select",
    "action_id": "where",
    "options": [{"text": {"type": "plain_text", "text": "Busan"}, "value": "busan"}],
}
BLOCKS = [{"type": "actions", "block_id": "acts", "elements": [BUTTON, MENU]}]


class Browser:
    """One person's requests."""

    def __init__(self, http: aiohttp.ClientSession, url: str, user: str) -> None:
        self._http, self._url, self._user = http, url, user

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        url = f"{self._url}/_/{path}"
        async with self._http.get(url, params={"as": self._user, **query}) as response:
            found: dict[str, Any] = await response.json()
            return found

    async def post(self, path: str, **body: object) -> dict[str, Any]:
        url = f"{self._url}/_/{path}"
        async with self._http.post(url, json={"as": self._user, **body}) as response:
            found: dict[str, Any] = await response.json()
            return found


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def mina(here: Scene, http: aiohttp.ClientSession) -> Browser:
    return Browser(http, here.running.url, here.mina.id)


@pytest.fixture
async def listener(here: Scene, http: aiohttp.ClientSession) -> Listener:
    return await listen(here, http)


async def test_a_person_sees_their_channels_messages_and_threads(
    here: Scene, mina: Browser
) -> None:
    here.workspace.add_channel("not-mine", [here.alex])
    client = here.client()
    root = (await client.chat_postMessage(channel=here.channel.id, text="root"))["ts"]
    await client.chat_postMessage(channel=here.channel.id, text="reply", thread_ts=root)
    await client.chat_postEphemeral(channel=here.channel.id, user=here.mina.id, text="psst")
    await client.chat_postEphemeral(channel=here.channel.id, user=here.alex.id, text="other")
    state = await mina.get("state", channel=here.channel.id)
    assert state["me"]["locale"] == "ko-KR"
    assert [c["name"] for c in state["channels"]] == ["backup-incidents"]
    assert [(m["text"], m["reply_count"]) for m in state["messages"]] == [("root", 1)]
    assert [m["text"] for m in state["threads"][root]] == ["root", "reply"]
    assert [m["text"] for m in state["ephemerals"]] == ["psst"]
    assert state["commands"][0]["usage_hint"] == "NEAR FAR"
    assert state["shortcuts"][0]["callback_id"] == "check_this"
    assert (await mina.get("state", **{"as": "U0NOBODY"}))["error"] == "user_not_found"


async def test_a_change_is_told_to_who_looks_on(
    here: Scene, mina: Browser, http: aiohttp.ClientSession
) -> None:
    url = f"{here.running.url}/_/stream"
    async with http.get(url, params={"as": here.mina.id}) as stream:
        assert stream.content_type == "text/event-stream"
        first = json.loads((await stream.content.readuntil(b"\n\n"))[len(b"data: ") :])
        await mina.post("type", channel=here.channel.id, text="hello")
        then = json.loads((await stream.content.readuntil(b"\n\n"))[len(b"data: ") :])
    assert then["seq"] > first["seq"]
    assert then["channel"] == here.channel.id


async def test_a_command_tells_how_long_its_ack_took(
    here: Scene, mina: Browser, listener: Listener
) -> None:
    answer = await mina.post("type", channel=here.channel.id, text="/replcheck seoul busan")
    assert answer["ok"]
    assert 0 < answer["ms"] < 3000
    assert listener.envelopes[0]["payload"]["user_name"] == "mina.park"


async def test_commands_are_refused_in_threads_and_unknown_ones_everywhere(
    here: Scene, mina: Browser, listener: Listener
) -> None:
    root = (await mina.post("type", channel=here.channel.id, text="root"))["ts"]
    args = {"channel": here.channel.id, "text": "/replcheck x"}
    answer = await mina.post("type", **args, thread_ts=root)
    assert answer["error"] == "/replcheck is not supported in threads. Sorry!"
    args["text"] = "/repcheck x"
    assert (await mina.post("type", **args))["error"] == "/repcheck is not a valid command."
    assert listener.envelopes == []


@pytest.mark.parametrize(("kind", "name"), [("private", "privategroup"), ("im", "directmessage")])
async def test_a_command_in_a_closed_room_does_not_tell_its_name(
    here: Scene, mina: Browser, listener: Listener, kind: str, name: str
) -> None:
    room = (
        here.workspace.add_channel("secret", [here.mina], private=True)
        if kind == "private"
        else here.workspace.direct(here.mina.id)
    )
    await mina.post("type", channel=room.id, text="/replcheck x")
    payload = listener.envelopes[0]["payload"]
    assert (payload["channel_id"], payload["channel_name"]) == (room.id, name)


async def test_buttons_and_menus_are_pressed(
    here: Scene, mina: Browser, listener: Listener
) -> None:
    sent = await here.client().chat_postMessage(channel=here.channel.id, text="x", blocks=BLOCKS)
    at = {"channel": here.channel.id, "ts": sent["ts"], "block_id": "acts"}
    assert (await mina.post("press", **at, action_id="stop"))["ok"]
    assert (await mina.post("press", **at, action_id="where", selected="busan"))["ok"]
    pressed, chosen = (e["payload"] for e in listener.envelopes)
    assert pressed["actions"][0]["value"] == "c12"
    assert pressed["message"]["ts"] == sent["ts"]
    assert chosen["actions"][0]["selected_option"]["value"] == "busan"
    state = chosen["state"]["values"]["acts"]["where"]
    assert state["selected_option"]["value"] == "busan"
    assert (await mina.post("press", **at, action_id="gone"))["error"] == (
        "there is no such element"
    )


async def test_a_button_in_what_only_one_person_sees_comes_without_the_message(
    here: Scene, mina: Browser, listener: Listener
) -> None:
    sent = await here.client().chat_postEphemeral(
        channel=here.channel.id, user=here.mina.id, text="x", blocks=BLOCKS
    )
    at = {"channel": here.channel.id, "ts": sent["message_ts"], "block_id": "acts"}
    assert (await mina.post("press", **at, action_id="stop"))["ok"]
    payload = listener.envelopes[0]["payload"]
    assert payload["container"]["is_ephemeral"]
    assert "message" not in payload


@pytest.mark.parametrize(
    ("escapes", "text"),
    [
        (False, "@mina.park #backup-incidents https://a.b/c?d &lt;x&gt;"),
        (
            True,
            "<@{mina}|mina.park> <#{channel}|backup-incidents> <https://a.b/c?d> &lt;x&gt;",
        ),
    ],
)
async def test_a_command_gets_ids_where_its_manifest_says_so(
    here: Scene, mina: Browser, listener: Listener, escapes: bool, text: str
) -> None:
    here.workspace.installed().commands = [{"command": "/replcheck", "should_escape": escapes}]
    typed = "/replcheck @mina.park #backup-incidents https://a.b/c?d <x>"
    await mina.post("type", channel=here.channel.id, text=typed)
    expected = text.format(mina=here.mina.id, channel=here.channel.id)
    assert listener.envelopes[0]["payload"]["text"] == expected


async def test_an_app_without_interactivity_gets_no_presses(
    here: Scene, mina: Browser, listener: Listener
) -> None:
    here.workspace.installed().interactive = False
    sent = await here.client().chat_postMessage(channel=here.channel.id, text="x", blocks=BLOCKS)
    at = {"channel": here.channel.id, "ts": sent["ts"], "block_id": "acts"}
    answer = await mina.post("press", **at, action_id="stop")
    assert answer["error"] == "This app is not configured to handle interactive responses."
    assert listener.envelopes == []


async def test_reactions_and_shortcuts(here: Scene, mina: Browser, listener: Listener) -> None:
    ts = (await mina.post("type", channel=here.channel.id, text="hello"))["ts"]
    at = {"channel": here.channel.id, "ts": ts}
    assert await mina.post("react", **at, name="eyes") == {"ok": True}
    assert (await mina.post("react", **at, name="eyes"))["error"] == "already_reacted"
    assert (await mina.post("shortcut", **at, callback_id="check_this"))["ok"]
    assert not (await mina.post("shortcut", **at, callback_id="other"))["ok"]
    await until(lambda: len(listener.envelopes) == 2)
    kinds = {(e["payload"].get("event") or e["payload"])["type"] for e in listener.envelopes}
    assert kinds == {"reaction_added", "message_action"}


async def test_nobody_acts_where_they_are_not(here: Scene, mina: Browser) -> None:
    elsewhere = here.workspace.add_channel("elsewhere", [here.alex])
    answer = await mina.post("type", channel=elsewhere.id, text="x")
    assert answer == {"ok": False, "error": "not_in_channel"}
    answer = await mina.post("type", channel="C0", text="x")
    assert answer == {"ok": False, "error": "channel_not_found"}
    assert (await mina.post("type", channel=here.channel.id))["error"] == (
        "the request has no 'text'"
    )


async def test_faults_are_set_shown_and_cleared(mina: Browser) -> None:
    fault = {"on": "chat.*", "do": "ratelimited", "times": 3, "seconds": 2}
    assert (await mina.post("faults", add=[fault], seed=7))["ok"]
    (shown,) = (await mina.get("faults"))["faults"]
    assert shown == {**fault, "chance": 1.0, "after": False}
    wrong = await mina.post("faults", add=[{"on": "x", "do": "explode"}])
    assert "no such fault" in wrong["error"]
    assert (await mina.post("faults", clear=True))["faults"] == []


@pytest.mark.parametrize("deed", ["drop", "refresh"])
async def test_sockets_are_ended_on_request(
    here: Scene, mina: Browser, listener: Listener, deed: str
) -> None:
    await mina.post("faults", sockets=deed)
    if deed == "drop":
        await until(lambda: listener.ended)
    else:
        await until(lambda: listener.frames[-1].get("reason") == "warning")
    assert here.running.courier.sockets.count == (0 if deed == "drop" else 1)


async def test_calls_and_deliveries_are_told(
    here: Scene, mina: Browser, listener: Listener
) -> None:
    await mina.post("type", channel=here.channel.id, text="/replcheck x")
    calls = (await mina.get("calls"))["calls"]
    assert [call["method"] for call in calls] == ["apps.connections.open"]
    (delivery,) = (await mina.get("deliveries"))["deliveries"]
    assert delivery["ok"]
    assert delivery["envelope_id"] == listener.envelopes[0]["envelope_id"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
async def test_it_listens_on_loopback_alone(host: str) -> None:
    with pytest.raises(ValueError, match="loopback only"):
        await start(Workspace(), host=host)


async def test_it_starts_by_itself_and_prints_what_a_bot_needs() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.demo.workspace",
        "--port",
        "0",
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(5)]
    settings = dict(line.split("=", 1) for line in lines[1:])
    async with aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {settings['SLACK_BOT_TOKEN']}"}
        url = settings["SLACK_API_URL"] + "auth.test"
        async with http.post(url, headers=headers) as response:
            assert (await response.json())["ok"]
    process.terminate()
    await process.wait()
    assert lines[0].startswith("Open http://127.0.0.1:")
