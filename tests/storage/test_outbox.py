"""The outbox' table: what waits, in which order, and what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.outbox import Depth, Outbox, Say
from storage.store import Store

NOW = 1_795_000_000.0


@pytest.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Outbox]:
    async with await Store.open(tmp_path / "r.db") as store:
        yield store.outbox


def post(key: str, channel: str = "C1", **more: str) -> Say:
    return Say(key, "post", channel, {"text": key}, **more)  # type: ignore[arg-type]


def edit(key: str, of: str) -> Say:
    return Say(key, "edit", "C1", {"text": key}, of=of)


async def next_key(outbox: Outbox, channel: str = "C1") -> str | None:
    delivery = await outbox.next_in(channel)
    return delivery.say.key if delivery else None


async def test_each_channel_has_its_own_order(outbox: Outbox) -> None:
    await outbox.say([post("a"), post("b", "C2"), post("c")], NOW)
    assert sorted(await outbox.channels()) == ["C1", "C2"]
    assert await outbox.depth() == Depth(3, NOW)
    assert await next_key(outbox) == "a"
    assert await next_key(outbox, "C2") == "b"
    await outbox.sent("a", "1.1", NOW)
    assert await next_key(outbox) == "c"
    await outbox.give_up("c", "is_archived", NOW)
    assert await next_key(outbox) is None
    assert await outbox.channels() == ["C2"]


async def test_what_was_said_comes_back_whole(outbox: Outbox) -> None:
    body = {"name": "x", "blocks": [{"type": "divider"}], "한글": True}
    file = Say("f", "file", "C1", body, thread="a", content=b"\x00\xff")
    await outbox.say([file], NOW)
    delivery = await outbox.next_in("C1")
    assert delivery is not None
    assert delivery.say == file
    assert (delivery.created, delivery.attempts, delivery.unsure) == (NOW, 0, False)


async def test_an_attempt_is_unsure_until_its_end_is_known(outbox: Outbox) -> None:
    await outbox.say([post("a")], NOW)
    await outbox.begin("a")
    first = await outbox.next_in("C1")
    await outbox.failed("a", "ConnectionRefused", unsure=False)
    second = await outbox.next_in("C1")
    assert first is not None
    assert second is not None
    assert (first.unsure, first.attempts, first.error) == (True, 1, None)
    assert (second.unsure, second.attempts, second.error) == (False, 1, "ConnectionRefused")


async def test_a_files_upload_is_remembered_until_it_lapses(outbox: Outbox) -> None:
    await outbox.say([Say("f", "file", "C1", {}, content=b"x")], NOW)
    await outbox.uploaded("f", "F1")
    kept = await outbox.next_in("C1")
    await outbox.uploaded("f", None)
    lapsed = await outbox.next_in("C1")
    assert kept is not None
    assert lapsed is not None
    assert (kept.file_id, lapsed.file_id) == ("F1", None)


async def test_the_newest_waiting_edit_of_a_post_replaces_the_others(outbox: Outbox) -> None:
    await outbox.say([post("a"), edit("a:1", "a"), edit("b:1", "b")], NOW)
    await outbox.say([edit("a:2", "a"), edit("a:3", "a")], NOW)
    keys = []
    while key := await next_key(outbox):
        keys.append(key)
        await outbox.sent(key, None, NOW)
    assert keys == ["a", "b:1", "a:3"]
    assert await outbox.state_of("a:1") == "superseded"


async def test_an_edit_that_was_sent_is_not_replaced(outbox: Outbox) -> None:
    await outbox.say([edit("a:1", "a")], NOW)
    await outbox.sent("a:1", None, NOW)
    await outbox.say([edit("a:2", "a")], NOW)
    assert await outbox.state_of("a:1") == "sent"


async def test_a_thread_is_named_by_its_first_message(outbox: Outbox) -> None:
    await outbox.say(
        [
            post("root"),
            post("reply", thread="root"),
            post("theirs", thread_ts="9.9"),
            post("below", thread="theirs"),
            post("lost"),
            post("orphan", thread="lost"),
        ],
        NOW,
    )
    for n, key in enumerate(("root", "reply", "theirs", "below", "orphan")):
        assert await outbox.thread_of(key) is None, "it does not stand yet"
        await outbox.sent(key, f"1.{n}", NOW)
    await outbox.give_up("lost", "no_text", NOW)
    found = {key: await outbox.thread_of(key) for key in ("root", "reply", "theirs", "below")}
    assert found == {"root": "1.0", "reply": "1.0", "theirs": "9.9", "below": "9.9"}
    assert await outbox.thread_of("lost") is None
    assert await outbox.thread_of("orphan") == "1.4", "it stands in the channel"


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(["C1", "C2"]), st.booleans()),
        max_size=25,
    )
)
async def test_a_key_is_said_once_and_nothing_changes_what_was_said_first(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, bool]]
) -> None:
    async with await Store.open(tmp_path_factory.mktemp("r") / "r.db") as store:
        first: dict[str, str] = {}
        done: list[str] = []
        for key, channel, deliver in said:
            await store.outbox.say([post(key, channel)], NOW)
            first.setdefault(key, channel)
            delivery = await store.outbox.next_in(channel) if deliver else None
            if delivery:
                await store.outbox.sent(delivery.say.key, "1.1", NOW)
                done.append(delivery.say.key)
        for channel in ("C1", "C2"):
            while delivery := await store.outbox.next_in(channel):
                await store.outbox.sent(delivery.say.key, "1.1", NOW)
                done.append(delivery.say.key)
        assert sorted(done) == sorted(first)
        for channel in ("C1", "C2"):
            there = [key for key in done if first[key] == channel]
            assert there == [key for key in first if first[key] == channel], "in order"
