"""What was blocked beside the flow, which ports open, what hosts list, which way packets go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probes.model import Phase
from probes.readings import Answer, Knock
from probes.scene import Scene
from tests.unit.evidence import (
    CHAIN,
    DARK,
    FAR,
    FAR_SOURCE,
    NEAR,
    NEAR_STORE,
    Heard,
    context,
    tripped,
)

# --- what is blocked ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ping", "knock", "traffic"),
    [
        (DARK, {22: "....", 111: "...."}, "all"),
        (DARK, None, "all"),
        ("!" * 20, {22: "....", 111: "...."}, "tcp"),
        ("!" * 20, {22: "!!!!", 111: "...."}, "port"),
    ],
)
def test_what_of_the_traffic_is_blocked(
    ping: str, knock: dict[int, str] | None, traffic: str
) -> None:
    scene = Scene(tripped(ping=ping, knock=knock).evidence)
    assert scene.trip is not None
    assert scene.traffic(scene.trip) == traffic


def without_ping(*, traced: bool) -> Scene:
    heard = Heard()
    heard.ping("baseline", 0, "." * 36)
    heard.knock("baseline", 0, {22: "!!", 111: "!!"})
    heard.trace("baseline", 0, CHAIN.there)
    heard.exchange("trigger:portmapper", 8, Answer.SILENT)
    heard.knock("trigger:portmapper", 7.5, {22: "!.....", 111: "!....."})
    if traced:
        heard.trace("aftermath", 11, CHAIN.near_faces[:3])
    return Scene(heard.evidence)


def test_where_ping_is_dropped_the_traces_tell_all_from_tcp() -> None:
    for traced, expected in ((True, "all"), (False, None)):
        scene = without_ping(traced=traced)
        assert scene.trip is not None
        assert scene.traffic(scene.trip) == expected


@pytest.mark.parametrize(("fates", "lives"), [("!!!!", True), ("....", False), ("", None)])
def test_what_siblings_met_meanwhile(fates: str, lives: bool | None) -> None:
    heard = tripped()
    if fates:
        heard.ping("aftermath", 9, fates, target=FAR_SOURCE)
    heard.ping("aftermath", 2, "!!!!", target=FAR_SOURCE)  # before the dark: says nothing
    scene = Scene(heard.evidence)
    assert scene.window is not None
    assert scene.fate(NEAR, FAR_SOURCE, scene.window) is lives


def test_a_sibling_is_compared_on_what_is_dark() -> None:
    """TCP is dark, so the sibling's ping that lives proves nothing."""
    heard = tripped(ping="!" * 20, knock={22: "....", 111: "...."})
    heard.ping("aftermath", 9, "!!!!", target=FAR_SOURCE)
    heard.knock("aftermath", 9, {22: ".."}, target=FAR_SOURCE)
    scene = Scene(heard.evidence)
    assert scene.window is not None
    assert scene.fate(NEAR, FAR_SOURCE, scene.window) is False


# --- ports and sockets ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fates", "opening"),
    [
        ("!!", Knock.OPEN),
        (".!", Knock.OPEN),  # one lost packet closes no port
        ("..", Knock.SILENT),
        (".R", Knock.REFUSED),
        ("RX", Knock.PROHIBITED),
        ("ee", None),  # the host itself could not send
    ],
)
def test_the_best_result_is_the_ports(fates: str, opening: Knock | None) -> None:
    heard = Heard()
    heard.knock("baseline", 0, {111: fates})
    scene = Scene(heard.evidence)
    assert scene.opening(scene.flows[0])[0] is opening


def test_a_far_flow_is_closed_only_where_somebody_listens() -> None:
    """2052 is not required: it counts once the far host lists a listener."""
    for listening, counts in (((22, 111), False), ((22, 111, 2052), True)):
        heard = Heard()
        heard.idle(hosts=False, p2052="..")
        heard.sockets("baseline", 0, FAR, listening=listening)
        flow = Scene(heard.evidence).closed_flow
        assert (flow is not None and flow.port == 2052) is counts


def test_the_appliance_is_knocked_for_by_its_sibling() -> None:
    scene = Scene(Heard().evidence)
    stores = [f for f in scene.flows if f.service == "dd-replication"]
    assert [scene.knocker(f) for f in stores] == [NEAR, FAR_SOURCE]


@pytest.mark.parametrize(("samples", "stuck"), [(2, False), (3, True)])
def test_a_queue_is_stuck_when_three_samples_agree(samples: int, stuck: bool) -> None:
    heard = Heard()
    name = heard.sockets("baseline", 0, NEAR, queued={45_123: 60}, samples=samples)
    found = Scene(heard.evidence).stuck(NEAR, (Phase.BASELINE,))
    assert found == ({name: 60} if stuck else {})


def test_a_queue_that_drains_or_goes_elsewhere_is_not_stuck() -> None:
    heard = Heard()
    for at, size in ((0, 60), (1, 120), (2, 60)):
        heard.sockets("baseline", at, NEAR, queued={45_123: size})
    heard.sockets("baseline", 0, NEAR, queued={45_124: 60}, samples=3, peer=NEAR_STORE)
    assert Scene(heard.evidence).stuck(NEAR, (Phase.BASELINE,)) == {}


def test_without_a_list_of_listeners_nobody_knows() -> None:
    heard = Heard()
    assert Scene(heard.evidence).listens(FAR, 111) == (None, ())
    heard.sockets("baseline", 0, FAR, listening=None)
    assert Scene(heard.evidence).listens(FAR, 111) == (None, ())
    name = heard.sockets("baseline", 1, FAR, listening=(22,))
    assert Scene(heard.evidence).listens(FAR, 111) == (False, (name,))


def test_the_idle_path_is_of_traces_outside_the_dark() -> None:
    heard = tripped()
    heard.trace("baseline:again", 9, CHAIN.near_faces[:2])  # begun in the dark
    path = Scene(heard.evidence).path(NEAR, FAR)
    assert path is not None
    assert path.hops == CHAIN.there


def test_of_a_trace_into_the_dark_only_rows_sent_in_it_count() -> None:
    """Trap 17: a slow trace outlives the quarantine; its last rows show a path that is fine."""
    heard = tripped(ping="." * 10 + "!" * 10)  # dark from 8.1 to 9.6
    heard.trace("aftermath", 8.2, CHAIN.there, every=0.4)  # rows at 8.6, 9.0, 9.4, then after it
    scene = Scene(heard.evidence)
    failing = scene.path(NEAR, FAR, scene.window)
    assert failing is not None
    assert failing.hops == CHAIN.near_faces[:3]


def test_who_has_no_endpoint_in_the_inventory_is_no_error() -> None:
    given = context()
    far = replace(given.far, endpoints={})
    scene = Scene(Heard(replace(given, far=far)).evidence)
    assert scene.endpoint(FAR) is None
    assert scene.path(NEAR, FAR) is None
    assert scene.unacknowledged(FAR, 111, tuple(Phase)) == ()
    assert scene.job_sockets == ()
