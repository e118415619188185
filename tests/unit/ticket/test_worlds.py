"""Tickets of devices that nobody recorded: a network that answers plans, or any evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ticket import Ticket, as_json, ticket
from bot.ticket.page import markdown, plain
from bot.words import LANGUAGES
from probes.diagnosis import judge
from probes.model import Evidence, Observation
from probes.profiles import PROFILES
from probes.readings import Knock
from tests.unit.evidence import T0
from tests.unit.wild import evidences
from tests.unit.world import World


def made_in(**world: Any) -> Ticket:
    evidence = with_payloads(World(**world).check()[0])
    return ticket(evidence, judge(evidence), "i1")


def codes(made: Ticket) -> set[str]:
    return {statement.words.code for statement in made.statements}


def test_a_device_that_any_bytes_trip_is_not_said_to_have_seen_a_call() -> None:
    made = made_in(trips=("control:portmapper",))
    assert made.sent is not None
    assert made.sent.message == "control"
    assert {"ticket-find.sent-control", "ticket-bytes.control"} <= codes(made)
    assert not {"ticket-find.sent", "ticket-bytes.portmapper"} & codes(made)
    assert not any(code.startswith("ticket-control.") for code in codes(made))


@pytest.mark.parametrize("service", ["portmapper", "nfs"])
def test_the_message_that_tripped_it_is_the_one_that_is_shown(service: str) -> None:
    made = made_in(trips=(f"call:{service}",))
    assert made.sent is not None
    assert (made.sent.service, made.sent.message) == (service, "call")
    assert f"ticket-bytes.{service}" in codes(made)
    assert {view.target_port for view in made.tuples} == {111 if service == "portmapper" else 2049}


@pytest.mark.parametrize("seconds", [5.0, 20.0, 33.0])
def test_the_blocks_true_length_lies_between_the_two_that_are_told(seconds: float) -> None:
    dark = made_in(trips=("call:portmapper",), seconds=seconds).dark
    assert dark is not None
    assert dark.most is not None
    assert dark.least <= seconds <= dark.most
    assert dark.most - dark.least < 2.5


def test_a_block_of_tcp_shows_the_ping_that_lived() -> None:
    made = made_in(trips=("call:portmapper",), traffic="tcp")
    lived = [s for s in made.statements if s.words.code == "ticket-why.way-lives"]
    assert len(lived) == 1


def test_a_port_that_does_not_open_has_its_requests_and_its_neighbours() -> None:
    made = made_in(closed={111: Knock.SILENT})
    assert made.device
    assert {"ticket-port.silent", "ticket-why.port-open", "ticket-ask.allow"} <= codes(made)
    assert made.sent is None
    assert not any(code.startswith("ticket-dark") for code in codes(made))


def test_an_idle_path_that_is_fine_has_no_ticket() -> None:
    evidence, _ = World().check()
    kept = [o for o in evidence.observations if not o.plan.startswith(("control", "trigger"))]
    plans = tuple(p for p in evidence.plans if not p.startswith(("control", "trigger")))
    untried = replace(evidence, observations=tuple(kept), plans=plans)
    made = ticket(untried, judge(untried), "i1")
    assert codes(made) == {"ticket-none.inconclusive"}


def with_payloads(evidence: Evidence) -> Evidence:
    """What a message was asked to carry, as the experiment asks it."""
    context = evidence.context
    flows = PROFILES[context.pair.profile].flows(context.near, context.far, context.xid)
    shakes = {flow.service: flow.handshake for flow in flows if flow.handshake}

    def asked(o: Observation) -> Observation:
        shake = shakes.get(o.plan.partition(":")[2])
        if o.probe != "exchange" or shake is None:
            return o
        payload = shake.control if o.plan.startswith("control") else shake.message
        return replace(o, ask=replace(o.ask, params={**o.ask.params, "payload": payload.hex()}))

    return replace(evidence, observations=tuple(map(asked, evidence.observations)))


@settings(max_examples=150, deadline=None)
@given(evidence=evidences(st.none()).map(with_payloads), lang=st.sampled_from(LANGUAGES))
def test_any_evidence_makes_a_ticket_that_claims_no_more_than_its_verdict(
    evidence: Evidence, lang: str
) -> None:
    verdict = judge(evidence)
    made = ticket(evidence, verdict, "i1")
    known = {o.id for o in evidence.observations}
    assert all(set(s.evidence) <= known for s in made.statements)
    assert not made.device or verdict.cause is not None
    assert made.dark is None or T0 - 1 <= made.dark.began <= made.dark.watched_until
    assert markdown(made, lang)
    assert plain(made, lang)
    assert as_json.document(made, lang)["for_device"] is made.device
