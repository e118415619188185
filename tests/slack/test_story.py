"""From the command to the recovery, over real sockets: a recorded incident's hosts, a local
workspace as strict as Slack."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from bot.demo.workspace.faults import Fault
from bot.pages.access import PagesAccess
from probes.inventory import ChannelSettings, SlackSettings
from tests.slack.desk_of import Bot, bot
from tests.slack.office import no_proxy, until

pytestmark = pytest.mark.usefixtures("no_proxy")
__all__ = ["no_proxy"]


async def test_the_whole_story(tmp_path: Path) -> None:
    async with bot(tmp_path) as b:
        assert (await b.say("busan seoul"))["ok"]
        await until(lambda: "c1:question" in b.said())
        await b.press(b.message("c1:question"), "send")
        await until(lambda: b.office.running.workspace.views)
        assert (await b.submit())["ok"]
        await until(lambda: "c1:recovery" in b.said(), 40)
        keys = b.said()
        assert len(keys) == len(set(keys))
        assert keys[:2] == ["c1:root", "c1:question"]
        assert keys[-2:] == ["c1:reply", "c1:recovery"]
        root, reply = b.message("c1:root"), b.message("c1:reply")
        assert reply["thread_ts"] == root["ts"]
        assert f"<@{b.office.person.id}>" in str(reply["blocks"])
        assert b.office.person.id in str((await b.store.check("c1")).place)
        record = await b.store.incident("i1")
        assert record["cause"] == "source-quarantined"
        assert record["checks"][0]["consents"][0]["who"] == b.office.person.id
        assert len(await b.store.last_triggers("seoul:busan")) > 0
        trail = [(entry.what, entry.outcome) for entry in await b.store.audit.trail()]
        assert trail == [("ask", "done"), ("send", "shown"), ("send", "done")]


async def test_without_an_answer_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.conversation.ANSWER_SECONDS", 0.3)
    async with bot(tmp_path) as b:
        await b.say("seoul busan")
        await until(lambda: "c1:reply" in b.said(), 20)
        assert not await b.store.last_triggers("seoul:busan")
        told = (await b.store.check("c1")).verdict
        assert told is not None
        assert told["outcome"] == "inconclusive"
        assert told["trigger"]["not_sent_reason"] == "no-consent"


async def test_a_second_caller_joins_and_a_redelivery_starts_nothing(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def wait(*_: object) -> None:
        await gate.wait()

    async with bot(tmp_path, before=wait) as b:
        workspace = b.office.running.workspace
        workspace.faults.add(Fault("slash_commands", "repeat", times=1, seconds=0.1))
        await b.say("seoul busan")
        await until(lambda: "c1:root" in b.said())
        other = b.colleague()
        await b.say("busan seoul", other)
        await until(lambda: b.whispers(other))
        assert "already" in b.whispers(other)[0]
        assert [check.id for check in await b.store.running()] == ["c1"]
        assert not b.whispers(b.office.person.id), "the redelivery is answered by nobody"
        gate.set()


@pytest.mark.parametrize(("detail", "signed"), [("addresses", True), ("roles", False)])
async def test_the_page_is_linked_signed_only_where_addresses_may_stand(
    tmp_path: Path, detail: Literal["addresses", "roles"], signed: bool
) -> None:
    pages = PagesAccess(secret_key="k" * 32, url="https://replcheck.example")
    settings = SlackSettings(channels={"#backup-incidents": ChannelSettings(detail=detail)})
    async with bot(tmp_path, incident="healthy", slack=settings, pages=pages) as b:
        await b.say("seoul busan --trigger no")
        await until(lambda: "c1:root" in b.said() and _ended(b), 20)
        shown = str(b.message("c1:root")["blocks"])
        assert "https://replcheck.example/incidents/i1" in shown
        assert ("?key=" in shown) is signed


def _ended(b: Bot) -> bool:
    return "replcheck:rerun" in str(b.message("c1:root")["blocks"])
