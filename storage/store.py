"""The record's one door: asynchronous, and never ahead of the disk.

Every write returns after its commit is on disk (law 8). Nothing here decides anything:
it keeps what it is told, secrets struck out (law 6), and gives it back. `at` and `now`
are epoch seconds on the checker's clock; `ttl` is seconds. Everything raises StoreError,
whose message names the mend.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from probes.model import Context, Evidence, Gap, Observation, Tools
from storage import followed, records, views
from storage.audit import Audit
from storage.codec import Parse, Raw
from storage.database import Database
from storage.errors import StoreError
from storage.followed import Followed
from storage.freezes import Freezes
from storage.inbox import Inbox
from storage.jobs import Jobs
from storage.migrations import MIGRATIONS
from storage.outbox import Outbox
from storage.pages import Pages
from storage.records import Begun, Origin
from storage.search import Search
from storage.views import CheckRecord, Event, IncidentHead, Sent

__all__ = [
    "Begun",
    "CheckRecord",
    "Event",
    "Followed",
    "IncidentHead",
    "Origin",
    "Raw",
    "Sent",
    "Store",
    "StoreError",
]

Json = Any


class Store:
    """Incidents, their checks, and all that was heard, sent and said."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.inbox = Inbox(database)
        self.outbox = Outbox(database)
        self.jobs = Jobs(database)
        self.freezes = Freezes(database)
        self.audit = Audit(database)
        self.search = Search(database)
        self.pages = Pages(database)

    @classmethod
    async def open(cls, path: Path, migrations: Sequence[tuple[str, str]] = MIGRATIONS) -> Store:
        """Open or make the file. Checks that nobody runs any more become interrupted."""
        store = cls(await Database.open(path, migrations))
        try:
            await store.interrupt_orphans(time.time())
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Finish what was handed in, and close the file."""
        await self._database.close()

    async def __aenter__(self) -> Store:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # --- a check's life ---------------------------------------------------------------

    async def begin_check(
        self, context: Context, origin: Origin, holder: str, now: float, ttl: float
    ) -> Begun:
        """Begin a check of `context.pair`, or join the one that runs, over all processes.

        A new check gets its id here (it stands in the stored context), belongs to the
        pair's open incident or a new one marked as asked, and holds the pair's lease for
        `ttl` seconds: renew it well before. holder: who runs it, for people.
        """
        return await self._database.write(
            lambda rows: records.begin_check(rows, context, origin, holder, now, ttl)
        )

    async def acquire_lease(
        self, pair_id: str, check_id: str, holder: str, now: float, ttl: float
    ) -> str:
        """The id of the check that holds the pair's lease now: this one if it was free (an
        interrupted check then runs again), else the one to join."""
        return await self._database.write(
            lambda rows: records.acquire_lease(rows, pair_id, check_id, holder, now, ttl)
        )

    async def renew_lease(self, check_id: str, now: float, ttl: float) -> bool:
        """Hold the lease longer. False: it was lost, or a stop was asked for: the check must send
        nothing more."""
        return await self._database.write(
            lambda rows: records.renew_lease(rows, check_id, now, ttl)
        )

    async def ask_to_stop(self, check_id: str, by: str, now: float) -> bool:
        """Whoever runs the check stops at its next sign of life (its `renew_lease` says False).
        False here: it does not run, or somebody asked before."""
        return await self._database.write(lambda rows: records.ask_to_stop(rows, check_id, by, now))

    async def interrupt(self, check_id: str, at: float) -> bool:
        """Whoever runs the check gives it up; its lease is free. False: it had ended."""
        return await self._database.write(lambda rows: records.interrupt(rows, check_id, at))

    async def interrupt_orphans(self, now: float) -> list[str]:
        """Mark checks whose holder let the lease expire as interrupted; their ids."""
        return await self._database.write(lambda rows: records.interrupt_orphans(rows, now))

    async def set_context(self, check_id: str, context: Context, at: float) -> None:
        """Replace what judging needs (consent came, a cool-down holds)."""
        await self._database.write(lambda rows: records.set_context(rows, check_id, context, at))

    async def save_verdict(self, check_id: str, document: dict[str, Json], at: float) -> None:
        """Keep a verdict document; the newest counts, the earlier ones stay.

        The incident follows: `healthy` closes it, `fault` makes it diagnosed with its cause,
        `inconclusive` leaves it as it was.
        """
        await self._database.write(lambda rows: records.save_verdict(rows, check_id, document, at))

    async def finish_check(self, check_id: str, at: float, *, stopped: bool = False) -> None:
        """The check has ended: its lease is given back. Save its verdict before."""
        await self._database.write(
            lambda rows: records.finish_check(rows, check_id, at, stopped=stopped)
        )

    # --- what is heard ----------------------------------------------------------------

    async def hear(self, check_id: str, raw: Raw) -> None:
        """Keep what a command has printed so far (give it End.LOST: that is what it is if
        nothing more is heard). The same id again replaces it."""
        await self._database.write(lambda rows: records.keep_raw(rows, check_id, raw))

    async def add_observation(self, check_id: str, observation: Observation | Raw) -> None:
        """Keep an observation's raw output, and say in the events that it came."""
        raw = observation if isinstance(observation, Raw) else Raw.of(observation)
        await self._database.write(lambda rows: records.add_observation(rows, check_id, raw))

    async def add_gap(self, check_id: str, gap: Gap, at: float) -> None:
        """Keep a question without an answer."""
        await self._database.write(lambda rows: records.add_gap(rows, check_id, gap, at))

    async def add_tools(self, check_id: str, endpoint_id: str, tools: Tools, at: float) -> None:
        """Keep what an endpoint can do."""
        await self._database.write(
            lambda rows: records.add_tools(rows, check_id, endpoint_id, tools, at)
        )

    async def add_event(self, check_id: str, kind: str, body: dict[str, Json], at: float) -> int:
        """Append anything else that happened; returns its seq. `plan-ended` with {"plan":
        name} makes the plan part of the evidence."""
        return await self._database.write(
            lambda rows: records.add_event(rows, check_id, kind, body, at)
        )

    async def record_residue(self, check_id: str, endpoint_id: str, what: str, at: float) -> None:
        """Keep what could not be cleared on a host."""
        await self.add_event(check_id, "residue", {"endpoint": endpoint_id, "what": what}, at)

    # --- what is sent -----------------------------------------------------------------

    async def record_consent(self, check_id: str, who: str, how: str, at: float) -> None:
        """Keep who agreed to a trigger, and how."""
        await self._database.write(lambda rows: records.add_consent(rows, check_id, who, how, at))

    async def record_trigger(
        self, check_id: str, plan: str, what: dict[str, Json], at: float, *, by_person: bool
    ) -> bool:
        """Keep that bytes are about to be sent. Send them only after this has returned True;
        False: a site of the pair is frozen.

        what: the 5-tuple, the payload's hash, the xid. by_person: a person pressed for it.
        """
        return await self._database.write(
            lambda rows: records.add_trigger(rows, check_id, plan, what, at, by_person=by_person)
        )

    async def last_triggers(self, pair_id: str, limit: int = 10) -> list[Sent]:
        """What was last sent between the pair by any process, newest first."""
        return await self._database.read(lambda rows: views.last_triggers(rows, pair_id, limit))

    async def triggers_since(self, since: float) -> int:
        """How many were sent since then (epoch seconds), of all pairs, by any process."""
        return await self._database.read(lambda rows: views.triggers_since(rows, since))

    # --- an incident's life -----------------------------------------------------------

    async def acknowledge(self, incident_id: str, by: str, at: float) -> bool:
        """Somebody has it. False: it is closed, or somebody else was first."""
        return await self._database.write(
            lambda rows: records.acknowledge(rows, incident_id, by, at)
        )

    async def close_incident(self, incident_id: str, by: str, at: float) -> bool:
        """A person closes it. False: it was closed already."""
        return await self._database.write(lambda rows: records.close(rows, incident_id, by, at))

    # --- what is read -----------------------------------------------------------------

    async def check(self, check_id: str) -> CheckRecord:
        """A check as it stands, with its verdicts."""
        return await self._database.read(lambda rows: views.check(rows, check_id))

    async def running(self) -> list[CheckRecord]:
        """The checks that run now, over all processes."""
        return await self._database.read(views.running)

    async def unsaid(self, suffix: str) -> list[str]:
        """Checks that were asked somewhere, have ended, and whose end (outbox key: check id and
        `suffix`) was never to be said there."""
        return await self._database.read(lambda rows: views.unsaid(rows, suffix))

    async def load_evidence(self, check_id: str, parse: Parse) -> Evidence:
        """The stored evidence, its raw lines read by today's parsers (`parse` raises Unparsed)."""
        return await self._database.read(lambda rows: views.load_evidence(rows, check_id, parse))

    async def follow(self, check_id: str, after_seq: int = 0) -> list[Event]:
        """The check's events after `after_seq`: poll it to watch a check of another process."""
        return await self._database.read(lambda rows: views.follow(rows, check_id, after_seq))

    async def incident_head(self, incident_id: str) -> IncidentHead:
        """An incident as it stands, without what happened in it."""
        return await self._database.read(lambda rows: views.incident_head(rows, incident_id))

    async def followed(self) -> list[Followed]:
        """The open incidents that jobs opened, with when their pairs were checked."""
        return await self._database.read(followed.followed)

    async def copied(self, since: float) -> list[Followed]:
        """Those that a copy has closed since then (epoch seconds), and whose end was not told."""
        return await self._database.read(lambda rows: followed.copied(rows, since))

    async def list_incidents(self) -> list[dict[str, Json]]:
        """The contract's `incidents list --json`, oldest first."""
        return await self._database.read(views.list_incidents)

    async def incident(self, incident_id: str) -> dict[str, Json]:
        """The contract's `incidents show ID --json`."""
        return await self._database.read(lambda rows: views.incident(rows, incident_id))
