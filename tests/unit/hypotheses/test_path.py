"""No way, no way back, loss, loops, large packets."""

from __future__ import annotations

from random import Random

import pytest

from probes.model import Cause, Confidence, Stance
from tests.unit.evidence import (
    CHAIN,
    FAR,
    FAR_SOURCE,
    NEAR,
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


def dark(*, siblings: bool = True, watched: bool = True, looked: bool = True,
         flags: tuple[str, ...] = (), half_open: bool = False,
         both: bool = True) -> Heard:  # fmt: skip
    """A pair that was dark from the start. both: the far side was asked too."""
    heard = Heard()
    heard.ping("baseline", 0, "." * 36, every=0.055)
    heard.trace("baseline", 0, CHAIN.near_faces[:4], flags=flags)
    if both:
        heard.trace("baseline", 0, CHAIN.back[:1], source=FAR, target=NEAR)
    if looked:
        fates = "!" * 36 if siblings else "." * 36
        heard.ping("baseline", 0, fates, target=FAR_SOURCE, every=0.055)
    if watched:
        heard.ping("watch", 3, "." * 20, every=1.0)
    if half_open:
        heard.sockets("baseline", 0, FAR, half_open=(22,))
    return heard


@pytest.mark.parametrize(
    ("heard", "stance", "sure"),
    [
        (dark(), SUPPORTED, LIKELY),  # siblings live: it may be a block with a long timer
        (dark(watched=False), UNKNOWN, None),
        (dark(watched=False, flags=("!H",)), SUPPORTED, CONFIRMED),  # a router says so
        (dark(siblings=False, watched=False), SUPPORTED, CONFIRMED),
        (dark(siblings=False, watched=False, looked=False), SUPPORTED, LIKELY),
        # One side's word is at most likely, a router's too.
        (dark(watched=False, flags=("!H",), both=False), SUPPORTED, LIKELY),
        (dark(siblings=False, watched=False, both=False), SUPPORTED, LIKELY),
        (dark(half_open=True), REFUTED, None),  # packets arrive
        (tripped(), REFUTED, None),
    ],
)
def test_unreachable(heard: Heard, stance: Stance, sure: Confidence | None) -> None:
    found = finding(Cause.UNREACHABLE, heard)
    assert (found.stance, found.confidence) == (stance, sure)


def test_a_darkness_that_ended_was_no_missing_route() -> None:
    assert told(check(Cause.UNREACHABLE, dark=15.0)) == (REFUTED, "unreachable.came-back")


def test_a_lost_way_back_needs_proof_of_arrival() -> None:
    assert finding(Cause.NO_RETURN_PATH, dark(half_open=True)).stance is SUPPORTED
    assert finding(Cause.NO_RETURN_PATH, dark()).stance is UNKNOWN
    assert check(Cause.NO_RETURN_PATH).stance is REFUTED


def lossy(pings: float, connects: float, *, count: int = 200) -> Heard:
    """Shares of pings and of connections that lose a packet, counted at idle."""
    rng = Random(3)

    def row(share: float, size: int, letter: str) -> str:
        lost = round(share * size)
        fates = [letter] * lost + ["!"] * (size - lost)
        rng.shuffle(fates)
        return "".join(fates)

    heard = Heard()
    heard.ping("baseline", 0, row(pings, count, "."))
    heard.knock("baseline:loss", 0, {22: row(connects, 80, "s")})
    return heard


@pytest.mark.parametrize(
    ("pings", "connects", "expected"),
    [
        (0.05, 0.05, (SUPPORTED, "loss.both")),
        (0.05, 0.0, (REFUTED, "loss.icmp-only")),  # a limit on ICMP is no loss
        (0.05, 0.0125, (UNKNOWN, "loss.one-protocol")),  # one slow connection proves nothing
        (0.005, 0.05, (UNKNOWN, "loss.too-few-lost")),
        (0.0, 0.0, (REFUTED, "loss.none")),
    ],
)
def test_loss_is_told_from_a_limit_on_icmp(
    pings: float, connects: float, expected: tuple[Stance, str]
) -> None:
    assert told(finding(Cause.PACKET_LOSS, lossy(pings, connects))) == expected


def test_five_pings_are_too_few_for_a_word_about_loss() -> None:
    assert told(finding(Cause.PACKET_LOSS, lossy(0.0, 0.0, count=5))) == (UNKNOWN, "loss.too-few")


def test_a_host_that_drops_ping_has_no_loss() -> None:
    assert check(Cause.PACKET_LOSS, ping=False).stance is UNKNOWN


def test_a_trace_that_arrives_refutes_a_loop() -> None:
    assert check(Cause.ROUTING_LOOP).stance is REFUTED
    assert finding(Cause.ROUTING_LOOP, dark()).stance is UNKNOWN
