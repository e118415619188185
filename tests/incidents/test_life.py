"""One incident per pair and failure: joined, closed, not reopened, whatever comes when."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.store import Origin, Store
from tests.incidents.record import JEJU, NOW, SEOUL, Desk, said
from tests.storage.examples import TTL, context

FAULT: dict[str, Any] = {"outcome": "fault", "cause": "source-quarantined"}
HEALTHY: dict[str, Any] = {"outcome": "healthy", "cause": None}
HOUR = 3600.0


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with await Store.open(tmp_path / "replcheck.db") as store:
        yield Desk(store)


async def _check(desk: Desk, at: float) -> str:
    begun = await desk.store.begin_check(context(), Origin("alice"), "host:1", NOW + at, TTL)
    return begun.check_id


async def test_failures_of_a_pair_are_one_incident(desk: Desk) -> None:
    for n in range(5):
        kept = await desk.fail(f"k{n}", n * 24 * HOUR)
        assert kept.incident_id == "i1"
    other = await desk.hear(said("k9", "failed", 0, target=JEJU))
    assert other.incident_id == "i2"
    assert await desk.states() == [("i1", "open"), ("i2", "open")]


async def test_another_job_of_the_pair_joins_for_a_time(desk: Desk) -> None:
    narrow = desk.within(HOUR)
    await narrow.fail("k1", 0)
    assert (await narrow.fail("k2", HOUR, job="other")).incident_id == "i1"
    assert (await narrow.fail("k3", 3 * HOUR, job="third")).incident_id == "i2"
    assert (await narrow.fail("k4", 9 * HOUR, job="repl")).incident_id == "i1", "its own job does"


async def test_the_copy_that_succeeds_closes(desk: Desk) -> None:
    await desk.fail("k1", 0)
    await desk.within(60).fail("k2", HOUR, job="other")
    kept = await desk.succeed("k3", 2 * HOUR, job="other")
    assert kept.decision is not None
    assert set(kept.decision.incidents) == {"i1", "i2"}
    assert await desk.states() == [("i1", "closed"), ("i2", "closed")]
    (first, _) = await desk.store.list_incidents()
    head = await desk.store.incident_head("i1")
    assert (head.closed, head.closed_by, first["closed_by"]) == (NOW + 2 * HOUR, None, None)
    assert (await desk.fail("k4", 3 * HOUR)).incident_id == "i3"


async def test_a_success_before_the_last_failure_closes_nothing(desk: Desk) -> None:
    await desk.fail("k1", 0)
    await desk.fail("k2", 2 * HOUR)
    kept = await desk.succeed("k3", HOUR)
    assert (kept.incident_id, await desk.states()) == ("i1", [("i1", "open")])


async def test_a_late_failure_reopens_nothing(desk: Desk) -> None:
    await desk.fail("k1", 0)
    await desk.succeed("k2", HOUR)
    kept = await desk.hear(said("k3", "failed", 0.5 * HOUR, late=2 * HOUR))
    assert (kept.incident_id, await desk.states()) == ("i1", [("i1", "closed")])


async def test_a_failure_that_was_over_when_heard_is_on_record_and_closed(desk: Desk) -> None:
    await desk.succeed("k1", HOUR)
    kept = await desk.hear(said("k2", "failed", 0, late=2 * HOUR))
    assert kept.decision is not None
    assert kept.decision.kind == "past"
    head = await desk.store.incident_head("i1")
    assert (head.state, head.opened, head.closed) == ("closed", NOW, NOW + HOUR)
    again = await desk.hear(said("k3", "failed", 60, late=2 * HOUR))
    assert again.incident_id == "i1"


async def test_a_copy_that_ended_while_the_job_ran_does_not_excuse_its_failure(desk: Desk) -> None:
    """The job began at 0 and says nothing of its end; another's copy ran from -600 to 300."""
    await desk.hear(replace(said("k1", "succeeded", 300, job="other"), began=NOW - 600))
    running = replace(said("k2", "failed", 0, late=600), ended=NOW + 600)
    kept = await desk.hear(running)
    assert kept.decision is not None
    assert (kept.decision.kind, await desk.states()) == ("open", [("i1", "open")])
    await desk.hear(replace(said("k3", "succeeded", 400), began=NOW + 10))
    assert await desk.states() == [("i1", "closed")]


