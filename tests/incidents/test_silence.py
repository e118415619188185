"""A copy that was expected and did not come opens an incident, once, and its coming ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.silence import Silence
from probes.inventory import Inventory
from storage.errors import StoreError
from storage.job_model import Arrival, Decision
from storage.store import Store
from tests.incidents.record import Desk, said
from tests.webhooks.desk import JEJU, SEOUL, Clock, hook, inventory

DAY = 86_400.0
SIX = datetime.fromisoformat("2026-11-22T06:00:00+09:00").timestamp()


def _expecting() -> Inventory:
    pair = replace(SEOUL, expect="daily by 06:00 Asia/Seoul")
    return replace(inventory(hook()), pairs=(pair, JEJU))


def _at(arrival: Arrival, at: float) -> Arrival:
    return replace(arrival, at=at, began=at, ended=at, received=at)


async def test_a_missing_copy_is_an_incident_once(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def follow(incident: str, decision: Decision) -> None:
        told.append((incident, decision.kind))

    async with await Store.open(tmp_path / "replcheck.db") as store:
        desk, clock = Desk(store), Clock(SIX - 2 * DAY)
        silence = Silence(store, _expecting(), follow, clock)
        good = said("k1", "succeeded", 0)
        await desk.hear(_at(good, SIX - DAY - 3600))
        clock.now = SIX - 1
        await silence.look()
        assert await desk.states() == []
        clock.now = SIX
        for _ in range(3):
            await silence.look()
        assert told == [("i1", "open")]
        (incident,) = await store.list_incidents()
        assert (incident["near"], incident["severity"]) == ("seoul", "major")
        assert incident["opened"] == "2026-11-21T21:00:00.000Z"
        assert [one.id for one in await store.followed()] == ["i1"], "its pair is checked"
        again = Silence(store, _expecting(), follow, clock)
        await again.look()
        assert len(told) == 1, "another process finds it on record"
        clock.now = SIX + DAY
        await again.look()
        assert await desk.states() == [("i1", "open")], "the next day it is the same one"
        await desk.hear(_at(replace(good, key="k2"), SIX + DAY + 60))
        assert await desk.states() == [("i1", "closed")]
        clock.now = SIX + 2 * DAY - 1
        await again.look()
        assert await desk.states() == [("i1", "closed")]


async def test_what_was_due_before_anybody_listened_is_not_missing(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "replcheck.db") as store:
        clock = Clock(SIX + 60)
        silence = Silence(store, _expecting(), lambda *_: None, clock)
        await silence.look()
        assert await store.list_incidents() == []
        clock.now = SIX + DAY
        await silence.look()
        assert len(await store.list_incidents()) == 1


async def test_a_failure_that_is_known_is_joined(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "replcheck.db") as store:
        await Desk(store).hear(_at(said("k1", "failed", 0), SIX - 3 * 3600))
        await Silence(store, _expecting(), lambda *_: None, Clock(SIX)).look()
        (incident,) = await store.list_incidents()
        assert incident["events"] == ["e1", "e2"]


async def test_a_record_that_cannot_be_read_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    class Enough(Exception):  # noqa: N818
        pass

    async def broken() -> dict[str, float]:
        looks.append(1)
        raise StoreError("the disk is full")

    async def no_sleep(_: float) -> None:
        if len(looks) == 2:
            raise Enough

    async with await Store.open(tmp_path / "replcheck.db") as store:
        monkeypatch.setattr(store.jobs, "last_good_copies", broken)
        monkeypatch.setattr("bot.silence.asyncio.sleep", no_sleep)
        with pytest.raises(Enough):
            await Silence(store, _expecting(), lambda *_: None, Clock(SIX)).run()
    assert len(looks) == 2
