"""Silence is a failure too: a copy that was expected by a time, and that nobody has told of.

What is missing follows from the record alone, so a restart forgets nothing, and several processes
say it once: the event's key is the pair and the time at which its copy was due.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from bot.incidents.expect import silent_since
from bot.incidents.life import decide
from bot.intake import OnIncident
from bot.webhooks.event import digest
from probes.inventory import Inventory
from probes.inventory_expect import parse
from probes.model import Pair
from storage.errors import StoreError
from storage.job_model import Arrival, Target
from storage.store import Store

HOOK = "expect"
"""Where such an event came from: the inventory's own word."""
LOOK_SECONDS = 30.0

_log = structlog.get_logger(__name__)


class Silence:
    """`run` until cancelled; `look` once."""

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        on_incident: OnIncident,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._inventory, self._clock = store, inventory, clock
        self._on_incident = on_incident
        self._started = clock()
        self._said: dict[str, float] = {}

    async def run(self) -> None:
        """Look again and again."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                _log.warning("nobody looks for missing copies now", error=str(error))
            except Exception:  # noqa: BLE001 - the next look may go well
                _log.exception("looking for missing copies broke")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Put every copy that is missing now on record, with the incident that it means. A pair
        of which nothing was ever heard counts from when this process began to listen."""
        expecting = [pair for pair in self._inventory.pairs if pair.expect]
        if not expecting:
            return
        copies = await self._store.jobs.last_good_copies()
        heard = await self._store.jobs.first_heard()
        for pair in expecting:
            since = heard.get(pair.id, self._started)
            due = missing(pair, copies.get(pair.id), since, self._clock())
            if due is not None and self._said.get(pair.id) != due:
                await self._say(pair, due)

    async def _say(self, pair: Pair, due: float) -> None:
        came = missed(pair, due, self._clock(), _target(self._inventory, pair))
        (kept,) = await self._store.jobs.take_in(
            [came], lambda known, one: decide(known, one, self._inventory.incidents)
        )
        self._said[pair.id] = due
        if kept.incident_id and kept.decision:
            _log.info("a copy is missing", pair=pair.id, incident=kept.incident_id)
            self._on_incident(kept.incident_id, kept.decision)


def missing(pair: Pair, last_good: float | None, since: float, now: float) -> float | None:
    """When the pair's copy was due that is missing; None: nothing is, or nothing is expected."""
    return silent_since(parse(pair.expect), last_good, since, now) if pair.expect else None


def missed(pair: Pair, due: float, now: float, target: Target) -> Arrival:
    """The event that nobody sent."""
    return Arrival(
        key=digest([HOOK, pair.id, due]),
        hook=HOOK,
        job=f"{HOOK} {pair.expect}",
        status="missed",
        at=due,
        began=due,
        ended=due,
        received=now,
        fingerprint=digest([HOOK]),
        target=target,
        body={"due": due},
    )


def _target(inventory: Inventory, pair: Pair) -> Target:
    """Where the pair's failures go: as the first rule for it says."""
    rules = [rule for hook in inventory.hooks.values() for rule in hook.match]
    rule = next((rule for rule in rules if rule.pair.id == pair.id), None)
    if rule is None:
        return Target(pair.id, pair.near, pair.far, "major")
    return Target(pair.id, pair.near, pair.far, rule.severity, rule.channel)
