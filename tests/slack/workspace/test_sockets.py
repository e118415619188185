"""Socket Mode on the wire: one-shot addresses, hello, acks, renewal, and each way to go deaf."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.demo.workspace.clock import ManualClock
from bot.demo.workspace.faults import Fault
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import Scene, scene
from tests.slack.workspace.waiting import until


class Listener:
    """A bare client of one socket, that acks what it is sent unless told not to."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, *, acks: bool = True) -> None:
        self.socket = socket
        self.acks = acks
        self.frames: list[dict[str, Any]] = []
        self.ended = False
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        async for message in self.socket:
            frame = message.json()
            self.frames.append(frame)
            if self.acks and "envelope_id" in frame:
                await self.socket.send_json({"envelope_id": frame["envelope_id"]})
        self.ended = True

    @property
    def envelopes(self) -> list[dict[str, Any]]:
        return [frame for frame in self.frames if "envelope_id" in frame]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def address(here: Scene) -> str:
    answer = await here.client().apps_connections_open(app_token=here.tokens.app)
    return str(answer["url"])


async def listen(here: Scene, http: aiohttp.ClientSession, *, acks: bool = True) -> Listener:
    patience = aiohttp.ClientWSTimeout(ws_close=0.1)
    socket = await http.ws_connect(await address(here), timeout=patience)
    listener = Listener(socket, acks=acks)
    await until(lambda: bool(listener.frames))
    return listener


async def test_an_address_serves_once(here: Scene, http: aiohttp.ClientSession) -> None:
    url = await address(here)
    async with http.ws_connect(url) as socket:
        hello = await socket.receive_json()
        assert hello["type"] == "hello"
        assert hello["connection_info"]["app_id"] == here.workspace.installed().id
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(url.replace("ticket=", "ticket=x"))


async def test_each_envelope_goes_to_one_of_several_sockets(
    here: Scene, http: aiohttp.ClientSession
) -> None:
    listeners = [await listen(here, http) for _ in range(3)]
    assert [listener.frames[0]["num_connections"] for listener in listeners] == [1, 2, 3]
    person = here.running.person(here.mina.id)
    for n in range(30):
        assert (await person.type(here.channel.id, f"/replcheck {n}"))["ok"]
    texts = [e["payload"]["text"] for listener in listeners for e in listener.envelopes]
    assert sorted(texts, key=int) == [str(n) for n in range(30)]
    assert all(listener.envelopes for listener in listeners)


async def test_the_eleventh_socket_is_refused(here: Scene, http: aiohttp.ClientSession) -> None:
    for _ in range(10):
        await listen(here, http)
    with pytest.raises(SlackApiError) as refused:
        await address(here)
    assert refused.value.response["error"] == "too_many_websockets"


async def test_a_ping_is_answered_until_the_connection_is_half_open(
    here: Scene, http: aiohttp.ClientSession
) -> None:
    socket = await http.ws_connect(await address(here), autoping=False)
    await socket.receive_json()
    await socket.ping(b"sdk-ping-pong:1")
    pong = await socket.receive(timeout=2)
    assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")
    here.running.courier.sockets.half_open()
    await asyncio.sleep(0)
    await socket.ping(b"sdk-ping-pong:2")
    with pytest.raises(asyncio.TimeoutError):
        await socket.receive(timeout=0.2)
    assert not socket.closed


async def test_nothing_arrives_on_a_half_open_socket_until_another_is_opened(
    http: aiohttp.ClientSession,
) -> None:
    here = await scene(Workspace(rates=Rates.roomy(), ack_seconds=0.1))
    deaf = await listen(here, http)
    here.running.courier.sockets.half_open()
    person = here.running.person(here.mina.id)
    answer = await person.type(here.channel.id, "/replcheck 1")
    assert answer["error"] == '/replcheck failed with the error "operation_timeout"'
    assert deaf.envelopes == []
    fresh = await listen(here, http)
    for n in range(10):
        assert (await person.type(here.channel.id, f"/replcheck {n}"))["ok"]
    assert len(fresh.envelopes) == 10
    assert not deaf.ended
    await deaf.socket.close()
    await until(lambda: here.running.courier.sockets.count == 1)
    await here.running.close()


