"""Where and by whom the bot may be asked, what a channel is shown, threads, and mistakes (the
issue's "Rights", "The conversation")."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.slack.api import SlackApi
from bot.slack.model import Person
from probes.inventory import ChannelSettings, SlackSettings
from tests.slack.desk_of import Bot
from tests.slack.faultrun.tempo import quick
from tests.slack.hands import (
    ADDRESS,
    PAIR,
    checked,
    names,
    noted,
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
