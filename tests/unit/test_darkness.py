"""When a pair is dark, since which message, and for how long."""

from __future__ import annotations

import random

import pytest

from probes.readings import Answer
from probes.scene import Scene, Window
from tests.unit.evidence import (
    CHAIN,
    DARK,
    FAR,
    FAR_SOURCE,
    NEAR,
    NFS_PORT,
    T0,
    Heard,
    tripped,
)

# --- darkness against loss ------------------------------------------------------------


def lost(rate: float, count: int, rng: random.Random) -> str:
    return "".join("." if rng.random() < rate else "!" for _ in range(count))


def under_loss(rate: float, rng: random.Random) -> Scene:
    """A check of a lossy network: 200 pings from the call on, six rounds of connections."""
    heard = Heard()
    for target in (FAR, FAR_SOURCE):
        heard.ping("baseline", 0, lost(rate, 36, rng), target=target, every=0.055)
        heard.knock("baseline", 0, {22: lost(rate, 2, rng)}, target=target)
    heard.call(8, after=lost(rate, 200, rng))
    heard.knock("trigger:portmapper", 7.5, {22: lost(rate, 6, rng), 111: lost(rate, 6, rng)})
    return Scene(heard.evidence)


@pytest.mark.parametrize("rate", [0.02, 0.05, 0.10])
def test_random_loss_is_no_darkness(rate: float) -> None:
    """At 10 %, eight of 200 pings in a row are lost by chance in 2 checks of 10^6, five of six
    connections in 4 of 10^5: a thousand checks have none."""
    rng = random.Random(f"loss {rate}")
    scenes = [under_loss(rate, rng) for _ in range(1000)]
    false = [scene.window for scene in scenes if scene.alive_at_start and scene.window]
    assert len(false) == 0


def test_on_a_clean_path_four_lost_in_a_row_are_dark() -> None:
    assert Scene(tripped(ping="....").evidence).trip is not None
    assert Scene(tripped(ping="...!!!!!").evidence).trip is None


def test_on_a_lossy_path_it_takes_eight() -> None:
    def scene(lost_in_a_row: int) -> Scene:
        heard = tripped(ping="." * lost_in_a_row + "!!!!")
        heard.ping("baseline", 0, "!!.!!!!!")
        return Scene(heard.evidence)

    assert scene(7).trip is None
    assert scene(8).trip is not None


def test_on_a_lossy_path_it_takes_five_connections() -> None:
    def scene(lost_in_a_row: int) -> Scene:
        heard = tripped(ping="!" * 20, knock={22: "." * lost_in_a_row + "!"})
        heard.ping("baseline", 0, "!!.!!!!!")
        return Scene(heard.evidence)

    assert scene(4).trip is None
    assert scene(5).trip is not None


def test_a_host_that_never_answers_ping_is_not_dark_for_that() -> None:
    heard = Heard()
    heard.ping("baseline", 0, "." * 36)
    heard.knock("baseline", 0, {22: "!!", 111: "!!"})
    heard.ping("trigger:portmapper", 7.5, "." * 40)
    heard.exchange("trigger:portmapper", 8, Answer.REPLIED)
    heard.knock("trigger:portmapper", 7.5, {22: "!!!!", 111: "!!!!"})
    scene = Scene(heard.evidence)
    assert scene.alive_at_start
    assert scene.window is None
    assert not scene.pings(NEAR, FAR)
    assert not scene.fell_silent


def test_a_host_that_drops_ping_is_seen_to_go_dark_by_its_connections() -> None:
    heard = Heard()
    heard.ping("baseline", 0, "." * 36)
    heard.knock("baseline", 0, {22: "!!", 111: "!!"})
    heard.exchange("trigger:portmapper", 8, Answer.SILENT)
    heard.knock("trigger:portmapper", 7.5, {22: "!.....", 111: "!....."})
    window = Scene(heard.evidence).window
    assert window is not None
    assert window.began == T0 + 8.0


