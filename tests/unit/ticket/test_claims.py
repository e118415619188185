"""What a ticket claims: nothing that its verdict does not carry, and nobody's guilt."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.ticket import ticket
from bot.ticket.model import Ticket
from bot.ticket.page import markdown, plain, words_of
from bot.words import LANGUAGES, Voice, titles_of
from probes.model import Cause, Confidence, Observation, Outcome
from probes.readings import SocketsReading
from tests.unit.ticket.tickets import ACCOUNT, cases, evidence_of, names, ticket_of, verdict_of

DEVICES = {
    Cause.SOURCE_QUARANTINED,
    Cause.PAYLOAD_BLOCKED,
    Cause.PORT_FILTERED,
    Cause.PORT_REJECTED,
    Cause.UNREACHABLE,
    Cause.NO_RETURN_PATH,
    Cause.PACKET_LOSS,
}
BLAME = re.compile(
    r"your (ips|firewall|device) (block|drop|caus|is)|귀측 (IPS|방화벽)", re.IGNORECASE
)
UNCITED_SECTIONS = {"ask", "missing", "search", "gaps", "later"}
BY_INVENTORY = {
    "ticket-find.check",  # the check's own record
    "ticket-find.hosts",
    "ticket-wire.tuple-unseen",  # each says that it is by the inventory
    "ticket-wire.tuple-any-unseen",
    "ticket-wire.nat",
    "ticket-wire.no-nat",
    "ticket-path.unseen",  # each says what was not seen
    "ticket-path.nowhere",
    "ticket-why.no-control",
    "ticket-time.checker",
    "ticket-time.no-zone",
    "ticket-time.no-clocks",
    "ticket-filter.tcpdump",
}


def codes(made: Ticket) -> set[str]:
    return {statement.words.code for statement in made.statements}


@pytest.mark.parametrize("name", names())
def test_it_is_for_a_device_only_where_the_verdict_blames_the_path(name: str) -> None:
    verdict, made = verdict_of(name), ticket_of(name)
    on_host = verdict.location is not None and verdict.location.host is not None
    blamed = verdict.outcome is Outcome.FAULT and verdict.cause in DEVICES and not on_host
    assert made.device is blamed
    if not made.device:
        assert not made.appendix
        assert not any(code.startswith("ticket-ask") for code in codes(made))
        assert any(code.startswith("ticket-none") for code in codes(made))


def test_both_kinds_are_among_the_recorded() -> None:
    kinds = [ticket_of(name).device for name in names()]
    assert kinds.count(True) > 15
    assert kinds.count(False) > 4


@pytest.mark.parametrize("name", names())
def test_every_statement_rests_on_an_observation_that_stands_in_the_appendix(name: str) -> None:
    made = ticket_of(name)
    known = {o.id for o in evidence_of(name).observations}
    shown = {o.id for o in made.exhibits}
    for section in (*made.first, *made.appendix):
        for statement in section.statements:
            assert set(statement.evidence) <= known & shown
            if section.code not in UNCITED_SECTIONS and statement.words.code not in BY_INVENTORY:
                assert statement.evidence, statement.words


@pytest.mark.parametrize(("name", "lang"), cases())
def test_it_never_says_whose_device_it_is(name: str, lang: str) -> None:
    made = ticket_of(name)
    assert not BLAME.search(markdown(made, lang))
    if made.device:
        whose = {"boundary", "boundary-stretch", "inside", "inside-stretch", "unplaced"}
        assert len(codes(made) & {f"ticket-what.{code}" for code in whose}) == 1


@pytest.mark.parametrize(("name", "lang"), cases())
def test_it_is_no_surer_than_the_verdict(name: str, lang: str) -> None:
    made, verdict = ticket_of(name), verdict_of(name)
    if not made.device:
        return
    voice = Voice(lang, titles_of(made.context))
    page = " ".join(words_of(s, voice) for section in made.first for s in section.statements)
    other = {Confidence.CONFIRMED: Confidence.LIKELY, Confidence.LIKELY: Confidence.CONFIRMED}
    assert verdict.confidence is not None
    assert voice(f"confidence.{verdict.confidence}") in page
    assert voice(f"confidence.{other[verdict.confidence]}") not in page


@pytest.mark.parametrize("name", names())
def test_the_place_is_the_verdicts(name: str) -> None:
    made, verdict = ticket_of(name), verdict_of(name)
    between = verdict.location.between if verdict.location else None
    titled = {made.title.params.get("first"), made.title.params.get("second")} - {None}
    if not made.device or not between or None in between:
        assert not titled
    else:
        assert titled == set(between)


@pytest.mark.parametrize("name", names())
def test_the_blocks_length_agrees_with_the_verdict(name: str) -> None:
    made, trigger = ticket_of(name), verdict_of(name).trigger
    if made.dark is None or made.dark.ended is None or made.sent is None:
        return
    assert trigger.quarantine_seconds is not None
    assert round(made.dark.ended - made.dark.began, 1) == trigger.quarantine_seconds
    assert made.dark.least <= trigger.quarantine_seconds
    assert made.dark.most is None or made.dark.least <= made.dark.most


def test_a_quarantine_is_searched_in_two_places_and_exempted_both_ways() -> None:
    made = ticket_of("account")
    assert {"ticket-ask.search", "ticket-ask.table", "ticket-ask.exempt-both"} <= codes(made)
    assert "ticket-ask.table" not in codes(ticket_of("payload-drop"))
    assert "ticket-ask.allow" in codes(ticket_of("port-drop"))
    assert "ticket-ask.search" not in codes(ticket_of("dead-link"))


def test_an_answer_that_waits_is_told_from_one_that_was_never_given() -> None:
    assert "ticket-why.answer-waits" in codes(ticket_of("account"))
    assert "ticket-why.opened-only" in codes(ticket_of("drop-call"))
    assert "ticket-why.answer-waits" not in codes(ticket_of("drop-call"))
    assert "ticket-why.answer-waits" not in codes(ticket_of("one-sided"))


def test_bytes_that_wait_but_are_no_answers_size_are_not_called_one() -> None:
    """A size that is not the answer's proves nothing of an answer."""

    def other_size(o: Observation) -> Observation:
        if not isinstance(o.reading, SocketsReading) or o.source != "busan/datadomain":
            return o
        samples = tuple(
            replace(sample, sockets=tuple(
                replace(s, send_q=28) if s.send_q == 32 else s for s in sample.sockets
            ))
            for sample in o.reading.samples
        )  # fmt: skip
        return replace(o, reading=replace(o.reading, samples=samples))

    evidence = evidence_of("account")
    changed = replace(evidence, observations=tuple(map(other_size, evidence.observations)))
    told = codes(ticket(changed, verdict_of("account"), "i1"))
    assert "ticket-why.far-waits" in told
    assert "ticket-why.answer-waits" not in told


def test_siblings_that_were_blocked_too_are_no_argument_for_the_line() -> None:
    dark = [
        s for s in ticket_of("block-source").statements if s.words.code == "ticket-why.sibling-dark"
    ]
    assert [s.words.params["alive"] for s in dark] == [0]


def test_an_end_that_could_not_look_is_said() -> None:
    made = ticket_of("one-sided")
    assert "ticket-path.unseen" in codes(made)
    assert "ticket-missing.decide-one" in codes(made)
    assert made.title.code == "ticket-title.somewhere"


def test_a_block_that_was_not_seen_to_begin_or_end_is_not_given_a_length() -> None:
    assert "ticket-dark.ended-unknown-start" in codes(ticket_of("dark-at-start"))
    assert "ticket-dark.bounds" not in codes(ticket_of("dark-at-start"))
    assert {"ticket-dark.not-ended", "ticket-missing.end"} <= codes(ticket_of("until-released"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_secret_of_the_account_is_in_its_ticket(lang: str) -> None:
    assert "P@SsW0rd" not in markdown(ticket_of(ACCOUNT), lang)
    assert "P@SsW0rd" not in plain(ticket_of(ACCOUNT), lang)
