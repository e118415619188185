"""A job fails: an incident, a check at once, the verdict in the channel; a copy succeeds: over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.incidents.schedule import PAUSES, next_check
from bot.intake import Intake
from bot.web import web_app
from bot.words import Voice
from storage.job_model import Decision
from tests.slack.desk_of import Bot, bot
from tests.slack.office import no_proxy, until
from tests.webhooks.desk import SECRET, Sender, hook, rule
from tests.webhooks.desk import Clock as StandingClock

pytestmark = pytest.mark.usefixtures("no_proxy")
__all__ = ["no_proxy"]


@asynccontextmanager
async def sender(b: Bot, channel: str = "#backup-incidents") -> AsyncIterator[Sender]:
    """Whoever posts to this bot's hook."""
    pair = b.desk.inventory.pairs[0]
    one = hook(match=(replace(rule(pair, "repl-*"), channel=channel),))
    inventory = replace(b.desk.inventory, hooks={one.name: one})
    clock = StandingClock(time.time() - 900)
    intake = Intake(b.store, inventory, {one.name: SECRET}, Voice(), b.response.heard, clock)

    async def well() -> dict[str, str]:
        return {}

    async with TestClient(TestServer(web_app(None, well, intake))) as client:
        yield Sender(client, b.store, clock, intake)


async def test_a_failure_is_checked_at_once_and_told_in_its_channel(tmp_path: Path) -> None:
    async with bot(tmp_path) as b, sender(b) as jobs:
        told = await jobs.tell("repl-nightly", message="Replication failed")
        await until(lambda: "c1:reply" in b.said(), 20)
        assert told["incident"] == "i1"
        root = b.message("c1:root")
        assert "repl-nightly" in str(root["blocks"])
        assert "replcheck:send" in str(root["blocks"]), "what a machine may not send it asks for"
        assert "<@>" not in str(b.messages), "nobody is mentioned where a machine asked"
        assert not await b.store.last_triggers("seoul:busan")
        verdict = (await b.store.check("c1")).verdict
        assert verdict is not None
        assert verdict["trigger"]["not_sent_reason"] == "not-permitted"
        await b.press(root, "send")
        await until(lambda: b.office.running.workspace.views)
        await b.submit()
        await until(lambda: "c2:reply" in b.said(), 40)
        again = (await b.store.check("c2")).verdict
        assert again is not None
        assert (again["incident"], again["cause"]) == ("i1", "source-quarantined")


async def test_more_events_start_no_more_checks(tmp_path: Path) -> None:
    async with bot(tmp_path) as b, sender(b) as jobs:
        await asyncio.gather(*(jobs.tell("repl-nightly", id=f"run-{n}") for n in range(20)))
        await until(lambda: "c1:reply" in b.said(), 20)
        b.response.heard("i1", Decision("join", ("i1",)))
        await asyncio.sleep(0.2)
        assert (await b.store.incident("i1"))["checks"][0]["id"] == "c1"
        assert len((await b.store.incident("i1"))["checks"]) == 1


async def test_a_copy_that_succeeds_closes_it_and_says_so(tmp_path: Path) -> None:
    async with bot(tmp_path, incident="healthy", pair={"trigger": "no"}) as b, sender(b) as jobs:
        await jobs.tell("repl-nightly")
        await until(lambda: "c1:reply" in b.said(), 20)
        jobs.clock.now += 600
        await jobs.tell("repl-nightly", status="succeeded")
        await until(lambda: any(key.startswith("i1:copied") for key in b.said()), 10)
        head = await b.store.incident_head("i1")
        assert head.state == "closed"
        copied = next(m for m in b.messages if "i1" in m["text"] or "replicates" in m["text"])
        assert copied["thread_ts"] == b.message("c1:root")["ts"]


async def test_the_end_is_told_also_where_nobody_heard_of_it(tmp_path: Path) -> None:
    async with bot(tmp_path, incident="healthy", pair={"trigger": "no"}) as b, sender(b) as jobs:
        await jobs.tell("repl-nightly")
        await until(lambda: "c1:reply" in b.said(), 20)
        b.response.heard = lambda *_: None  # type: ignore[method-assign]
        jobs.clock.now += 600
        await jobs.tell("repl-nightly", status="succeeded", id="later")
        assert not any(key.startswith("i1:copied") for key in b.said())
        b.response._woken.set()
        await until(lambda: any(key.startswith("i1:copied") for key in b.said()), 10)
        b.response._woken.set()
        await asyncio.sleep(0.3)
        assert sum(key.startswith("i1:copied") for key in b.said()) == 1


async def test_without_a_channel_it_is_checked_and_stands_on_record(tmp_path: Path) -> None:
    async with bot(tmp_path) as b, sender(b, "#nowhere") as jobs:
        await jobs.tell("repl-nightly")

        async def over() -> Any:
            checks = (await b.store.incident("i1"))["checks"]
            return checks and checks[0]["verdict"]

        for _ in range(200):
            if await over():
                break
            await asyncio.sleep(0.05)
        assert await over()
        assert not b.said()


def test_checks_of_an_open_incident_back_off() -> None:
    assert next_check([], None) == 0.0
    started: list[float] = []
    pauses = []
    for _ in range(7):
        due = next_check(started, 0.0) or 1.0
        pauses.append(due - started[-1] if started else 0.0)
        started.append(due)
    assert pauses == [0.0, *PAUSES, PAUSES[-1]]
    assert next_check([100.0, 5000.0], 6000.0) == 5000.0 + PAUSES[0], "it failed again"