async def test_an_earlier_failure_moves_the_beginning(desk: Desk) -> None:
    await desk.fail("k1", HOUR)
    await desk.hear(said("k2", "failed", 0, late=2 * HOUR))
    assert (await desk.store.incident_head("i1")).opened == NOW


async def test_a_person_at_the_sender_closes_and_makes_no_copy(desk: Desk) -> None:
    await desk.fail("k1", 0)
    await desk.hear(said("k2", "resolved", HOUR, by="Tenex Engineer"))
    head = await desk.store.incident_head("i1")
    assert (head.state, head.closed_by) == ("closed", "Tenex Engineer")
    assert await desk.store.jobs.last_good_copies() == {}


async def test_a_late_acknowledgement_never_reopens(desk: Desk) -> None:
    await desk.fail("k1", 0)
    await desk.succeed("k2", HOUR)
    assert not await desk.store.acknowledge("i1", "alice", NOW + 2 * HOUR)
    assert await desk.states() == [("i1", "closed")]


async def test_a_verdict_after_the_copy_succeeded_reopens_nothing(desk: Desk) -> None:
    await desk.fail("k1", 0)
    check = await _check(desk, 10)
    await desk.succeed("k2", 60)
    await desk.store.save_verdict(check, FAULT, NOW + 70)
    head = await desk.store.incident_head("i1")
    assert (head.state, head.cause, head.closed) == ("closed", "source-quarantined", NOW + 60)


async def test_a_check_takes_back_what_it_closed_itself(desk: Desk) -> None:
    await desk.fail("k1", 0)
    check = await _check(desk, 10)
    await desk.store.save_verdict(check, HEALTHY, NOW + 20)
    assert await desk.states() == [("i1", "closed")]
    await desk.store.save_verdict(check, FAULT, NOW + 30)
    head = await desk.store.incident_head("i1")
    assert (head.state, head.closed) == ("diagnosed", None)


async def test_the_whole_life(desk: Desk) -> None:
    seen = []

    async def look() -> None:
        seen.append((await desk.store.incident_head("i1")).state)

    await desk.fail("k1", 0)
    await look()
    check = await _check(desk, 10)
    await look()
    await desk.store.save_verdict(check, FAULT, NOW + 20)
    await desk.store.finish_check(check, NOW + 21)
    await look()
    await desk.store.acknowledge("i1", "alice", NOW + 30)
    await look()
    await desk.store.jobs.set_recovering("i1", NOW + 40, NOW + 41)
    await look()
    await desk.fail("k2", 50)
    await look()
    await desk.succeed("k3", 60)
    await look()
    assert seen == [
        "open",
        "checking",
        "diagnosed",
        "acknowledged",
        "recovering",
        "acknowledged",
        "closed",
    ]


async def test_a_failure_after_a_question_joins_it_and_makes_it_count(desk: Desk) -> None:
    await _check(desk, 0)
    kept = await desk.fail("k1", HOUR)
    (incident,) = await desk.store.list_incidents()
    assert (kept.incident_id, incident["asked"], incident["counts"]) == ("i1", False, True)
    assert incident["severity"] == "major"


async def test_the_graver_severity_stays(desk: Desk) -> None:
    await desk.hear(said("k1", "failed", 0, target=SEOUL))
    mild = said("k2", "failed", 60, target=SEOUL.__class__("seoul:busan", "a", "b", "minor"))
    await desk.hear(mild)
    assert (await desk.store.list_incidents())[0]["severity"] == "major"


@pytest.mark.parametrize(
    ("trigger", "at", "new"),
    [
        ({"blocked": "pair", "quarantine_seconds": 600.0}, 300, False),
        ({"blocked": "pair", "quarantine_seconds": 600.0}, 900, True),
        ({"blocked": "pair", "quarantine_at_least": 120.0}, 3000, False),
        ({"blocked": "pair", "quarantine_at_least": 120.0}, 3700, True),
        ({"blocked": None, "quarantine_seconds": None}, 10, True),
        (None, 3000, False),
        (None, 3700, True),
    ],
)
async def test_what_our_own_trigger_made_fail_opens_nothing(
    desk: Desk, trigger: dict[str, Any] | None, at: float, new: bool
) -> None:
    check = await _check(desk, -10)
    await desk.store.record_trigger(check, "trigger:nfs", {"xid": 7}, NOW, by_person=True)
    if trigger is not None:
        document = {"outcome": "healthy", "cause": None, "trigger": trigger}
        await desk.store.save_verdict(check, document, NOW + 5)
    await desk.store.interrupt(check, NOW + 6)
    await desk.store.close_incident("i1", "alice", NOW + 7)
    kept = await desk.fail("k1", at)
    assert kept.incident_id == ("i2" if new else "i1")
    assert kept.decision is not None
    assert kept.decision.why == ("" if new else "our-trigger")
    (asked, *_) = await desk.store.list_incidents()
    assert (asked["state"], asked["asked"]) == ("closed", True)


