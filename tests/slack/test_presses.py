"""Every button and command, pressed and typed in a local workspace: what it does, what it refuses
and why, what is kept of it. Once each, also from old messages (the issue's "Buttons", "Rights")."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.check import run_check
from bot.demo.workspace.faults import Fault
from bot.demo.workspace.model import Channel, View
from bot.demo.workspace.rates import Rates
from bot.request import CheckRequest, CheckResult, Consent
from bot.slack.api import SlackApi
from bot.slack.model import Person
from probes.inventory import ChannelSettings, SlackSettings
from probes.model import Command
from storage.audit import Entry
from storage.store import Store
from tests.golden import incidents
from tests.slack.desk_of import Bot, bot
from tests.slack.faultrun.tempo import quick
from tests.slack.office import Office, no_proxy, office, until
from tests.unit.replay import Replay, inventory_of

pytestmark = pytest.mark.usefixtures("no_proxy", "quick")
__all__ = ["no_proxy", "quick"]

Json = Any
PAIR = "busan seoul"
ADDRESS = re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")


@asynccontextmanager
async def talking(folder: Path, place: Office | None = None, **parts: Any) -> AsyncIterator[Bot]:
    """A bot in a workspace that does not slow it down."""
    async with _place(place) as where, bot(folder, place=where, **parts) as b:
        yield b


@asynccontextmanager
async def _place(place: Office | None) -> AsyncIterator[Office]:
    if place:
        yield place
        return
    async with office(rates=Rates.roomy(), file_seconds=0.02) as opened:
        yield opened


class Gate:
    """Holds every command that goes to a host until it is opened."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    async def __call__(self, endpoint: str, command: Command) -> None:
        del endpoint, command
        await self.opened.wait()


async def checked(b: Bot, check: str = "c1", asked: str = f"{PAIR} --trigger no") -> None:
    """A check, asked and told to its end."""
    await b.say(asked)
    await until(lambda: f"{check}:reply" in b.said(), 20)
    await sure(lambda: state_of(b, f"{check}:end"), "sent")


async def state_of(b: Bot, key: str) -> str | None:
    return await b.store.outbox.state_of(key)


async def sure(ask: Callable[[], Awaitable[object]], value: object, seconds: float = 10.0) -> None:
    """Wait until asking gives this value."""
    async with asyncio.timeout(seconds):
        while await ask() != value:  # noqa: ASYNC110 - the record tells nobody
            await asyncio.sleep(0.02)


async def whisper(b: Bot, user: str, count: int = 1) -> str:
    """The latest private word, once there are so many."""
    await until(lambda: len(b.whispers(user)) >= count)
    return b.whispers(user)[-1]


async def trail(b: Bot) -> list[tuple[str, str, str]]:
    """Who, what, what came of it."""
    return [(entry.who, entry.what, entry.outcome) for entry in await b.store.audit.trail()]


async def noted(b: Bot, what: str, outcome: str) -> Entry:
    """The newest entry of this kind, once there is one."""
    found: list[Entry] = []
    async with asyncio.timeout(8):
        while not found:
            every = await b.store.audit.trail()
            found = [e for e in every if (e.what, e.outcome) == (what, outcome)]
            await asyncio.sleep(0.01)
    return found[-1]


def open_view(b: Bot, user: str | None = None) -> View | None:
    user = user or b.office.person.id
    views = b.office.running.workspace.views.values()
    return next((view for view in reversed(list(views)) if view.user == user), None)


def names(message: Json) -> set[str]:
    """The buttons of a message."""
    return {
        element["action_id"].removeprefix("replcheck:")
        for block in message["blocks"]
        for element in block.get("elements", ())
        if "action_id" in element
    }


def kept(message: Json) -> Json:
    """As it stands now, whatever becomes of it."""
    return json.loads(json.dumps(message))


async def old_press(b: Bot, message: Json, name: str, user: str) -> None:
    """On a button that the message has lost, but that somebody's window still shows."""
    messages = b.office.running.workspace.channels[b.office.channel.id].messages
    messages[message["ts"]] |= {"blocks": message["blocks"]}
    await b.press(message, name, user)


def another_channel(b: Bot, name: str = "managers", *, with_app: bool = True) -> Channel:
    workspace = b.office.running.workspace
    return workspace.add_channel(name, [b.office.person], with_app=with_app)


async def share(b: Bot, channel: str, check: str = "c1", user: str | None = None) -> None:
    await b.press(b.message(f"{check}:root"), "share", user)
    await until(lambda: open_view(b, user))
    await b.submit(
        {
            "channel": {
                "channel": {"type": "conversations_select", "selected_conversation": channel}
            }
        },
        user,
    )


