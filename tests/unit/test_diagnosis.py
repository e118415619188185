"""judge(): the verdict as a whole, over checks of networks that answer plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probes.diagnosis import LAYERS, judge
from probes.model import (
    Cause,
    Confidence,
    Evidence,
    Gap,
    GapKind,
    NotSent,
    Outcome,
    Phase,
    Verdict,
)
from probes.readings import Knock
from tests.unit.evidence import CHAIN, FAR, NEAR, NFS_PORT, T0, Heard, context
from tests.unit.world import World

BETWEEN = (str(CHAIN.near_faces[3]), str(CHAIN.far_faces[4]))


def verdict(**world: Any) -> Verdict:
    return judge(World(**world).check()[0])


def refused(why: NotSent = NotSent.NO_CONSENT) -> Heard:
    return Heard(context(not_sent=why))


# --- outcome and cause ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("world", "cause"),
    [
        ({"trips": ("call:portmapper",)}, Cause.SOURCE_QUARANTINED),
        ({"trips": ("control:nfs",), "traffic": "tcp"}, Cause.SOURCE_QUARANTINED),
        ({"trips": ("call:nfs",), "ping": False}, Cause.SOURCE_QUARANTINED),
        ({"eats": "call:portmapper"}, Cause.PAYLOAD_BLOCKED),
        ({"eats": "call:nfs"}, Cause.PAYLOAD_BLOCKED),
        ({"closed": {111: Knock.SILENT}}, Cause.PORT_FILTERED),
        ({"closed": {NFS_PORT: Knock.SILENT}}, Cause.PORT_FILTERED),
        ({"closed": {111: Knock.PROHIBITED}}, Cause.PORT_REJECTED),
        ({"closed": {111: Knock.REFUSED}, "listening": (22,)}, Cause.SERVICE_DOWN),
        ({"dark": 1e4}, Cause.UNREACHABLE),
        ({"dark": 15.0}, Cause.SOURCE_QUARANTINED),
        ({"loss": 0.05}, Cause.PACKET_LOSS),
        ({"loss": 1.0}, Cause.UNREACHABLE),
    ],
)
def test_each_fault_has_its_cause(world: dict[str, Any], cause: Cause) -> None:
    found = verdict(**world)
    assert (found.outcome, found.cause, found.also) == (Outcome.FAULT, cause, ())
    assert found.summary.code == f"summary.{cause}"


@pytest.mark.parametrize("world", [{}, {"ping": False}])
def test_healthy_is_when_every_required_message_was_answered(world: dict[str, Any]) -> None:
    found = verdict(**world)
    assert (found.outcome, found.cause, found.confidence, found.location, found.advice) == (
        Outcome.HEALTHY, None, None, None, ())  # fmt: skip
    assert [f.result for f in found.flows if f.flow.required] == ["ok", "ok"]


@pytest.mark.parametrize("service", ["portmapper", "nfs"])
def test_one_required_answer_less_and_nothing_is_healthy(service: str) -> None:
    evidence, _ = World().check()
    kept = tuple(o for o in evidence.observations
                 if (o.probe, o.plan) != ("exchange", f"trigger:{service}"))  # fmt: skip
    assert judge(replace(evidence, observations=kept)).outcome is Outcome.INCONCLUSIVE


def test_an_answer_after_which_everything_is_silent_is_not_health() -> None:
    heard = Heard()
    heard.idle()
    heard.control(5)
    heard.call(8)
    heard.control(11, service="nfs", port=NFS_PORT)
    heard.call(14, service="nfs", port=NFS_PORT, after="!!...")
    assert judge(heard.evidence).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("kind", list(GapKind))
def test_gaps_are_told_and_are_never_health(kind: GapKind) -> None:
    gaps = tuple(Gap(p, Phase.BASELINE, NEAR, FAR, kind) for p in ("ping", "trace", "exchange"))
    found = judge(Evidence(context(), (), gaps, ("prepare", "baseline")))
    assert (found.outcome, found.cause) == (Outcome.INCONCLUSIVE, None)
    assert set(gaps) <= set(found.gaps)


# --- layers ---------------------------------------------------------------------------


def lossy_and_closed() -> Verdict:
    """Two independent causes: loss, and a port that a device drops."""
    heard = Heard()
    heard.idle(p111="....")
    heard.ping("baseline:loss", 2, "!!!!!!!!!." * 15)
    heard.knock("baseline:loss", 2, {22: "!!!!!!!!!s" * 8})
    return judge(heard.evidence)


def test_the_lowest_broken_layer_leads_and_the_other_stands_beside_it() -> None:
    found = lossy_and_closed()
    assert (found.cause, found.also) == (Cause.PACKET_LOSS, (Cause.PORT_FILTERED,))
    assert LAYERS.index(Cause.PACKET_LOSS) < LAYERS.index(Cause.PORT_FILTERED)


def test_a_flow_is_blamed_for_its_own_cause() -> None:
    flows = {f.flow.service: (f.result, f.cause) for f in lossy_and_closed().flows}
    assert flows["portmapper"] == ("fault", Cause.PORT_FILTERED)


@pytest.mark.parametrize(
    ("world", "results"),
    [
        ({"closed": {111: Knock.SILENT}}, ["fault", "unknown"]),
        ({"eats": "call:nfs"}, ["ok", "fault"]),
        ({"trips": ("call:portmapper",)}, ["fault", "fault"]),
        ({"dark": 1e4}, ["fault", "fault"]),
        ({"heard": refused()}, ["unknown", "unknown"]),
    ],
)
def test_what_became_of_the_required_flows(world: dict[str, Any], results: list[str]) -> None:
    assert [f.result for f in verdict(**world).flows if f.flow.required] == results


def test_an_optional_port_on_which_nobody_listens_is_unknown() -> None:
    heard = Heard()
    heard.idle(p2052="RR")
    flows = {f.flow.service: f.result for f in judge(heard.evidence).flows}
    assert flows["mountd"] == "unknown"


# --- the trigger ----------------------------------------------------------------------


@pytest.mark.parametrize("why", [NotSent.NO_CONSENT, NotSent.COOL_DOWN, NotSent.NOT_PERMITTED])
def test_what_was_not_sent_says_why(why: NotSent) -> None:
    found = verdict(heard=refused(why))
    assert found.outcome is Outcome.INCONCLUSIVE
    assert (found.trigger.sent, found.trigger.not_sent_reason) == (False, why)
    assert found.summary.code == "summary.idle-fine"
    not_tried = [g for g in found.gaps if g.kind is GapKind.NOT_TRIED]
    assert [(g.source, g.target) for g in not_tried] == [(NEAR, FAR), (NEAR, FAR)]


@pytest.mark.parametrize(
    ("world", "why"),
    [
        ({"closed": {111: Knock.SILENT}}, NotSent.NOT_NEEDED),
        ({"dark": 1e4}, NotSent.NOT_NEEDED),
        ({"queue": {45_123: 60}}, NotSent.JOB_RUNNING),
        ({"queue": {45_123: 60}, "heard": refused()}, NotSent.JOB_RUNNING),
    ],
)
def test_an_earlier_step_decided(world: dict[str, Any], why: NotSent) -> None:
    trigger = verdict(**world).trigger
    assert (trigger.sent, trigger.not_sent_reason) == (False, why)


def test_what_was_sent_and_what_it_did() -> None:
    trigger = verdict(trips=("call:nfs",)).trigger
    assert (trigger.sent, trigger.not_sent_reason) == (True, None)
    assert (trigger.service, trigger.port) == ("nfs", NFS_PORT)
    assert trigger.at is not None
    assert trigger.at > T0


@pytest.mark.parametrize("blocks", ["pair", "source", "destination"])
def test_whom_it_blocks_is_told_by_siblings(blocks: str) -> None:
    trigger = verdict(trips=("call:portmapper",), blocks=blocks).trigger
    assert (trigger.blocked, trigger.traffic) == (blocks, "all")


def test_siblings_that_never_answer_ping_tell_nothing_by_their_silence() -> None:
    assert verdict(trips=("call:portmapper",), ping=False).trigger.blocked != "destination"


def test_a_sibling_that_answers_ping_tells_nothing_of_a_block_of_tcp() -> None:
    """The source can't reach the sibling either; the near store can only ping."""
    trigger = verdict(trips=("call:portmapper",), blocks="source", traffic="tcp").trigger
    assert (trigger.blocked, trigger.traffic) == (None, "tcp")


