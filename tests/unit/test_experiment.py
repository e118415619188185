"""The order of the experiment, and what is never planned whatever was heard."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.experiment import next_plan
from probes.model import Evidence, NotSent, Phase, Plan
from probes.readings import Answer, Knock
from probes.scene import Scene
from tests.unit.evidence import FAR, NEAR, NFS_PORT, Heard, context
from tests.unit.wild import evidences
from tests.unit.world import World

FIRST = ["prepare", "baseline"]
PORTMAPPER = ["control:portmapper", "trigger:portmapper"]
NFS = ["control:nfs", "trigger:nfs"]
BACK = ["aftermath", "recovery", "recovery:clear"]
refusals = st.sampled_from(NotSent)


def plans_of(**world: Any) -> list[Plan]:
    return World(**world).check()[1]


def names_of(**world: Any) -> list[str]:
    return [plan.name for plan in plans_of(**world)]


def forbidden(why: NotSent = NotSent.NO_CONSENT) -> Heard:
    return Heard(context(not_sent=why))


# --- the order ------------------------------------------------------------------------


def test_a_healthy_pair_is_asked_for_both_messages_each_after_its_control() -> None:
    assert names_of() == [*FIRST, *PORTMAPPER, *NFS]


@pytest.mark.parametrize(
    ("trips", "sent"),
    [
        ("control:portmapper", ["control:portmapper"]),
        ("call:portmapper", PORTMAPPER),
        ("control:nfs", [*PORTMAPPER, "control:nfs"]),
        ("call:nfs", [*PORTMAPPER, *NFS]),
    ],
)
@pytest.mark.parametrize("traffic", ["all", "tcp", "port"])
def test_after_a_trip_the_dark_is_looked_at_and_watched(
    trips: str, sent: list[str], traffic: str
) -> None:
    """A control is waited for so briefly that few connections tell: then it is looked at longer."""
    longer = [f"{trips}:after"] if trips.startswith("control") and traffic != "all" else []
    assert names_of(trips=(trips,), traffic=traffic) == [*FIRST, *sent, *longer, *BACK]


def test_without_a_watch_nothing_waits_for_recovery() -> None:
    heard = Heard(context(watch_seconds=0.0))
    names = names_of(heard=heard, trips=("call:portmapper",))
    assert names == [*FIRST, *PORTMAPPER, "aftermath"]


def test_an_eaten_call_is_swept_for_after_its_control() -> None:
    swept = ["locate:portmapper:control", "locate:portmapper:call"]
    assert names_of(eats="call:portmapper") == [*FIRST, *PORTMAPPER, *swept, "recovery:clear"]


@pytest.mark.parametrize("how", [Knock.SILENT, Knock.REFUSED, Knock.PROHIBITED])
def test_a_closed_port_is_swept_for_and_nothing_is_sent(how: Knock) -> None:
    plans = plans_of(closed={111: how})
    assert [plan.name for plan in plans] == [*FIRST, "locate:port-111"]
    assert not any(plan.intrusive for plan in plans)


def test_a_port_that_the_portmapper_named_and_that_is_closed() -> None:
    names = names_of(closed={NFS_PORT: Knock.SILENT})
    assert names == [*FIRST, *PORTMAPPER, "control:nfs", f"locate:port-{NFS_PORT}"]


def test_dark_at_first_is_watched_and_not_triggered() -> None:
    assert names_of(dark=15.0) == [*FIRST, "watch", "baseline:again"]
    assert names_of(dark=1e4) == [*FIRST, "watch"]


def test_dark_at_first_without_a_watch_is_the_end() -> None:
    assert names_of(heard=Heard(context(watch_seconds=0.0)), dark=1e4) == FIRST


def test_a_whole_site_that_is_silent_needs_no_watch() -> None:
    """Nothing speaks for a block with a timer: no sibling lives, no socket hangs."""
    assert names_of(loss=1.0) == FIRST


def test_a_job_that_fails_right_now_is_watched_and_nothing_is_sent() -> None:
    plans = plans_of(queue={45_123: 60})
    assert [plan.name for plan in plans] == [*FIRST, "watch-job"]
    assert plans[-1].phase is Phase.WATCH_JOB
    assert not any(plan.intrusive for plan in plans)


def test_a_host_that_drops_ping_is_tried_all_the_same() -> None:
    assert names_of(ping=False) == [*FIRST, *PORTMAPPER, *NFS]
    assert names_of(ping=False, trips=("call:portmapper",)) == [*FIRST, *PORTMAPPER, *BACK]


def test_loss_is_measured_before_anything_is_sent() -> None:
    names = names_of(loss=0.05)
    assert names[:3] == [*FIRST, "baseline:loss"]
    assert names[-1] == "trigger:nfs"


@pytest.mark.parametrize("why", list(NotSent))
def test_without_consent_a_check_ends_with_its_baseline(why: NotSent) -> None:
    assert names_of(heard=forbidden(why)) == FIRST


def test_silence_after_the_control_leaves_a_look_for_silence_after_the_call() -> None:
    """Each message has its own longer look; the one after the control does not use it up."""
    heard = Heard()
    heard.idle()
    heard.ping("control:portmapper", 4.8, "!!...")
    heard.exchange("control:portmapper", 5, Answer.CLOSED)
    first = next_plan(heard.evidence)
    assert first is not None
    heard.ping(first.name, 6, "!!!!!")
    heard.ping("trigger:portmapper", 7.8, "!!...")
    heard.exchange("trigger:portmapper", 8, Answer.CLOSED)
    second = next_plan(heard.evidence)
    assert second is not None
    assert (first.name, second.name) == ("control:portmapper:after", "trigger:portmapper:after")
    assert not first.intrusive
    assert not second.intrusive


# --- what the questions are -----------------------------------------------------------


def test_a_call_is_sent_once_on_one_connection_with_signs_beside_it() -> None:
    trigger = next(plan for plan in plans_of() if plan.name == "trigger:portmapper")
    (ask,) = trigger.main
    assert (ask.probe, ask.params["port"], ask.params["message"]) == ("exchange", 111, "call")
    assert len(bytes.fromhex(str(ask.params["payload"]))) == 60
    assert {ask.probe for ask in trigger.beside} == {"ping", "knock", "sockets"}
    assert {ask.source for ask in trigger.beside if ask.probe == "sockets"} == {NEAR, FAR}


def test_a_control_differs_from_its_call_in_content_alone() -> None:
    plans = {plan.name: plan.main[0].params for plan in plans_of()}
    for service in ("portmapper", "nfs"):
        control, call = plans[f"control:{service}"], plans[f"trigger:{service}"]
        assert control["port"] == call["port"]
        assert len(str(control["payload"])) == len(str(call["payload"]))
        assert str(control["payload"])[:16] == str(call["payload"])[:16]  # mark and xid
        assert control["payload"] != call["payload"]


def test_sweeps_ascend_within_the_idle_path() -> None:
    sweeps = [p.main[0] for p in plans_of(eats="call:nfs") if p.phase is Phase.LOCATE]
    assert [(s.params["message"], s.params["first"], s.params["last"]) for s in sweeps] == [
        ("control", 1, 6),
        ("call", 1, 6),
    ]


@pytest.mark.parametrize("world", [{}, {"trips": ("call:nfs",)}, {"eats": "call:nfs"}])
def test_exactly_what_carries_bytes_to_the_device_is_intrusive(world: dict[str, Any]) -> None:
    for plan in plans_of(**world):
        carries = any(ask.probe in ("exchange", "sweep") for ask in (*plan.main, *plan.beside))
        assert plan.intrusive is carries, plan.name


def test_what_was_left_open_is_cleared_from_its_own_port() -> None:
    evidence, plans = World(trips=("call:portmapper",)).check()
    clear = next(plan for plan in plans if plan.name == "recovery:clear")
    sent = Scene(evidence).sent[-1]
    ports = [a.params["local_port"] for a in clear.main if a.probe == "reconnect"]
    assert ports == [sent.reading.local_port]  # type: ignore[union-attr]


# --- laws, whatever was heard ---------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(evidences(refusals))
def test_without_consent_nothing_intrusive_is_ever_planned(evidence: Evidence) -> None:
    for _ in range(20):
        plan = next_plan(evidence)
        if plan is None:
            return
        assert not plan.intrusive
        evidence = replace(evidence, plans=(*evidence.plans, plan.name))


def test_consent_that_ended_ends_the_sweeps_too() -> None:
    """A call was sent and eaten; what carries its bytes again needs leave of its own."""
    evidence, _ = World(eats="call:portmapper").check()
    forbidden_now = replace(
        evidence,
        context=context(not_sent=NotSent.NO_CONSENT),
        plans=tuple(plan for plan in evidence.plans if not plan.startswith("locate")),
    )
    plan = next_plan(forbidden_now)
    assert plan is None or not plan.intrusive


@settings(max_examples=150, deadline=None)
@given(evidences(st.none()))
def test_a_plan_that_ran_is_never_planned_again(evidence: Evidence) -> None:
    for _ in range(20):
        plan = next_plan(evidence)
        if plan is None:
            return
        assert plan.name not in evidence.plans
        evidence = replace(evidence, plans=(*evidence.plans, plan.name))
    raise AssertionError("it never ends")


@settings(max_examples=150, deadline=None)
@given(evidences(st.none()))
def test_after_a_trip_nothing_intrusive_is_planned(evidence: Evidence) -> None:
    scene = Scene(evidence)
    plan = next_plan(evidence)
    if scene.trip is not None or scene.dark_start is not None:
        assert plan is None or not plan.intrusive


worlds = st.fixed_dictionaries(
    {
        "trips": st.lists(
            st.sampled_from(("control:portmapper", "call:portmapper", "control:nfs", "call:nfs")),
            unique=True,
            max_size=4,
        ).map(tuple),
        "traffic": st.sampled_from(("all", "tcp", "port")),
        "blocks": st.sampled_from(("pair", "source", "destination")),
        "seconds": st.sampled_from((5.0, 20.0, 1e4)),
        "eats": st.sampled_from(("", "call:portmapper", "call:nfs")),
        "closed": st.dictionaries(
            st.sampled_from((111, NFS_PORT)),
            st.sampled_from((Knock.SILENT, Knock.REFUSED, Knock.PROHIBITED)),
            max_size=1,
        ),
        "dark": st.sampled_from((0.0, 15.0, 1e4)),
        "loss": st.sampled_from((0.0, 0.02, 0.05)),
        "ping": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(worlds, st.integers(0, 999))
def test_a_check_trips_a_device_at_most_once(world: dict[str, Any], seed: int) -> None:
    """Whatever device it is, at most one message per check sets it off, and the check ends.
    (A block of TCP shorter than five connections can't be told from loss on a lossy path.)"""
    network = World(**world, rng=Random(seed))
    set_off: list[float] = []
    while (plan := next_plan(network.heard.evidence)) is not None:
        before = network.began
        network.run(plan)
        if network.began != before and network.began is not None:
            set_off.append(network.began)
            assert plan.intrusive
    assert len(set_off) <= 1
