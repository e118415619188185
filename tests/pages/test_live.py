"""A running check, followed: what happens is pushed, and the stream ends with the check."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from bot.pages import live
from probes.model import Evidence
from storage.records import Begun
from storage.store import Store
from tests.golden import incidents
from tests.pages.office import Client, Office, begun, judged, pages

WAIT = 10.0


class Stream:
    """One reader's stream, read event by event."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self.answer = answer

    async def next(self) -> dict[str, str]:
        """The next event's fields; what is no event (`:`) is passed over."""
        async with asyncio.timeout(WAIT):
            fields: dict[str, str] = {}
            while line := (await self.answer.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if line == "\n" and fields:
                    return fields
                if name:
                    fields[name] = value
        raise EOFError

    async def told(self) -> dict[str, Any]:
        return dict(json.loads((await self.next())["data"]))


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "record.db") as opened:
        yield opened


@pytest_asyncio.fixture
async def here(store: Store) -> AsyncIterator[Office]:
    async with pages(store) as opened:
        yield opened


@pytest.fixture
def evidence() -> Evidence:
    return incidents.load("account")


@pytest_asyncio.fixture
async def began(store: Store, evidence: Evidence) -> Begun:
    return await begun(store, evidence)


async def follow(stack: AsyncExitStack, client: Client, after: int = 0, last: str = "") -> Stream:
    path, headers = f"/incidents/i1/live?after={after}", {"Last-Event-ID": last} if last else {}
    answer = await stack.enter_async_context(client.get(path, headers=headers))
    assert answer.status == 200, await answer.text()
    assert answer.content_type == "text/event-stream"
    return Stream(answer)


async def test_what_happens_is_pushed_until_the_check_ends(
    here: Office, evidence: Evidence, began: Begun
) -> None:
    check, at = began.check_id, evidence.context.started
    async with AsyncExitStack() as stack:
        stream = await follow(stack, here.client)
        assert (await stream.told())["text"] == "mina.kim asked for a check."
        await here.store.add_observation(check, evidence.observations[0])
        told = await stream.told()
        assert told["kind"] == "observed"
        assert ": " in told["text"], "with its answer"
        await here.store.record_consent(check, "mina.kim", "button", at + 1)
        assert "allowed" in (await stream.told())["text"]
        await judged(here.store, began, evidence)
        assert (await stream.told())["kind"] == "verdict"
        await here.store.finish_check(check, at + 40)
        assert (await stream.told())["kind"] == "finished"
        assert (await stream.next())["event"] == "end"
        assert await stream.answer.content.read() == b"", "and then it is over"


async def test_a_check_of_another_process_is_followed_too(
    here: Office, began: Begun, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        stream = await follow(stack, here.client)
        await stream.told()
        async with await Store.open(tmp_path / "record.db") as other:
            await other.add_event(began.check_id, "residue", {"what": "a connection"}, 1.0)
            assert "a connection" in (await stream.told())["text"]


async def test_a_reader_who_comes_back_misses_nothing_and_hears_nothing_twice(
    here: Office, began: Begun
) -> None:
    check = began.check_id
    async with AsyncExitStack() as stack:
        last = (await (await follow(stack, here.client)).next())["id"]
    await here.store.add_event(check, "residue", {"what": "one"}, 1.0)
    async with AsyncExitStack() as stack:
        stream = await follow(stack, here.client, last=last)
        assert "one" in (await stream.told())["text"]
        await here.store.add_event(check, "residue", {"what": "two"}, 2.0)
        assert "two" in (await stream.told())["text"]


async def test_where_nothing_runs_the_stream_ends_at_once(
    here: Office, evidence: Evidence, began: Begun
) -> None:
    await here.store.finish_check(began.check_id, evidence.context.started + 1)
    async with AsyncExitStack() as stack:
        stream = await follow(stack, here.client, after=10**9)
        assert (await stream.next())["event"] == "end"


async def test_streams_are_bounded_and_free_again(
    here: Office, began: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert began
    monkeypatch.setattr(live, "MOST_STREAMS", 2)
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await (await follow(stack, here.client)).told()
        async with here.client.get("/incidents/i1/live") as answer:
            assert answer.status == 503
            assert int(answer.headers["Retry-After"]) > 0
    await here.store.add_event(began.check_id, "residue", {"what": "wakes them"}, 1.0)
    async with asyncio.timeout(WAIT):
        while await here.status("/incidents/i1/live?after=0") == 503:
            await here.store.add_event(began.check_id, "residue", {"what": "again"}, 1.0)
            await asyncio.sleep(0.05)
            await here.store.finish_check(began.check_id, 2.0)


async def test_a_silent_check_keeps_its_stream_alive(
    here: Office, began: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert began
    monkeypatch.setattr(live, "KEEP_ALIVE_SECONDS", 0.05)
    async with AsyncExitStack() as stack:
        stream = await follow(stack, here.client)
        await stream.told()
        async with asyncio.timeout(WAIT):
            assert (await stream.answer.content.readline()).startswith(b":")


async def test_the_record_is_looked_at_only_while_somebody_reads(
    store: Store, evidence: Evidence, began: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    newest = store.pages.newest

    async def counted() -> int:
        nonlocal looks
        looks += 1
        return await newest()

    monkeypatch.setattr(store.pages, "newest", counted)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    async with pages(store) as here, AsyncExitStack() as stack:
        for _ in range(3):
            await (await follow(stack, here.client)).told()
        await store.finish_check(began.check_id, evidence.context.started)
        await here.text("/incidents/i1/live")
        async with asyncio.timeout(WAIT):
            while live_tasks():  # noqa: ASYNC110 - a task ends, and nothing tells
                await asyncio.sleep(0.01)
        stood = looks
        await asyncio.sleep(0.1)
        assert looks == stood > 0


def live_tasks() -> list[str]:
    names = (task.get_coro().__qualname__ for task in asyncio.all_tasks())  # type: ignore[union-attr]
    return [name for name in names if name == "Streams._look"]


async def test_the_process_ends_while_streams_are_open(store: Store, began: Begun) -> None:
    assert began
    async with AsyncExitStack() as stack, pages(store) as here:
        stream = await follow(stack, here.client)
        await stream.told()
        async with asyncio.timeout(WAIT):
            await here.client.app.shutdown()
            await stream.answer.content.read()
