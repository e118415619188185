"""What a job's failure starts: a check of its pair at once, and again while the incident stays
open. What is due follows from the record alone, so a restart loses nothing and doubles nothing:
a check's request is named after its incident and its number there.

Law 9 is kept here: what a machine starts sends no trigger unless the inventory says so.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.desk import Desk
from bot.incidents.schedule import next_check
from bot.request import JOB, Began, CheckRequest, Consent, ConsentQuestion, Judged
from probes.events import Event
from storage.job_model import Decision
from storage.store import Followed, Store, StoreError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 30.0
"""How often to look for what is due; a failure that comes in is looked at at once."""
MOST_AT_ONCE = 4
"""Checks that run at a time before one more is begun by a machine: many pairs may fail together,
and their checks must not be a storm of their own."""

NEWS_SECONDS = 24 * 3600.0
"""A copy that succeeded longer ago is no news any more, for a bot that was away."""

_LONGEST_JOB = 80
Begin = Callable[[Followed, str], Awaitable[None]]
"""Begin a check for an incident, under the key that names the request."""
Over = Callable[[Followed], Awaitable[None]]
"""Say that a copy succeeded and the incident is closed."""


class Response:
    """`heard` is the intake's callback; `run` does what is due."""

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store, self._clock = store, clock
        self._woken = asyncio.Event()

    def heard(self, _incident_id: str, _decision: Decision) -> None:
        """An event was kept that belongs to an incident: what it means stands on record."""
        self._woken.set()

    async def run(self, begin: Begin, over: Over) -> None:
        """Begin what is due and tell what is over, until cancelled."""
        while True:
            self._woken.clear()
            try:
                await self._tell(over)
                await self._begin(begin)
            except StoreError as error:
                log.warning("incidents can't be followed now", error=str(error))
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _begin(self, begin: Begin) -> None:
        for incident in await self._store.followed():
            if next_check(incident.started, incident.last_failed) > self._clock():
                continue
            running = await self._store.running()
            if len(running) >= MOST_AT_ONCE:
                return
            if any(check.pair_id == incident.pair_id for check in running):
                continue
            key = f"job:{incident.id}:{len(incident.started) + 1}"
            log.info("a job's failure is checked", incident=incident.id, key=key)
            await begin(incident, key)

    async def _tell(self, over: Over) -> None:
        for incident in await self._store.copied(self._clock() - NEWS_SECONDS):
            await over(incident)


class Quiet:
    """Where nobody is to be told: checks run, and stand on record."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def begin(self, incident: Followed, key: str) -> None:
        """Check the pair; nobody is there to be asked."""
        request = request_for(incident, key)
        await self._desk.begin(request, lambda _began: Nobody(), "en")

    async def over(self, incident: Followed) -> None:
        """It is on record, and nobody is told."""


class Nobody:
    """A watcher that tells nobody, and allows nothing."""

    async def began(self) -> None: ...

    def heard(self, _event: Event | Began | Judged) -> None: ...

    async def may_send(self, _question: ConsentQuestion) -> Consent | None:
        return None

    async def ended(self) -> None: ...


def request_for(incident: Followed, key: str) -> CheckRequest:
    """The check that a machine asks for."""
    return CheckRequest(
        near=incident.near,
        far=incident.far,
        trigger="ask",
        asked_by=f"{JOB}{incident.job[:_LONGEST_JOB]}",
        by_person=False,
        key=key,
    )
