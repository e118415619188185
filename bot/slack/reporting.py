"""An incident that a failed job opened, told in its channel: the first check's message, the later
checks in its thread, and the copy that ended it."""

from __future__ import annotations

import structlog

from bot.response import Quiet, request_for
from bot.rights import detail_of, language_of
from bot.slack.checks import Checks
from bot.slack.model import Place
from bot.slack.outbox import Outbox, post_of
from bot.slack.people import People
from bot.slack.telling import Teller, place_of, root_key
from bot.slack.views.copied import copied
from probes.inventory import Inventory
from storage.store import Followed, Store

log = structlog.get_logger(__name__)


class Reporting:
    """What `Response` needs, spoken in Slack."""

    def __init__(
        self,
        store: Store,
        checks: Checks,
        outbox: Outbox,
        people: People,
        teller: Teller,
        inventory: Inventory,
        quiet: Quiet,
    ) -> None:
        self._store, self._checks, self._outbox = store, checks, outbox
        self._people, self._teller, self._inventory = people, teller, inventory
        self._quiet = quiet

    async def begin(self, incident: Followed, key: str) -> None:
        """Check the pair, told in the incident's channel. Without one that we are in the check
        runs all the same, and stands on record."""
        place = await self._place(incident)
        if place is None:
            log.warning("nobody is told", incident=incident.id, channel=incident.channel)
            await self._quiet.begin(incident, key)
        else:
            await self._checks.begin(request_for(incident, key), place)

    async def over(self, incident: Followed) -> None:
        """A copy succeeded: in the thread, and on the root."""
        if incident.first_check is None:
            return
        place = place_of(await self._store.check(incident.first_check))
        if place is None or incident.closed is None:
            return
        reader, pair = await self._teller.reader(place), (incident.near, incident.far)
        post = copied(incident.id, pair, incident.opened, incident.closed, reader)
        key = f"{incident.id}:copied:{int(incident.closed)}"
        root = root_key(incident.first_check)
        await self._outbox.say(post_of(key, place, post, thread=root))
        for check in incident.told:
            await self._checks.refresh(check, key)

    async def _place(self, incident: Followed) -> Place | None:
        if incident.channel is None:
            return None
        room = await self._people.named(incident.channel)
        if not room.member:
            return None
        settings = self._inventory.slack
        return Place(
            channel=room.id,
            user="",
            lang=language_of(room, None, settings),
            detail=detail_of(room, settings),
            thread=await self._thread(incident),
        )

    async def _thread(self, incident: Followed) -> str | None:
        """One thread per failure: the first check's message heads it."""
        if incident.first_check is None:
            return None
        return await self._store.outbox.ts_of(root_key(incident.first_check))
