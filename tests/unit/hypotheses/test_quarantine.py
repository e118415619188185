"""A message after which more than its own flow stops."""

from __future__ import annotations

from typing import Any

import pytest

from probes.model import Cause, Stance
from probes.readings import (
    Knock,
)
from tests.unit.evidence import (
    CHAIN,
    NFS_PORT,
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
    finding,
    told,
)
from tests.unit.world import World


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ({"trips": ("call:portmapper",)}, (SUPPORTED, "quarantine.call")),
        ({"trips": ("call:nfs",), "traffic": "tcp"}, (SUPPORTED, "quarantine.call")),
        ({"trips": ("control:portmapper",)}, (SUPPORTED, "quarantine.any-bytes")),
        ({"dark": 15.0}, (SUPPORTED, "quarantine.came-back")),
        ({}, (REFUTED, "quarantine.stays-alive")),
        ({"eats": "call:portmapper"}, (REFUTED, "quarantine.stays-alive")),
        ({"dark": 1e4}, (UNKNOWN, "quarantine.still-dark")),
        ({"closed": {111: Knock.SILENT}}, (UNKNOWN, "need.not-tried")),
    ],
)
def test_a_quarantine(world: dict[str, Any], expected: tuple[Stance, str]) -> None:
    assert told(check(Cause.SOURCE_QUARANTINED, **world)) == expected


def test_a_quarantine_is_confirmed_by_its_control_and_its_place() -> None:
    found = check(Cause.SOURCE_QUARANTINED, trips=("call:portmapper",))
    assert found.confidence is CONFIRMED
    assert found.location is not None
    assert found.location.between == (str(CHAIN.near_faces[3]), str(CHAIN.far_faces[4]))


def test_without_a_control_or_a_place_it_is_at_most_likely() -> None:
    assert finding(Cause.SOURCE_QUARANTINED, tripped()).confidence is LIKELY  # nobody traced
    network = World(trips=("call:portmapper",))
    network.check()
    network.heard.observations = [
        o for o in network.heard.observations if not o.plan.startswith("control")
    ]
    assert finding(Cause.SOURCE_QUARANTINED, network.heard).confidence is LIKELY


@pytest.mark.parametrize("lost", [".", "..", "..."])
def test_a_few_lost_pings_are_no_quarantine(lost: str) -> None:
    heard = Heard()
    heard.idle()
    heard.control(5)
    heard.call(8, after=lost + "!!!!!!")
    heard.control(11, service="nfs", port=NFS_PORT)
    heard.call(14, service="nfs", port=NFS_PORT)
    assert told(finding(Cause.SOURCE_QUARANTINED, heard)) == (REFUTED, "quarantine.stays-alive")


def test_a_first_call_that_passed_does_not_refute_what_the_second_was_not_tried_for() -> None:
    heard = Heard()
    heard.idle()
    heard.control(5)
    heard.call(8)
    assert told(finding(Cause.SOURCE_QUARANTINED, heard)) == (UNKNOWN, "unknown.not-tried")


def test_silence_at_the_very_end_refutes_nothing() -> None:
    heard = Heard()
    heard.idle()
    heard.call(8, after="!!...")
    assert finding(Cause.SOURCE_QUARANTINED, heard).stance is UNKNOWN
