"""The story of a check, over recorded incidents: consent, the record, stopping, joining."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.check import run_check
from bot.consent import refusal
from bot.request import CheckRequest, CheckResult, Consent, ConsentQuestion
from probes.model import Command, NotSent, Pair, Phase
from storage.errors import StoreError
from storage.store import Store
from tests.golden import incidents
from tests.unit.replay import Replay, inventory_of

YES = CheckRequest("seoul", "busan", trigger="yes", watch_seconds=60, asked_by="test")
ASK = replace(YES, trigger="ask")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "record.db") as opened:
        yield opened


async def check(
    store: Store,
    name: str,
    request: CheckRequest = YES,
    *,
    answer: bool = False,
    pair: Pair | None = None,
    replay: Replay | None = None,
    stop: asyncio.Event | None = None,
    questions: list[ConsentQuestion] | None = None,
) -> CheckResult:
    evidence = incidents.load(name)

    async def ask_consent(question: ConsentQuestion) -> Consent | None:
        if questions is not None:
            questions.append(question)
        return Consent("alice", "said yes") if answer else None

    transport = replay or Replay(evidence)
    return await run_check(
        request,
        inventory_of(evidence.context, pair),
        store,
        lambda _context: transport,
        listener=lambda _event: None,
        ask_consent=ask_consent,
        stop=stop or asyncio.Event(),
        lang="en",
    )


def sends(argv: tuple[str, ...]) -> bool:
    """Does this command carry a payload?"""
    return any(word.startswith("8000") for word in argv)


@pytest.mark.parametrize("name", ["healthy", "account", "payload-drop", "service-down"])
async def test_a_replayed_incident_ends_as_it_did(store: Store, name: str) -> None:
    result = await check(store, name)
    expected = incidents.expected(name)
    assert result.document["cause"] == expected["cause"]
    assert result.document["outcome"] == expected["outcome"]
    record = await store.check(result.document["check"])
    assert record.state == "finished"
    assert record.verdict == result.document


async def test_what_is_sent_is_on_disk_before(store: Store) -> None:
    evidence = incidents.load("healthy")
    seen: list[tuple[int, int]] = []

    async def before(_endpoint: str, command: Command) -> None:
        if sends(command.argv):
            recorded = await store.last_triggers(evidence.context.pair.id)
            seen.append((len(seen) + 1, len(recorded)))

    replay = Replay(evidence, before)
    await check(store, "healthy", replay=replay)
    assert [count for count, _ in seen] == [1, 2, 3, 4]
    assert all(recorded >= count for count, recorded in seen)
    assert replay.closed


async def test_a_no_sends_nothing_and_is_no_health(store: Store) -> None:
    replay, questions = Replay(incidents.load("healthy")), list[ConsentQuestion]()
    result = await check(store, "healthy", ASK, answer=False, replay=replay, questions=questions)
    assert not any(sends(argv) for _, argv in replay.asked)
    assert [q.port for q in questions] == [111]
    assert result.document["outcome"] == "inconclusive"
    assert result.document["trigger"]["not_sent_reason"] == "no-consent"
    assert "not-tried" in {gap["gap"] for gap in result.document["gaps"]}
    assert await store.last_triggers("seoul:busan") == []


async def test_a_yes_is_asked_once_and_kept(store: Store) -> None:
    questions = list[ConsentQuestion]()
    result = await check(store, "healthy", ASK, answer=True, questions=questions)
    assert len(questions) == 1
    assert result.document["outcome"] == "healthy"
    record = await store.incident(result.document["incident"])
    assert "consent" in str(record["timeline"])


async def test_no_in_the_inventory_wins(store: Store) -> None:
    pair = replace(incidents.load("healthy").context.pair, trigger="no")
    replay = Replay(incidents.load("healthy"))
    result = await check(store, "healthy", YES, pair=pair, replay=replay)
    assert not any(sends(argv) for _, argv in replay.asked)
    assert result.document["trigger"]["not_sent_reason"] == "not-permitted"


async def test_when_the_record_fails_nothing_is_sent(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(store, "record_trigger", full)
    replay = Replay(incidents.load("healthy"))
    with pytest.raises(StoreError):
        await check(store, "healthy", replay=replay)
    assert not any(sends(argv) for _, argv in replay.asked)
    assert replay.closed


async def test_who_has_lost_the_lease_sends_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr(store, "renew_lease", lost)
    replay = Replay(incidents.load("healthy"))
    result = await check(store, "healthy", replay=replay)
    assert not any(sends(argv) for _, argv in replay.asked)
    assert result.document["stopped"]


async def test_stopped_in_the_baseline_it_blames_nobody(store: Store) -> None:
    stop = asyncio.Event()
    evidence = incidents.load("dead-link")

    async def before(_endpoint: str, command: Command) -> None:
        if "ping" in command.argv[0]:
            stop.set()

    result = await check(store, "dead-link", replay=Replay(evidence, before), stop=stop)
    assert result.document["stopped"]
    assert result.document["outcome"] == "inconclusive"
    assert (await store.check(result.document["check"])).state == "stopped"


async def test_a_second_caller_joins(store: Store) -> None:
    evidence = incidents.load("healthy")
    replay = Replay(evidence)
    first, second = await asyncio.gather(
        check(store, "healthy", replay=replay), check(store, "healthy", replay=Replay(evidence))
    )
    assert first.document == second.document
    assert sum(sends(argv) for _, argv in replay.asked) == 4


async def test_what_was_heard_before_the_end_is_judged_the_same(store: Store) -> None:
    result = await check(store, "account")
    stored = await store.load_evidence(result.document["check"], incidents.parse)
    assert [o.id for o in stored.observations if o.phase is Phase.TRIGGER]
    told = await store.check(result.document["check"])
    assert len(told.verdicts) == 2  # before the watch, and after it
    before, after = told.verdicts
    assert before["cause"] == after["cause"] == "source-quarantined"


def _refused(**changes: Any) -> NotSent | None:
    fields = {"trigger": "yes", "by_person": True, **changes.pop("request", {})}
    last, frozen = changes.pop("last", None), changes.pop("frozen", False)
    pair = Pair("a", "b", "avamar-datadomain", **changes)
    return refusal(CheckRequest("a", "b", **fields), pair, last, time.time(), frozen=frozen)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({}, None),
        ({"request": {"trigger": "ask"}}, None),
        ({"request": {"trigger": "no"}}, NotSent.NO_CONSENT),
        ({"trigger": "no"}, NotSent.NOT_PERMITTED),
        ({"request": {"by_person": False}}, NotSent.NOT_PERMITTED),
        ({"request": {"by_person": False}, "trigger_from_hooks": True}, None),
        (
            {"request": {"by_person": False}, "trigger_from_hooks": True, "last": time.time()},
            NotSent.COOL_DOWN,
        ),
        (
            {"request": {"by_person": False}, "trigger_from_hooks": True, "last": 1.0},
            None,
        ),
        ({"last": time.time()}, None),  # what a person presses does not cool down
        ({"trigger": "no", "trigger_from_hooks": True}, NotSent.NOT_PERMITTED),
        ({"frozen": True}, NotSent.NOT_PERMITTED),
    ],
)
def test_who_may_send(case: dict[str, Any], expected: NotSent | None) -> None:
    assert _refused(**case) is expected
