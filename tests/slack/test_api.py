"""The calls that we make, on the wire; and their failures, in every shape that they come in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from socket import AF_INET, socket

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api import SlackApi
from bot.slack.failures import Busy, Down, Refused, SlackFailure, Unsure
from bot.slack.model import Attachment, Dialog, Post
from tests.slack.office import Office, office

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
POST = Post("what is said", ({"type": "section", "text": {"type": "plain_text", "text": "x"}},))
HTML = "<html><body>Server error</body></html>"
SECONDS = 0.4


@asynccontextmanager
async def api_at(url: str, token: str = "xoxb-1", team: str = "T1") -> AsyncIterator[SlackApi]:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(token, url, session=session, retry_handlers=[])
        yield SlackApi(client, team, SECONDS)


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[str]:
    """A real server, all of whose addresses answer the same."""
    app = web.Application()
    app.add_routes([web.route("*", "/{rest:.*}", handler)])
    runner = web.AppRunner(app, shutdown_timeout=0.05, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


def answers(status: int, body: str, kind: str = "application/json", **headers: str) -> Handler:
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type=kind, headers=named)

    return answer


async def hangs(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def cuts(request: web.Request) -> web.Response:
    await request.read()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def breaks_off(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "500"})
    answer.content_type = "application/json"
    await answer.prepare(request)
    await answer.write(b'{"ok": tr')
    assert request.transport is not None
    request.transport.close()
    return answer


def said(error: str) -> str:
    return f'{{"ok": false, "error": "{error}"}}'


FAILURES: dict[str, tuple[Handler, SlackFailure]] = {
    "slack says no": (answers(200, said("is_archived")), Refused("is_archived")),
    "the call is too large": (answers(413, HTML, "text/html"), Refused("http_413")),
    "429": (answers(429, said("ratelimited"), Retry_After="17"), Busy(17)),
    "429 as HTML": (answers(429, HTML, "text/html", Retry_After="17"), Busy(17)),
    "429 that says no time": (answers(429, said("ratelimited")), Busy(30)),
    "429 with a date": (answers(429, "", Retry_After="Wed, 21 Oct"), Busy(30)),
    "429 for ever": (answers(429, "", Retry_After="9" * 30), Busy(600)),
    "429 in words": (answers(200, said("rate_limited")), Busy(30)),
    "HTML 500": (answers(500, HTML, "text/html"), Unsure("http_500")),
    "text 500": (answers(500, "upstream", "text/plain"), Unsure("http_500")),
    "HTML 500 that calls itself JSON": (answers(500, HTML), Unsure("http_500")),
    "HTML 200": (answers(200, HTML, "text/html"), Unsure("http_200")),
    "text 200": (answers(200, "hello", "text/plain"), Unsure("no_answer_of_slack")),
    "JSON, but no object": (answers(200, "[1]"), Unsure("no_answer_of_slack")),
    "a proxy's 403": (answers(403, HTML, "text/html"), Unsure("http_403")),
    "slack stumbles": (answers(200, said("internal_error")), Unsure("internal_error")),
    "slack did not read it": (answers(200, said("request_timeout")), Down("request_timeout")),
    "no answer": (hangs, Unsure("TimeoutError")),
    "cut off": (cuts, Unsure("ServerDisconnectedError")),
    "broken off": (breaks_off, Unsure("ClientPayloadError")),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_a_post_that_fails_is_one_of_four(name: str) -> None:
    handler, expected = FAILURES[name]
    asked = []

    async def counted(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return await handler(request)

    async with server(counted) as url, api_at(url) as api:
        async with asyncio.timeout(SECONDS * 4):
            failure = await failure_of(api.post("C1", POST, "c1:root"))
    assert (type(failure), failure.reason) == (type(expected), expected.reason)
    if isinstance(expected, Busy):
        assert isinstance(failure, Busy)
        assert failure.retry_after == expected.retry_after
    assert asked == ["/api/chat.postMessage"], "nobody repeats what may stand already"


async def test_nobody_listens() -> None:
    with socket(AF_INET) as taken:
        taken.bind(("127.0.0.1", 0))
        async with api_at(f"http://127.0.0.1:{taken.getsockname()[1]}/api/") as api:
            failure = await failure_of(api.post("C1", POST, "c1:root"))
    assert (type(failure), failure.reason) == (Down, "ClientConnectorError")


class Nowhere(AbstractResolver):
    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        raise OSError(f"no such name: {host}:{port} {family}")

    async def close(self) -> None: ...


async def test_no_such_name() -> None:
    connector = aiohttp.TCPConnector(resolver=Nowhere())
    async with aiohttp.ClientSession(connector=connector) as session:
        client = AsyncWebClient("xoxb-1", "http://slack.invalid/", session=session)
        client.retry_handlers = []
        failure = await failure_of(SlackApi(client, "T1").post("C1", POST, "c1:root"))
    assert type(failure) is Down


async def test_a_token_that_is_refused_waits_for_a_person_and_a_channel_that_is_gone_does_not() -> (
    None
):
    assert Refused("token_revoked").waits_for_a_person
    assert not Refused("channel_not_found").waits_for_a_person


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, "used_url", Refused("used_url")),
        (404, said("expired_url"), Refused("expired_url")),
        (200, said("invalid_blocks"), Refused("invalid_blocks")),
        (429, "ratelimited", Busy(30)),
        (500, HTML, Unsure("http_500")),
    ],
)
async def test_an_answer_to_a_command_fails_in_the_same_ways(
    status: int, body: str, expected: SlackFailure
) -> None:
    async with server(answers(status, body, "text/html")) as url, api_at(url) as api:
        failure = await failure_of(api.respond(url, POST))
    assert (type(failure), failure.reason) == (type(expected), expected.reason)


@pytest.mark.parametrize(
    ("user", "foreign"),
    [
        ({"team_id": "T1"}, False),
        ({"team_id": "T2"}, True),
        ({}, True),
        ({"team_id": "T1", "is_stranger": True}, True),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T1", "T2"]}}, False),
    ],
)
async def test_who_is_of_another_organisation(user: dict[str, object], foreign: bool) -> None:
    known = {"id": "U1", "name": "kim", "locale": "fr-FR", **user}

    async def answer(request: web.Request) -> web.Response:
        assert request.query["include_locale"] == "1"
        return web.json_response({"ok": True, "user": known})

    async with server(answer) as url, api_at(url) as api:
        person = await api.person("U1")
    assert person.foreign is foreign
    assert (person.name, person.lang, person.zone) == ("kim", None, None)


@pytest.mark.parametrize(
    ("channel", "shared"),
    [
        ({"is_ext_shared": False}, False),
        ({"is_ext_shared": True}, True),
        ({"is_ext_shared": False, "is_pending_ext_shared": True}, True),
        ({}, True),
        ({"is_im": True}, False),
    ],
)
async def test_a_channel_of_which_slack_says_nothing_counts_as_shared(
    channel: dict[str, object], shared: bool
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "channel": {"id": "C1", **channel}})

    async with server(answer) as url, api_at(url) as api:
        assert (await api.room("C1")).shared is shared


# --- on the local workspace ------------------------------------------------------------------


@asynccontextmanager
async def api_in(office: Office) -> AsyncIterator[SlackApi]:
    running = office.running
    async with api_at(running.api_url, office.tokens.bot, running.workspace.team_id) as api:
        yield api


async def test_a_post_is_found_by_its_key_in_its_channel_and_in_its_thread() -> None:
    async with office() as here, api_in(here) as api:
        channel = here.channel.id
        root = await api.post(channel, POST, "c1:root")
        reply = await api.post(channel, Post("a reply"), "c1:reply", root)
        await api.edit(channel, root, Post("edited"))
        since = float(root)
        assert await api.find_said(channel, None, "c1:root", since) == root, "an edit keeps the key"
        assert await api.find_said(channel, root, "c1:reply", since) == reply
        assert await api.find_said(channel, None, "c1:reply", since) is None
        assert await api.find_said(channel, root, "c1:end", since) is None
        assert await api.find_said(channel, None, "c1:root", since + 1000) is None
        assert here.channel.messages[root]["text"] == "edited"
        assert not here.channel.messages[root]["blocks"]


async def test_a_search_reads_page_after_page() -> None:
    async with office() as here, api_in(here) as api:
        first = await api.post(here.channel.id, POST, "first")
        for n in range(450):
            await here.running.person(here.person.id).type(here.channel.id, f"chatter {n}")
        assert await api.find_said(here.channel.id, None, "first", float(first)) == first


async def test_links_do_not_unfold() -> None:
    async with office() as here, api_in(here) as api:
        await api.post(here.channel.id, POST, "c1:root")
        call = here.running.workspace.calls[-1]
        assert (call["args"]["unfurl_links"], call["args"]["unfurl_media"]) == (False, False)


async def test_a_picture_is_brought_shown_and_found_with_its_words() -> None:
    file = Attachment("path.png", "The path", b"\x89PNG", "From Seoul to Busan", "see")
    async with office() as here, api_in(here) as api:
        root = await api.post(here.channel.id, POST, "c1:root")
        file_id = await api.upload(file)
        assert await api.find_shared(here.channel.id, root, file_id, float(root)) is None
        await api.share(here.channel.id, file_id, file.title, file.comment, root)
        ts = await appears(api, here.channel.id, root, file_id)
        message = here.channel.messages[ts]
        assert message["thread_ts"] == root
        assert message["text"] == "see"
        shown = message["files"][0]
        assert (shown["title"], shown["alt_txt"]) == ("The path", "From Seoul to Busan")
        assert here.running.workspace.files[file_id].content == b"\x89PNG"


async def test_whispers_people_rooms_groups_links_and_direct_messages() -> None:
    async with office() as here, api_in(here) as api:
        workspace, channel = here.running.workspace, here.channel
        member = workspace.add_user("민아", "ko-KR", "Asia/Seoul")
        channel.members.append(member.id)
        group = workspace.add_group("oncall", [member])
        await api.whisper(channel.id, member.id, POST)
        assert [e["text"] for e in workspace.ephemerals] == [POST.text]
        person = await api.person(member.id)
        assert (person.name, person.lang, person.zone) == ("민아", "ko", "Asia/Seoul")
        assert not person.foreign
        room = await api.room(channel.id)
        assert (room.member, room.private, room.direct, room.shared) == (True, False, False, False)
        for n in range(230):
            workspace.add_channel(f"more-{n}", [member], with_app=False)
        assert len(await api.rooms()) == len(workspace.channels)
        assert await api.group_members(group.id) == (member.id,)
        direct = await api.room(await api.direct(member.id))
        assert (direct.direct, direct.member, direct.shared) == (True, True, False)
        root = await api.post(channel.id, POST, "c1:root")
        assert channel.id in await api.permalink(channel.id, root)


async def test_a_dialog_needs_a_press() -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}
    async with office() as here, api_in(here) as api:
        failure = await failure_of(api.open_dialog("1.2.3", Dialog(view)))
        assert isinstance(failure, Refused)
        failure = await failure_of(api.update_dialog("V1", Dialog(view)))
        assert isinstance(failure, Refused)


async def appears(api: SlackApi, channel: str, root: str, file_id: str) -> str:
    async with asyncio.timeout(5):
        while True:
            if ts := await api.find_shared(channel, root, file_id, float(root)):
                return ts
            await asyncio.sleep(0.02)


async def failure_of(call: Awaitable[object]) -> SlackFailure:
    with pytest.raises(SlackFailure) as caught:
        await call
    return caught.value