@pytest.mark.parametrize(("answered", "lost"), [(True, 2), (False, 5)])
def test_few_lost_connections_are_dark_only_where_pings_showed_a_clean_path(
    answered: bool, lost: int
) -> None:
    """Without pings nobody knows the loss: at 5 % two connections in a row are soon lost."""

    def window(count: int) -> Window | None:
        heard = Heard()
        heard.ping("baseline", 0, ("!" if answered else ".") * 36)
        heard.knock("baseline", 0, {22: "!!"})
        heard.exchange("trigger:portmapper", 8, Answer.SILENT)
        heard.knock("trigger:portmapper", 7.5, {22: "!" + "." * count + "!"})
        return Scene(heard.evidence).window

    assert window(lost - 1) is None
    assert window(lost) is not None


# --- which message --------------------------------------------------------------------


def test_a_trip_is_the_calls_when_the_control_passed() -> None:
    trip = Scene(tripped().evidence).trip
    assert trip is not None
    assert (trip.flow.service, trip.message) == ("portmapper", "call")
    assert trip.window.began == pytest.approx(T0 + 8.1)  # the first ping lost after the call


def test_a_trip_is_the_controls_when_it_went_dark_before_the_call() -> None:
    heard = Heard()
    heard.idle()
    heard.ping("control:portmapper", 4.5, "!!!!" + DARK)
    heard.exchange("control:portmapper", 5, Answer.SILENT)
    heard.exchange("trigger:portmapper", 20, Answer.SILENT)
    trip = Scene(heard.evidence).trip
    assert trip is not None
    assert trip.message == "control"


def test_a_trip_after_two_calls_is_the_seconds() -> None:
    heard = Heard()
    heard.idle()
    heard.control(5)
    heard.call(8)
    heard.control(11, service="nfs", port=NFS_PORT)
    heard.call(14, Answer.SILENT, "nfs", port=NFS_PORT, after=DARK)
    trip = Scene(heard.evidence).trip
    assert trip is not None
    assert (trip.flow.service, trip.flow.port) == ("nfs", NFS_PORT)


def test_a_ping_under_way_when_the_call_was_sent_belongs_to_it() -> None:
    heard = Heard()
    heard.idle()
    heard.ping("trigger:portmapper", 7.05, "!!!!!" + DARK)  # the sixth left at 7.8
    heard.exchange("trigger:portmapper", 8, Answer.SILENT)
    trip = Scene(heard.evidence).trip
    assert trip is not None
    assert trip.window.began == pytest.approx(T0 + 7.8)


def test_a_darkness_that_ended_before_the_call_is_not_its_doing() -> None:
    heard = Heard()
    heard.idle()
    heard.ping("control:portmapper", 3, "!!......!!!!")
    heard.call(8)
    assert Scene(heard.evidence).trip is None


def test_a_call_that_never_left_trips_nothing() -> None:
    heard = Heard()
    heard.idle()
    heard.ping("trigger:portmapper", 7.5, "!!!!" + DARK)
    heard.exchange("trigger:portmapper", 8, Answer.NOT_OPEN, sent=False)
    scene = Scene(heard.evidence)
    assert (scene.sent, scene.trip, scene.fell_silent) == ((), None, False)


# --- the timer ------------------------------------------------------------------------


def test_the_timer_runs_from_the_first_lost_to_the_first_that_passes() -> None:
    heard = tripped(ping="." * 10)
    heard.ping("recovery", 12, "....!!!", every=1.0)
    window = Scene(heard.evidence).window
    assert window is not None
    assert window.ended == T0 + 16
    assert window.ended - window.began == pytest.approx(7.9)


def test_it_is_over_when_all_that_was_blocked_passes_again() -> None:
    """Ping is back before connections are: the timer is the later one's."""
    heard = tripped(ping="." * 10, knock={22: "...."})
    heard.ping("recovery", 12, "..!!!", every=1.0)
    heard.knock("recovery", 12, {22: "....!"}, every=1.0)
    window = Scene(heard.evidence).window
    assert window is not None
    assert window.ended == T0 + 16


