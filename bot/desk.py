"""The checks that run in this process: begun, stopped, ended. Whoever asked for one watches it.

Laws kept here: anyone may stop a check (law 9); it is on record before anybody is told that it
runs (law 8). Long work is held here, in tasks of our own, and none is ever lost or swallowed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.check import begin, conduct
from bot.request import Began, CheckRequest, Consent, ConsentQuestion, Judged
from probes.events import Event
from probes.inventory import Inventory
from probes.model import Context
from probes.transport import Transport
from storage.store import Store

log = structlog.get_logger(__name__)


class Watcher(Protocol):
    """Whoever follows a check: told what happens, asked for consent, told that it ended."""

    async def began(self) -> None:
        """It is on record, and begins as soon as this returns."""

    def heard(self, event: Event | Began | Judged, /) -> None:
        """Something happened. Must not wait."""

    async def may_send(self, question: ConsentQuestion, /) -> Consent | None:
        """May this be sent? None is no. Cancelled when the check is stopped."""

    async def ended(self) -> None:
        """The check is over, and its end on record."""


@dataclass(slots=True)
class _Running:
    began: Began
    stop: asyncio.Event
    task: asyncio.Task[None] | None = None


class Desk:
    """`begin` checks, `stop` them, `close` when the process ends."""

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        transport_factory: Callable[[Context], Transport],
    ) -> None:
        self.inventory = inventory
        self._store = store
        self._transport_factory = transport_factory
        self._running: dict[str, _Running] = {}

    def __contains__(self, check: str) -> bool:
        return check in self._running

    async def begin(
        self, request: CheckRequest, watch: Callable[[Began], Watcher], lang: str
    ) -> Began:
        """Put a check on record and run it; where one of the pair runs already, nothing is begun
        and `joined` says so. Raises StoreError, NoSuchPair."""
        began = await begin(request, self.inventory, self._store)
        if not began.joined:
            running = _Running(began, asyncio.Event())
            self._running[began.check] = running
            work = self._conduct(running, request, watch(began), lang)
            running.task = asyncio.create_task(work, name=f"check {began.check}")
        return began

    async def stop(self, check: str, by: str) -> bool:
        """Stop a check, also one of another process (at its next sign of life, some seconds).
        False: it does not run, or somebody stopped it before."""
        asked = await self._store.ask_to_stop(check, by, time.time())
        if asked and check in self._running:
            self._running[check].stop.set()
        return asked

    async def close(self, grace: float) -> None:
        """End what runs within `grace` seconds; it then stands as interrupted on record."""
        tasks = [running.task for running in self._running.values() if running.task]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=grace)

    async def _conduct(
        self, running: _Running, request: CheckRequest, watcher: Watcher, lang: str
    ) -> None:
        check = running.began.check
        try:
            await watcher.began()
            await conduct(
                running.began,
                request,
                self._store,
                self._transport_factory,
                listener=watcher.heard,
                ask_consent=lambda question: _unless_stopped(watcher, question, running.stop),
                stop=running.stop,
                lang=lang,
            )
        except asyncio.CancelledError:
            await self._store.interrupt(check, time.time())
            raise
        except Exception:
            # Whatever went wrong, the record says that this check has no end of its own.
            log.exception("check broke", check=check)
            await self._store.interrupt(check, time.time())
        finally:
            self._running.pop(check, None)
        try:
            await watcher.ended()
        except Exception:
            log.exception("the end of a check could not be told", check=check)


async def _unless_stopped(
    watcher: Watcher, question: ConsentQuestion, stop: asyncio.Event
) -> Consent | None:
    """A check that is stopped waits for no answer any more."""
    asking = asyncio.ensure_future(watcher.may_send(question))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((asking, stopping), return_when=asyncio.FIRST_COMPLETED)
        return asking.result() if asking.done() and not stop.is_set() else None
    finally:
        asking.cancel()
        stopping.cancel()
        await asyncio.gather(asking, stopping, return_exceptions=True)
