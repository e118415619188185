"""What jobs said of themselves: in the timeline, as evidence, in the search, and by the clock."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.pages.access import Keys, PagesAccess
from bot.pages.routes import PREFIX, Pages
from storage.search import Wanted
from storage.store import Store
from tests.golden import incidents
from tests.incidents.record import Desk, said
from tests.pages.hostile import SCRIPT
from tests.pages.office import OPEN, Office, pages
from tests.unit.replay import inventory_of

LOG = f"2026-11-22 03:10 avtar Error <5314>: DDR_RESULT 5075 연결이 차단됨\n{SCRIPT}"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with await Store.open(tmp_path / "record.db") as store:
        yield Desk(store)


async def test_a_jobs_log_is_evidence_and_is_found(desk: Desk) -> None:
    await desk.hear(replace(said("k1", "failed", 0.0), message=LOG))
    for words in ("DDR_RESULT", "5075", "차단", "repl busan"):
        found = await desk.store.search.find(Wanted(text=words))
        assert [each.head.id for each in found.incidents] == ["i1"], words
    async with pages(desk.store) as here:
        text = await here.text("/incidents/i1")
    assert "avamar: the job repl failed." in text
    assert "DDR_RESULT 5075 연결이 차단됨" in text
    assert SCRIPT not in text


async def test_who_closed_it_is_told(desk: Desk) -> None:
    await desk.fail("k1", 0.0)
    await desk.succeed("k2", 600.0)
    async with pages(desk.store) as here:
        text = await here.text("/incidents/i1")
    assert "Closed: the sender says that the job succeeded." in text
    assert "lasted 10 minutes" in text


async def shown(store: Store, rpo: float | None) -> str:
    """The incident's page where a copy may be so many seconds old."""
    context = incidents.load("account").context
    inventory = inventory_of(context, replace(context.pair, rpo_seconds=rpo))
    app = web.Application()
    app.add_subapp(PREFIX, Pages(store, inventory, OPEN, "en").application())
    async with TestClient(TestServer(app)) as client:
        return await Office(store, client).text("/incidents/i1")


async def test_the_last_good_copy_stands_against_its_limit(desk: Desk) -> None:
    await desk.succeed("k1", 0.0)
    await desk.fail("k2", 3600.0)
    assert "Last good copy" in await shown(desk.store, None)
    assert "is exceeded since 2026-11-18 16:06:40 UTC" in await shown(desk.store, 3600.0 * 5)
    assert "the limit is 114 years" in (await shown(desk.store, 3.6e9))


async def test_a_repetition_is_said_but_not_to_whom_one_incident_was_opened(desk: Desk) -> None:
    for n in range(3):
        await desk.fail(f"f{n}", n * 86400.0)
        await desk.succeed(f"s{n}", n * 86400.0 + 600)
    access = PagesAccess("a secret key of some length", "a token that opens everything")
    async with pages(desk.store, access) as here:
        bearing = {"Authorization": "Bearer a token that opens everything"}
        text = await here.text("/incidents/i3", headers=bearing)
        assert "number 3 of this pair within 30 days" in text
        assert "/incidents/i1" in text
        key = Keys(access.secret_key).signed_link("", "i3", time.time())
        text = await here.text(key)
        assert "of this pair within" not in text
        assert "/incidents/i1" not in text
