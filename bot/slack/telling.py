"""What is said of a check, always out of the record: the same in the normal case and after a
restart, and exactly once, by the outbox' keys (`c12:root`, `c12:reply`, `c12:end` …).
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import structlog

from bot.pages.access import PagesAccess
from bot.picture.alt import alt_text
from bot.picture.png import png
from bot.picture.svg import svg
from bot.recall import as_said
from bot.request import CheckResult
from bot.rights import detail_of
from bot.slack.connection import Identity
from bot.slack.model import Attachment, Detail, Place, Post, Press, Reader, Told
from bot.slack.outbox import Outbox, edit_of, file_of, post_of
from bot.slack.people import People
from bot.slack.views.findings import findings, long_output
from bot.slack.views.verdict import interrupted, recovery, reply, verdict
from bot.thinking import think
from bot.words import titles, titles_of
from probes.inventory import Inventory
from probes.model import Pair
from storage.outbox import Say
from storage.store import CheckRecord, Store

log = structlog.get_logger(__name__)

END = ":end"
"""The key of a check's last word: a check that has ended and lacks it was not told."""


def root_key(check: str) -> str:
    """The outbox' key of a check's root message."""
    return f"{check}:root"


def place_of(record: CheckRecord) -> Place | None:
    """Where the check was asked, if anywhere in Slack."""
    return Place(**record.place) if record.place else None


