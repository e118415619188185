"""Send and Don't send, freezes, and who may: each yes counts once, and is put on record (law 9)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.demo.workspace.rates import Rates
from tests.slack.faultrun.tempo import quick
from tests.slack.hands import (
    PAIR,
    Gate,
    in_a_terminal,
    kept,
    names,
    noted,
    old_press,
    open_view,
    state_of,
    sure,
    talking,
    trail,
    whisper,
)
from tests.slack.office import no_proxy, office, until

pytestmark = pytest.mark.usefixtures("no_proxy", "quick")
__all__ = ["no_proxy", "quick"]


async def test_the_dialog_says_what_a_yes_does_and_counts_once(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        other, late = b.colleague(), b.colleague("Late Riser")
        await b.say(PAIR, other)
        await until(lambda: "c1:question" in b.said())
        question = kept(b.message("c1:question"))
        assert names(question) == {"send", "decline"}
        for user in (other, late):
            await b.press(question, "send", user)
            await until(lambda user=user: open_view(b, user))  # type: ignore[misc]
        view = open_view(b, other)
        assert view
        words = json.dumps(view.definition, ensure_ascii=False)
        assert "hour" in words
        assert "Open from the source" in words
        await b.submit(user=other)
        await noted(b, "send", "done")
        await b.submit(user=late)
        assert f"<@{other}> sent the trigger already" in await whisper(b, late)
        await until(lambda: "c1:recovery" in b.said(), 20)
        consents = (await b.store.incident("i1"))["checks"][0]["consents"]
        assert [consent["who"] for consent in consents] == [other]
        plans = [sent.plan for sent in await b.store.last_triggers("seoul:busan")]
        assert len(plans) == len(set(plans)) > 0
        await old_press(b, question, "send", late)
        assert "already" in await whisper(b, late, 2)


@pytest.mark.parametrize("listed", ["user", "group"])
async def test_who_may_send(tmp_path: Path, listed: str) -> None:
    """Who is not listed reads privately that the listed may; the button stays for those."""
    async with office(rates=Rates.roomy(), file_seconds=0.02) as place:
        workspace = place.running.workspace
        oncall = workspace.add_user("On Call", "en-US", "UTC")
        workspace.channels[place.channel.id].members.append(oncall.id)
        may = oncall.id if listed == "user" else workspace.add_group("oncall", [oncall]).id
        async with talking(tmp_path, place, pair={"may_trigger": (may,)}) as b:
            other = b.colleague()
            await b.say(f"{PAIR} --trigger yes", other)
            assert "Only the people and groups that are listed" in await whisper(b, other)
            await until(lambda: "c1:question" in b.said())
            question = b.message("c1:question")
            assert may in json.dumps(question["blocks"]), "who may is named"
            await b.press(question, "send", other)
            await until(lambda: len(b.whispers(other)) >= 2)
            assert open_view(b, other) is None
            await b.press(question, "send", oncall.id)
            await until(lambda: open_view(b, oncall.id))
            await b.submit(user=oncall.id)
            await until(lambda: "c1:reply" in b.said(), 20)
            assert (await b.store.last_triggers("seoul:busan"))[0].by_person


async def test_the_right_is_looked_up_again_when_the_dialog_is_sent_off(tmp_path: Path) -> None:
    """A freeze that comes while the dialog stands open wins."""
    async with talking(tmp_path) as b:
        other = b.colleague()
        await b.say(PAIR, other)
        await until(lambda: "c1:question" in b.said())
        await b.press(b.message("c1:question"), "send", other)
        await until(lambda: open_view(b, other))
        await b.say("freeze seoul", other)
        await noted(b, "freeze", "done")
        await b.submit(user=other)
        assert "switched the trigger off" in await whisper(b, other)
        assert not await b.store.last_triggers("seoul:busan")
        await b.say("unfreeze seoul", other)
        await noted(b, "unfreeze", "done")
        await b.press(b.message("c1:question"), "send", other)
        await until(lambda: open_view(b, other))
        await b.submit(user=other)
        await until(lambda: "c1:reply" in b.said(), 20)
        assert await b.store.last_triggers("seoul:busan")


async def test_sent_after_the_check_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old question runs the pair again, with the consent of whoever pressed, once."""
    monkeypatch.setattr("bot.slack.conversation.ANSWER_SECONDS", 0.2)
    async with talking(tmp_path) as b:
        await b.say(PAIR)
        await until(lambda: "c1:question" in b.said())
        question = kept(b.message("c1:question"))
        await until(lambda: "c1:reply" in b.said())
        other = b.colleague()
        await old_press(b, question, "send", other)
        await until(lambda: open_view(b, other))
        await b.submit(user=other)
        await until(lambda: "c2:reply" in b.said(), 20)
        second = (await b.store.incident("i1"))["checks"][1]
        assert [consent["who"] for consent in second["consents"]] == [other]
        assert {sent.check_id for sent in await b.store.last_triggers("seoul:busan")} == {"c2"}
        root = b.message("c2:root")
        assert root.get("thread_ts", root["ts"]) == root["ts"], "where the first was asked"
        await old_press(b, question, "send", other)
        assert "already" in await whisper(b, other)
        assert [c["id"] for c in (await b.store.incident("i1"))["checks"]] == ["c1", "c2"]


