"""Socket Mode against a workspace that drops, deafens, renews and misleads (pitfall 4)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace.faults import Fault
from bot.slack.admission import NotAdmitted
from bot.slack.connection import Connection
from bot.slack.failures import SlackFailure
from bot.slack.socket import SocketMode
from tests.slack.office import FAST, Office, connected, no_proxy, office, until

__all__ = ["no_proxy"]


def lines(connection: Connection) -> int:
    assert connection.socket
    return connection.socket.opened


async def answered(place: Office, text: str) -> None:
    """A command goes through, and is heard once."""
    assert (await place.command(text))["ok"]
    assert place.heard.count(text) == 1


async def test_a_command_comes_and_is_acknowledged() -> None:
    async with office() as place, connected(place) as connection:
        await answered(place, "seoul busan")
        assert connection.trouble == ""
        assert connection.socket
        assert connection.socket.silence is not None
        assert connection.socket.silence < 5


async def test_a_dropped_socket_is_replaced() -> None:
    async with office() as place, connected(place) as connection:
        place.running.courier.sockets.drop()
        await until(lambda: lines(connection) == 2 and connection.trouble == "")
        await answered(place, "after the drop")


async def test_a_half_open_socket_is_noticed_by_its_silence() -> None:
    bounds = replace(FAST, ping=0.3)
    async with office() as place, connected(place, bounds) as connection:
        place.running.courier.sockets.half_open()
        began = time.monotonic()
        await until(lambda: lines(connection) >= 2)
        assert time.monotonic() - began < 2
        await answered(place, "after the silence")


async def test_a_socket_that_answers_nothing_above_it_is_deaf_after_its_bound() -> None:
    """The SDK's reader hangs: the socket is open, its pings are answered, and nobody reads."""
    now = [0.0]
    async with office() as place, connected(place) as connection:
        socket = connection.socket
        assert socket
        assert socket._line
        socket._clock = socket._line._clock = lambda: now[0]
        socket._line.heard_at = socket._line.opened_at = 0.0
        client = socket._line._client
        assert client.message_receiver
        hanging: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def hang(_: object) -> None:
            await hanging

        client.on_message_listeners.append(hang)
        await place.command("the last that is heard")
        assert await client.is_connected(), "to the SDK all is well"
        now[0] = FAST.deaf - 1
        await asyncio.sleep(3 * FAST.watch)
        assert lines(connection) == 1, "not before the bound"
        now[0] = 2 * FAST.deaf + 1
        await until(lambda: lines(connection) == 2)
        await answered(place, "heard again")


async def test_a_line_never_grows_old() -> None:
    """A server that forgot a line answers its pings for ever."""
    async with office() as place, connected(place, replace(FAST, old=0.3)) as connection:
        await until(lambda: lines(connection) >= 3)
        await answered(place, "on a young line")


async def test_dead_addresses_are_not_tried_twice() -> None:
    async with office() as place, connected(place, replace(FAST, connect=0.3)) as connection:
        place.running.workspace.faults.add(Fault("apps.connections.open", "dead_address", times=2))
        place.running.courier.sockets.drop()
        await until(lambda: lines(connection) == 2)
        asked = [c for c in place.running.workspace.calls if c["method"] == "apps.connections.open"]
        assert len(asked) == 4
        await answered(place, "at the living address")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("apps.connections.open", "error500", times=2),
        Fault("apps.connections.open", "reset", times=3),
        Fault("apps.connections.open", "ratelimited", times=2, seconds=1),
    ],
    ids=lambda fault: fault.do,
)
async def test_an_address_that_is_not_given_is_asked_for_again(fault: Fault) -> None:
    async with office() as place, connected(place) as connection:
        place.running.workspace.faults.add(fault)
        place.running.courier.sockets.drop()
        await until(lambda: connection.trouble)
        await until(lambda: lines(connection) == 2 and not connection.trouble)
        await answered(place, "after the trouble")


async def test_a_renewal_loses_nothing_and_doubles_nothing() -> None:
    async with office() as place, connected(place) as connection:
        sockets = place.running.courier.sockets
        place.slow = 0.05
        asked = [f"check {number}" for number in range(60)]

        async def ask(text: str, after: float) -> dict[str, Any]:
            await asyncio.sleep(after)
            return await place.command(text)

        asking = [asyncio.create_task(ask(text, 0.02 * n)) for n, text in enumerate(asked)]
        for renewal in range(3):
            await asyncio.sleep(0.2)
            links = list(sockets._links)
            await sockets._disconnect(links, "warning")
            await until(lambda wanted=renewal + 2: lines(connection) == wanted)  # type: ignore[misc]
        answers = await asyncio.gather(*asking)
        assert [answer for answer in answers if not answer["ok"]] == []
        assert sorted(place.heard) == sorted(asked)
        await until(lambda: sockets.count == 1)


async def test_what_is_in_hand_is_acknowledged_before_the_door_closes() -> None:
    async with office() as place:
        async with connected(place):
            place.slow = 0.3
            asking = asyncio.create_task(place.command("just now"))
            await asyncio.sleep(0.1)
        assert (await asking)["ok"]


async def test_a_line_that_stays_a_while_is_closed_with_the_rest() -> None:
    async with office() as place:
        sockets = place.running.courier.sockets
        async with connected(place, replace(FAST, linger=60.0)) as connection:
            await sockets._disconnect(list(sockets._links), "warning")
            await until(lambda: lines(connection) == 2)
            assert sockets.count == 2
            began = time.monotonic()
        assert time.monotonic() - began < 2
        await until(lambda: sockets.count == 0)


async def test_closing_is_bounded_where_the_other_side_never_closes() -> None:
    async with office() as place:
        async with connected(place) as connection:
            place.running.courier.sockets.half_open()
            socket = connection.socket
            assert socket
            assert socket._line
            client = socket._line._client
            began = time.monotonic()
        assert time.monotonic() - began < 3
        await until(
            lambda: client.message_processor.done() and client.aiohttp_client_session.closed
        )


async def test_a_token_that_slack_does_not_know_says_what_to_mend() -> None:
    async with office() as place:
        place.tokens = replace(place.tokens, app="xapp-1-wrong")
        with pytest.raises(NotAdmitted, match=r"SLACK_APP_TOKEN \(invalid_auth\)"):
            async with connected(place):
                pass


# --- a server that opens sockets and never says hello -------------------------------------


@asynccontextmanager
async def mute_slack(mute: list[bool]) -> AsyncIterator[str]:
    """A Slack whose sockets say hello only where `mute` is empty; its base address."""

    async def give(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": f"http://{request.host}/link"})

    async def link(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if not mute:
            await socket.send_json({"type": "hello"})
        async for _ in socket:
            pass
        return socket

    app = web.Application()
    app.add_routes([web.post("/api/apps.connections.open", give), web.get("/link", link)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/api/"
    finally:
        await runner.cleanup()


async def test_a_socket_without_a_hello_is_not_a_connection() -> None:
    mute = [True]

    async def authorize() -> AuthorizeResult:
        raise AssertionError("nothing comes")

    async with mute_slack(mute) as base_url:
        app = AsyncApp(
            client=AsyncWebClient(base_url=base_url),
            authorize=authorize,
            request_verification_enabled=False,
        )
        socket = SocketMode(app, "xapp-1", replace(FAST, connect=0.3))
        with pytest.raises(SlackFailure):
            await socket.open()
        assert "not connected" in socket.trouble
        mute.clear()
        await socket.open()
        assert socket.trouble == ""
        await socket.close(2.0)
