"""One delivery, from the request to the record: what is taken, what is refused, what is kept."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.webhooks.gate import WAITING
from storage.errors import StoreError
from storage.job_model import Decision
from tests.webhooks.desk import JEJU, NOW, Sender, hook, rule, sending, signed

Json = Any
FAILED = {"job": "repl-seoul-1", "status": "failed", "started": NOW - 60, "id": "run-1"}


@pytest.fixture
async def sender(tmp_path: Path) -> AsyncIterator[Sender]:
    async with sending(tmp_path / "replcheck.db") as opened:
        yield opened


async def test_the_contracts_answer_once_it_is_on_disk(sender: Sender) -> None:
    answer = await sender.post(FAILED)
    assert (answer.status, await answer.json()) == (
        202,
        {"event": "e1", "incident": "i1", "duplicate": False},
    )
    again = await sender.post(FAILED)
    assert (again.status, await again.json()) == (
        202,
        {"event": "e1", "incident": "i1", "duplicate": True},
    )
    (incident,) = await sender.store.list_incidents()
    assert (incident["id"], incident["near"], incident["far"]) == ("i1", "seoul", "busan")
    assert (incident["state"], incident["events"], incident["checks"]) == ("open", ["e1"], [])
    assert (incident["severity"], incident["counts"]) == ("major", True)
    assert incident["opened"].endswith("Z")


async def test_the_log_text_is_kept_without_its_secrets(sender: Sender) -> None:
    log = "avtar FATAL <0000>: <10608>Replication failed\nddpconnchk -u repl -p hunter2"
    await sender.tell(message=log, id="run-1", labels={"dataset": "nightly"})
    (event,) = (await sender.store.incident("i1"))["events"]
    assert "<10608>Replication failed" in event["message"]
    assert event["labels"] == {"dataset": "nightly"}
    whole = await sender.store.jobs.event(event["id"])
    assert whole is not None
    assert whole["raw"]["id"] == "run-1"
    assert "hunter2" not in json.dumps(whole)


async def test_what_no_rule_matches_is_kept_and_listed(sender: Sender) -> None:
    told = await sender.tell("repl-jeju-1", message="no answer")
    assert told["incident"] is None
    (event,) = await sender.store.jobs.unmatched()
    assert (event["id"], event["job"], event["message"]) == (
        told["event"],
        "repl-jeju-1",
        "no answer",
    )
    assert await sender.store.list_incidents() == []


async def test_the_first_rule_that_fits_decides(tmp_path: Path) -> None:
    rules = (
        rule(JEJU, "repl-*", dataset="jeju-*"),
        rule(job="repl-*"),
        rule(JEJU, "*"),
    )
    async with sending(tmp_path / "replcheck.db", hook(match=rules)) as sender:
        await sender.tell("repl-1", labels={"dataset": "jeju-7"})
        await sender.tell("repl-2", labels={"near": "jeju", "far": "busan"})
        await sender.tell("dump-1")
        pairs = [one["near"] for one in await sender.store.list_incidents()]
    assert pairs == ["jeju", "seoul"]


@pytest.mark.parametrize(
    ("headers", "body", "status", "detail"),
    [
        ({}, b"{}", 401, "not signed"),
        ({"Content-Type": "text/plain"}, b"{}", 415, "Content-Type"),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}"), 415, "uncompressed"),
        ({"Content-Type": "application/json"}, b"{", 422, "not JSON"),
        ({"Content-Type": "application/json"}, b"\xff", 422, "not JSON"),
        ({"Content-Type": "application/json"}, b'{"job": NaN}', 422, "not JSON"),
        ({"Content-Type": "application/json"}, b"[" * 100_000, 422, "not JSON"),
        ({"Content-Type": "application/json"}, b"[]", 422, "generic"),
        ({"Content-Type": "application/json"}, b'{"job": "a"}', 422, "status"),
        ({"Content-Type": "application/json"}, b"x" * ((1 << 20) + 1), 413, "1 MiB"),
    ],
)
async def test_what_is_refused_says_why(
    sender: Sender, headers: dict[str, str], body: bytes, status: int, detail: str
) -> None:
    sign = signed(body) if headers else {}
    answer = await sender.post(body, headers=sign | headers)
    assert answer.status == status
    assert answer.content_type == "application/problem+json"
    problem = await answer.json()
    assert problem["status"] == status
    assert detail in problem["detail"]
    assert await sender.store.jobs.unmatched() == []


async def test_a_hook_that_is_not_there(sender: Sender) -> None:
    answer = await sender.post(FAILED, "other")
    assert (answer.status, answer.content_type) == (404, "application/problem+json")


async def test_an_answer_echoes_nothing_of_what_was_sent(sender: Sender) -> None:
    answer = await sender.post({"job": "<b>x</b>", "status": "<script>"})
    assert answer.status == 422
    assert "script" not in await answer.text()


async def test_a_source_that_sends_too_much_is_told_when_to_come_again(tmp_path: Path) -> None:
    hooks = (hook(per_minute=2), hook("other"))
    async with sending(tmp_path / "replcheck.db", *hooks) as sender:
        answers = [await sender.post({**FAILED, "id": f"run-{n}"}) for n in range(3)]
        assert [answer.status for answer in answers] == [202, 202, 429]
        assert answers[2].headers["Retry-After"] == "30"
        assert (await sender.post(FAILED, "other")).status == 202
        sender.clock.now += 30
        assert (await sender.post({**FAILED, "id": "run-2"})).status == 202


async def test_no_source_may_bring_more_at_once_than_it_may(sender: Sender) -> None:
    """A hundred at once wait for their places; beyond the last place they come again."""

    async def one(number: int) -> int:
        answer = await sender.post({**FAILED, "id": f"run-{number}"})
        assert answer.status == 202 or answer.headers["Retry-After"] == "1"
        return answer.status

    statuses = await asyncio.gather(*(one(n) for n in range(100)))
    assert set(statuses) == {202}
    gate = sender.intake._gates["avamar"]
    gate.inside = WAITING
    assert await one(100) == 429
    gate.inside = WAITING - 1
    assert await one(100) == 202
    assert gate.inside == WAITING - 1


async def test_a_slow_sender_holds_its_place_for_a_time_only(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake._READ_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    answer = await sender.client.post("/hooks/avamar", data=slow(), headers=signed(b"{"))
    assert (answer.status, answer.content_type) == (408, "application/problem+json")
    assert sender.intake._gates["avamar"].inside == 0


async def test_forged_deliveries_use_up_nobodys_measure(tmp_path: Path) -> None:
    async with sending(tmp_path / "replcheck.db", hook(per_minute=1)) as sender:
        for _ in range(3):
            assert (await sender.post(FAILED, headers={})).status == 401
        assert (await sender.post(FAILED)).status == 202


async def test_a_record_that_cannot_be_written_is_no_500(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(sender.store.jobs, "take_in", broken)
    answer = await sender.post(FAILED)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "disk" not in await answer.text()


async def test_whoever_follows_incidents_is_told_after_the_commit(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def follow(incident: str, decision: Decision) -> None:
        told.append((incident, decision.kind))
        raise RuntimeError("a follower that breaks")

    async with sending(tmp_path / "replcheck.db", on_incident=follow) as sender:
        for status in ("failed", "failed", "running", "succeeded"):
            answer = await sender.post({"job": "repl-seoul-1", "status": status, "id": status})
            assert answer.status == 202
    assert told == [("i1", "open"), ("i1", "join"), ("i1", "close")]


async def test_a_delivery_of_several_is_kept_whole(tmp_path: Path) -> None:
    alerts = [
        {"status": "firing", "labels": {"job": name}, "fingerprint": name, "startsAt": NOW - 9}
        for name in ("repl-seoul-1", "repl-seoul-2", "other")
    ]
    async with sending(tmp_path / "replcheck.db", hook(format="alertmanager")) as sender:
        answer = await (await sender.post({"alerts": alerts})).json()
        assert (answer["event"], answer["incident"], answer["duplicate"]) == ("e1", "i1", False)
        assert [one["incident"] for one in answer["events"]] == ["i1", "i1", None]
        again = await (await sender.post({"alerts": [*alerts, alerts[0]]})).json()
        assert again["duplicate"] is True
        nothing = await (await sender.post({"alerts": []})).json()
        assert nothing == {"event": None, "incident": None, "duplicate": False, "events": []}


async def test_without_id_and_start_tomorrows_failure_is_another_one(sender: Sender) -> None:
    first = await sender.tell()
    assert (await sender.tell())["duplicate"] is True
    sender.clock.now += 86_400
    second = await sender.tell()
    assert (second["duplicate"], second["incident"]) == (False, first["incident"])


async def test_a_job_that_ran_and_then_failed_is_heard_twice(sender: Sender) -> None:
    first = await sender.tell(status="running", started=NOW - 9)
    assert first["incident"] is None
    assert (await sender.tell(status="failed", started=NOW - 9))["incident"] == "i1"


async def test_many_at_once_are_one_incident(sender: Sender) -> None:
    told = await asyncio.gather(*(sender.tell(id=f"run-{n}") for n in range(100)))
    assert {one["incident"] for one in told} == {"i1"}
    assert len({one["event"] for one in told}) == 100
