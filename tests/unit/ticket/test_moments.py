"""Moments in UTC and in the readers' zones, and what is said of clocks."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ticket import ticket
from bot.ticket.moments import known_zones, moment
from probes.diagnosis import judge
from probes.model import Evidence, Line, Observation
from probes.scene import Scene
from tests.unit.ticket.tickets import ACCOUNT, SEOUL, evidence_of, ticket_of

AT = 1_795_372_264.536  # 2026-11-22 18:31:04.536 UTC


def test_a_moment_stands_in_utc_and_in_each_zone() -> None:
    assert moment(AT) == "2026-11-22 18:31:04.536 UTC"
    assert moment(AT, (ZoneInfo("UTC"),)) == "2026-11-22 18:31:04.536 UTC"
    assert moment(AT, (SEOUL,)).endswith("(2026-11-23 03:31:04.536 Asia/Seoul)")
    both = moment(AT - 36_000, (SEOUL, ZoneInfo("Asia/Kolkata")))
    assert (
        both == "2026-11-22 08:31:04.536 UTC (17:31:04.536 Asia/Seoul, 14:01:04.536 Asia/Kolkata)"
    )


@given(at=st.floats(0, 4e9))
def test_milliseconds_are_cut_and_never_carried(at: float) -> None:
    shown = moment(at)
    assert len(shown) == len("2026-11-22 18:31:04.536 UTC")


def test_the_pairs_own_schedule_names_the_zone() -> None:
    evidence = evidence_of("account")
    pair = replace(evidence.context.pair, expect="daily by 06:00 Asia/Tokyo")
    scene = Scene(replace(evidence, context=replace(evidence.context, pair=pair)))
    assert [str(zone) for zone in known_zones(scene)] == ["Asia/Tokyo"]


def with_dates(printed: str) -> Evidence:
    """The recorded incident, its appliances printing another date."""

    def changed(o: Observation) -> Observation:
        if o.probe != "clock" or not o.source.endswith("datadomain"):
            return o
        lines = tuple(Line(line.at, printed) for line in o.transcript.lines)
        return replace(o, transcript=replace(o.transcript, lines=lines))

    evidence = evidence_of("account")
    return replace(evidence, observations=tuple(map(changed, evidence.observations)))


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("Mon Nov 23 03:31:01 KST 2026", "2026-11-23 03:31:04.536 KST"),
        ("Mon Nov 23 00:01:01 IST 2026", "2026-11-23 00:01:04.536 IST"),
        ("Sun Nov 22 10:31:01 PST 2026", "10:31:04.536 PST"),
        ("Mon Nov 23 08:31:01 LINT 2026", "2026-11-23 08:31:04.536 LINT"),
    ],
)
def test_else_it_is_the_zone_that_hosts_print_by_its_distance_from_utc(
    printed: str, shown: str
) -> None:
    assert moment(AT, known_zones(Scene(with_dates(printed)))).endswith(f"({shown})")


def test_a_host_in_utc_and_one_that_prints_no_zone_name_none() -> None:
    in_utc = Scene(with_dates("Sun Nov 22 18:31:01 UTC 2026"))
    assert moment(AT, known_zones(in_utc)) == moment(AT)
    assert known_zones(Scene(evidence_of(ACCOUNT))) == ()


def test_the_sending_hosts_own_stamp_and_every_clocks_distance_are_told() -> None:
    made = ticket_of("account")
    sent = made.sent
    assert sent is not None
    assert sent.stamped is not None
    assert f"sent at={sent.stamped:.6f}" in sent.exchange.transcript.text
    offsets = [s for s in made.statements if s.words.code == "ticket-time.offset"]
    assert {s.words.params["host"] for s in offsets} == {
        "seoul/avamar", "seoul/datadomain", "busan/avamar", "busan/datadomain",
    }  # fmt: skip


def test_without_clocks_and_without_a_zone_it_says_so() -> None:
    evidence = evidence_of(ACCOUNT)
    made = ticket(evidence, judge(evidence), "i1")
    codes = {s.words.code for s in made.statements}
    assert {"ticket-time.no-clocks", "ticket-time.no-zone", "ticket-missing.clocks"} <= codes
    assert "ticket-time.no-zone" not in {s.words.code for s in ticket_of(ACCOUNT).statements}
