"""The connection: who we are, what comes in, and what becomes of a listener that fails."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import time
from collections.abc import MutableMapping
from dataclasses import replace
from typing import Any

import pytest
import structlog
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.signature import SignatureVerifier

from bot import logs
from bot.demo.workspace.deliveries import signature
from bot.demo.workspace.faults import Fault
from bot.secrets import SlackTokens
from bot.slack import connection as connections
from bot.slack.admission import NotAdmitted
from bot.slack.connection import SCOPES, Connection, connect
from bot.slack.guard import ids
from bot.web import _is_slacks, web_app
from storage.errors import StoreError
from tests.slack.office import FAST, Office, connected, no_proxy, office, running, until

__all__ = ["no_proxy"]

FULL_DISK = StoreError("the disk is full")


def calls(place: Office, method: str) -> list[dict[str, Any]]:
    return [call for call in place.running.workspace.calls if call["method"] == method]


# --- who we are ---------------------------------------------------------------------------


async def test_slack_says_once_who_we_are() -> None:
    """No request waits for auth.test (pitfall 3)."""
    async with office() as place, connected(place) as connection:
        identity = await connection.authorised()
        app = place.running.workspace.installed()
        assert (identity.bot_id, identity.bot_user_id) == (app.bot_id, app.bot_user)
        assert identity.team_id == place.running.workspace.team_id
        assert identity.scopes == SCOPES
        for number in range(3):
            await place.command(str(number))
        assert len(calls(place, "auth.test")) == 1


async def test_a_permalink_is_slacks_own() -> None:
    async with office() as place, connected(place) as connection:
        identity = await connection.authorised()
        root = await connection.client.chat_postMessage(channel=place.channel.id, text="root")
        reply = await connection.client.chat_postMessage(
            channel=place.channel.id, text="reply", thread_ts=root["ts"]
        )
        for ts, thread in ((root["ts"], None), (reply["ts"], root["ts"])):
            theirs = await connection.client.chat_getPermalink(
                channel=place.channel.id, message_ts=ts
            )
            assert identity.permalink(place.channel.id, ts, thread) == theirs["permalink"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("auth.test", "error500", times=2),
        Fault("auth.test", "reset", times=2),
        Fault("auth.test", "ratelimited", times=2, seconds=1),
    ],
    ids=lambda fault: fault.do,
)
async def test_where_slack_is_down_at_the_start_it_is_tried_on(fault: Fault) -> None:
    async with office() as place:
        place.running.workspace.faults.add(fault)
        async with connected(place) as connection:
            assert connection.trouble
            await until(lambda: not connection.trouble)
            assert (await place.command("now"))["ok"]


async def test_a_slack_that_hangs_does_not_keep_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_FIRST_TRY_SECONDS", 0.2)
    async with office() as place:
        place.running.workspace.faults.add(Fault("auth.test", "hang", seconds=3))
        began = time.monotonic()
        async with connected(place) as connection:
            assert time.monotonic() - began < 1
            await until(lambda: not connection.trouble)


async def test_one_session_is_shared_and_the_callers_client_retries_nothing() -> None:
    async with office() as place, connected(place) as connection:
        assert connection.client.session is connection.app.client.session
        assert connection.client.retry_handlers == []
        place.running.workspace.faults.add(Fault("chat.postMessage", "ratelimited"))
        with pytest.raises(Exception, match="ratelimited"):
            await connection.client.chat_postMessage(channel=place.channel.id, text="x")
        assert len(calls(place, "chat.postMessage")) == 1


@pytest.mark.parametrize(
    ("bot", "words"),
    [("xoxb-wrong", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_a_refused_token_names_its_variable_and_not_its_value(bot: str, words: str) -> None:
    async with office() as place, connections.session() as http:
        token = place.tokens.app if bot == "app" else bot
        with pytest.raises(NotAdmitted, match=rf"SLACK_BOT_TOKEN.*\({words}\)") as refused:
            await connect(replace(place.slack, bot=token), http, place.register, FAST)
        assert token not in str(refused.value)


async def test_missing_scopes_are_named_in_the_log() -> None:
    async with office() as place:
        app = place.running.workspace.installed()
        app.scopes = tuple(scope for scope in app.scopes if scope != "files:write")
        with structlog.testing.capture_logs() as lines:
            async with connected(place):
                pass
        assert ["files:write"] in [line.get("missing") for line in lines]


async def test_a_proxy_is_taken_from_the_environment_as_the_sdk_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where it is dead, nothing passes, and it is said that it is the proxy."""
    proxy = "http://127.0.0.1:9"
    async with office() as place:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with connected(place) as connection:
            assert connection.client.proxy == connection.app.client.proxy == proxy
            assert "Proxy" in connection.trouble
        assert place.running.workspace.calls == []


