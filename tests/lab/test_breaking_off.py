"""Checks that end early or meet another: Ctrl-C, a kill, two at once. Real packets, real sshd."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from signal import SIGINT, SIGTERM, Signals
from typing import Any

import pytest

from bot.check import LEASE
from tests.lab import scenarios
from tests.lab.checking import SETTLING, Desk, finished, unaccounted
from tests.lab.harness import eventually
from tests.lab.lab import Lab
from tests.lab.needs import missing

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(missing()), reason=missing())]

SPEC = scenarios.account(seconds=12.0)
RECOVERY = "recovery (recovery)"


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read the progress until a line has these words."""
    assert process.stderr is not None
    said = ""
    for line in process.stderr:
        said += line
        if words in line:
            return
    raise AssertionError(f"{words!r} was never said: {said}")


def runs_nothing(lab: Lab) -> bool:
    return not any(left.processes or left.files for left in lab.leftovers().values())


def nothing_unaccounted(lab: Lab, check: dict[str, Any]) -> bool:
    return not unaccounted(lab.leftovers(), check["residues"])


@pytest.mark.parametrize(
    ("phase", "signal"),
    [
        ("at idle (baseline)", SIGINT),
        ("trigger (trigger:portmapper)", SIGINT),
        ("while dark (aftermath)", SIGTERM),
        (RECOVERY, SIGINT),
    ],
)
def test_ctrl_c_ends_a_check_within_two_seconds(
    phase: str, signal: Signals, tmp_path: Path
) -> None:
    with Lab(SPEC) as lab:
        desk = Desk(lab, tmp_path)
        process = desk.check()
        wait_for(process, phase)
        time.sleep(0.5)  # long enough for its commands to run on the hosts
        began = time.monotonic()
        process.send_signal(signal)
        document, _words = finished(process)
        took = time.monotonic() - began
        assert (process.returncode, document["stopped"]) == (130, True)
        assert took < 2.0
        assert eventually(lambda: runs_nothing(lab), 2.0), lab.leftovers()
        check = desk.incident(document["incident"])["checks"][0]
        assert (check["id"], check["state"]) == (document["check"], "stopped")
        assert check["verdict"]["stopped"] is True
        sent = {row["what"]["message"] for row in check["triggers"]}
        assert sent == (set() if phase.startswith("at idle") else {"control", "call"})
        assert eventually(lambda: not lab.active(), 13.0)
        assert eventually(lambda: nothing_unaccounted(lab, check), SETTLING), lab.leftovers()


def test_a_killed_check_is_shown_as_interrupted_with_what_it_heard(tmp_path: Path) -> None:
    with Lab(SPEC) as lab:
        desk = Desk(lab, tmp_path)
        process = desk.check()
        wait_for(process, RECOVERY)
        process.kill()
        process.communicate()
        (incident,) = desk.incidents()

        def killed() -> dict[str, Any]:
            (check,) = desk.incident(incident["id"])["checks"]
            return dict(check)

        assert eventually(lambda: killed()["state"] == "interrupted", LEASE + 5)
        check = killed()
        assert check["verdict"]["cause"] == "source-quarantined"
        heard = [(row["probe"], row["phase"]) for row in check["observations"]]
        assert heard.count(("exchange", "trigger")) == 1
        assert ("trace", "aftermath") in heard
        assert [row["what"]["message"] for row in check["triggers"]] == ["control", "call"]
        assert eventually(lambda: runs_nothing(lab), SETTLING), lab.leftovers()


def test_two_checks_of_a_pair_are_one(tmp_path: Path) -> None:
    with Lab(SPEC) as lab:
        desk = Desk(lab, tmp_path)
        first, second = desk.check(), desk.check()
        (one, _), (other, _) = finished(first), finished(second)
        assert one["check"] == other["check"]
        assert (one["cause"], other["cause"]) == ("source-quarantined",) * 2
        assert (first.returncode, second.returncode) == (1, 1)
        assert lab.trips() == 1
        (check,) = desk.incident(one["incident"])["checks"]
        assert len(check["triggers"]) == 2  # the control and the call


def test_the_next_check_of_a_pair_can_follow_at_once(tmp_path: Path) -> None:
    """A check that a person stopped holds nothing: the pair is free, the incident the same."""
    with Lab() as lab:
        desk = Desk(lab, tmp_path)
        process = desk.check()
        wait_for(process, "at idle (baseline)")
        process.send_signal(SIGINT)
        stopped, _words = finished(process)
        following = desk.check()
        document, _words = finished(following)
        assert document["check"] != stopped["check"]
        assert document["incident"] == stopped["incident"]
        assert (document["outcome"], following.returncode) == ("healthy", 0)
