"""Signs of life: runs of losses, shares with their intervals, slow connections."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes import signs
from probes.readings import Knock
from probes.signs import Share, Sign, Way
from tests.unit.evidence import FAR, FAR_SOURCE, NEAR, T0, Heard

PING, SSH, RPC = Way("ping"), Way("tcp", 22), Way("tcp", 111)


def stream(fates: str, way: Way = PING, start: float = 0.0) -> list[Sign]:
    """One sign a second, `!` alive, `.` lost."""
    return [Sign(start + n, fate == "!", way, f"o{n}") for n, fate in enumerate(fates)]


@pytest.mark.parametrize(
    ("fates", "since", "least", "expected"),
    [
        ("!!....!!", 0.0, 4, (2.0, 5.0, 4, 6.0)),
        ("!!....!!", 0.0, 5, None),
        ("!!....", 0.0, 4, (2.0, 5.0, 4, None)),
        ("..!....!", 0.0, 3, (3.0, 6.0, 4, 7.0)),  # the first long enough, not the first
        ("...!...!", 0.0, 3, (0.0, 2.0, 3, 3.0)),  # of two the earlier
        ("....!!!!", 2.0, 3, None),  # what was lost before does not count
        ("!.!.!.!.!.", 0.0, 2, None),
        ("", 0.0, 1, None),
    ],
)
def test_the_first_run_of_losses(
    fates: str, since: float, least: int, expected: tuple[float, float, int, float | None] | None
) -> None:
    run = signs.first_run(stream(fates), PING, since, least)
    found = (run.first_lost, run.last_lost, run.lost, run.passed_again) if run else None
    assert found == expected


def test_a_run_is_of_one_way_and_cites_what_lost_it() -> None:
    mixed = sorted(stream("!...!") + stream("!!!!!", SSH, 0.5), key=lambda s: s.at)
    run = signs.first_run(mixed, PING, 0.0, 3)
    assert run is not None
    assert run.observations == ("o1", "o2", "o3")
    assert signs.first_run(mixed, SSH, 0.0, 1) is None


def test_how_long_a_run_was_seen() -> None:
    ended = signs.first_run(stream("!...!"), PING, 0.0, 3)
    open_end = signs.first_run(stream("!..."), PING, 0.0, 3)
    assert ended is not None
    assert open_end is not None
    assert (ended.seen_for, open_end.seen_for) == (3.0, 2.0)


@given(st.text("!.", max_size=60), st.integers(1, 8))
def test_a_run_is_found_exactly_where_the_letters_have_one(fates: str, least: int) -> None:
    run = signs.first_run(stream(fates), PING, 0.0, least)
    at = fates.find("." * least)
    assert (run is None) == (at < 0)
    if run is not None:
        assert run.first_lost == at
        assert set(fates[at : at + run.lost]) == {"."}
        rest = fates[at + run.lost :]
        assert run.passed_again == (at + run.lost if rest else None)


@pytest.mark.parametrize(
    ("lost", "sent", "low", "high"),
    [  # R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3
        (81, 263, 25.53, 36.62),
        (15, 148, 6.24, 16.05),
        (0, 20, 0.00, 16.11),
        (1, 29, 0.61, 17.18),
        (29, 29, 88.30, 100.0),  # and its mirror image of 0 of 29
    ],
)
def test_the_interval_is_wilsons(lost: int, sent: int, low: float, high: float) -> None:
    assert Share(lost, sent).interval() == pytest.approx((low, high), abs=0.01)


def test_nothing_sent_says_nothing() -> None:
    assert Share(0, 0).interval() == (0.0, 100.0)
    assert Share(0, 0).percent == 0.0


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(lost: int, passed: int) -> None:
    share = Share(lost, lost + passed)
    low, high = share.interval()
    assert 0.0 <= low <= share.percent + 1e-9
    assert share.percent - 1e-9 <= high <= 100.0


def test_shares_add_up() -> None:
    assert Share(1, 10) + Share(2, 5) == Share(3, 15)


def test_a_slow_connection_lost_a_packet_but_shows_life() -> None:
    heard = Heard()
    heard.knock("baseline", 0, {22: "!s!."})
    found = signs.between(heard.evidence, NEAR, FAR)
    assert [(s.alive, s.slow) for s in found] == [
        (True, False), (True, True), (True, False), (False, False)]  # fmt: skip
    assert signs.connect_share(found) == Share(2, 4)
    assert signs.ping_share(found) == Share(0, 0)


def test_what_counts_as_a_sign() -> None:
    """A reset is life; an ICMP error is not the far host's; a host that could not send, or a
    limited TTL, says nothing."""
    heard = Heard()
    heard.knock("baseline", 0, {22: "R", 111: "X", 2049: "e"})
    heard.rising("locate:port-111", 1, 111, [Knock.EXPIRED, Knock.SILENT])
    found = signs.between(heard.evidence, NEAR, FAR)
    assert {(s.way.port, s.alive) for s in found} == {(22, True), (111, False)}


def test_only_packets_of_that_pair_in_the_order_sent() -> None:
    heard = Heard()
    heard.ping("baseline", 5, "!.")
    heard.ping("baseline", 0, ".!")
    heard.ping("baseline", 0, "....", target=FAR_SOURCE)
    heard.ping("baseline", 0, "....", source=FAR, target=NEAR)
    found = signs.between(heard.evidence, NEAR, FAR)
    seen = [(round(sign.at - T0, 2), sign.alive) for sign in found]
    assert seen == [(0.0, False), (0.15, True), (5.0, True), (5.15, False)]