@pytest.mark.parametrize("traffic", ["all", "tcp", "port"])
def test_the_timer_is_measured_on_what_is_blocked(traffic: str) -> None:
    trigger = verdict(trips=("call:portmapper",), traffic=traffic, seconds=12.0).trigger
    assert trigger.traffic == traffic
    assert trigger.quarantine_seconds == pytest.approx(12.0, abs=1.5)
    assert trigger.quarantine_at_least is None


@pytest.mark.parametrize(
    "world",
    [
        {"trips": ("call:portmapper",), "seconds": 1e4},  # never seen to end
        {"dark": 15.0},  # its beginning is not known
    ],
)
def test_of_a_timer_only_what_was_seen_is_said(world: dict[str, Any]) -> None:
    trigger = verdict(**world).trigger
    assert trigger.quarantine_seconds is None
    assert trigger.quarantine_at_least is not None
    assert trigger.quarantine_at_least >= 14.0


# --- where, and who -------------------------------------------------------------------


@pytest.mark.parametrize(
    "world",
    [{}, {"heard": refused()}, {"queue": {45_123: 60}}],
)
def test_without_a_fault_there_is_no_place(world: dict[str, Any]) -> None:
    found = verdict(**world)
    assert (found.location, found.confidence, found.cause) == (None, None, None)


