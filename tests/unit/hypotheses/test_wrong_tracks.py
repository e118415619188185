"""What the account tried and dropped: refuted only by what really refutes it."""

from __future__ import annotations

from typing import Any

import pytest

from probes.model import Cause, Stance
from probes.readings import (
    Answer,
    ClockReading,
    CountersReading,
    InterfaceCounters,
    StatusReading,
    ThroughputReading,
    VersionReading,
)
from tests.unit.evidence import (
    CHAIN,
    FAR,
    NEAR,
    NEAR_STORE,
    T0,
    Heard,
    tripped,
)
from tests.unit.hypotheses.finding import (
    REFUTED,
    UNKNOWN,
    eaten,
    finding,
    told,
)


def counters(heard: Heard, errors: tuple[int, int]) -> Heard:
    for at, plan, count in ((0, "baseline", errors[0]), (12, "aftermath", errors[1])):
        one = InterfaceCounters("eth0", 9, count, 0, 9, 0, 0, 1500, 0)
        heard.add("counters", plan, at, CountersReading(T0 + at, (one,)), source=NEAR, target=None)
    return heard


@pytest.mark.parametrize(
    ("heard", "stance"),
    [
        (counters(tripped(), (7, 7)), REFUTED),  # old totals mean nothing
        (counters(tripped(), (7, 8)), UNKNOWN),
        (tripped(), UNKNOWN),
        (counters(Heard(), (7, 7)), UNKNOWN),  # nothing vanished, nothing to explain
    ],
)
def test_link_errors_are_rises_while_packets_vanish(heard: Heard, stance: Stance) -> None:
    assert finding(Cause.LINK_ERRORS, heard).stance is stance


def with_reading(probe: str, source: str, reading: Any, heard: Heard) -> Heard:
    heard.add(probe, "baseline", 0, reading, source=source, target=None, about="ddboost")
    return heard


def versions(near: tuple[int, ...], far: tuple[int, ...]) -> Heard:
    heard = tripped()
    for source, version in ((NEAR_STORE, near), (FAR, far)):
        with_reading("version", source, VersionReading("Data Domain OS", version, "v"), heard)
    return heard


def clocks(*offsets: float) -> Heard:
    heard = Heard()
    for source, offset in zip((NEAR, FAR), offsets, strict=False):
        with_reading("clock", source, ClockReading(offset, 0.1), heard)
    return heard


@pytest.mark.parametrize(
    ("cause", "heard", "stance"),
    [
        (Cause.VERSION_INCOMPATIBLE, versions((6, 1, 1, 20), (6, 2, 1, 30)), REFUTED),
        (Cause.VERSION_INCOMPATIBLE, versions((6, 2), (6, 1)), UNKNOWN),
        (Cause.CLOCK_SKEW, clocks(0.1, -2.0), REFUTED),
        (Cause.CLOCK_SKEW, clocks(0.0, 301.0), UNKNOWN),
        (Cause.CLOCK_SKEW, clocks(0.0), UNKNOWN),
        (Cause.LOW_BANDWIDTH, eaten(), REFUTED),  # 60 bytes are stuck
        (Cause.LOW_BANDWIDTH, Heard(), UNKNOWN),
        (
            Cause.LOW_BANDWIDTH,
            with_reading("throughput", FAR, ThroughputReading(480.0, 10.0, 0), tripped()),
            REFUTED,
        ),
        (Cause.AUTHENTICATION_FAILED, eaten(), REFUTED),
        (
            Cause.REPLICATION_SERVICE_DISABLED,
            with_reading("status", FAR, StatusReading({"ddboost": "enabled"}), Heard()),
            REFUTED,
        ),
        (
            Cause.REPLICATION_SERVICE_DISABLED,
            with_reading("status", FAR, StatusReading({"ddboost": "disabled"}), Heard()),
            UNKNOWN,
        ),
    ],
)
def test_other_tracks(cause: Cause, heard: Heard, stance: Stance) -> None:
    assert finding(cause, heard).stance is stance


def carrier_dark(near: int, far: int) -> Heard:
    """The dark's traces: `near` routers answer from near, `far` from far."""
    heard = tripped()
    heard.trace("aftermath", 9, CHAIN.near_faces[:near])
    heard.trace("aftermath", 9, CHAIN.back[:far], source=FAR, target=NEAR)
    return heard


@pytest.mark.parametrize(
    ("near", "far", "stance"),
    [
        (4, 1, REFUTED),  # up to the carrier's last router from near, Busan's from far
        (2, 3, UNKNOWN),  # both end inside the carrier
        (2, 4, UNKNOWN),
    ],
)
def test_a_carrier_is_acquitted_only_where_traces_cross_it(
    near: int, far: int, stance: Stance
) -> None:
    assert finding(Cause.TRANSIT_FAULT, carrier_dark(near, far)).stance is stance


def test_a_one_sided_view_acquits_nobody() -> None:
    heard = tripped()
    heard.trace("aftermath", 9, CHAIN.near_faces[:4])
    assert finding(Cause.TRANSIT_FAULT, heard).stance is UNKNOWN


def large(fates: str) -> Heard:
    heard = Heard()
    heard.ping("baseline", 0, "!!!!")
    heard.ping("baseline", 0, fates, size=1472)
    return heard


@pytest.mark.parametrize(
    ("fates", "stance"), [("!!!!", REFUTED), ("...!", REFUTED), ("....", UNKNOWN)]
)
def test_a_large_ping_that_passes_refutes_a_small_mtu(fates: str, stance: Stance) -> None:
    assert finding(Cause.PATH_MTU, large(fates)).stance is stance


def test_a_reset_after_the_call_is_not_blamed_without_knowing_who_sent_it() -> None:
    heard = Heard()
    heard.idle()
    heard.call(8, Answer.RESET)
    assert told(finding(Cause.RESET_INJECTED, heard)) == (UNKNOWN, "reset.who")
    assert finding(Cause.RESET_INJECTED, tripped()).stance is REFUTED
