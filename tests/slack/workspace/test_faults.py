"""Each fault of the Web API and of deliveries, as a client meets it."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.demo.workspace import payloads
from bot.demo.workspace.clock import ManualClock
from bot.demo.workspace.faults import Deed, Fault
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import Scene, scene
from tests.slack.workspace.test_sockets import listen
from tests.slack.workspace.waiting import until


async def post(here: Scene, *, patience: float = 1) -> Any:
    """One message; the SDK's own retry is left out, so that a fault is met once."""
    client: Any = here.client()
    client.retry_handlers = []
    client.timeout = patience
    return await client.chat_postMessage(channel=here.channel.id, text="x")


async def test_a_429_names_when_to_try_again_and_nothing_is_posted(here: Scene) -> None:
    here.workspace.faults.add(Fault("chat.*", "ratelimited", times=2, seconds=7))
    for _ in range(2):
        with pytest.raises(SlackApiError) as caught:
            await post(here)
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["Retry-After"] == "7"
    assert here.channel.messages == {}
    await post(here)
    assert len(here.channel.messages) == 1


@pytest.mark.parametrize(
    ("do", "status", "data"), [("error500", 500, dict), ("error503", 503, str)]
)
async def test_a_servers_error_reaches_the_sdk_as_no_answer_of_slacks(
    here: Scene, do: Deed, status: int, data: type
) -> None:
    """facts/slack.md, pitfall 7: of HTML the SDK keeps nothing, of plain text a `str`."""
    here.workspace.faults.add(Fault("chat.postMessage", do))
    with pytest.raises(SlackApiError) as caught:
        await post(here)
    assert caught.value.response.status_code == status
    assert type(caught.value.response.data) is data
    assert here.channel.messages == {}


async def test_a_hang_holds_the_call_and_then_lets_it_pass() -> None:
    clock = ManualClock()
    here = await scene(Workspace(clock=clock, rates=Rates.roomy()))
    here.workspace.faults.add(Fault("chat.postMessage", "hang", seconds=0.5))
    posting = asyncio.create_task(post(here))
    await until(lambda: bool(here.workspace.calls))
    assert here.channel.messages == {}
    await clock.advance(0.5)
    assert (await posting)["ok"]
    await here.running.close()


async def test_a_call_that_was_carried_out_can_be_left_without_an_answer(here: Scene) -> None:
    here.workspace.faults.add(Fault("chat.postMessage", "hang", seconds=60, after=True))
    with pytest.raises(TimeoutError):
        await post(here, patience=0.2)
    assert len(here.channel.messages) == 1
    assert here.workspace.calls[0]["answer"]["ok"]


async def test_a_call_that_was_given_up_can_be_carried_out_later() -> None:
    clock = ManualClock()
    here = await scene(Workspace(clock=clock, rates=Rates.roomy()))
    here.workspace.faults.add(Fault("chat.postMessage", "hang", seconds=30))
    with pytest.raises(TimeoutError):
        await post(here, patience=0.2)
    assert here.channel.messages == {}
    await clock.advance(30)
    await until(lambda: len(here.channel.messages) == 1)
    await here.running.close()


@pytest.mark.parametrize(("after", "posted"), [(False, 0), (True, 1)])
async def test_a_reset_cuts_the_connection_before_or_after(
    here: Scene, after: bool, posted: int
) -> None:
    here.workspace.faults.add(Fault("chat.postMessage", "reset", after=after))
    with pytest.raises(aiohttp.ClientConnectionError):
        await post(here)
    assert len(here.channel.messages) == posted


async def test_uploads_and_response_urls_fail_on_request_too(here: Scene) -> None:
    here.workspace.faults.add(
        Fault("upload", "error500"), Fault("response_url", "ratelimited", seconds=3)
    )
    made = await here.client().files_getUploadURLExternal(filename="a.txt", length=3)
    url = payloads.new_response_url(here.workspace, here.mina, here.channel)
    async with aiohttp.ClientSession() as http:
        assert (await http.post(made["upload_url"], data=b"abc")).status == 500
        assert (await http.post(made["upload_url"], data=b"abc")).status == 200
        busy = await http.post(url, json={"text": "x"})
        assert (busy.status, busy.headers["Retry-After"]) == (429, "3")
        assert (await http.post(url, json={"text": "x"})).status == 200
    assert [m["text"] for m in here.workspace.ephemerals] == ["x"]
    named = [call["method"] for call in here.workspace.calls[1:]]
    assert named == ["upload", "upload", "response_url", "response_url"]


async def test_a_glob_hits_its_methods_alone(here: Scene) -> None:
    here.workspace.faults.add(Fault("conversations.*", "error500", times=None))
    await post(here)
    with pytest.raises(SlackApiError):
        await here.client().conversations_info(channel=here.channel.id)


async def test_the_same_seed_makes_the_same_faults() -> None:
    async def run(seed: int) -> list[bool]:
        here = await scene(Workspace(rates=Rates.roomy(), seed=1))
        here.workspace.faults.add(Fault("chat.*", "error500", times=None, chance=0.5))
        here.workspace.faults.seed(seed)
        struck = []
        for _ in range(20):
            try:
                await post(here)
            except SlackApiError:
                struck.append(True)
            else:
                struck.append(False)
        await here.running.close()
        return struck

    first, again, other = await run(7), await run(7), await run(8)
    assert first == again != other
    assert 0 < sum(first) < 20


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    wrong: Any = "explode"
    with pytest.raises(ValueError, match="no such fault: explode; there are ratelimited"):
        Fault("chat.*", wrong)


async def deliver(here: Scene, http: aiohttp.ClientSession, on: str, do: Deed) -> list[Any]:
    """A mention's envelopes, under one fault of deliveries."""
    here.workspace.faults.add(Fault(on, do, seconds=0))
    listener = await listen(here, http)
    await here.running.person(here.mina.id).type(here.channel.id, "@replcheck hello")
    await until(lambda: len(listener.envelopes) == 2)
    return listener.envelopes


async def test_a_repeated_delivery_is_the_same_to_the_letter(here: Scene) -> None:
    async with aiohttp.ClientSession() as http:
        first, again = await deliver(here, http, "event:app_mention", "repeat")
        assert first == again


async def test_an_event_whose_ack_is_lost_is_tried_again_under_its_id(here: Scene) -> None:
    async with aiohttp.ClientSession() as http:
        first, again = await deliver(here, http, "events_api", "lost_ack")
        assert first["payload"] == again["payload"]
        assert (again["retry_attempt"], again["retry_reason"]) == (1, "timeout")


async def test_a_command_whose_ack_is_lost_fails_for_the_person_alone(here: Scene) -> None:
    here.workspace.faults.add(Fault("slash_commands", "lost_ack"))
    async with aiohttp.ClientSession() as http:
        listener = await listen(here, http)
        answer = await here.running.person(here.mina.id).type(here.channel.id, "/replcheck x")
        assert answer["error"] == '/replcheck failed with the error "operation_timeout"'
        assert len(listener.envelopes) == 1


async def test_a_repeat_comes_on_the_connection_there_is_then(here: Scene) -> None:
    here.workspace.faults.add(Fault("slash_commands", "repeat", seconds=0.2))
    async with aiohttp.ClientSession() as http:
        first = await listen(here, http)
        await here.running.person(here.mina.id).type(here.channel.id, "/replcheck x")
        here.running.courier.sockets.drop()
        await until(lambda: first.ended)
        second = await listen(here, http)
        await until(lambda: bool(second.envelopes))
        assert first.envelopes == second.envelopes
