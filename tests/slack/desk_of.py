"""The whole bot in a local workspace: real bolt, real sockets, a recorded incident's hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.desk import Desk
from bot.pages.access import PagesAccess
from bot.response import Response
from bot.slack import connection as connections
from bot.slack.front import Front
from bot.slack.socket import Bounds
from bot.words import Voice
from probes.inventory import SlackSettings
from probes.model import Command
from storage.store import Store
from tests.golden import incidents
from tests.slack.office import FAST, Office, office, running
from tests.unit.replay import Replay, inventory_of

Json = Any


@dataclass
class Bot:
    """A bot that answers in an office, from a record of its own."""

    office: Office
    store: Store
    front: Front
    desk: Desk
    response: Response

    async def say(self, text: str, user: str | None = None) -> Json:
        """Somebody types /replcheck."""
        person = self.office.running.person(user or self.office.person.id)
        return await person.type(self.office.channel.id, f"/replcheck {text}")

    async def press(self, message: Json, name: str, user: str | None = None) -> Json:
        """Somebody presses a button of a message, by its name."""
        person = self.office.running.person(user or self.office.person.id)
        block, action = next(
            (block, element)
            for block in message["blocks"]
            for element in block.get("elements", ())
            if element.get("action_id") == f"replcheck:{name}"
        )
        return await person.press(
            self.office.channel.id, message["ts"], block["block_id"], action["action_id"]
        )

    async def submit(self, given: Json | None = None, user: str | None = None) -> Json:
        """Somebody sends off the dialog that stands open before them."""
        user = user or self.office.person.id
        views = self.office.running.workspace.views.values()
        view = next(v for v in reversed(list(views)) if v.user == user)
        return await self.office.running.person(user).submit(view.id, given or {})

    @property
    def messages(self) -> list[Json]:
        """The channel's, threads too, in order."""
        return list(
            self.office.running.workspace.channels[self.office.channel.id].messages.values()
        )

    def colleague(self, name: str = "Alex Reed", locale: str = "en-US") -> str:
        """Another person in the channel; their id."""
        workspace = self.office.running.workspace
        user = workspace.add_user(name, locale, "Europe/London")
        workspace.channels[self.office.channel.id].members.append(user.id)
        return user.id

    def whispers(self, user: str) -> list[str]:
        """What was said privately to somebody, the texts in order."""
        found = self.office.running.workspace.ephemerals
        return [str(message["text"]) for message in found if message["for_user"] == user]

    def said(self) -> list[str]:
        """The outbox' keys of what the bot posted, in the channel's order."""
        found = (m.get("metadata", {}).get("event_payload", {}).get("key") for m in self.messages)
        return [key for key in found if key]

    def message(self, key: str) -> Json:
        """The message with this key, as it stands now."""
        payload = {"key": key}
        return next(
            m for m in self.messages if m.get("metadata", {}).get("event_payload") == payload
        )


@asynccontextmanager
async def bot(
    folder: Path,
    *,
    incident: str = "account",
    pair: dict[str, Any] | None = None,
    before: Callable[[str, Command], Any] | None = None,
    slack: SlackSettings | None = None,
    pages: PagesAccess = PagesAccess(),  # noqa: B008 - frozen
    place: Office | None = None,
    bounds: Bounds = FAST,
) -> AsyncIterator[Bot]:
    """Run one; in an office of its own, or in this one."""
    evidence = incidents.load(incident)
    inventory = inventory_of(evidence.context, replace(evidence.context.pair, **(pair or {})))
    inventory = replace(inventory, slack=slack or inventory.slack)
    async with _at(place) as where, await Store.open(folder / "bot.db") as store:
        desk = Desk(store, inventory, lambda _context: Replay(evidence, before))
        response = Response(store)
        front = Front(store, desk, Voice(), response, pages)
        async with connections.session() as http:
            connection = await connections.connect(where.slack, http, front.register, bounds)
            await front.start(connection)
            await connection.open()
            try:
                with running(connection):
                    yield Bot(where, store, front, desk, response)
            finally:
                await connection.close(1.0)
                await front.close(2.0)


@asynccontextmanager
async def _at(place: Office | None) -> AsyncIterator[Office]:
    if place is not None:
        yield place
        return
    async with office() as opened:
        yield opened
