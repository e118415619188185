"""`incidents export ID --ticket`: out of the record, for the check that has something to ask."""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from bot.cli import run
from probes.model import Evidence
from storage.store import Origin, Store
from tests.unit.ticket.tickets import evidence_of

RECORDED = 1_795_372_264.25  # 2026-11-22 18:31:04.250 UTC, before the message was sent


async def _stored(path: Path, *checks: str, sha256: str | None = None) -> str:
    """The incidents' evidence as checks of one incident, the call put on record before it."""
    async with await Store.open(path) as store:
        incident = ""
        for at, name in enumerate(checks, 1):
            evidence = evidence_of(name)
            begun = await store.begin_check(evidence.context, Origin("test"), "test", at, 60.0)
            incident = begun.incident_id
            for observation in evidence.observations:
                await store.add_observation(begun.check_id, observation)
            for plan in evidence.plans:
                await store.add_event(begun.check_id, "plan-ended", {"plan": plan}, at)
            await _recorded(store, begun.check_id, evidence, sha256)
            await store.finish_check(begun.check_id, at + 0.5)
    return incident


async def _recorded(store: Store, check: str, evidence: Evidence, sha256: str | None) -> None:
    for o in evidence.of("exchange"):
        digest = hashlib.sha256(bytes.fromhex(str(o.ask.params["payload"]))).hexdigest()
        what = {"message": o.ask.params["message"], "sha256": sha256 or digest}
        await store.record_trigger(check, o.plan, what, RECORDED, by_person=True)


def exported(path: Path, incident: str, *options: str) -> list[str]:
    return ["incidents", "export", incident, "--ticket", "--db", str(path), *options]


@pytest.fixture
def account(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "replcheck.db"
    return path, asyncio.run(_stored(path, "account"))


def document(
    capsys: pytest.CaptureFixture[str], path: Path, incident: str, *options: str
) -> dict[str, Any]:
    assert run(exported(path, incident, "--format", "json", *options)) == 0
    return dict(json.loads(capsys.readouterr().out))


def texts(made: dict[str, Any], code: str) -> list[str]:
    sections = (*made["first"], *made["appendix"])
    return [s["text"] for x in sections for s in x["statements"] if s["code"] == code]


def test_the_ticket_in_each_form(
    account: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    path, incident = account
    assert run(exported(path, incident)) == 0
    assert capsys.readouterr().out.startswith("# Ticket: ")
    assert run(exported(path, incident, "--format", "text", "--lang", "ko")) == 0
    assert capsys.readouterr().out.startswith("요청서: ")
    made = document(capsys, path, incident, "--zone", "Asia/Seoul")
    assert made["schema"] == "replcheck.ticket/1"
    assert made["incident"] == incident
    assert made["sent"]["at"] == "2026-11-22T18:31:04.536Z"
    assert made["sent"]["xid"] == "0x20b9b27d"
    assert bytes.fromhex(made["sent"]["payload"])[4:8].hex() == "20b9b27d"
    assert (
        hashlib.sha256(bytes.fromhex(made["sent"]["payload"])).hexdigest()
        == (made["sent"]["sha256"])
    )
    assert "03:31:04.536 Asia/Seoul" in texts(made, "ticket-find.sent")[0]


def test_the_same_bytes_on_record_before_they_were_sent_are_told(
    account: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = texts(document(capsys, *account), "ticket-wire.recorded")
    assert len(told) == 1
    assert "2026-11-22 18:31:04.250 UTC" in told[0]


def test_other_bytes_on_record_are_not_called_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "replcheck.db"
    incident = asyncio.run(_stored(path, "account", sha256="00" * 32))
    assert texts(document(capsys, path, incident), "ticket-wire.recorded") == []


def test_a_later_check_that_found_it_healthy_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "replcheck.db"
    incident = asyncio.run(_stored(path, "account", "healthy"))
    made = document(capsys, path, incident)
    assert made["for_device"]
    later = texts(made, "ticket-page.later")
    assert len(later) == 1
    assert made["check"] not in later[0]


def test_no_device_no_ticket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "replcheck.db"
    incident = asyncio.run(_stored(path, "service-down"))
    assert run(exported(path, incident)) == 0
    page = capsys.readouterr().out
    assert page.startswith("# No ticket for a network device")
    assert "Ask whoever runs that host" in page


@pytest.mark.parametrize(
    "options",
    [
        ["--ticket", "--zone", "Mars/Olympus"],
        ["--ticket", "--zone", "../../etc/passwd"],
        ["--zone", "Asia/Seoul"],
        ["--format", "text"],
    ],
)
def test_wrong_usage_is_said(
    options: list[str], account: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    path, incident = account
    assert run(["incidents", "export", incident, "--db", str(path), *options]) == 2
    assert "Error" in capsys.readouterr().err