async def test_dropped_sockets_end_at_once_and_the_waiting_command_fails(
    here: Scene, http: aiohttp.ClientSession
) -> None:
    listeners = [await listen(here, http, acks=False) for _ in range(2)]
    person = here.running.person(here.mina.id)
    waiting = asyncio.create_task(person.type(here.channel.id, "/replcheck x"))
    await until(lambda: any(listener.envelopes for listener in listeners))
    here.running.courier.sockets.drop()
    answer = await waiting
    assert answer["error"] == '/replcheck failed with the error "dispatch_failed"'
    await until(lambda: all(listener.ended for listener in listeners))
    assert here.running.courier.sockets.count == 0


async def test_a_planned_renewal_warns_then_asks_then_closes(http: aiohttp.ClientSession) -> None:
    clock = ManualClock()
    here = await scene(Workspace(clock=clock, rates=Rates.roomy()))
    listener = await listen(here, http)
    renewing = asyncio.create_task(here.running.courier.sockets.refresh())
    await until(lambda: len(listener.frames) == 2)
    assert not listener.ended
    await clock.advance(10)
    await until(lambda: listener.ended)
    await renewing
    reasons = [frame.get("reason") for frame in listener.frames]
    assert reasons == [None, "warning", "refresh_requested"]
    assert {frame["type"] for frame in listener.frames[1:]} == {"disconnect"}
    await here.running.close()


async def test_dead_addresses_are_handed_out_so_often_as_asked(
    here: Scene, http: aiohttp.ClientSession
) -> None:
    here.workspace.faults.add(Fault("apps.connections.open", "dead_address", times=2))
    for _ in range(2):
        with pytest.raises(aiohttp.ClientConnectorError):
            await http.ws_connect(await address(here))
    await listen(here, http)


async def test_a_new_socket_can_be_accepted_and_stay_silent(
    here: Scene, http: aiohttp.ClientSession
) -> None:
    here.workspace.faults.add(Fault("link", "half_open"))
    patience = aiohttp.ClientWSTimeout(ws_close=0.1)
    async with http.ws_connect(await address(here), timeout=patience) as silent:
        with pytest.raises(asyncio.TimeoutError):
            await silent.receive(timeout=0.1)
        listener = await listen(here, http)
        assert listener.frames[0]["type"] == "hello"
        assert (await here.running.person(here.mina.id).type(here.channel.id, "/replcheck x"))["ok"]


async def test_an_ack_may_carry_words_for_the_person_or_the_channel(
    here: Scene, http: aiohttp.ClientSession
) -> None:
    person = here.running.person(here.mina.id)
    listener = await listen(here, http, acks=False)
    for n, kind in enumerate(("ephemeral", "in_channel")):
        typing = asyncio.create_task(person.type(here.channel.id, "/replcheck x"))
        await until(lambda n=n: len(listener.envelopes) == n + 1)  # type: ignore[misc]
        envelope = listener.envelopes[n]
        assert envelope["accepts_response_payload"]
        said = {"text": f"taken {n}", "response_type": kind}
        ack = {"envelope_id": envelope["envelope_id"], "payload": said}
        await listener.socket.send_json(ack)
        assert (await typing)["ok"]
    assert [m["text"] for m in here.workspace.ephemerals] == ["taken 0"]
    assert [m["text"] for m in here.channel.messages.values()] == ["taken 1"]


async def test_an_unknown_ack_and_what_is_no_json_are_passed_over(
    here: Scene, http: aiohttp.ClientSession
) -> None:
    listener = await listen(here, http)
    await listener.socket.send_json({"envelope_id": "nobody's"})
    await listener.socket.send_str("{")
    await listener.socket.send_str("[]")
    assert (await here.running.person(here.mina.id).type(here.channel.id, "/replcheck x"))["ok"]


async def test_an_app_without_socket_mode_gets_no_address() -> None:
    here = await scene(Workspace(rates=Rates.roomy()))
    here.workspace.installed().socket_mode = False
    with pytest.raises(SlackApiError) as refused:
        await address(here)
    assert refused.value.response["error"] == "socket_mode_not_enabled"
    await here.running.close()