async def test_a_yes_that_nobody_waits_for_is_not_used_up(tmp_path: Path) -> None:
    """As after a kill, while the record still says that the check runs: refused, and the same
    button works as soon as it can."""
    async with talking(tmp_path) as b:
        other = b.colleague()
        await b.say(PAIR, other)
        await until(lambda: "c1:question" in b.said())
        question = b.message("c1:question")
        talk = b.front._checks._talking.pop("c1")
        await b.press(question, "send", other)
        await until(lambda: open_view(b, other))
        await b.submit(user=other)
        assert "not waiting for this answer" in await whisper(b, other)
        b.front._checks._talking["c1"] = talk
        await b.press(question, "send", other)
        await until(lambda: open_view(b, other))
        await b.submit(user=other)
        await until(lambda: "c1:reply" in b.said(), 15)
        assert await b.store.last_triggers("seoul:busan")


async def test_not_sent(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        other, late = b.colleague(), b.colleague("Late Riser")
        await b.say(PAIR)
        await until(lambda: "c1:question" in b.said())
        question = kept(b.message("c1:question"))
        await b.press(question, "decline", other)
        await until(lambda: "c1:reply" in b.said())
        assert not await b.store.last_triggers("seoul:busan")
        await sure(lambda: state_of(b, "c1:question:answered"), "sent")
        assert f"<@{other}>" in json.dumps(b.message("c1:question"))
        await old_press(b, question, "decline", late)
        assert "answered already" in await whisper(b, late)
        assert (late, "decline", "refused") in await trail(b)


async def test_a_pair_whose_trigger_is_off(tmp_path: Path) -> None:
    """The inventory's "no" wins over everyone (contract.md)."""
    async with talking(tmp_path, pair={"trigger": "no"}) as b:
        other = b.colleague()
        await b.say(f"{PAIR} --trigger yes", other)
        assert "nobody may send it" in await whisper(b, other)
        await until(lambda: "c1:reply" in b.said())
        assert "c1:question" not in b.said()
        told = (await b.store.check("c1")).verdict
        assert told
        assert told["trigger"]["not_sent_reason"] == "not-permitted"


async def test_who_joins_a_terminals_check_is_answered_too(tmp_path: Path) -> None:
    """Once it has ended, in the room where somebody asked for it."""
    gate = Gate()
    async with talking(tmp_path) as b:
        other = b.colleague()
        checking = asyncio.create_task(in_a_terminal(tmp_path, gate))
        async with asyncio.timeout(8):
            while not await b.store.running():  # noqa: ASYNC110 - the record tells nobody
                await asyncio.sleep(0.02)
        await b.say(PAIR, other)
        assert "is being checked already" in await whisper(b, other)
        gate.opened.set()
        assert (await checking).document["outcome"] == "fault"
        await until(lambda: "c1:reply" in b.said(), 15)
        assert "rerun" in names(b.message("c1:root"))
        assert b.message("c1:reply")["thread_ts"] == b.message("c1:root")["ts"]
        assert f"<@{other}>" in json.dumps(b.message("c1:reply"))


async def test_a_freeze_beats_the_word_and_other_processes(tmp_path: Path) -> None:
    """It stands in the record, over a restart, for checks that a terminal begins too."""
    async with office(rates=Rates.roomy(), file_seconds=0.02) as place:
        async with talking(tmp_path, place) as b:
            other = b.colleague()
            await b.say("freeze", other)
            entry = await noted(b, "freeze", "done")
            assert (entry.who, entry.place) == (other, place.channel.id)
            await b.say("freeze", other)
            assert "already" in await whisper(b, other)
        async with talking(tmp_path, place) as b:
            await b.say(f"{PAIR} --trigger yes", other)
            await until(lambda: "c1:reply" in b.said(), 15)
            assert not await b.store.last_triggers("seoul:busan")
            told = (await b.store.check("c1")).verdict
            assert told
            assert told["trigger"]["not_sent_reason"] == "not-permitted"
            result = await in_a_terminal(tmp_path)
            assert result.document["trigger"]["not_sent_reason"] == "not-permitted"
            await b.say("unfreeze", other)
            await noted(b, "unfreeze", "done")
            assert await b.store.freezes.standing() == []
            await b.say("unfreeze", other)
            assert "not switched off" in await whisper(b, other, 2)