@pytest.mark.parametrize(
    "world",
    [
        {"trips": ("call:portmapper",)},
        {"trips": ("call:portmapper",), "traffic": "tcp"},
        {"eats": "call:portmapper"},
        {"closed": {111: Knock.SILENT}},
        {"dark": 15.0},
    ],
)
def test_the_device_is_placed_and_both_owners_are_told(world: dict[str, Any]) -> None:
    found = verdict(**world)
    assert found.location is not None
    assert found.location.between == BETWEEN
    assert (found.location.segment, found.location.boundary) == ("busan", True)
    assert found.location.owners == ("carrier", "busan")
    assert [advice.owner for advice in found.advice] == ["carrier", "busan"]
    assert {a.text.params["first"] for a in found.advice} == {BETWEEN[0]}


def test_a_cause_on_a_host_is_its_sites() -> None:
    found = verdict(closed={111: Knock.REFUSED}, listening=(22,))
    assert found.location is not None
    assert (found.location.host, found.location.between) == (FAR, None)
    assert [(a.owner, a.text.code) for a in found.advice] == [
        ("busan", "advice.service-down-host")]  # fmt: skip


def test_a_cause_without_a_place_is_told_to_both_sites() -> None:
    found = verdict(loss=0.05)
    assert found.location is None
    assert [a.owner for a in found.advice] == ["seoul", "busan"]


def test_a_one_sided_quarantine_is_at_most_likely() -> None:
    """The far side could not look: no trace, no sockets of it."""
    evidence, _ = World(trips=("call:portmapper",)).check()
    near_only = tuple(o for o in evidence.observations if not o.source.startswith("busan"))
    found = judge(replace(evidence, observations=near_only))
    assert (found.cause, found.confidence) == (Cause.SOURCE_QUARANTINED, Confidence.LIKELY)
    assert found.location is not None
    assert found.location.between == (BETWEEN[0], None)


def test_the_same_evidence_is_judged_the_same() -> None:
    evidence, _ = World(trips=("call:portmapper",)).check()
    assert judge(evidence) == judge(evidence)
