"""Presses over a restart and while Slack misbehaves; what is kept of them."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from bot.demo.workspace.faults import Fault
from bot.demo.workspace.rates import Rates
from tests.slack.faultrun.tempo import quick
from tests.slack.hands import (
    PAIR,
    Gate,
    checked,
    names,
    noted,
    open_view,
    state_of,
    sure,
    talking,
    trail,
)
from tests.slack.office import no_proxy, office, until

pytestmark = pytest.mark.usefixtures("no_proxy", "quick")
__all__ = ["no_proxy", "quick"]


async def test_one_answer_that_fails_is_asked_for_again(tmp_path: Path) -> None:
    """A single error of Slack's must not read as "I am not in this channel"."""
    async with talking(tmp_path) as b:
        faults = b.office.running.workspace.faults
        faults.add(Fault("conversations.info", "error500"), Fault("users.info", "reset"))
        other = b.colleague()
        await b.say(f"{PAIR} --trigger no", other)
        await until(lambda: "c1:root" in b.said())
        assert b.whispers(other) == []


async def test_old_buttons_after_a_restart(tmp_path: Path) -> None:
    async with office(rates=Rates.roomy(), file_seconds=0.02) as place:
        async with talking(tmp_path, place) as b:
            other = b.colleague()
            await checked(b)
        async with talking(tmp_path, place) as b:
            root = b.message("c1:root")
            await b.press(root, "evidence", other)
            await until(lambda: open_view(b, other))
            await b.press(root, "acknowledge", other)
            await until(lambda: f"<@{other}>" in json.dumps(b.message("c1:root")["blocks"]))
            await b.press(b.message("c1:root"), "rerun", other)
            await until(lambda: "c2:question" in b.said())


async def test_an_orderly_end_tells_what_it_cut_off(tmp_path: Path) -> None:
    """SIGTERM in the middle of a check: while there is time, its root says so, with Re-run."""
    gate = Gate()
    async with office(rates=Rates.roomy(), file_seconds=0.02) as place:
        async with talking(tmp_path, place, before=gate) as b:
            await b.say(PAIR)
            await until(lambda: "c1:root" in b.said())
        assert "c1:reply" in b.said()
        root = b.message("c1:root")
        assert names(root) == {"rerun"}
        async with talking(tmp_path, place) as b:
            await b.press(root, "rerun")
            await until(lambda: "c2:question" in b.said())
            assert b.said().count("c1:reply") == 1


async def test_a_picture_that_fails_does_not_take_the_verdict_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> bytes:
        raise RuntimeError("no renderer")

    monkeypatch.setattr("bot.slack.telling.png", broken)
    async with talking(tmp_path) as b:
        await checked(b)
        assert "rerun" in names(b.message("c1:root"))


async def test_what_comes_while_the_bot_wakes_is_done_once(tmp_path: Path) -> None:
    """A command taken in before the inbox was read is not acted on twice."""
    async with talking(tmp_path) as b:
        b.front._ready.clear()
        await b.say("freeze")
        await until(lambda: b.office.running.workspace.deliveries[-1].get("ok"))
        undone = await b.store.inbox.undone()
        assert len(undone) == 1
        b.front._take_up(undone)
        b.front._ready.set()
        await noted(b, "freeze", "done")
        await asyncio.sleep(0.2)
        assert [what for _, what, _ in await trail(b)] == ["freeze"]


async def test_what_a_channel_will_not_take_goes_to_whoever_asked(tmp_path: Path) -> None:
    """The bot is put out of the channel while the check runs."""
    gate = Gate()
    async with talking(tmp_path, before=gate) as b:
        other = b.colleague()
        await b.say(f"{PAIR} --trigger no", other)
        await until(lambda: "c1:root" in b.said())
        workspace = b.office.running.workspace
        bot_user = workspace.installed().bot_user
        workspace.channels[b.office.channel.id].members.remove(bot_user)
        gate.opened.set()
        direct = workspace.direct(other)
        await until(lambda: f"<@{other}>" in json.dumps(list(direct.messages.values())), 15)
        keys = [m["metadata"]["event_payload"]["key"] for m in direct.messages.values()]
        await sure(lambda: state_of(b, "c1:reply:direct"), "sent")
        assert keys.count("c1:reply:direct") == 1
        assert "c1:reply" not in b.said()


async def test_the_trail_names_everyone_with_place_and_time(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        before = time.time()
        other = b.colleague()
        for text in ("help", "status", "seol busan", "stop", f"{PAIR} --trigger no"):
            await b.say(text, other)
        await until(lambda: "c1:reply" in b.said(), 15)
        root = b.message("c1:root")
        await b.press(root, "evidence", other)
        await b.press(root, "share", other)
        await b.press(root, "acknowledge", other)
        await noted(b, "acknowledge", "done")
        await noted(b, "share", "shown")
        entries = await b.store.audit.trail()
        assert {e.who for e in entries} == {other}
        assert {e.place for e in entries} == {b.office.channel.id}
        assert all(before <= e.at <= time.time() for e in entries)
        assert sorted((e.what, e.outcome) for e in entries) == sorted(
            [
                ("help", "done"),
                ("status", "done"),
                ("mistake", "refused"),
                ("stop", "refused"),
                ("ask", "done"),
                ("evidence", "shown"),
                ("share", "shown"),
                ("acknowledge", "done"),
            ]
        )
