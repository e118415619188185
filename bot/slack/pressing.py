"""What the buttons and dialogs do. All are idempotent, work from old messages and after a
restart: a button carries ids only, and what it does is decided by the record.

Law 9 is kept here: anyone may stop; sending needs the right to, looked up anew at each press.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

from bot.check import parse
from bot.exposure import exposed, question_of
from bot.recall import as_said
from bot.request import ConsentQuestion, TriggerWish
from bot.rights import detail_of, language_of, may_ask, may_send
from bot.slack.checks import Checks
from bot.slack.claims import Claim, Claims
from bot.slack.model import Place, Press, Reader
from bot.slack.naming import pairs_in
from bot.slack.orders import Orders
from bot.slack.outbox import Outbox, post_of
from bot.slack.people import People
from bot.slack.telling import Teller, place_of
from bot.slack.views import consent, dialogs
from bot.slack.views.buttons import PREFIX
from bot.slack.views.summary import summary
from bot.slack.visit import Visit
from bot.words import titles_of
from probes.inventory import NoSuchPair
from storage.errors import StoreError
from storage.store import CheckRecord, Store

Json = Any


class Pressing:
    """One method a button."""

    def __init__(
        self,
        store: Store,
        checks: Checks,
        orders: Orders,
        outbox: Outbox,
        people: People,
        teller: Teller,
    ) -> None:
        self._store, self._checks, self._orders = store, checks, orders
        self._outbox, self._people, self._teller = outbox, people, teller
        self._claims = Claims(store.inbox)
        self._one_by_one = asyncio.Lock()
        self._buttons = {
            "stop": self._stop,
            "send": self._open_send,
            "decline": self._decline,
            "rerun": self._rerun,
            "evidence": self._evidence,
            "share": self._open_share,
            "acknowledge": self._acknowledge,
            "close": self._close,
        }
        self._dialogs = {"send": self._send, "share": self._share}

    async def pressed(self, visit: Visit) -> dict[str, Json]:
        """A button in a message."""
        visit.what = visit.taken.body["action"].removeprefix(PREFIX)
        button = self._buttons.get(visit.what)
        record = await self._record(visit, visit.taken.body["value"])
        return await button(visit, record) if button and record else {}

    async def submitted(self, visit: Visit) -> dict[str, Json]:
        """A dialog that was sent off."""
        visit.what = visit.taken.body["callback"].removeprefix(PREFIX)
        if visit.what == "pick":
            return await self._picked(visit)
        dialog = self._dialogs.get(visit.what)
        record = await self._record(visit, visit.taken.body["metadata"])
        return await dialog(visit, record) if dialog and record else {}

    async def shortcut(self, visit: Visit) -> dict[str, Json]:
        """On a message: which pair is to be checked in its thread?"""
        visit.what = "pick"
        pairs, body = visit.inventory.pairs, visit.taken.body
        denied = [may_ask(pair, visit.room) for pair in pairs]
        if why := denied and all(denied) and denied[0]:
            await visit.refuse(why)
            return {}
        speaks_of = pairs_in(body["text"], visit.inventory)
        dialog = dialogs.pick_pair(pairs, speaks_of, visit.reader, "{}")
        if not await visit.open(dialog):
            await visit.refuse("too-old")
        return {}

    async def _record(self, visit: Visit, value: str) -> CheckRecord | None:
        """The check that a button or a dialog speaks of."""
        check = value_of(value).get("check", "")
        try:
            return await self._store.check(check)
        except StoreError:
            await visit.refuse("no-such-check", check=check[:20])
            return None

    # --- the trigger ------------------------------------------------------------------

    async def _open_send(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        """The dialog that says what a yes does, for those who may give it."""
        if await self._hindered(visit, record):
            return {}
        evidence = await self._store.load_evidence(record.id, parse)
        question = self._asked_now(record) or question_of(evidence)
        if question is None:
            await visit.refuse("nothing-to-send", check=record.id)
            return {}
        shown = exposed(evidence, question)
        metadata = json.dumps({"check": record.id})
        reader = visit.reader_of(record)
        dialog = consent.dialog(question, shown, reader, metadata)
        if not await visit.open(dialog):
            await visit.refuse("too-old")
        return {}

    async def _send(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        """Once a check: it goes on with it, or, where it is over, the pair is checked again."""
        if await self._hindered(visit, record):
            return {}
        if record.state == "running" and self._asked_now(record) is None:
            await visit.refuse("not-asked-now", check=record.id)
            return {}
        claim = await self._claims.make(visit, f"send:{record.id}")
        talking = self._checks.talking(record.id)
        if not claim.mine or await self._was_sent(record):
            await visit.refuse("already-sent", by=claim.by, at=claim.at)
        elif talking and talking.answer(Press(visit.person.id, claim.at), yes=True):
            await visit.note("done", check=record.id)
        elif record.state == "running" or visit.late:  # declined or stopped meanwhile, or cut off
            await self._claims.release(claim)
            await visit.refuse("not-asked-now", check=record.id)
        else:
            return await self._again(visit, record, claim, "yes")
        return {}

    async def _was_sent(self, record: CheckRecord) -> bool:
        """A yes may have had its effect before we were cut off, and must not have it twice."""
        return any(event.kind == "trigger" for event in await self._store.follow(record.id))

    async def _hindered(self, visit: Visit, record: CheckRecord) -> bool:
        """Say why this person can't send now, if so."""
        pair = record.context.pair
        groups = await self._people.groups_of(visit.person.id, pair.may_trigger)
        frozen = await self._store.freezes.standing((pair.near, pair.far))
        earlier = await self._claims.of_others(visit, f"send:{record.id}")
        if denied := may_send(pair, visit.person, groups, visit.room):
            await visit.refuse(denied)
        elif frozen:
            await visit.refuse("frozen", by=frozen[0].by, at=frozen[0].at)
        elif earlier:
            await visit.refuse("already-sent", by=earlier.by, at=earlier.at)
        else:
            return False
        return True

    def _asked_now(self, record: CheckRecord) -> ConsentQuestion | None:
        talking = self._checks.talking(record.id)
        return talking.question if talking else None

    async def _decline(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        """Not sending does no harm: anyone may say so."""
        talking = self._checks.talking(record.id)
        if talking and talking.answer(Press(visit.person.id, time.time()), yes=False):
            await visit.note("done", check=record.id)
        else:
            await visit.refuse("already-answered", check=record.id)
        return {}

    # --- the check --------------------------------------------------------------------

    async def _stop(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        return await self._orders.stop(visit, record.id)

    async def _rerun(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        """Once a check: its successor has a button of its own."""
        if denied := may_ask(record.context.pair, visit.room):
            await visit.refuse(denied)
            return {}
        async with self._one_by_one:  # who comes second is told which check it was
            claim = await self._claims.make(visit, f"rerun:{record.id}")
            if claim.mine:
                return await self._again(visit, record, claim, "ask")
        check = claim.answer.get("check", "")
        link = await self._checks.link(await self._store.check(check)) if check else None
        await visit.refuse("rerun-exists", see=link, by=claim.by, at=claim.at, check=check)
        return {}

    async def _again(
        self, visit: Visit, record: CheckRecord, claim: Claim, trigger: TriggerWish
    ) -> dict[str, Json]:
        """Another check of the same pair, in the channel of the press, and in the thread in which
        this one was asked, if it was."""
        asked = place_of(record)
        thread = asked.thread if asked and asked.channel == visit.room.id else None
        place = replace(visit.place, thread=thread)
        answer = await self._orders.ask(visit, record.context.pair, trigger, claim.key, place)
        if "check" in answer:
            await self._claims.settle(claim, answer)
            await self._checks.refresh(record.id, claim.key)
        else:
            await self._claims.release(claim)
        return answer

    async def _evidence(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        reader = visit.reader_of(record)
        if reader.detail == "roles":
            await visit.refuse("roles-only", incident=record.incident_id)
            return {}
        record, result = await as_said(self._store, record.id, reader.lang)
        if result is None:
            await visit.refuse("no-verdict-yet", check=record.id)
            return {}
        told = await self._teller.told(record, result)
        page = int(value_of(visit.taken.body["value"]).get("page", 0))
        dialog = dialogs.evidence(told, reader, page)
        if view := visit.taken.body.get("view"):
            await visit.turn(view, dialog)
        elif not await visit.open(dialog):
            await visit.refuse("too-old")
        return {}

    # --- what people say of it --------------------------------------------------------

    async def _open_share(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        metadata = json.dumps({"check": record.id})
        if not await visit.open(dialogs.share(visit.reader_of(record), metadata)):
            await visit.refuse("too-old")
        return {}

    async def _share(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        """A summary for people who do not read addresses, in another channel, once there."""
        room = await self._people.room(dialogs.chosen_channel(visit.taken.body["values"]))
        settings = visit.inventory.slack
        lang = language_of(room, visit.person, settings)
        record, result = await as_said(self._store, record.id, lang)
        if not room.member:
            await visit.refuse("share-not-member", channel=room.name)
        elif result is None:
            await visit.refuse("no-verdict-yet", check=record.id)
        elif not (claim := await self._claims.make(visit, f"share:{record.id}:{room.id}")).mine:
            await visit.refuse("already-shared", by=claim.by, at=claim.at)
        else:
            reader = Reader(lang, detail_of(room, settings), titles_of(result.evidence.context))
            post = summary(await self._teller.told(record, result), reader)
            place = Place(room.id, visit.person.id, lang, reader.detail)
            await self._outbox.say(post_of(claim.key, place, post))
            await visit.note("done", check=record.id, channel=room.id)
        return {}

    async def _acknowledge(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        incident, now = record.incident_id, time.time()
        if await self._store.acknowledge(incident, visit.person.id, now):
            await visit.note("done", incident=incident)
            await self._checks.refresh(record.id, f"acknowledged:{incident}")
            return {}
        head = await self._store.incident_head(incident)
        if head.acknowledged is None or head.acknowledged_by is None:
            await visit.refuse("incident-over", incident=incident)
        else:
            by, at = head.acknowledged_by, head.acknowledged
            await visit.refuse("already-acknowledged", by=by, at=at)
        return {}

    async def _close(self, visit: Visit, record: CheckRecord) -> dict[str, Json]:
        incident = record.incident_id
        if await self._store.close_incident(incident, visit.person.id, time.time()):
            await visit.note("done", incident=incident)
            await self._checks.refresh(record.id, f"closed:{incident}")
        else:
            await visit.refuse("already-closed", incident=incident)
        return {}

    async def _picked(self, visit: Visit) -> dict[str, Json]:
        """The pair that was chosen for a message's thread."""
        near, far = dialogs.chosen_pair(visit.taken.body["values"])
        try:
            pair = visit.inventory.pair(near, far)
        except NoSuchPair:
            await visit.refuse("no-such-pair", near=near, far=far)
            return {}
        return await self._orders.ask(visit, pair, "ask")


def value_of(text: str) -> dict[str, Json]:
    """What a button or a dialog carries; nothing of it is believed but ids."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