@pytest.mark.parametrize("tty", [True, False])
async def test_no_token_is_ever_logged(tty: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: tty)
    handlers, level = logging.root.handlers[:], logging.root.level
    logs.to_stderr(written)
    try:
        async with office() as place, connected(place):
            secrets = (place.tokens.bot, place.tokens.app, place.tokens.signing_secret)
            place.fails = [RuntimeError(f"it holds {place.tokens.bot} and {place.slack}")]
            await place.command("x")
            logging.getLogger("slack_sdk").warning("with %s", place.tokens.app)
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.reset_defaults()
    assert "a listener failed" in written.getvalue()
    assert [secret for secret in secrets if secret in written.getvalue()] == []


# --- a listener that fails ----------------------------------------------------------------


async def test_what_fails_after_the_ack_does_not_erase_it() -> None:
    """Pitfall 1: within about 10 ms, bolt's own way would answer nothing at all."""
    async with office() as place, connected(place):
        place.fails_after_ack = RuntimeError("a bug of ours")
        with structlog.testing.capture_logs() as lines:
            answer = await place.command("seoul busan")
        assert answer["ok"]
        assert place.heard == ["seoul busan"]
        assert place.running.workspace.ephemerals == [], "it was kept, and nothing else is said"
        failure = next(line for line in lines if line["event"] == "a listener failed")
        assert failure["user"] == place.person.id
        assert failure["channel"] == place.channel.id
        assert failure["acked"] is True
        assert "seoul" not in json.dumps(failure, default=str)


async def test_a_command_that_could_not_be_kept_says_so_privately() -> None:
    async with office() as place, connected(place):
        place.fails = [FULL_DISK]
        assert (await place.command("seoul busan"))["ok"]
        said = place.running.workspace.ephemerals
        assert ["could not write down" in message["text"] for message in said] == [True]
        assert place.heard == []


async def test_a_shortcut_that_could_not_be_kept_says_so_privately() -> None:
    async with office() as place, connected(place):
        place.fails = [FULL_DISK]
        person = place.running.person(place.person.id)
        root = await person.type(place.channel.id, "seoul busan again")
        answer = await person.shortcut("replcheck_message", place.channel.id, root["ts"])
        assert answer["ok"]
        said = place.running.workspace.ephemerals
        assert ["could not write down" in message["text"] for message in said] == [True]


async def test_a_press_that_could_not_be_kept_says_so_privately() -> None:
    button = {"type": "button", "action_id": "press", "text": {"type": "plain_text", "text": "x"}}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    async with office() as place, connected(place) as connection:
        channel = place.channel.id
        root = await connection.client.chat_postMessage(channel=channel, text="x", blocks=blocks)
        place.fails = [FULL_DISK]
        person = place.running.person(place.person.id)
        assert (await person.press(channel, root["ts"], "b", "press"))["ok"]
        said = place.running.workspace.ephemerals
        assert ["could not write down" in message["text"] for message in said] == [True]


async def test_a_dialog_that_could_not_be_kept_stays_open_and_says_so() -> None:
    title = {"type": "plain_text", "text": "x"}
    field = {"type": "plain_text_input", "action_id": "a"}
    view = {
        "type": "modal",
        "callback_id": "dialog",
        "title": title,
        "submit": title,
        "blocks": [{"type": "input", "block_id": "b", "label": title, "element": field}],
    }
    async with office() as place, connected(place) as connection:
        await place.command("open")
        opened = await connection.client.views_open(trigger_id=place.trigger, view=view)
        place.fails = [FULL_DISK]
        typed = {"b": {"a": {"type": "plain_text_input", "value": "words"}}}
        person = place.running.person(place.person.id)
        answer = await person.submit(opened["view"]["id"], typed)
        assert "could not write down" in answer["errors"]["b"]


async def test_an_event_that_could_not_be_kept_is_delivered_again() -> None:
    """First on disk, then acknowledged (law 8): bolt alone would have acknowledged it first."""
    async with office() as place, connected(place):
        place.running.workspace.ack_seconds = 0.5
        place.fails = [FULL_DISK]
        await place.mention("seoul busan")
        await until(lambda: place.heard)
        assert len(place.running.workspace.deliveries) == 2


def test_what_is_logged_of_a_request_is_never_what_was_typed() -> None:
    body = {
        "type": "block_actions",
        "user": {"id": "U1", "name": "mina"},
        "channel": {"id": "C1"},
        "team": {"id": "T1"},
        "actions": [{"action_id": "stop", "value": "typed"}],
        "message": {"text": "typed"},
        "response_url": "https://hooks.slack.com/actions/T1/1/typed",
    }
    found = ids(body)
    wanted = {"type": "block_actions", "team": "T1", "user": "U1", "channel": "C1"}
    assert found == {**wanted, "action": "stop"}


