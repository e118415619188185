"""The account that this project exists for: its own transcripts lead to its own conclusion."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.cli import run
from probes.diagnosis import judge
from probes.model import Cause, Confidence, Direction, NotSent, Outcome, Stance
from storage.store import Origin, Store
from tests.golden import account_evidence


def test_the_account_is_judged_to_its_own_conclusion() -> None:
    """An inspecting device at B's edge cut the two hosts off as soon as a job ran."""
    verdict = judge(account_evidence.evidence())
    assert (verdict.outcome, verdict.cause) == (Outcome.FAULT, Cause.SOURCE_QUARANTINED)
    assert verdict.confidence is Confidence.CONFIRMED
    assert verdict.location is not None
    # the last that answers: row 13 of the trace to B, row 1 of the trace to A
    assert verdict.location.between == ("10.80.13.1", "10.82.1.1")
    assert verdict.location.segment == "b"
    assert verdict.location.boundary
    assert verdict.location.owners == ("upper", "b")
    assert verdict.location.direction is Direction.BOTH
    assert (verdict.trigger.sent, verdict.trigger.not_sent_reason) == (False, NotSent.JOB_RUNNING)


@pytest.mark.parametrize(
    ("cause", "probe"),
    [
        (Cause.LOW_BANDWIDTH, "throughput"),
        (Cause.VERSION_INCOMPATIBLE, "version"),
        (Cause.TRANSIT_FAULT, "trace"),
        (Cause.UNREACHABLE, "trace"),
        (Cause.AUTHENTICATION_FAILED, "sockets"),
    ],
)
def test_its_wrong_tracks_are_refuted_by_what_was_observed(cause: Cause, probe: str) -> None:
    evidence = account_evidence.evidence()
    finding = next(f for f in judge(evidence).findings if f.cause is cause)
    assert finding.stance is Stance.REFUTED
    cited = {o.probe for o in evidence.observations if o.id in finding.evidence}
    assert probe in cited


def test_what_its_transcripts_do_not_show_stays_unknown() -> None:
    """It shows no counters: cable and port are not refuted by a reboot that did not help."""
    findings = {f.cause: f for f in judge(account_evidence.evidence()).findings}
    assert findings[Cause.LINK_ERRORS].stance is Stance.UNKNOWN
    assert findings[Cause.STORAGE_FULL].stance is Stance.UNKNOWN


async def _stored(path: Path) -> str:
    evidence = account_evidence.evidence()
    async with await Store.open(path) as store:
        begun = await store.begin_check(evidence.context, Origin("the account"), "test", 1.0, 60.0)
        for observation in evidence.observations:
            await store.add_observation(begun.check_id, observation)
        for plan in evidence.plans:
            await store.add_event(begun.check_id, "plan-ended", {"plan": plan}, 2.0)
        await store.finish_check(begun.check_id, 3.0)
    return begun.check_id


def test_judge_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "account.db"
    check = asyncio.run(_stored(path))
    assert b"P@SsW0rd" not in path.read_bytes()
    assert run(["judge", check, "--db", str(path), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["cause"] == "source-quarantined"
    assert document["location"]["between"] == ["10.80.13.1", "10.82.1.1"]