# --- stop ---------------------------------------------------------------------------------


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


# --- the trigger --------------------------------------------------------------------------


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
        assert "Open right now from the source" in words
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


async def in_a_terminal(folder: Path, before: Gate | None = None) -> CheckResult:
    """Somebody types `replcheck check`, beside the bot, over the same record."""
    evidence = incidents.load("account")

    async def yes(_: object) -> Consent:
        return Consent("root", "typed yes")

    async with await Store.open(folder / "bot.db") as store:
        return await run_check(
            CheckRequest("seoul", "busan", trigger="yes", asked_by="root"),
            inventory_of(evidence.context),
            store,
            lambda _: Replay(evidence, before),
            listener=lambda _: None,
            ask_consent=yes,
            stop=asyncio.Event(),
            lang="en",
        )


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


# --- again, evidence, share ---------------------------------------------------------------


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


# --- what people say of it ----------------------------------------------------------------


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


# --- where and who ------------------------------------------------------------------------


async def test_only_from_its_channels(tmp_path: Path) -> None:
    async with talking(tmp_path, pair={"ask_from": ("#elsewhere",)}) as b:
        other = b.colleague()
        await b.say(PAIR, other)
        assert "#elsewhere" in await whisper(b, other)
        assert await b.store.running() == []
        assert (other, "ask", "refused") in await trail(b)


@pytest.mark.parametrize("ask_from", [(), ("#quiet",)])
async def test_where_the_bot_is_not(tmp_path: Path, ask_from: tuple[str, ...]) -> None:
    """Answered privately with the mend, and nothing is started; a freeze holds all the same."""
    async with talking(tmp_path, pair={"ask_from": ask_from}) as b:
        other = b.colleague()
        workspace = b.office.running.workspace
        room = workspace.add_channel("quiet", [workspace.users[other]], with_app=False)
        person = b.office.running.person(other)
        await person.type(room.id, f"/replcheck {PAIR}")
        assert "Invite me" in await whisper(b, other)
        assert await b.store.running() == []
        await person.type(room.id, "/replcheck freeze")
        assert "switched the trigger off" in await whisper(b, other, 2)
        assert len(await b.store.freezes.standing()) == 1


