"""The door of the Web API: encodings, tokens, scopes, rates, and the log of calls."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.demo.workspace.clock import ManualClock
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import Scene, manifest_without, scene


async def ask(here: Scene, method: str, token: str = "", **how: Any) -> dict[str, Any]:
    """One plain request, as no SDK would send it."""
    headers = how.pop("headers", {})
    if token:
        headers["Authorization"] = f"Bearer {token}"
    async with aiohttp.ClientSession() as http:
        url = here.running.api_url + method
        async with http.request(how.pop("verb", "POST"), url, headers=headers, **how) as response:
            found: dict[str, Any] = await response.json()
            return found


async def test_the_same_arguments_are_read_from_every_encoding(here: Scene) -> None:
    said = {"channel": here.channel.id, "text": "hello"}
    token = here.tokens.bot
    form = aiohttp.FormData(said)
    form.add_field("unused", b"x", filename="x.txt")  # which makes it multipart
    for how in (
        {"data": form},
        {"json": said},
        {"data": said},
        {"params": said},
        {"data": {**said, "token": token}, "bare": True},
        {"verb": "GET", "params": said},
    ):
        bare = how.pop("bare", False)
        answer = await ask(here, "chat.postMessage", "" if bare else token, **how)
        assert answer["ok"], (how, answer)
    listed = {**said, "blocks": json.dumps([{"type": "divider"}])}
    answer = await ask(here, "chat.postMessage", token, data=listed)
    assert answer["message"]["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "invalid_json"), (b"[]", "json_not_object")],
)
async def test_a_broken_json_body_is_named(here: Scene, body: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await ask(here, "auth.test", here.tokens.bot, data=body, headers=headers)
    assert answer == {"ok": False, "error": code}


async def test_each_wrong_token_is_refused_in_its_own_words(here: Scene) -> None:
    assert (await ask(here, "auth.test"))["error"] == "not_authed"
    assert (await ask(here, "auth.test", "xoxb-1-2-3"))["error"] == "invalid_auth"
    wrong = await ask(here, "auth.test", here.tokens.app)
    assert wrong["error"] == "not_allowed_token_type"
    wrong = await ask(here, "apps.connections.open", here.tokens.bot)
    assert wrong["error"] == "not_allowed_token_type"
    in_the_address = await ask(here, "auth.test", params={"token": here.tokens.bot})
    assert in_the_address["error"] == "not_authed"


async def test_an_unknown_method_is_named(here: Scene) -> None:
    answer = await ask(here, "chat.shout", here.tokens.bot)
    assert answer == {"ok": False, "error": "unknown_method", "req_method": "chat.shout"}


NEEDED = [
    ("chat.postMessage", {"text": "x"}, "chat:write"),
    ("chat.update", {"text": "x", "ts": "1.0"}, "chat:write"),
    ("conversations.info", {}, "channels:read"),
    ("conversations.members", {}, "channels:read"),
    ("conversations.history", {}, "channels:history"),
    ("conversations.replies", {"ts": "1.0"}, "channels:history"),
    ("conversations.create", {"name": "new"}, "channels:manage"),
    ("conversations.create", {"name": "new", "is_private": "1"}, "groups:write"),
    ("conversations.invite", {"users": "U1"}, "channels:manage"),
    ("conversations.open", {"users": "USLACKBOT"}, "im:write"),
    ("users.info", {"user": "USLACKBOT"}, "users:read"),
    ("users.list", {}, "users:read"),
    ("usergroups.list", {}, "usergroups:read"),
    ("usergroups.users.list", {"usergroup": "S1"}, "usergroups:read"),
    ("files.getUploadURLExternal", {"filename": "a", "length": "1"}, "files:write"),
    ("files.completeUploadExternal", {"files": "[]"}, "files:write"),
    ("reactions.add", {"name": "eyes", "timestamp": "1.0"}, "reactions:write"),
    ("pins.add", {"timestamp": "1.0"}, "pins:write"),
    ("bookmarks.add", {"title": "t", "type": "link"}, "bookmarks:write"),
]


@pytest.mark.parametrize(("method", "args", "scope"), NEEDED)
async def test_each_method_needs_its_scope(method: str, args: dict[str, str], scope: str) -> None:
    here = await scene(Workspace(rates=Rates.roomy()), manifest_without(scope))
    arguments = {"channel": here.channel.id, "channel_id": here.channel.id, **args}
    answer = await ask(here, method, here.tokens.bot, data=arguments)
    await here.running.close()
    assert answer["error"] == "missing_scope"
    assert scope in answer["needed"].split(",")
    assert scope not in answer["provided"].split(",")


async def test_the_scopes_are_in_the_headers_as_the_sdk_reads_them(here: Scene) -> None:
    answer = await here.client().auth_test()
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")
    assert answer["user_id"] == here.workspace.installed().bot_user


async def test_a_channel_takes_a_burst_and_then_a_message_a_second() -> None:
    clock = ManualClock()
    here = await scene(Workspace(clock=clock))
    client = here.client()
    other = here.workspace.add_channel("other")
    for _ in range(5):
        await client.chat_postMessage(channel=here.channel.id, text="x")
    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=here.channel.id, text="x")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    assert refused.value.response["error"] == "ratelimited"
    await client.chat_postMessage(channel=other.id, text="x")
    await clock.advance(1)
    await client.chat_postMessage(channel=here.channel.id, text="x")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel=here.channel.id, text="x")
    await here.running.close()
    assert len(here.channel.messages) == 6


async def test_updates_are_fifty_a_minute_in_the_whole_workspace() -> None:
    clock = ManualClock()
    here = await scene(Workspace(clock=clock))
    client = here.client()
    other = here.workspace.add_channel("other")
    posted = [
        (channel.id, (await client.chat_postMessage(channel=channel.id, text="x"))["ts"])
        for channel in (here.channel, other)
    ]
    for n in range(50):
        channel, ts = posted[n % 2]
        await client.chat_update(channel=channel, ts=ts, text=f"{n}")
    for channel, ts in posted:
        with pytest.raises(SlackApiError) as refused:
            await client.chat_update(channel=channel, ts=ts, text="over")
        assert refused.value.response.headers["Retry-After"] == "2"
    await clock.advance(60)
    await client.chat_update(channel=posted[0][0], ts=posted[0][1], text="later")
    await here.running.close()


@pytest.mark.parametrize(
    ("tier", "burst", "wait"),
    [
        ("tier1", 20, 3),
        ("tier2", 20, 3),
        ("tier3", 50, 2),
        ("tier4", 100, 1),
        ("special", 300, 1),
        ("posts", 5, 1),
    ],
)
def test_a_tier_takes_its_burst_and_names_the_wait(tier: str, burst: int, wait: int) -> None:
    rates = Rates()
    assert {rates.take(tier, "m", "C1", 0) for _ in range(burst)} == {None}
    assert rates.take(tier, "m", "C1", 0) == wait
    assert rates.take(tier, "other", "C1", 0) is None
    assert rates.take(tier, "m", "C1", wait) is None


def test_a_minute_fills_a_tier_again_and_no_longer_wait_overfills_it() -> None:
    rates = Rates()
    for now in (0, 60, 6000):
        assert {rates.take("tier3", "m", "", now) for _ in range(50)} == {None}
        assert rates.take("tier3", "m", "", now) == 2


async def test_every_call_is_in_the_log_with_its_answer_and_without_its_token(
    here: Scene,
) -> None:
    await here.client().chat_postMessage(channel=here.channel.id, text="x")
    (call,) = here.workspace.calls
    assert (call["method"], call["status"]) == ("chat.postMessage", 200)
    assert call["args"]["text"] == "x"
    assert call["answer"]["ok"]
    assert here.tokens.bot not in json.dumps(call)
