"""Recorded incidents in a record of their own, and the pages over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.document import document
from bot.pages.access import PagesAccess
from bot.pages.routes import PREFIX, Pages
from probes.diagnosis import judge
from probes.model import Evidence
from storage.records import Begun, Origin
from storage.store import Store
from tests.golden import incidents
from tests.unit.replay import inventory_of

Client = TestClient[web.Request, web.Application]
ASKER = "mina.kim"
TTL = 1e9
OPEN = PagesAccess()


async def begun(store: Store, evidence: Evidence, by: str = ASKER) -> Begun:
    """A check that runs, and has heard nothing yet."""
    started = evidence.context.started
    return await store.begin_check(evidence.context, Origin(by), "test", started, TTL)


async def heard(store: Store, check: str, evidence: Evidence) -> None:
    """What the recorded check heard, plan by plan."""
    for plan, observations in groupby(evidence.observations, key=lambda o: o.plan):
        for n, observation in enumerate(observations):
            if n == 0:
                body = {"plan": plan, "phase": str(observation.phase)}
                at = observation.transcript.started
                await store.add_event(check, "plan-started", body, at)
            await store.add_observation(check, observation)
        await store.add_event(check, "plan-ended", {"plan": plan}, evidence.context.started + 30)
    for gap in evidence.gaps:
        await store.add_gap(check, gap, evidence.context.started + 5)


async def judged(store: Store, began: Begun, evidence: Evidence, lang: str = "en") -> None:
    """Its verdict."""
    named = replace(evidence, context=replace(evidence.context, check=began.check_id))
    started = evidence.context.started
    told = document(
        named,
        judge(named),
        started=started,
        seconds=34.9,
        seconds_to_verdict=14.2,
        stopped=False,
        incident=began.incident_id,
        lang=lang,
    )
    await store.save_verdict(began.check_id, told, started + 35)


async def recorded(
    store: Store, name: str, by: str = ASKER, evidence: Evidence | None = None
) -> Begun:
    """A recorded incident with one check that has ended, and is closed again by a person, so
    that the next one is another incident. evidence: in its place, changed."""
    known = evidence or incidents.load(name)
    began = await begun(store, known, by)
    await heard(store, began.check_id, known)
    await judged(store, began, known)
    await store.finish_check(began.check_id, known.context.started + 35.2)
    await store.close_incident(began.incident_id, by, known.context.started + 600)
    return began


@dataclass
class Office:
    """The pages of a record, and a browser without a window."""

    store: Store
    client: Client

    async def text(
        self, path: str, status: int = 200, headers: dict[str, str] | None = None
    ) -> str:
        """What a page says."""
        async with self.client.get(path, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == status, (path, answer.status, text[:500])
            return text

    async def status(self, path: str, headers: dict[str, str] | None = None) -> int:
        async with self.client.get(path, headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def pages(
    store: Store,
    access: PagesAccess = OPEN,
    lang: str = "en",
) -> AsyncIterator[Office]:
    """Serve the record's pages on loopback."""
    inventory = inventory_of(incidents.load("account").context)
    app = web.Application()
    app.add_subapp(PREFIX, Pages(store, inventory, access, lang).application())
    async with TestClient(TestServer(app)) as client:
        yield Office(store, client)


@asynccontextmanager
async def office(
    folder: Path,
    *names: str,
    access: PagesAccess = OPEN,
) -> AsyncIterator[Office]:
    """The pages over these recorded incidents: i1, i2 …"""
    async with await Store.open(folder / "pages.db") as store:
        for name in names:
            await recorded(store, name)
        async with pages(store, access) as opened:
            yield opened