async def test_people_of_another_organisation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They see, ask and stop where they read along; they never send, nor lift a freeze."""
    true_person = SlackApi.person
    strangers: set[str] = set()

    async def person(self: SlackApi, user: str) -> Person:
        found = await true_person(self, user)
        return replace(found, foreign=user in strangers)

    monkeypatch.setattr(SlackApi, "person", person)
    async with talking(tmp_path) as b:
        b.office.channel.is_ext_shared = True
        stranger = b.colleague("Other Firm")
        strangers.add(stranger)
        await b.say(f"{PAIR} --trigger yes", stranger)
        assert "Only a member of the organisation" in await whisper(b, stranger)
        await until(lambda: "c1:question" in b.said())
        await b.press(b.message("c1:question"), "send", stranger)
        await until(lambda: len(b.whispers(stranger)) == 2)
        assert open_view(b, stranger) is None
        await b.say("freeze", stranger)
        await noted(b, "freeze", "done")
        await b.say("unfreeze", stranger)
        assert "Only a member" in await whisper(b, stranger, 3)
        workspace = b.office.running.workspace
        elsewhere = workspace.add_channel("theirs", [workspace.users[stranger]])
        await b.office.running.person(stranger).type(elsewhere.id, "/replcheck stop c1")
        assert "not asked in this channel" in await whisper(b, stranger, 4)
        await b.press(b.message("c1:root"), "stop", stranger)
        await until(lambda: "c1:reply" in b.said())
        assert not await b.store.last_triggers("seoul:busan")


@pytest.mark.parametrize("why", ["setting", "shared"])
async def test_no_address_in_a_channel_for_roles(tmp_path: Path, why: str) -> None:
    """Neither in a message, a private word, a dialog, a file's name nor its words: the whole
    story with every button."""
    channels = {"#backup-incidents": ChannelSettings(detail="roles")} if why == "setting" else {}
    async with talking(tmp_path, slack=SlackSettings(channels=channels)) as b:
        b.office.channel.is_ext_shared = why == "shared"
        other = b.colleague()
        for text in ("help", "status", "incidents", "summary", "seoul pusan", "10.1.1"):
            await b.say(text, other)
        await b.say(PAIR, other)
        await until(lambda: "c1:question" in b.said())
        await b.press(b.message("c1:question"), "send", other)
        await until(lambda: open_view(b, other))
        await b.submit(user=other)
        await until(lambda: "c1:recovery" in b.said(), 20)
        await sure(lambda: state_of(b, "c1:end"), "sent")
        assert "evidence" not in names(b.message("c1:root"))
        for text in ("status", "incidents", "summary", "freeze"):
            await b.say(text, other)
        await share(b, b.office.channel.id, user=other)
        await b.press(b.message("c1:root"), "acknowledge", other)
        await noted(b, "acknowledge", "done")
        await b.press(b.message("c1:root"), "rerun", other)
        await until(lambda: "c2:reply" in b.said(), 15)
        workspace = b.office.running.workspace
        everything = [
            *b.messages,
            *workspace.ephemerals,
            *(call["args"] for call in workspace.calls),
            *([f.name, f.title, f.alt_txt] for f in workspace.files.values()),
        ]
        own = b.office.running.url
        found = [s for s in map(str, everything) if ADDRESS.search(s.replace(own, ""))]
        assert found == []
        assert len(workspace.ephemerals) >= 8
        assert workspace.files


async def test_evidence_pressed_on_an_old_message_of_a_channel_for_roles(tmp_path: Path) -> None:
    """The channel was opened to others after the check: its old button shows nothing."""
    async with talking(tmp_path) as b:
        await checked(b)
        b.office.channel.is_ext_shared = True
        async with _reread(b):
            other = b.colleague()
            await b.press(b.message("c1:root"), "evidence", other)
            assert "does not show addresses" in await whisper(b, other)
            assert open_view(b, other) is None


@asynccontextmanager
async def _reread(b: Bot) -> AsyncIterator[None]:
    """As if what is kept of channels had lapsed."""
    rooms = b.front._people._rooms
    rooms._answers.clear()
    yield


# --- threads ------------------------------------------------------------------------------


async def test_a_mention_in_a_thread_is_answered_there(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        person = b.office.running.person(b.office.person.id)
        start = await person.type(b.office.channel.id, "the copy failed again")
        bot_user = b.office.running.workspace.installed().bot_user
        await person.type(b.office.channel.id, f"<@{bot_user}> {PAIR} --trigger no", start["ts"])
        await until(lambda: "c1:reply" in b.said(), 15)
        await sure(lambda: state_of(b, "c1:end"), "sent")
        ours = [m for m in b.messages if m.get("bot_id")]
        assert len(ours) > 3
        assert {m.get("thread_ts") for m in ours} == {start["ts"]}
        # its Re-run answers in the same thread
        await b.press(b.message("c1:root"), "rerun")
        await until(lambda: "c2:question" in b.said())
        assert b.message("c2:root")["thread_ts"] == start["ts"]


async def test_the_shortcut_knows_the_pair_and_answers_in_the_thread(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        user = b.office.person.id
        person = b.office.running.person(user)
        said = await person.type(b.office.channel.id, "repl seoul busan failed")
        await person.shortcut("replcheck_message", b.office.channel.id, said["ts"])
        await until(lambda: open_view(b))
        view = open_view(b)
        assert view
        chooser = next(x for x in view.definition["blocks"] if x["type"] == "input")["element"]
        assert chooser["initial_option"]["value"] == "seoul busan"
        await b.submit()
        await until(lambda: "c1:question" in b.said())
        assert b.message("c1:root")["thread_ts"] == said["ts"]
        assert b.message("c1:question")["thread_ts"] == said["ts"]
        assert {("pick", "shown"), ("pick", "done")} <= {(w, o) for _, w, o in await trail(b)}


async def test_the_shortcut_where_the_bot_is_not(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        workspace = b.office.running.workspace
        other = b.colleague()
        room = workspace.add_channel("quiet", [workspace.users[other]], with_app=False)
        person = b.office.running.person(other)
        said = await person.type(room.id, "repl seoul busan failed")
        await person.shortcut("replcheck_message", room.id, said["ts"])
        assert "Invite me" in await whisper(b, other)
        assert open_view(b, other) is None


async def test_mistakes_name_the_nearest(tmp_path: Path) -> None:
    async with talking(tmp_path) as b:
        other = b.colleague()
        await b.say("seol busan", other)
        said = await whisper(b, other)
        assert "Did you mean seoul (" in said
        assert "/replcheck seoul busan" in said
        await b.say("frobnicate", other)
        await whisper(b, other, 2)
        await b.say("help", other)
        assert await whisper(b, other, 3)
        assert [m for m in b.messages if m.get("bot_id")] == [], "nothing of it is for all"
        assert await b.store.running() == []
        outcomes = [(what, outcome) for who, what, outcome in await trail(b) if who == other]
        assert outcomes[0] == ("mistake", "refused")
        assert outcomes[-1] == ("help", "done")


# --- restarts and trouble -----------------------------------------------------------------


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
