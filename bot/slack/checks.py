"""The checks that were asked in Slack, each with its conversation, also over a restart."""

from __future__ import annotations

import asyncio
import time
from dataclasses import asdict, replace

import structlog

from bot.desk import Desk
from bot.request import Began, CheckRequest
from bot.slack.conversation import Conversation
from bot.slack.live import Live
from bot.slack.model import Place, Press
from bot.slack.outbox import Outbox
from bot.slack.telling import END, Teller
from storage.store import CheckRecord, Store

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 5.0
"""How often to look for checks that nobody runs any more and whose end was not told."""


class Checks:
    """Begins checks, knows the conversations of those that run, and ends what a restart cut off."""

    def __init__(
        self, store: Store, desk: Desk, outbox: Outbox, live: Live, teller: Teller
    ) -> None:
        self._store, self._desk = store, desk
        self._outbox, self._live, self._teller = outbox, live, teller
        self._talking: dict[str, Conversation] = {}

    async def begin(self, request: CheckRequest, place: Place) -> Began:
        """Begin a check that is answered there, or join the one that runs. A request's key begins
        one check, ever. Raises StoreError, NoSuchPair."""
        request = replace(request, place=asdict(place))

        def watch(began: Began) -> Conversation:
            talk = Conversation(
                began,
                place,
                self._store,
                self._outbox,
                self._live,
                self._teller,
                self._over,
                request.asked_by,
            )
            self._talking[began.check] = talk
            return talk

        return await self._desk.begin(request, watch, place.lang)

    def talking(self, check: str) -> Conversation | None:
        """The conversation of a check that runs here."""
        return self._talking.get(check)

    async def stop(self, check: str, by: Press) -> bool:
        """Stop a check. False: it does not run, or is being stopped already."""
        stopping = await self._desk.stop(check, by.by)
        if stopping and (talk := self._talking.get(check)):
            talk.stop_asked(by.by)
        return stopping

    async def link(self, record: CheckRecord) -> str | None:
        """The address of the check's root message; None while it stands nowhere."""
        return await self._teller.link(record)

    async def refresh(self, check: str, mark: str) -> None:
        """Show in the root what somebody's press changed."""
        await self._teller.refresh(check, mark)

    async def sweep(self) -> None:
        """Tell the end of every check that has one and was not told: a process was killed."""
        await self._store.interrupt_orphans(time.time())
        for check in await self._store.unsaid(END):
            if check not in self._talking:
                await self._tell(check)

    async def _tell(self, check: str) -> None:
        """One whose end can't be told holds up no other."""
        try:
            await self._teller.end(check)
        except Exception:
            log.exception("the end of a check could not be told yet", check=check)

    async def close(self) -> None:
        """Tell the end of the checks that were cut off just now: their process ends."""
        for talk in tuple(self._talking.values()):
            await talk.ended()
        await self.sweep()

    async def run(self) -> None:
        """Sweep now and then, until cancelled."""
        while True:
            try:
                await self.sweep()
            except Exception:
                log.exception("the record can't be swept")
            await asyncio.sleep(SWEEP_SECONDS)

    def _over(self, check: str) -> None:
        self._talking.pop(check, None)
