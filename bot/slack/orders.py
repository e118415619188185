"""What the typed commands do: `/replcheck …`, a mention, a shortcut's choice."""

from __future__ import annotations

import time
from typing import Any

from bot.request import CheckRequest, TriggerWish
from bot.rights import may_ask, may_send, may_stop, may_unfreeze
from bot.slack import command
from bot.slack.calls import Ask, Freeze, Help, Incidents, Mistake, Status, Stop, Summary, Unfreeze
from bot.slack.checks import Checks
from bot.slack.model import Place, Post, Press
from bot.slack.outbox import Outbox, post_of
from bot.slack.people import People
from bot.slack.telling import place_of
from bot.slack.views import talk
from bot.slack.visit import Visit
from probes.model import Pair
from storage.errors import StoreError
from storage.store import Store

Json = Any
_DAY = 86400.0


class Orders:
    """One method a command; each returns what is kept of it."""

    def __init__(self, store: Store, checks: Checks, outbox: Outbox, people: People) -> None:
        self._store, self._checks = store, checks
        self._outbox, self._people = outbox, people

    async def typed(self, visit: Visit) -> dict[str, Json]:
        """Read what was typed, and do it."""
        typed = command.read(visit.taken.body["text"], visit.inventory)
        visit.what = type(typed).__name__.lower()
        match typed:
            case Ask():
                pair = visit.inventory.pair(typed.near, typed.far)
                return await self.ask(visit, pair, typed.trigger or "ask")
            case Stop():
                return await self._stop(visit, typed.check)
            case Freeze():
                await self._freeze(visit, typed.site)
            case Unfreeze():
                await self._unfreeze(visit, typed.site)
            case Mistake():
                await visit.note("refused", text=visit.taken.body["text"][:200])
                await visit.whisper(talk.usage(typed, visit.reader))
            case _:
                await visit.note("done")
                await visit.whisper(await self._answer(visit, typed))
        return {}

    async def _answer(self, visit: Visit, asked: Help | Status | Incidents | Summary) -> Post:
        """What is only read."""
        reader, now = visit.reader, time.time()
        match asked:
            case Status():
                return talk.status(
                    running=await self._store.running(),
                    freezes=await self._store.freezes.standing(),
                    triggers=await self._store.triggers_since(now - _DAY),
                    waiting=await self._outbox.depth(),
                    reader=reader,
                )
            case Incidents():
                return talk.incidents(await self._store.list_incidents(), reader)
            case Summary():
                found = await self._store.list_incidents()
                return talk.summary(found, now - asked.days * _DAY, reader)
        return talk.help_text(visit.inventory.pairs, reader)

    # --- a check ----------------------------------------------------------------------

    async def ask(
        self,
        visit: Visit,
        pair: Pair,
        trigger: TriggerWish,
        key: str | None = None,
        place: Place | None = None,
    ) -> dict[str, Json]:
        """Begin a check, or say that one runs already; `check` in the answer is the one begun.
        key: what names the request, and place: where it is answered, where that is not the
        delivery and not here."""
        if denied := may_ask(pair, visit.room):
            await visit.refuse(denied)
            return {}
        wish = await self._wish(visit, pair, trigger)
        key = key or visit.taken.key
        place = place or visit.place
        request = CheckRequest(
            pair.near,
            pair.far,
            trigger=wish,
            asked_by=place.user,
            agreed=_how(visit, trigger),
            key=key,
        )
        began = await self._checks.begin(request, place)
        await visit.note("joined" if began.joined else "done", check=began.check, trigger=wish)
        record = await self._store.check(began.check)
        if began.joined and record.key != key:
            link = await self._checks.link(record)
            await visit.whisper(talk.already_running(record, link, visit.reader))
            return {"joined": began.check}
        return {"check": began.check}

    async def _wish(self, visit: Visit, pair: Pair, trigger: TriggerWish) -> TriggerWish:
        """What the asker's word counts for: a yes only from somebody who may send, and the
        inventory's standing yes saves them the question."""
        if trigger == "no" or (trigger == "ask" and pair.trigger != "yes"):
            return trigger
        groups = await self._people.groups_of(visit.person.id, pair.may_trigger)
        denied = may_send(pair, visit.person, groups, visit.room)
        if denied is None:
            return "yes"
        if trigger == "yes":
            await visit.refuse(denied)
        return "ask"

    async def _stop(self, visit: Visit, check: str | None) -> dict[str, Json]:
        running = await self._store.running()
        here = [r for r in running if (place := place_of(r)) and place.channel == visit.room.id]
        if check is None and len(here) != 1:
            await visit.note("refused", running=len(here))
            await visit.whisper(talk.which_to_stop(here, visit.reader))
            return {}
        return await self.stop(visit, check or here[0].id)

    async def stop(self, visit: Visit, check: str) -> dict[str, Json]:
        """Stop this check: anyone may who sees it."""
        try:
            record = await self._store.check(check)
        except StoreError:
            await visit.refuse("no-such-check", check=check)
            return {}
        place = place_of(record)
        if denied := may_stop(visit.person, visit.room, place.channel if place else None):
            await visit.refuse(denied)
        elif await self._checks.stop(check, Press(visit.person.id, time.time())):
            await visit.note("done", check=check)
        else:
            why = "already-stopped" if record.state == "running" else "check-over"
            await visit.refuse(why, check=check)
        return {"check": check}

    # --- freezes ----------------------------------------------------------------------

    async def _freeze(self, visit: Visit, site: str | None) -> None:
        if await self._store.freezes.freeze(site, visit.person.id, time.time()):
            await visit.note("done", site=site)
            await self._announce(visit, talk.frozen(site, visit.person.id, visit.room_reader))
        else:
            await visit.refuse("already-frozen")

    async def _unfreeze(self, visit: Visit, site: str | None) -> None:
        if denied := may_unfreeze(visit.person):
            await visit.refuse(denied)
        elif lifted := await self._store.freezes.lift(site, visit.person.id, time.time()):
            await visit.note("done", sites=[freeze.site for freeze in lifted])
            await self._announce(visit, talk.unfrozen(site, visit.person.id, visit.room_reader))
        else:
            await visit.refuse("not-frozen")

    async def _announce(self, visit: Visit, post: Post) -> None:
        """To all in the room, not only to the one who did it, where we are in the room."""
        if visit.room.member:
            say = post_of(visit.taken.key, visit.place, post, thread_ts=visit.thread)
            await self._outbox.say(say)
        else:
            await visit.whisper(post)


def _how(visit: Visit, trigger: TriggerWish) -> str:
    """How a yes was given, for the record: by hand, or by the inventory for all who may."""
    if visit.what == "send":
        return "pressed Send in Slack"
    return "--trigger yes" if trigger == "yes" else 'trigger = "yes" in sites.toml'
