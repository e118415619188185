"""Slack's clocks, on a clock that the test moves: acks, triggers, response_urls, retries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.demo.workspace import payloads
from bot.demo.workspace.clock import ManualClock, within
from bot.demo.workspace.faults import Fault
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import Scene, scene
from tests.slack.workspace.test_sockets import Listener, listen
from tests.slack.workspace.waiting import until

MODAL: dict[str, Any] = {
    "type": "modal",
    "title": {"type": "plain_text", "text": "Title"},
    "blocks": [{"type": "divider"}],
}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def there(clock: ManualClock) -> AsyncIterator[Scene]:
    made = await scene(Workspace(clock=clock, rates=Rates.roomy()))
    yield made
    await made.running.close()


@pytest.fixture
async def listener(there: Scene) -> AsyncIterator[Listener]:
    async with aiohttp.ClientSession() as http:
        yield await listen(there, http, acks=False)


async def test_an_ack_is_in_time_before_three_seconds_and_late_after(
    there: Scene, clock: ManualClock, listener: Listener
) -> None:
    person = there.running.person(there.mina.id)
    typing = asyncio.create_task(person.type(there.channel.id, "/replcheck x"))
    await until(lambda: len(listener.envelopes) == 1)
    await clock.advance(2.9)
    assert not typing.done()
    await listener.socket.send_json({"envelope_id": listener.envelopes[0]["envelope_id"]})
    assert (await typing)["ok"]

    typing = asyncio.create_task(person.type(there.channel.id, "/replcheck x"))
    await until(lambda: len(listener.envelopes) == 2)
    await clock.advance(3)
    answer = await typing
    assert answer["error"] == '/replcheck failed with the error "operation_timeout"'


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_trigger_opens_one_modal_within_three_seconds(
    there: Scene, clock: ManualClock
) -> None:
    client = there.client()
    fresh = payloads.new_trigger(there.workspace, there.mina)
    await clock.advance(3)
    await client.views_open(trigger_id=fresh, view=MODAL)
    again = client.views_open(trigger_id=fresh, view=MODAL)
    assert await refused(again) == "exchanged_trigger_id"
    old = payloads.new_trigger(there.workspace, there.mina)
    await clock.advance(3.1)
    assert await refused(client.views_open(trigger_id=old, view=MODAL)) == "expired_trigger_id"
    unknown = client.views_open(trigger_id="1.2.3", view=MODAL)
    assert await refused(unknown) == "invalid_trigger_id"
    assert len(there.workspace.views) == 1


async def answer_to(url: str, body: dict[str, Any]) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.post(url, json=body) as response:
        return response.status, await response.text()


async def test_a_response_url_serves_five_times(there: Scene) -> None:
    url = payloads.new_response_url(there.workspace, there.mina, there.channel)
    for n in range(5):
        assert await answer_to(url, {"text": f"{n}"}) == (200, "ok")
    assert await answer_to(url, {"text": "6"}) == (404, "used_url")
    assert [m["text"] for m in there.workspace.ephemerals] == ["0", "1", "2", "3", "4"]


async def test_a_response_url_serves_for_thirty_minutes(there: Scene, clock: ManualClock) -> None:
    url = payloads.new_response_url(there.workspace, there.mina, there.channel)
    await clock.advance(30 * 60)
    assert await answer_to(url, {"text": "x", "response_type": "in_channel"}) == (200, "ok")
    await clock.advance(1)
    assert await answer_to(url, {"text": "x"}) == (404, "expired_url")
    assert len(there.channel.messages) == 1


async def test_a_response_url_takes_the_message_away_or_its_place(there: Scene) -> None:
    person = there.running.person(there.mina.id)
    ts = (await person.type(there.channel.id, "before"))["ts"]
    message = there.channel.messages[ts]
    url = payloads.new_response_url(there.workspace, there.mina, there.channel, message)
    await answer_to(url, {"text": "after", "replace_original": True})
    assert there.channel.messages[ts]["text"] == "after"
    too_long = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}
    assert await answer_to(url, {"blocks": [too_long]}) == (400, "invalid_blocks")
    await answer_to(url, {"delete_original": True})
    assert ts not in there.channel.messages


async def test_a_response_url_of_what_one_person_sees_takes_that_away(there: Scene) -> None:
    await there.client().chat_postEphemeral(
        channel=there.channel.id, user=there.mina.id, text="only you"
    )
    (message,) = there.workspace.ephemerals
    url = payloads.new_response_url(there.workspace, there.mina, there.channel, message)
    await answer_to(url, {"text": "changed", "replace_original": True})
    assert [m["text"] for m in there.workspace.ephemerals] == ["changed"]
    await answer_to(url, {"delete_original": True})
    assert there.workspace.ephemerals == []


async def test_an_event_that_is_not_acked_comes_again_at_once_after_a_minute_and_after_five(
    there: Scene, clock: ManualClock, listener: Listener
) -> None:
    await there.running.person(there.mina.id).type(there.channel.id, "@replcheck hello")
    for attempt, pause in enumerate((3, 0, 60, 300)):
        if attempt > 1:
            await clock.advance(pause - 0.5)
            assert len(listener.envelopes) == attempt
            await clock.advance(0.5)
        await until(lambda n=attempt: len(listener.envelopes) == n + 1)  # type: ignore[misc]
        await clock.advance(3)
    await clock.advance(3600)
    envelopes = listener.envelopes
    assert [e["retry_attempt"] for e in envelopes] == [0, 1, 2, 3]
    assert [e["retry_reason"] for e in envelopes] == ["", "timeout", "timeout", "timeout"]
    assert len({e["payload"]["event_id"] for e in envelopes}) == 1
    assert len({e["envelope_id"] for e in envelopes}) == 4


async def test_an_acked_event_comes_once(
    there: Scene, clock: ManualClock, listener: Listener
) -> None:
    listener.acks = True
    await there.running.person(there.mina.id).type(there.channel.id, "@replcheck hello")
    await until(lambda: any("ok" in d for d in there.workspace.deliveries))
    await clock.advance(3600)
    assert len(listener.envelopes) == 1


async def test_a_late_delivery_waits_its_seconds(
    there: Scene, clock: ManualClock, listener: Listener
) -> None:
    listener.acks = True
    there.workspace.faults.add(Fault("slash_commands", "late", seconds=20))
    person = there.running.person(there.mina.id)
    typing = asyncio.create_task(person.type(there.channel.id, "/replcheck x"))
    await clock.advance(19)
    assert listener.envelopes == []
    await clock.advance(1)
    assert (await typing)["ok"]


async def test_a_moved_clock_wakes_sleepers_at_their_own_moment(clock: ManualClock) -> None:
    start, woken = clock.now(), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append(clock.now() - start)

    tasks = [asyncio.create_task(sleep(s)) for s in (5, 1, 3)]
    await clock.advance(4)
    assert woken == [1, 3]
    await clock.advance(4)
    assert woken == [1, 3, 5]
    await asyncio.gather(*tasks)


async def test_within_ends_the_work_that_takes_too_long(clock: ManualClock) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(within(clock, 3, work()))
    await clock.advance(3)
    with pytest.raises(TimeoutError):
        await waiting
    await ended.wait()
