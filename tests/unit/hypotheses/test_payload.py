"""A message that vanishes while everything else passes; and a host that is mute."""

from __future__ import annotations

import pytest

from probes.model import Cause, End
from probes.readings import (
    Answer,
    Knock,
)
from tests.unit.evidence import (
    CHAIN,
    FAR,
    Heard,
    tripped,
)
from tests.unit.hypotheses.finding import (
    CONFIRMED,
    LIKELY,
    REFUTED,
    SUPPORTED,
    UNKNOWN,
    check,
    eaten,
    finding,
    told,
)


@pytest.mark.parametrize("service", ["portmapper", "nfs"])
def test_an_eaten_payload_is_confirmed_and_placed(service: str) -> None:
    found = check(Cause.PAYLOAD_BLOCKED, eats=f"call:{service}")
    assert (*told(found), found.confidence) == (SUPPORTED, "payload.call-eaten", CONFIRMED)
    assert found.location is not None
    assert found.location.between == (str(CHAIN.near_faces[3]), str(CHAIN.far_faces[4]))


def test_a_mute_host_is_not_a_blocked_payload() -> None:
    """It took the call, and no answer waits in its queue: it may just not answer."""
    heard = eaten(acked=True)
    assert told(finding(Cause.PAYLOAD_BLOCKED, heard)) == (UNKNOWN, "payload.host-mute")


def test_an_answer_that_waits_at_the_host_was_eaten_on_its_way() -> None:
    heard = eaten(acked=True)
    heard.sockets("trigger:portmapper", 9, FAR, queued={111: 32})
    found = finding(Cause.PAYLOAD_BLOCKED, heard)
    assert told(found) == (SUPPORTED, "payload.answer-eaten")
    assert found.confidence is LIKELY


@pytest.mark.parametrize("control", ["closed", "reset", "replied"])
def test_a_control_passed_however_the_host_answered_it(control: str) -> None:
    assert finding(Cause.PAYLOAD_BLOCKED, eaten(control=control)).stance is SUPPORTED


def test_without_a_control_no_payload_is_blamed() -> None:
    assert told(finding(Cause.PAYLOAD_BLOCKED, eaten(control=""))) == (
        UNKNOWN, "payload.no-control")  # fmt: skip


def test_a_control_that_never_left_is_no_control() -> None:
    heard = eaten(control="")
    heard.exchange("control:portmapper", 5, Answer.NOT_OPEN, opened=Knock.SILENT, acked=False)
    assert told(finding(Cause.PAYLOAD_BLOCKED, heard)) == (UNKNOWN, "payload.no-control")


def test_a_call_that_was_cut_says_nothing_of_its_answer() -> None:
    """The connection to the host died, or a person said stop: Answer.VOID, never SILENT."""
    for end in (End.STOPPED, End.LOST, End.DEADLINE):
        heard = Heard()
        heard.idle()
        heard.control(5)
        heard.call(8, Answer.VOID, acked=False, end=end)
        assert finding(Cause.PAYLOAD_BLOCKED, heard).stance is UNKNOWN


def test_a_pair_that_went_dark_is_more_than_a_payload() -> None:
    assert told(finding(Cause.PAYLOAD_BLOCKED, tripped())) == (REFUTED, "payload.more-stops")


def test_where_the_control_vanishes_too_there_is_no_place() -> None:
    heard = eaten()
    for message in ("control", "call"):
        fates = [Answer.EXPIRED] * 3 + [Answer.SILENT] * 3
        heard.sweep(f"locate:portmapper:{message}", 12, message, 111, fates)
    found = finding(Cause.PAYLOAD_BLOCKED, heard)
    assert (found.location, found.confidence) == (None, LIKELY)
