"""One thing that somebody did in Slack, while it is acted on: who, where, and how to answer.

Private answers are not kept: they are for somebody who is there. What must arrive goes through
the outbox.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from bot.rights import Denied, detail_of, language_of
from bot.slack.api import SlackApi
from bot.slack.failures import SlackFailure
from bot.slack.model import Dialog, Person, Place, Post, Reader, Room
from bot.slack.views.talk import refused
from bot.words import titles, titles_of
from probes.inventory import Inventory
from probes.model import Message
from storage.audit import Entry
from storage.inbox import Taken
from storage.store import CheckRecord, Store

log = structlog.get_logger(__name__)
Json = Any


@dataclass(frozen=True, slots=True)
class Ends:
    """What Slack gave to answer with, while it holds; never on disk. After a restart: nothing."""

    response_url: str | None = None
    trigger_id: str | None = None


@dataclass(slots=True)
class Visit:
    """An item of the inbox with its asker. what: the act, as the audit trail names it."""

    taken: Taken
    ends: Ends
    person: Person
    room: Room
    inventory: Inventory
    store: Store
    api: SlackApi
    what: str = ""
    noted: bool = field(default=False)

    @property
    def thread(self) -> str | None:
        """The thread it was done in, by Slack's name."""
        return self.taken.body.get("thread")

    @property
    def late(self) -> bool:
        """Done after a restart: whoever asked has had no answer so far."""
        return self.ends.trigger_id is None

    @property
    def reader(self) -> Reader:
        """The asker, in their own language; what they read stays within the room's bounds."""
        lang = self.person.lang or language_of(self.room, self.person, self.inventory.slack)
        return Reader(
            lang,
            detail_of(self.room, self.inventory.slack),
            titles(self.inventory.sites.values(), self.inventory.segments),
        )

    @property
    def place(self) -> Place:
        """Where a check that is asked here is answered."""
        settings = self.inventory.slack
        return Place(
            channel=self.room.id,
            user=self.person.id,
            lang=language_of(self.room, self.person, settings),
            detail=detail_of(self.room, settings),
            thread=self.thread,
        )

    def reader_of(self, record: CheckRecord) -> Reader:
        """The asker, who reads of a check: never more than it showed where it was asked."""
        reader = replace(self.reader, titles=titles_of(record.context))
        asked = record.place or {}
        return replace(reader, detail="roles") if asked.get("detail") == "roles" else reader

    @property
    def room_reader(self) -> Reader:
        """Everybody in the room, in its language."""
        return replace(self.reader, lang=self.place.lang)

    async def whisper(self, post: Post) -> None:
        """Answer privately. A Slack that does not take it is logged, and nothing more."""
        try:
            if self.ends.response_url:
                await self.api.respond(self.ends.response_url, post)
            else:
                await self.api.whisper(self.room.id, self.person.id, post, self.thread)
        except SlackFailure as error:
            log.warning("a private answer was not taken", key=self.taken.key, error=str(error))

    async def open(self, dialog: Dialog) -> bool:
        """Open a dialog. False: what was pressed is too old for one."""
        if self.ends.trigger_id is None:
            return False
        try:
            await self.api.open_dialog(self.ends.trigger_id, self._here(dialog))
        except SlackFailure as error:
            log.warning("a dialog was not taken", key=self.taken.key, error=str(error))
            return False
        return True

    async def turn(self, view_id: str, dialog: Dialog) -> None:
        """Show this in the dialog that is open."""
        try:
            await self.api.update_dialog(view_id, self._here(dialog))
        except SlackFailure as error:
            log.warning("a dialog was not taken", key=self.taken.key, error=str(error))

    def _here(self, dialog: Dialog) -> Dialog:
        """What is sent off or pressed in a dialog must say where it was opened."""
        carried = json.loads(dialog.view.get("private_metadata") or "{}")
        where = {"channel": self.room.id, "thread": self.thread}
        return Dialog({**dialog.view, "private_metadata": json.dumps({**carried, **where})})

    async def refuse(
        self, why: Denied | Message | str, *, see: str | None = None, **params: str | int | float
    ) -> None:
        """Say privately why not, and keep it. see: the address of what there is instead."""
        message = why.message if isinstance(why, Denied) else why
        if isinstance(message, str):
            message = Message(f"refused.{message}", params)
        await self.note("refused", why=message.code, **params)
        await self.whisper(refused(message, self.reader, see))

    async def seen(self) -> None:
        """Keep that something was shown, where nothing else came of it."""
        if not self.noted:
            await self.note("shown")

    async def note(self, outcome: str, **body: Json) -> None:
        """Keep in the audit trail what came of it; `delivery` names the request in the inbox."""
        self.noted = True
        body = {**body, "delivery": self.taken.key}
        entry = Entry(time.time(), self.person.id, self.room.id, self.what, outcome, body)
        await self.store.audit.note(entry)
