"""A check's life on record, from the question to the closed incident."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from probes.model import (
    Ask,
    End,
    Gap,
    GapKind,
    NotSent,
    Observation,
    Phase,
    Tool,
    Tools,
    Transcript,
)
from probes.readings import PingReading, Reading
from storage.job_model import Decision
from storage.store import Origin, Store, StoreError
from tests.storage.examples import NOW, TTL, arrival, context, raw

FAULT = {"outcome": "fault", "cause": "source-quarantined", "confidence": "confirmed"}
HEALTHY = {"outcome": "healthy", "cause": None}
INCONCLUSIVE = {"outcome": "inconclusive", "cause": None}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "replcheck.db") as opened:
        yield opened


async def _begin(store: Store, now: float = NOW, near: str = "seoul") -> str:
    return (await store.begin_check(context(near), Origin("alice"), "host:1", now, TTL)).check_id


def _parse(_ask: Ask, transcript: Transcript) -> Reading:
    return PingReading((), size=len(transcript.lines))


async def test_a_question_opens_an_incident_marked_as_asked(store: Store) -> None:
    begun = await store.begin_check(context(), Origin("alice"), "host:1", NOW, TTL)
    assert (begun.check_id, begun.incident_id, begun.joined) == ("c1", "i1", False)
    assert await store.list_incidents() == [
        {
            "id": "i1",
            "near": "seoul",
            "far": "busan",
            "state": "checking",
            "opened": "2026-11-18T11:06:40.000Z",
            "closed": None,
            "cause": None,
            "events": [],
            "checks": ["c1"],
            "acknowledged": None,
            "acknowledged_by": None,
            "closed_by": None,
            "severity": None,
            "asked": True,
            "counts": False,
        }
    ]


async def test_the_second_caller_joins_the_running_check(store: Store) -> None:
    first = await store.begin_check(context(), Origin("alice"), "host:1", NOW, TTL)
    second = await store.begin_check(context(), Origin("bob"), "host:2", NOW + 1, TTL)
    assert second == replace(first, joined=True)
    assert (await store.follow(first.check_id))[-1].body == {"by": "bob", "place": None}
    other = await store.begin_check(context("jeju"), Origin("bob"), "host:2", NOW + 1, TTL)
    assert (other.check_id, other.incident_id, other.joined) == ("c2", "i2", False)


async def test_a_check_that_ended_frees_the_pair_and_the_incident_is_joined(store: Store) -> None:
    check_id = await _begin(store)
    await store.save_verdict(check_id, INCONCLUSIVE, NOW + 5)
    await store.finish_check(check_id, NOW + 6)
    again = await store.begin_check(context(), Origin("alice"), "host:1", NOW + 7, TTL)
    assert (again.check_id, again.incident_id, again.joined) == ("c2", "i1", False)
    assert (await store.list_incidents())[0]["checks"] == ["c1", "c2"]


@pytest.mark.parametrize(
    ("documents", "state", "cause", "counts"),
    [
        ([INCONCLUSIVE], "checking", None, False),
        ([HEALTHY], "closed", None, False),
        ([FAULT], "diagnosed", "source-quarantined", True),
        ([FAULT, INCONCLUSIVE], "diagnosed", "source-quarantined", True),
        ([FAULT, HEALTHY], "closed", "source-quarantined", True),
    ],
)
async def test_the_incident_follows_the_verdicts(
    store: Store,
    documents: list[dict[str, str | None]],
    state: str,
    cause: str | None,
    counts: bool,
) -> None:
    check_id = await _begin(store)
    for n, document in enumerate(documents):
        await store.save_verdict(check_id, document, NOW + n)
    (incident,) = await store.list_incidents()
    assert (incident["state"], incident["cause"], incident["counts"]) == (state, cause, counts)
    assert (incident["closed"] is not None) == (state == "closed")
    record = await store.check(check_id)
    assert list(record.verdicts) == documents
    assert record.verdict == documents[-1]


async def test_after_a_closed_incident_a_question_opens_another(store: Store) -> None:
    check_id = await _begin(store)
    await store.save_verdict(check_id, HEALTHY, NOW + 1)
    await store.finish_check(check_id, NOW + 1)
    again = await store.begin_check(context(), Origin("alice"), "host:1", NOW + 2, TTL)
    assert again.incident_id == "i2"


async def test_an_expired_lease_is_taken_over_and_its_check_is_interrupted(store: Store) -> None:
    orphan = await _begin(store)
    heir = await store.begin_check(context(), Origin("bob"), "host:2", NOW + TTL + 1, TTL)
    assert not heir.joined
    record = await store.check(orphan)
    assert (record.state, record.ended) == ("interrupted", NOW + TTL + 1)
    assert not await store.renew_lease(orphan, NOW + TTL + 2, TTL)
    assert [event.kind for event in await store.follow(orphan)] == ["asked", "interrupted"]


async def test_a_lease_that_is_renewed_is_not_taken_over(store: Store) -> None:
    check_id = await _begin(store)
    assert await store.renew_lease(check_id, NOW + TTL - 1, TTL)
    joined = await store.begin_check(context(), Origin("bob"), "host:2", NOW + TTL + 1, TTL)
    assert (joined.check_id, joined.joined) == (check_id, True)


async def test_an_interrupted_check_is_resumed_by_taking_the_lease_again(store: Store) -> None:
    check_id = await _begin(store)
    later = NOW + TTL + 1
    assert await store.interrupt_orphans(later) == [check_id]
    held = await store.acquire_lease("seoul:busan", check_id, "host:2", later, TTL)
    assert held == check_id
    assert (await store.check(check_id)).state == "running"
    assert (await store.check(check_id)).ended is None


async def test_the_lease_of_a_pair_at_work_is_not_given_to_another_check(store: Store) -> None:
    orphan = await _begin(store)
    later = NOW + TTL + 1
    heir = await store.begin_check(context(), Origin("bob"), "host:2", later, TTL)
    held = await store.acquire_lease("seoul:busan", orphan, "host:1", later + 1, TTL)
    assert held == heir.check_id
    assert (await store.check(orphan)).state == "interrupted"


async def test_an_ended_check_takes_no_lease(store: Store) -> None:
    check_id = await _begin(store)
    await store.finish_check(check_id, NOW + 1, stopped=True)
    assert (await store.check(check_id)).state == "stopped"
    with pytest.raises(StoreError, match="c1 is stopped"):
        await store.acquire_lease("seoul:busan", check_id, "host:1", NOW + 2, TTL)


async def test_a_check_nobody_runs_is_interrupted_when_the_store_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    async with await Store.open(path) as store:
        await _begin(store, now=NOW - 10 * TTL)  # long past on today's clock
    async with await Store.open(path) as store:
        assert (await store.check("c1")).state == "interrupted"


async def test_evidence_comes_back_in_the_order_in_which_it_came(store: Store) -> None:
    check_id = await _begin(store)
    tools = Tools({"ping": Tool("/bin/ping", "iputils")})
    gap = Gap("trace", Phase.BASELINE, "seoul/avamar", None, GapKind.NOT_AVAILABLE, "no tool")
    first = raw(1, "a", "b")
    observation = Observation(
        "o1", "baseline", Phase.BASELINE, first.ask, first.transcript, 1, PingReading(()), "v"
    )
    await store.add_observation(check_id, observation)
    await store.add_observation(check_id, raw(2, "c"))
    await store.add_gap(check_id, gap, NOW)
    await store.add_tools(check_id, "seoul/avamar", tools, NOW)
    await store.add_event(check_id, "plan-ended", {"plan": "baseline"}, NOW)
    consented = replace(context(), not_sent=None)
    await store.set_context(check_id, consented, NOW)
    evidence = await store.load_evidence(check_id, _parse)
    assert evidence.context == replace(consented, check=check_id)
    assert evidence.plans == ("baseline",)
    assert evidence.tools == {"seoul/avamar": tools}
    assert evidence.gaps == (gap,)
    assert [o.reading for o in evidence.observations] == [
        PingReading((), size=2),
        PingReading((), size=1),
    ]
    assert evidence.observations[0] == replace(observation, reading=PingReading((), size=2))


async def test_what_was_heard_of_a_running_command_is_kept_until_more_is_heard(
    store: Store,
) -> None:
    check_id = await _begin(store)
    await store.hear(check_id, raw(1, "a", end=End.LOST))
    (partial,) = (await store.load_evidence(check_id, _parse)).observations
    assert (partial.transcript.text, partial.transcript.end) == ("a", End.LOST)
    await store.add_observation(check_id, raw(1, "a", "b"))
    (whole,) = (await store.load_evidence(check_id, _parse)).observations
    assert (whole.transcript.text, whole.transcript.end) == ("a\nb", End.EXITED)


async def test_the_last_triggers_of_a_pair_over_all_its_checks(store: Store) -> None:
    first = await _begin(store)
    await store.record_trigger(first, "trigger:nfs", {"xid": 7}, NOW + 1, by_person=True)
    await store.finish_check(first, NOW + 2)
    second = await _begin(store, NOW + 3)
    await store.record_trigger(second, "trigger:nfs", {"xid": 8}, NOW + 4, by_person=False)
    other = await _begin(store, NOW + 5, near="jeju")
    await store.record_trigger(other, "trigger:nfs", {"xid": 9}, NOW + 6, by_person=True)
    sent = await store.last_triggers("seoul:busan")
    assert [(s.check_id, s.what, s.at, s.by_person) for s in sent] == [
        (second, {"xid": 8}, NOW + 4, False),
        (first, {"xid": 7}, NOW + 1, True),
    ]


async def test_a_follower_sees_each_event_once(store: Store) -> None:
    check_id = await _begin(store)
    seen = await store.follow(check_id)
    assert await store.follow(check_id, seen[-1].seq) == []
    seq = await store.add_event(check_id, "phase", {"phase": "baseline"}, NOW)
    await _begin(store, near="jeju")
    (event,) = await store.follow(check_id, seen[-1].seq)
    assert (event.seq, event.kind, event.body) == (seq, "phase", {"phase": "baseline"})


async def test_the_whole_record_of_an_incident(store: Store) -> None:
    check_id = await _begin(store)
    job = await store.jobs.take_in([arrival()], lambda *_: Decision("join", ("i1",)))
    await store.record_consent(check_id, "alice", "option", NOW + 1)
    await store.record_trigger(check_id, "trigger:nfs", {"xid": 7}, NOW + 2, by_person=True)
    await store.add_observation(check_id, raw(1, "a"))
    gap = Gap("trace", Phase.BASELINE, "seoul/avamar", None, GapKind.TIMED_OUT, "slow")
    await store.add_gap(check_id, gap, NOW + 3)
    await store.record_residue(check_id, "busan/datadomain", "socket :111", NOW + 3)
    await store.save_verdict(check_id, INCONCLUSIVE, NOW + 4)
    await store.save_verdict(check_id, FAULT, NOW + 5)
    await store.finish_check(check_id, NOW + 6)
    record = await store.incident("i1")
    assert [event["id"] for event in record["events"]] == ["e1"] == [job[0].event_id]
    assert (await store.list_incidents())[0]["events"] == ["e1"]
    (check,) = record["checks"]
    assert (check["state"], check["verdict"], check["earlier_verdicts"]) == (
        "finished",
        FAULT,
        [INCONCLUSIVE],
    )
    assert [o["id"] for o in check["observations"]] == ["o1"]
    assert check["consents"][0]["who"] == "alice"
    assert check["triggers"][0]["what"] == {"xid": 7}
    assert check["residues"][0]["endpoint"] == "busan/datadomain"
    assert check["gaps"] == [
        {
            "at": "2026-11-18T11:06:43.000Z",
            "probe": "trace",
            "phase": "baseline",
            "from": "seoul/avamar",
            "to": None,
            "gap": "timed-out",
            "detail": "slow",
        }
    ]
    kinds = [entry["kind"] for entry in record["timeline"]]
    assert kinds == [
        "asked",
        "job-event",
        "consent",
        "trigger",
        "observed",
        "gap",
        "residue",
        "verdict",
        "verdict",
        "finished",
    ]


async def test_an_unknown_id_is_said_with_the_mend(store: Store) -> None:
    with pytest.raises(StoreError, match=r"no check c9.*incidents list"):
        await store.check("c9")
    with pytest.raises(StoreError, match=r"no check c9"):
        await store.add_gap("c9", Gap("ping", Phase.BASELINE, "a", None, GapKind.BROKEN), NOW)
    with pytest.raises(StoreError, match=r"no incident i9.*incidents list"):
        await store.incident("i9")


async def test_why_nothing_was_sent_is_on_the_timeline(store: Store) -> None:
    check_id = await _begin(store)
    await store.set_context(check_id, replace(context(), not_sent=NotSent.COOL_DOWN), NOW)
    last = (await store.follow(check_id))[-1]
    assert (last.kind, last.body) == ("context", {"not_sent": "cool-down"})