# --- Slack over HTTP ----------------------------------------------------------------------


async def none() -> dict[str, str]:
    return {}


class Http:
    """The bot's web application in HTTP mode, and a workspace that posts to it."""

    def __init__(self, place: Office, connection: Connection, client: Any) -> None:
        self.place = place
        self.connection = connection
        self.client = client

    async def post(self, body: bytes, **headers: str) -> int:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        async with self.client.post(
            "/slack/events", data=body, headers={**kind, **headers}
        ) as answer:
            return int(answer.status)

    def signed(self, body: bytes, stamp: str | None = None) -> MutableMapping[str, str]:
        stamp = stamp or str(int(time.time()))
        secret = self.connection.tokens.signing_secret
        return {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(secret, stamp, body),
        }


@pytest.fixture
async def http() -> Any:
    async with office(url="http://127.0.0.1:9/slack/events") as place, connections.session() as out:
        slack = SlackTokens(
            place.tokens.bot, "", place.tokens.signing_secret, place.running.api_url
        )
        connection = await connect(slack, out, place.register, FAST)
        async with TestClient(TestServer(web_app(connection, none))) as client:
            urls = place.running.workspace.installed().urls
            for kind in urls:
                urls[kind] = str(client.make_url("/slack/events"))
            with running(connection):
                yield Http(place, connection, client)


async def test_commands_and_events_come_over_http(http: Http) -> None:
    assert (await http.place.command("seoul busan"))["ok"]
    await http.place.mention("busan seoul")
    await until(lambda: len(http.place.heard) == 2)
    assert http.connection.trouble == ""


async def test_over_http_too_nothing_is_acknowledged_that_is_not_kept(http: Http) -> None:
    http.place.fails = [FULL_DISK]
    assert (await http.place.command("seoul busan"))["ok"]
    said = http.place.running.workspace.ephemerals
    assert ["could not write down" in message["text"] for message in said] == [True]
    http.place.fails = [FULL_DISK]
    await http.place.mention("busan seoul")
    await until(lambda: http.place.heard)
    assert len(http.place.running.workspace.deliveries) == 3


@pytest.mark.parametrize(
    "stamp",
    ["", "soon", "1e9", "-5", "٣", "9" * 5000, str(int(time.time()) - 3600), " 1", "1.5", "0x1"],
    ids=lambda stamp: stamp[:8] or "none",
)
async def test_a_time_that_is_no_time_is_unauthorised(http: Http, stamp: str) -> None:
    body = b"command=/replcheck&text=x"
    headers = {"X-Slack-Signature": signature("wrong", stamp, body)}
    if stamp.isascii():
        headers["X-Slack-Request-Timestamp"] = stamp
    assert await http.post(body, **headers) in (400, 401)  # 400: aiohttp bounds a header itself
    assert http.place.heard == []


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=300), stamp=st.text(max_size=12), mark=st.text(max_size=70))
def test_wild_signatures_are_refused_before_anything_is_parsed(
    body: bytes, stamp: str, mark: str
) -> None:
    headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": mark}
    assert _is_slacks(SignatureVerifier("s"), headers, body) is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"payload=%7B", 400),
        (b'{"type": "event_callback", "event": ' + b"[" * 3000 + b"]" * 3000 + b"}", 400),
        (b"[1, 2]", 404),
        (b"", 404),
        (b"\xff\xfe", 401),
    ],
)
async def test_signed_nonsense_is_answered_in_good_order(
    http: Http, body: bytes, status: int
) -> None:
    """Signed by a stand-in that is broken: an answer, not a crash."""
    assert await http.post(body, **http.signed(body)) == status


async def test_a_body_is_bounded(http: Http) -> None:
    body = b"x" * (1 << 21)
    assert await http.post(body, **http.signed(body)) == 413


async def test_until_slack_has_said_who_we_are_a_request_is_told_to_come_again(http: Http) -> None:
    http.connection.identity = None
    body = b"command=/replcheck&text=x"
    assert await http.post(body, **http.signed(body)) == 503


async def test_with_socket_mode_the_other_door_is_not_there() -> None:
    async with (
        office() as place,
        connected(place) as connection,
        TestClient(TestServer(web_app(connection, none))) as client,
    ):
        assert (await client.post("/slack/events", data=b"x")).status == 404


async def test_the_connection_can_be_closed_while_slack_is_down() -> None:
    async with office() as place:
        place.running.workspace.faults.add(Fault("auth.test", "error500", times=None))
        async with connected(place) as connection:
            await asyncio.sleep(0.1)
            assert connection.trouble.startswith("not authorised")