async def test_while_our_check_runs_a_failure_is_its_own(desk: Desk) -> None:
    check = await _check(desk, -10)
    await desk.store.record_trigger(check, "trigger:nfs", {"xid": 7}, NOW, by_person=True)
    await desk.fail("k1", 20)
    (incident,) = await desk.store.list_incidents()
    assert (incident["asked"], incident["events"]) == (True, ["e1"])


async def test_earlier_incidents_are_found(desk: Desk) -> None:
    for n in range(3):
        await desk.fail(f"f{n}", n * 24 * HOUR)
        await desk.succeed(f"s{n}", n * 24 * HOUR + 60)
    await desk.hear(said("x", "failed", 0, target=JEJU))
    found = await desk.store.jobs.earlier("i3", 30 * 24 * HOUR)
    assert [(one.id, one.closed_how) for one in found] == [("i1", "job"), ("i2", "job")]
    assert [one.id for one in await desk.store.jobs.earlier("i3", 25 * HOUR)] == ["i2"]
    assert await desk.store.jobs.last_good_copies() == {"seoul:busan": NOW + 48 * HOUR + 60}
    assert len(await desk.store.jobs.good_copies("seoul:busan", NOW + 70)) == 2


def _all_bytes(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir())


async def test_no_secret_of_a_sender_reaches_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    told = "ddpconnchk -u repl -p hunter2"
    async with await Store.open(path) as store:
        arrival = replace(
            said("k1", "failed", 0),
            job=told,
            hook=told,
            message=f"first line\n{told}",
            body={"sender_id": told, "labels": {"password": "hunter2", told: told}},
            raw={"argv": told.split(), "nested": [{"token": "hunter2"}], "text": told},
        )
        await Desk(store).hear(arrival)
        await Desk(store).hear(replace(arrival, key="k2", status="resolved", by=told))
        event = await store.jobs.event("e1")
        assert event is not None
        assert event["message"].startswith("first line\nddpconnchk -u repl -p «")
    written = _all_bytes(tmp_path)
    assert b"ddpconnchk" in written
    assert b"hunter2" not in written


EVENTS = st.lists(
    st.tuples(st.sampled_from(["failed", "succeeded", "running", "resolved"]), st.integers(0, 50)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(events=EVENTS, order=st.randoms(use_true_random=False))
def test_whatever_comes_when_every_failure_is_in_one_incident(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[Any, int]], order: Any
) -> None:
    """Shuffled and repeated: each failure is in exactly one incident, and in the end the pair is
    open only if its newest failure is newer than any end of it."""
    arrivals = [said(f"k{n}", status, at) for n, (status, at) in enumerate(events)]
    deliveries = [*arrivals, *arrivals]
    order.shuffle(deliveries)
    folder = tmp_path_factory.mktemp("record")

    async def run() -> None:
        async with await Store.open(folder / "replcheck.db") as store:
            desk = Desk(store)
            kept = [await desk.hear(one) for one in deliveries]
            assert sum(not one.duplicate for one in kept) == len(arrivals)
            incidents = [await store.incident(one["id"]) for one in await store.list_incidents()]
            held = [e["id"] for one in incidents for e in one["events"] if e["status"] == "failed"]
            assert len(held) == len(set(held)) == sum(a.status == "failed" for a in arrivals)
            assert all(not one["closed"] or one["closed"] >= one["opened"] for one in incidents)
            failed = [a.at for a in arrivals if a.status == "failed"]
            ended = [a.at for a in arrivals if a.status == "succeeded"]
            if failed and ended and max(ended) >= max(failed):
                assert {one["state"] for one in incidents} == {"closed"}

    asyncio.run(run())
