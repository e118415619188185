"""When a copy was due, how old the last one is, what pairs that fail together share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incidents.clock import Age, Span, age, exceeded
from bot.incidents.expect import due_times, next_due, silent_since
from bot.incidents.recurrence import recurrence
from bot.incidents.storm import Opened, storm
from probes.inventory import IncidentSettings, InventoryError, load
from probes.inventory_expect import parse
from storage.job_facts import Earlier

DAY = 86_400.0


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


SIX = parse("daily by 06:00 Asia/Seoul")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("daily", "does not say"),
        ("daily by 6 Asia/Seoul", "does not say"),
        ("daily by 06:00", "does not say"),
        ("hourly by 06:00 Asia/Seoul", "'hourly' is no day"),
        ("mon,tus by 06:00 Asia/Seoul", "'tus' is no day"),
        ("daily by 24:00 Asia/Seoul", "no time of day"),
        ("daily by 06:60 Asia/Seoul", "no time of day"),
        ("daily by 06:00 Asia/Soul", "no time zone"),
        ("daily by 06:00 ../../etc/passwd", "no time zone"),
        ("daily by 06:00 Asia", "no time zone"),
    ],
)
def test_a_mistake_in_an_expectation_says_what_is_wrong(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse(text)


def test_a_mistake_is_named_when_the_inventory_loads(tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    path.write_text('[[pairs]]\nexpect = "daily by noon Asia/Seoul"\n')
    with pytest.raises(InventoryError, match=r"line 2: pairs\[1\].expect.*daily by 06:00"):
        load(path)


def test_due_times_are_on_the_clock_of_the_zone() -> None:
    now = at("2026-11-22T06:00:00+09:00")
    assert due_times(SIX, now, 2) == [now, now - DAY]
    assert due_times(SIX, now - 1, 1) == [now - DAY]
    assert next_due(SIX, now - 1) == now
    weekdays = parse("weekdays by 06:00 Asia/Seoul")  # the 22nd is a Sunday
    assert due_times(weekdays, now, 1) == [at("2026-11-20T06:00:00+09:00")]
    named = parse("mon,thu by 23:30 UTC")
    assert next_due(named, now) == at("2026-11-23T23:30:00+00:00")


def test_a_day_whose_clock_leaps_has_one_due_time() -> None:
    half_past_two = parse("daily by 02:30 Europe/Berlin")
    dues = due_times(half_past_two, at("2026-03-30T12:00:00+02:00"), 3)
    assert [datetime.fromtimestamp(due, UTC).day for due in dues] == [30, 29, 28]
    autumn = due_times(half_past_two, at("2026-10-26T12:00:00+01:00"), 3)
    assert [datetime.fromtimestamp(due, UTC).day for due in autumn] == [26, 25, 24]


@pytest.mark.parametrize(
    ("last_good", "known_since", "now", "silent"),
    [
        ("2026-11-22T03:00:00+09:00", 0.0, "2026-11-22T06:00:00+09:00", None),
        ("2026-11-21T06:00:01+09:00", 0.0, "2026-11-22T06:00:00+09:00", None),
        ("2026-11-21T06:00:00+09:00", 0.0, "2026-11-22T05:59:59+09:00", None),
        ("2026-11-21T06:00:00+09:00", 0.0, "2026-11-22T06:00:00+09:00", "2026-11-22T06:00+09:00"),
        ("2026-11-19T03:00:00+09:00", 0.0, "2026-11-22T07:00:00+09:00", "2026-11-22T06:00+09:00"),
        ("2026-11-22T06:30:00+09:00", 0.0, "2026-11-22T07:00:00+09:00", None),
        (None, 0.0, "2026-11-22T06:00:00+09:00", "2026-11-22T06:00+09:00"),
        (None, at("2026-11-22T06:00+09:00"), "2026-11-22T06:00:00+09:00", None),
    ],
)
def test_silence(last_good: str | None, known_since: float, now: str, silent: str | None) -> None:
    found = silent_since(SIX, at(last_good) if last_good else None, known_since, at(now))
    assert found == (at(silent) if silent else None)


@given(st.floats(min_value=at("2001-01-01T00:00+00:00"), max_value=at("2090-01-01T00:00+00:00")))
def test_due_times_fall_and_lie_a_day_apart(now: float) -> None:
    first, second, third = due_times(SIX, now, 3)
    assert first <= now < next_due(SIX, now)
    assert first - second == second - third == DAY


# --- the clock ------------------------------------------------------------------------


def test_the_age_of_the_last_good_copy() -> None:
    assert age(None, DAY, 5 * DAY) is None
    assert age(DAY, None, 5 * DAY) == Age(DAY, 4 * DAY, None)
    assert age(DAY, DAY, 2 * DAY) == Age(DAY, DAY, None)
    assert age(DAY, DAY, 2 * DAY + 1) == Age(DAY, DAY + 1, 2 * DAY)


def test_when_the_limit_was_exceeded() -> None:
    copies = [0.0, DAY, 4 * DAY, 4.5 * DAY]
    assert exceeded(copies, 1.5 * DAY, 5 * DAY) == (Span(2.5 * DAY, 4 * DAY),)
    assert exceeded(copies, 1.5 * DAY, 7 * DAY)[-1] == Span(6 * DAY, None)
    assert exceeded([], DAY, 5 * DAY) == ()


@given(
    st.lists(st.floats(min_value=0, max_value=1e6), max_size=20),
    st.floats(min_value=1, max_value=1e6),
    st.floats(min_value=0, max_value=2e6),
)
def test_the_two_clocks_agree(copies: list[float], rpo: float, now: float) -> None:
    known = [one for one in copies if one <= now]
    spans = exceeded(copies, rpo, now)
    ages = age(max(known), rpo, now) if known else None
    lasting = [span.since for span in spans if span.until is None]
    assert lasting == ([ages.exceeded_since] if ages and ages.exceeded_since is not None else [])
    ends = [span.until or now for span in spans]
    assert all(span.since < end for span, end in zip(spans, ends, strict=True))
    assert ends == sorted(ends)


# --- storms ---------------------------------------------------------------------------

CROSSES = {
    **{f"s{n}:busan": frozenset({f"s{n}", "carrier", "busan"}) for n in range(6)},
    "jeju:seoul": frozenset({"jeju", "carrier", "seoul"}),
    "jeju:daegu": frozenset({"jeju", "daegu"}),
}
SETTINGS = IncidentSettings(storm_pairs=3, storm_within=600.0)


def _opened(*pairs: str, since: float = 0.0) -> list[Opened]:
    return [Opened(f"i{n}", pair, since + n) for n, pair in enumerate(pairs)]


def test_few_failures_are_no_storm() -> None:
    assert storm(_opened("s0:busan", "s1:busan", "s1:busan"), CROSSES, 10, SETTINGS) is None
    apart = [*_opened("s0:busan", "s1:busan"), Opened("i9", "s2:busan", 700.0)]
    assert storm(apart, CROSSES, 700.0, SETTINGS) is None
    strange = _opened("s0:busan", "jeju:daegu", "unknown:pair")
    assert storm(strange, CROSSES, 10, SETTINGS) is None


def test_a_storm_is_named_by_what_its_pairs_share() -> None:
    every = _opened(*(f"s{n}:busan" for n in range(6)))
    found = storm(every, CROSSES, 10, SETTINGS)
    assert found is not None
    assert (found.segment, found.whole, found.since) == ("busan", True, 0.0)
    assert found.incidents == ("i0", "i1", "i2", "i3", "i4", "i5")
    more = [*every, Opened("i6", "jeju:seoul", 6.0), Opened("i7", "jeju:daegu", 7.0)]
    wider = storm(more, CROSSES, 10, SETTINGS)
    assert wider is not None
    assert (wider.segment, wider.whole) == ("carrier", True)
    assert "i7" not in wider.incidents


def test_a_storm_that_some_pairs_survive() -> None:
    found = storm(_opened("s0:busan", "s1:busan", "s2:busan"), CROSSES, 10, SETTINGS)
    assert found is not None
    assert (found.segment, found.whole) == ("busan", False)


# --- recurrence -----------------------------------------------------------------------


def test_the_first_time_is_no_recurrence() -> None:
    assert recurrence([]) is None


def test_a_recurrence_says_how_often_and_how_it_ended() -> None:
    found = recurrence(
        [
            Earlier("i1", 0.0, 2520.0, "person", "U01ALICE", "source-quarantined"),
            Earlier("i2", DAY, DAY + 60, "job", None, None),
            Earlier("i3", 2 * DAY, None, None, None, None),
        ]
    )
    assert found is not None
    assert (found.times, found.earlier, found.after) == (4, ("i3", "i2", "i1"), 60.0)
    assert found.last is not None
    assert (found.last.id, found.last.closed_how) == ("i2", "job")
