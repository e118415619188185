"""Killed (SIGKILL) at each moment that matters and started again: nothing is lost, nothing is done
twice, and every check has one last word (law 8, the issue's "When Slack misbehaves")."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.demo.workspace.faults import Fault
from bot.demo.workspace.model import View
from bot.demo.workspace.rates import Rates
from storage.store import Store
from tests.slack.desk_of import Bot, bot
from tests.slack.faultrun.process import BotProcess, process
from tests.slack.faultrun.tempo import quick
from tests.slack.hands import names
from tests.slack.office import Office, no_proxy, office, until

pytestmark = pytest.mark.usefixtures("no_proxy")
__all__ = ["no_proxy", "quick"]

Json = Any
ASK = "/replcheck busan0 seoul0"


@asynccontextmanager
async def site(folder: Path, **setup: Any) -> AsyncIterator[tuple[Office, BotProcess]]:
    async with (
        office(rates=Rates.roomy(), file_seconds=0.02) as place,
        process(place, folder, **setup) as running,
    ):
        yield place, running


def said(place: Office) -> list[str]:
    """The keys of all that stands in the channel."""
    messages = place.running.workspace.channels[place.channel.id].messages.values()
    found = (m.get("metadata", {}).get("event_payload", {}).get("key") for m in messages)
    return [key for key in found if key]


def message(place: Office, key: str) -> Json:
    messages = place.running.workspace.channels[place.channel.id].messages.values()
    return next(
        m for m in messages if m.get("metadata", {}).get("event_payload", {}).get("key") == key
    )


async def press(place: Office, key: str, name: str) -> Json:
    shown = message(place, key)
    block = next(
        block["block_id"]
        for block in shown["blocks"]
        for element in block.get("elements", ())
        if element.get("action_id") == f"replcheck:{name}"
    )
    person = place.running.person(place.person.id)
    return await person.press(place.channel.id, shown["ts"], block, f"replcheck:{name}")


async def ask(place: Office, text: str = ASK) -> Json:
    return await place.running.person(place.person.id).type(place.channel.id, text)


async def send(place: Office) -> None:
    """Answer the question with Send; the process may die of it."""
    await until(lambda: "c1:question" in said(place), 20)
    await press(place, "c1:question", "send")
    await until(lambda: view_of(place))
    view = view_of(place)
    assert view
    await place.running.person(place.person.id).submit(view.id, {})


def view_of(place: Office) -> View | None:
    return next(iter(place.running.workspace.views.values()), None)


async def over(running: BotProcess, check: str = "c1") -> None:
    """Its last word was taken by Slack, and all else with it."""
    async with asyncio.timeout(40):
        async with await Store.open(running.db) as store:
            while not await _all_said(store, check):  # noqa: ASYNC110 - the record tells nobody
                await asyncio.sleep(0.05)


async def _all_said(store: Store, check: str) -> bool:
    ended = await store.outbox.state_of(f"{check}:end") == "sent"
    return ended and not (await store.outbox.depth()).waiting


BEFORE_THE_ANSWER = ["begun", "posted c1:root", "said c1:root", "said c1:question"]
AFTER_THE_ANSWER = [
    "answered",
    "triggered",
    "judged",
    "posted c1:finding:ruled-out",
    "said c1:finding:ruled-out",
    "posted c1:reply",
    "ended",
    "posted c1:recovery",
]


@pytest.mark.parametrize("moment", BEFORE_THE_ANSWER + AFTER_THE_ANSWER)
async def test_one_last_word_after_a_kill(tmp_path: Path, moment: str) -> None:
    async with site(tmp_path) as (place, running):
        await running.start(dies=moment)
        await ask(place)
        if moment in AFTER_THE_ANSWER:
            await send(place)
        await running.died()
        await running.start()
        await over(running)
        told = Counter(said(place))
        assert told["c1:reply"] == 1
        assert [key for key, count in told.items() if count > 1] == []
        root = message(place, "c1:root")
        assert message(place, "c1:reply")["thread_ts"] == root["ts"]
        assert "stop" not in names(root)
        assert names(root) & {"rerun", "send"}
        async with await Store.open(running.db) as store:
            record = await store.check("c1")
            assert record.state == ("finished" if moment == "posted c1:recovery" else record.state)
            assert record.state in ("interrupted", "finished")
            assert await store.running() == []
            plans = Counter(sent.plan for sent in await store.last_triggers("seoul0:busan0"))
            assert [plan for plan, count in plans.items() if count > 1] == []
            assert [c["id"] for c in (await store.incident("i1"))["checks"]] == ["c1"]
            if record.verdict is None:
                assert "INTERRUPTED" in root["text"] or "중단" in root["text"]
        lines = Counter(running.sends.read_text().splitlines())
        assert [line for line, count in lines.items() if count > 1] == []
        await press(place, "c1:root", "rerun")
        await until(lambda: "c2:question" in said(place), 20)


async def test_what_was_taken_and_not_done_is_done_after_the_restart(tmp_path: Path) -> None:
    async with site(tmp_path) as (place, running):
        await running.start(dies="taken")
        await ask(place)
        await running.died()
        assert said(place) == []
        await running.start()
        await until(lambda: "c1:question" in said(place), 20)
        async with await Store.open(running.db) as store:
            assert [record.id for record in await store.running()] == ["c1"]
            assert len(await store.audit.trail()) == 1


@pytest.mark.usefixtures("quick")
async def test_what_was_asked_long_ago_is_answered_and_not_done(tmp_path: Path) -> None:
    """Whoever asked has gone on meanwhile: a check that starts by itself would startle them."""
    async with office(rates=Rates.roomy(), file_seconds=0.02) as place:
        asked = {"text": "busan seoul", "user": place.person.id, "channel": place.channel.id}
        async with await Store.open(tmp_path / "bot.db") as store:
            await store.inbox.take_in("typed:old", "typed", asked, time.time() - 700)
            await store.inbox.take_in("typed:new", "typed", {**asked, "text": "help"}, time.time())
        async with bot(tmp_path, place=place) as b:
            await until(lambda: len(b.whispers(place.person.id)) == 2)
            assert "실행되고 있지 않아" in " ".join(b.whispers(place.person.id))
            assert await b.store.running() == []
            assert b.said() == []
            outcomes = {entry.outcome for entry in await b.store.audit.trail()}
            assert outcomes == {"refused", "done"}
        async with bot(tmp_path, place=place) as b:
            await asyncio.sleep(0.2)
            assert len(b.whispers(place.person.id)) == 2, "told once"


async def test_a_yes_that_had_its_effect_has_no_second_one(tmp_path: Path) -> None:
    """Killed after the first message left, down for longer than the check's lease: the press is
    taken up again, and starts nothing."""
    async with site(tmp_path) as (place, running):
        await running.start(dies="triggered")
        await ask(place)
        await send(place)
        await running.died()
        await asyncio.sleep(2.0)  # the lease lapses
        await running.start()
        await over(running)
        await asyncio.sleep(1.0)
        async with await Store.open(running.db) as store:
            assert [c["id"] for c in (await store.incident("i1"))["checks"]] == ["c1"]
            assert await store.inbox.undone() == []
        assert max(Counter(running.sends.read_text().splitlines()).values(), default=0) <= 1


async def test_sigterm_in_the_middle(tmp_path: Path) -> None:
    """An orderly end: the root says so before the process is gone; the next says nothing more."""
    async with site(tmp_path) as (place, running):
        await running.start()
        await ask(place)
        await until(lambda: "c1:question" in said(place), 20)
        assert await running.terminate() == 0
        assert "c1:reply" in said(place)
        assert names(message(place, "c1:root")) == {"rerun"}
        assert names(message(place, "c1:question")) == {"send", "decline"}
        before = said(place)
        await running.start()
        await over(running)
        assert said(place) == before


# --- Slack is away ------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
async def test_slack_down_for_the_whole_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check goes on; its verdict arrives later, whole, in order and marked as late."""
    monkeypatch.setattr("bot.slack.late.LATE_SECONDS", 0.5)
    async with (
        office(rates=Rates.roomy(), file_seconds=0.02) as place,
        bot(tmp_path, place=place) as b,
    ):
        await b.say("help")
        await until(lambda: b.whispers(b.office.person.id))
        faults = place.running.workspace.faults
        faults.add(*(Fault(on, "error503", times=None) for on in ("chat.*", "files.*")))
        await b.say("busan seoul --trigger yes")
        async with asyncio.timeout(30):
            while await _state(b) != "finished":  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert b.said() == []
        await asyncio.sleep(1.0)
        faults.clear()
        await until(lambda: "c1:recovery" in b.said(), 20)
        keys = b.said()
        assert len(keys) == len(set(keys))
        assert keys[0] == "c1:root"
        assert keys[-2:] == ["c1:reply", "c1:recovery"]
        words = json.dumps(b.message("c1:reply"), ensure_ascii=False)
        assert "늦" in words
        assert "stop" not in names(b.message("c1:root"))


async def _state(b: Bot) -> str:
    found = await b.store.list_incidents()
    return (await b.store.check("c1")).state if found else ""