def test_it_is_not_over_while_one_way_stays_silent() -> None:
    heard = tripped(ping="." * 10, knock={22: "...."})
    heard.ping("recovery", 12, "..!!!", every=1.0)
    heard.knock("recovery", 12, {22: "......"}, every=1.0)
    window = Scene(heard.evidence).window
    assert window is not None
    assert window.ended is None
    assert window.watched_until == T0 + 17


def test_a_window_holds_from_shortly_before_to_its_end() -> None:
    window = Scene(tripped(ping="." * 10 + "!!!").evidence).window
    assert window is not None
    assert window.ended is not None
    assert window.holds(window.began - 0.2)
    assert not window.holds(window.began - 1.0)
    assert window.holds(window.ended - 0.01)
    assert not window.holds(window.ended)


# --- a check that begins in the dark --------------------------------------------------


def dark_at_first(*, siblings: bool = True, after: str = "") -> Heard:
    heard = Heard()
    heard.ping("baseline", 0, "." * 36, every=0.055)
    heard.knock("baseline", 0, {22: "..", 111: ".."})
    heard.trace("baseline", 0, CHAIN.near_faces[:4])
    heard.trace("baseline", 0, CHAIN.back[:1], source=FAR, target=NEAR)
    fates = "!" * 36 if siblings else "." * 36
    heard.ping("baseline", 0, fates, target=FAR_SOURCE, every=0.055)
    if after:
        heard.ping("watch", 3, after, every=0.5)
    return heard


def test_a_dark_baseline_is_a_window_and_has_no_idle_path() -> None:
    scene = Scene(dark_at_first(after="....").evidence)
    assert scene.alive_at_start is False
    assert scene.dark_start is not None
    assert scene.dark_start.began == T0
    assert scene.dark_start.ended is None
    assert scene.siblings_live
    assert scene.path(NEAR, FAR) is None
    failing = scene.path(NEAR, FAR, scene.dark_start)
    assert failing is not None
    assert failing.hops == CHAIN.near_faces[:4]


def test_what_came_back_ended_it_though_a_port_never_answers() -> None:
    scene = Scene(dark_at_first(after="....!!!").evidence)
    assert scene.dark_start is not None
    assert scene.dark_start.ended == T0 + 5.0


def test_nothing_looked_at_is_neither_dark_nor_alive() -> None:
    scene = Scene(Heard().evidence)
    assert (scene.alive_at_start, scene.dark_start, scene.window) == (None, None, None)


def test_one_answer_in_either_direction_is_life() -> None:
    heard = dark_at_first()
    heard.ping("baseline", 0, ".!", source=FAR, target=NEAR, every=1.0)
    scene = Scene(heard.evidence)
    assert scene.alive_at_start
    assert scene.dark_start is None


def test_a_trace_that_arrives_is_life() -> None:
    heard = Heard()
    heard.ping("baseline", 0, "....")
    heard.trace("baseline", 0, CHAIN.there)
    assert Scene(heard.evidence).alive_at_start


# --- silence at the end ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "silent"),
    [
        ("!!!!!!", False),
        ("!!...", True),
        ("..!..", False),
        (".....", True),
        ("", True),  # a ping whose answers stopped coming at all
    ],
)
def test_nothing_passed_since_the_last_message(after: str, silent: bool) -> None:
    heard = Heard()
    heard.call(8, Answer.SILENT, after=after)
    assert Scene(heard.evidence).fell_silent is silent


def test_who_was_silent_before_did_not_fall_silent() -> None:
    heard = Heard()
    heard.ping("trigger:portmapper", 7.5, "." * 20)
    heard.exchange("trigger:portmapper", 8, Answer.SILENT)
    assert not Scene(heard.evidence).fell_silent
