"""What the tests of buttons and commands have in common: a quick bot, and hands that press."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.check import run_check
from bot.demo.workspace.model import Channel, View
from bot.demo.workspace.rates import Rates
from bot.request import CheckRequest, CheckResult, Consent
from probes.model import Command
from storage.audit import Entry
from storage.store import Store
from tests.golden import incidents
from tests.slack.desk_of import Bot, bot
from tests.slack.office import Office, office, until
from tests.unit.replay import Replay, inventory_of

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
