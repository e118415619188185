"""Stop, Re-run, Show evidence, Acknowledge and Close: what each does, what it refuses and why, and
that it does it once, also from old messages (the issue's "Buttons")."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from probes.inventory import ChannelSettings, SlackSettings
from tests.slack.desk_of import Bot
from tests.slack.faultrun.tempo import quick
from tests.slack.hands import (
    ADDRESS,
    PAIR,
    Gate,
    another_channel,
    checked,
    kept,
    names,
    noted,
    old_press,
    open_view,
    share,
    state_of,
    sure,
    talking,
    trail,
    whisper,
)
from tests.slack.office import no_proxy, until

pytestmark = pytest.mark.usefixtures("no_proxy", "quick")
__all__ = ["no_proxy", "quick"]


async def test_anyone_stops_and_the_second_is_told(tmp_path: Path) -> None:
    gate = Gate()
    async with talking(tmp_path, before=gate) as b:
        await b.say(PAIR)
        await until(lambda: "c1:root" in b.said())
        other, third = b.colleague(), b.colleague("Kim Third")
        root = kept(b.message("c1:root"))
        assert names(root) == {"stop"}
        await b.press(root, "stop", other)
        await noted(b, "stop", "done")
        await b.press(root, "stop", third)
        assert "being stopped already" in await whisper(b, third)
        gate.opened.set()
        await until(lambda: "c1:reply" in b.said(), 15)
        assert (await b.store.check("c1")).state == "stopped"
        await sure(lambda: state_of(b, "c1:end"), "sent")
        assert f"<@{other}>" in json.dumps(b.message("c1:root")["blocks"])
        await old_press(b, root, "stop", third)
        assert "over already" in await whisper(b, third, 2)
        assert [e for e in await trail(b) if e[1] == "stop"] == [
            (other, "stop", "done"),
            (third, "stop", "refused"),
            (third, "stop", "refused"),
        ]


async def test_a_stop_while_the_question_is_open(tmp_path: Path) -> None:
    """The check ends at once, nothing is sent, and the question says who ended it."""
    async with talking(tmp_path) as b:
        await b.say(PAIR)
        await until(lambda: "c1:question" in b.said())
        other = b.colleague()
        await b.say("stop", other)
        await until(lambda: "c1:reply" in b.said())
        await sure(lambda: state_of(b, "c1:question:answered"), "sent")
        question = b.message("c1:question")
        assert names(question) == set()
        assert f"<@{other}>" in json.dumps(question["blocks"])
        assert not await b.store.last_triggers("seoul:busan")
        assert (await b.store.check("c1")).state == "stopped"


async def test_stop_by_command_without_a_check(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        await b.say("stop")
        assert "No check" in await _in_english(b, "stop")
        other = b.colleague()
        await b.say("stop c99", other)
        assert "c99" in await whisper(b, other)


async def _in_english(b: Bot, text: str) -> str:
    other = b.colleague(f"Reader {len(b.office.running.workspace.users)}")
    await b.say(text, other)
    return await whisper(b, other)


async def test_rerun_once_a_check(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        other, late = b.colleague(), b.colleague("Late Riser")
        await checked(b)
        root = kept(b.message("c1:root"))
        await b.press(root, "rerun", other)
        await until(lambda: "c2:question" in b.said())
        again = b.message("c2:root")
        assert again.get("thread_ts", again["ts"]) == again["ts"], "beside the first, not below it"
        assert (await b.store.check("c2")).asked_by == other
        await until(lambda: "c2" in json.dumps(b.message("c1:root")["blocks"]))
        await old_press(b, root, "rerun", late)
        said = await whisper(b, late)
        assert f"<@{other}>" in said
        assert "c2" in said
        private = b.office.running.workspace.ephemerals[-1]
        assert again["ts"].replace(".", "") in json.dumps(private["blocks"]), "it is linked"
        assert [c.id for c in await b.store.running()] == ["c2"]


async def test_two_press_at_the_same_moment(tmp_path: Path) -> None:
    """One check; whoever was second is told which."""
    async with talking(tmp_path) as b:
        both = (b.colleague(), b.colleague("Second Reader"))
        await checked(b)
        root = kept(b.message("c1:root"))
        await asyncio.gather(*(b.press(root, "rerun", user) for user in both))
        await until(lambda: b.whispers(both[0]) or b.whispers(both[1]))
        said = [*b.whispers(both[0]), *b.whispers(both[1])]
        assert [words for words in said if "check c2" in words] == said
        assert [record.id for record in await b.store.running()] == ["c2"]


async def test_in_a_direct_message(tmp_path: Path) -> None:
    """Asked and answered there, and shown to nobody else."""
    async with talking(tmp_path) as b:
        other = b.colleague()
        direct = b.office.running.workspace.direct(other)
        person = b.office.running.person(other)
        await person.type(direct.id, f"/replcheck {PAIR} --trigger no")
        await until(lambda: '"c1:reply"' in json.dumps(list(direct.messages.values())), 15)
        assert b.messages == []
        assert b.whispers(other) == []


async def test_the_evidence_in_pages(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        other = b.colleague()
        await checked(b)
        await b.press(b.message("c1:root"), "evidence", other)
        await until(lambda: open_view(b, other))
        view = open_view(b, other)
        assert view
        first = json.dumps(view.definition["blocks"])
        assert "Page 1 of" in first
        turn = [block for block in view.definition["blocks"] if block["type"] == "actions"][-1]
        action = turn["elements"][0]["action_id"]
        person = b.office.running.person(other)
        await person.press_in_view(view.id, turn["block_id"], action)
        await until(lambda: "Page 2 of" in json.dumps(open_view(b, other).definition))  # type: ignore[union-attr]
        assert (await noted(b, "evidence", "shown")).who == other


async def test_share_where_the_bot_is(tmp_path: Path) -> None:
    """In the other channel's language, without addresses, once there; a channel that the bot is
    not in is named, and works once it is invited."""
    settings = SlackSettings(channels={"#managers": ChannelSettings(language="ko")})
    async with talking(tmp_path, slack=settings) as b:
        other = b.colleague()
        await checked(b, asked=f"{PAIR} --trigger yes")
        room = another_channel(b, with_app=False)
        room.members.append(other)
        await share(b, room.id, user=other)
        assert "Invite me there" in await whisper(b, other)
        assert not room.messages
        room.members.append(b.office.running.workspace.installed().bot_user)
        await share(b, room.id, user=other)
        await until(lambda: room.messages)
        post = next(iter(room.messages.values()))
        words = json.dumps(post, ensure_ascii=False)
        assert "복제" in words, "the other channel reads Korean"
        assert not ADDRESS.search(words)
        await share(b, room.id, user=b.office.person.id)
        await until(lambda: b.whispers(b.office.person.id))
        assert len(room.messages) == 1
        assert (other, "share", "done") in await trail(b)


async def test_acknowledge_and_close_once(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        one, two = b.colleague(), b.colleague("Second Reader")
        await checked(b)
        root = kept(b.message("c1:root"))

        async def press(name: str, user: str) -> None:
            await old_press(b, root, name, user)

        await press("acknowledge", one)
        await noted(b, "acknowledge", "done")
        await until(lambda: f"<@{one}>" in json.dumps(b.message("c1:root")["blocks"]))
        await press("acknowledge", two)
        assert f"<@{one}> acknowledged this already" in await whisper(b, two)
        await press("close", two)
        await noted(b, "close", "done")
        await until(lambda: f"<@{two}>" in json.dumps(b.message("c1:root")["blocks"]))
        assert not names(b.message("c1:root")) & {"acknowledge", "close"}
        await press("close", one)
        assert "closed already" in await whisper(b, one)
        await press("acknowledge", one)
        assert "already" in await whisper(b, one, 2)
        assert (await b.store.incident_head("i1")).state == "closed"


async def test_a_late_acknowledgement_never_reopens(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        one, two = b.colleague(), b.colleague("Second Reader")
        await checked(b)
        root = kept(b.message("c1:root"))
        await b.press(root, "close", one)
        await noted(b, "close", "done")
        await old_press(b, root, "acknowledge", two)
        assert "closed" in await whisper(b, two)
        head = await b.store.incident_head("i1")
        assert (head.state, head.acknowledged) == ("closed", None)


async def test_what_was_closed_stays_closed(tmp_path: Path) -> None:
    """A check that runs on finds a fault: the incident that a person closed meanwhile is not
    opened again by it."""
    gate = Gate()
    gate.opened.set()
    async with talking(tmp_path, before=gate) as b:
        other = b.colleague()
        await checked(b)
        gate.opened.clear()
        await b.say(f"{PAIR} --trigger yes")
        await until(lambda: "c2:root" in b.said())
        await b.press(b.message("c1:root"), "close", other)
        await noted(b, "close", "done")
        gate.opened.set()
        await until(lambda: "c2:recovery" in b.said(), 20)
        head = await b.store.incident_head("i1")
        assert (head.state, head.closed_by) == ("closed", other)
