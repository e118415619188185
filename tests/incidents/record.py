"""What the decisions do, over a real record and without HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from bot.incidents.life import decide
from probes.inventory import IncidentSettings
from storage.job_model import Arrival, Status, Target
from storage.jobs import Kept
from storage.store import Store

NOW = 1_795_000_000.0
SEOUL = Target("seoul:busan", "seoul", "busan", "major", "#backup-incidents")
JEJU = Target("jeju:busan", "jeju", "busan", "minor")


def said(
    key: str,
    status: Status,
    at: float,
    *,
    job: str = "repl",
    target: Target = SEOUL,
    late: float = 0.0,
    by: str | None = None,
) -> Arrival:
    """A job's word. at: seconds after NOW when it happened; late: how much later it came."""
    moment = NOW + at
    times = (moment, moment, moment, moment + late)  # at, began, ended, received
    return Arrival(key, "avamar", job, status, *times, job, target, by=by)


@dataclass
class Desk:
    """Hears events, and decides as the intake does."""

    store: Store
    settings: IncidentSettings = field(default_factory=IncidentSettings)

    async def hear(self, arrival: Arrival) -> Kept:
        (kept,) = await self.store.jobs.take_in(
            [arrival], lambda known, came: decide(known, came, self.settings)
        )
        return kept

    async def fail(self, key: str, at: float, job: str = "repl") -> Kept:
        return await self.hear(said(key, "failed", at, job=job))

    async def succeed(self, key: str, at: float, job: str = "repl") -> Kept:
        return await self.hear(said(key, "succeeded", at, job=job))

    async def states(self) -> list[tuple[str, str]]:
        return [(one["id"], one["state"]) for one in await self.store.list_incidents()]

    def within(self, seconds: float) -> Desk:
        """The same with another time within which a pair's failures are one."""
        return replace(self, settings=IncidentSettings(same_pair_within=seconds))