class Teller:
    """Says what the record holds of a check, where it was asked."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        people: People,
        inventory: Inventory,
        identity: Identity,
        pages: PagesAccess,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._people = people
        self._inventory = inventory
        self._identity = identity
        self._pages = pages
        self._drawing = asyncio.Lock()  # each picture is a process: one of them at a time

    async def link(self, record: CheckRecord) -> str | None:
        """The address of the check's root message; None while it stands nowhere."""
        place, ts = place_of(record), await self._store.outbox.ts_of(root_key(record.id))
        if place is None or ts is None:
            return None
        return self._identity.permalink(place.channel, ts, place.thread)

    async def before_the_watch(self, check: str, result: CheckResult) -> None:
        """The verdict as it stands while the recovery is being watched."""
        record = await self._store.check(check)
        if place := place_of(record):
            told = await self.told(record, result)
            reader = await self.reader(place, result)
            root = await think(verdict, told, reader)
            await self._outbox.say(
                edit_of(f"{check}:verdict", place, root, of=root_key(check)),
                *await self._thread(check, place, told, reader),
            )

    async def end(self, check: str) -> None:
        """The last word on a check that is over, however it came to be."""
        record = await self._store.check(check)
        place = place_of(record)
        if place is None:
            return
        record, result = await as_said(self._store, check, place.lang)
        told = await self.told(record, result) if result else None
        reader = await self.reader(place, result)
        root = await self._root(record, told, reader)
        # Posted here only where we died before its first picture, or another process ran it.
        says = [
            post_of(root_key(check), place, root, thread_ts=place.thread),
            edit_of(check + END, place, root, of=root_key(check)),
        ]
        if told is None:
            whom = f"<@{place.user}> " if place.user else ""  # a machine asked: nobody to mention
            says.append(self._reply(check, "reply", place, Post(whom + root.text)))
        else:
            says += await self._thread(check, place, told, reader)
            if len(record.verdicts) > 1:
                says.append(self._reply(check, "recovery", place, recovery(told, reader)))
        await self._outbox.say(*says)

    async def refresh(self, check: str, mark: str) -> None:
        """The root as it stands now, after somebody pressed. mark: names the press."""
        record = await self._store.check(check)
        place = place_of(record)
        if place is None or record.state == "running":
            return
        record, result = await as_said(self._store, check, place.lang)
        told = await self.told(record, result) if result else None
        root = await self._root(record, told, await self.reader(place, result))
        await self._outbox.say(edit_of(f"{check}:{mark}", place, root, of=root_key(check)))

    async def told(self, record: CheckRecord, result: CheckResult) -> Told:
        """The check with all that people did to it."""
        incident = await self._store.incident_head(record.incident_id)
        rerun = await self._store.inbox.find(f"rerun:{record.id}")
        return Told(
            result=result,
            state=record.state,
            asked_by=record.asked_by,
            stopped_by=await self._stopped_by(record.id),
            acknowledged=_press(incident.acknowledged_by, incident.acknowledged),
            closed=_press(incident.closed_by, incident.closed),
            incident_open=incident.state != "closed",
            incident_cause=incident.cause,
            frozen=await self._frozen(record.context.pair),
            copied=incident.closed if incident.closed_how == "job" else None,
            rerun=(rerun.answer or {}).get("check") if rerun else None,
        )

    async def _frozen(self, pair: Pair) -> Press | None:
        standing = await self._store.freezes.standing((pair.near, pair.far))
        return Press(standing[0].by, standing[0].at) if standing else None

    async def reader(self, place: Place, result: CheckResult | None = None) -> Reader:
        """Whoever reads there: never more than the channel may see now, or might when asked."""
        room = await self._people.room(place.channel)
        now = detail_of(room, self._inventory.slack)
        detail: Detail = "roles" if "roles" in (now, place.detail) else "addresses"
        known = (
            titles_of(result.evidence.context)
            if result
            else titles(self._inventory.sites.values(), self._inventory.segments)
        )
        return Reader(place.lang, detail, known, self._page(result, detail))

    def _page(self, result: CheckResult | None, detail: Detail) -> str | None:
        """A signed link opens the whole record: not for those who are to see roles only."""
        if result is None:
            return None
        signed, incident = detail == "addresses", str(result.document["incident"])
        return self._pages.address(incident, time.time(), signed=signed)

    async def _root(self, record: CheckRecord, told: Told | None, reader: Reader) -> Post:
        return await think(verdict, told, reader) if told else _cut_off(record, reader)

    async def _thread(self, check: str, place: Place, told: Told, reader: Reader) -> list[Say]:
        """Picture, findings, long output, then the short verdict that mentions who asked. They
        are said at once or not at all, and once: nothing is drawn that was said before."""
        if await self._store.outbox.state_of(f"{check}:reply"):
            return []
        async with self._drawing:
            drawn = await asyncio.to_thread(_picture, told, reader)
        found = await think(findings, told, reader)
        output = await think(long_output, told, reader)
        told = replace(told, asked_by=place.user or told.asked_by)  # who joined a terminal's check
        return [
            *(self._file(check, "picture", place, picture) for picture in drawn),
            *(self._reply(check, f"finding:{name}", place, post) for name, post in found),
            *(self._file(check, f"output:{a.name}", place, a) for a in output),
            self._reply(check, "reply", place, reply(told, reader)),
        ]

    def _reply(self, check: str, name: str, place: Place, post: Post) -> Say:
        return post_of(f"{check}:{name}", place, post, thread=root_key(check))

    def _file(self, check: str, name: str, place: Place, file: Attachment) -> Say:
        return file_of(f"{check}:{name}", place, file, thread=root_key(check))

    async def _stopped_by(self, check: str) -> Press | None:
        for event in await self._store.follow(check):
            if event.kind == "stop-asked":
                return Press(event.body["by"], event.at)
        return None


def _cut_off(record: CheckRecord, reader: Reader) -> Post:
    pair = record.context.pair
    ends = (pair.near, pair.far)
    return interrupted(record.asked_by, record.id, record.incident_id, reader, None, ends)


def _press(by: str | None, at: float | None) -> Press | None:
    return Press(by, at) if by and at is not None else None


def _picture(told: Told, reader: Reader) -> list[Attachment]:
    """The path, drawn. Where it can't be, the words stand without it."""
    document, evidence = told.result.document, told.result.evidence
    try:
        image = png(svg(document, evidence, reader.voice, reader.detail))
        alt = alt_text(document, evidence, reader.voice, reader.detail)
    except Exception:
        log.exception("the picture could not be drawn", check=document["check"])
        return []
    return [Attachment(f"{document['check']}.png", reader.voice("talking.picture"), image, alt)]
