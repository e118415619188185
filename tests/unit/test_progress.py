"""The check as it goes on: what came back in a few words, one line an answer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address

import pytest
from rich.console import Console

from bot.request import CheckResult, Judged
from bot.terminal.phrases import answer
from bot.terminal.progress import Progress
from bot.terminal.report import trigger, where
from bot.words import LANGUAGES, Voice, titles_of
from probes.events import Asked, Landed, PlanEnded, PlanStarted
from probes.model import (
    Ask,
    NotSent,
    Phase,
    Plan,
    TriggerReport,
)
from probes.readings import (
    Answer,
    ClockReading,
    ExchangeReading,
    Knock,
    KnockReading,
    KnockRow,
    PingReading,
    Reading,
    TraceReading,
)
from tests.unit.samples import (
    CONTEXT,
    EVIDENCE,
    FAR,
    FAULT,
    NEAR,
    SENT,
    as_document,
    observed,
)

VOICE = Voice("en", titles_of(CONTEXT))


def knocks(*results: tuple[int, Knock], ttl: int = 0) -> KnockReading:
    return KnockReading(tuple(KnockRow(port, 0.0, result, 0, ttl=ttl) for port, result in results))


EXCHANGE = ExchangeReading(
    "call", 111, 40111, Knock.OPEN, SENT, Answer.SILENT, b"", None, ((SENT, 60),), {}
)
READINGS: tuple[tuple[Reading, str], ...] = (
    (EVIDENCE.observations[0].reading, "8 of 8 answered, 3.1 ms (56 bytes)"),
    (PingReading(()), "none of 0 answered (56 bytes)"),
    (EVIDENCE.observations[1].reading, "5 hops, reached"),
    (EVIDENCE.observations[5].reading, "ends behind hop 3, 10.80.5.2"),
    (TraceReading(ip_address("10.0.0.1"), (), complete=True), "nobody answered"),
    (knocks((111, Knock.OPEN), (22, Knock.OPEN)), "111 open, 22 open"),
    (knocks((22, Knock.OPEN), (22, Knock.SILENT), (22, Knock.SILENT)), "22 open 1 / silent 2"),
    (EXCHANGE, "the call: no answer in 2.0 s, 60 bytes never acknowledged"),
    (
        replace(EXCHANGE, unacked=((SENT, 0),)),
        "the call: no answer in 2.0 s, though every byte was acknowledged",
    ),
    (
        replace(EXCHANGE, answer=Answer.REPLIED, reply=b"x" * 32, seconds=0.0031),
        "the call: answered in 3.1 ms with 32 bytes",
    ),
    (replace(EXCHANGE, answer=Answer.RESET), "the call: the connection was reset"),
    (
        replace(EXCHANGE, sent=None, opened=Knock.SILENT, answer=Answer.NOT_OPEN),
        "the call was not sent, the connection: silent",
    ),
    (ClockReading(-0.25, 0.01), "-0.250 s (±0.010)"),
)


@pytest.mark.parametrize(("reading", "words"), READINGS)
def test_what_came_back_in_a_few_words(reading: Reading, words: str) -> None:
    ask = Ask("any", NEAR, FAR, {"wait": 2.0})
    assert answer(observed(1, ask, Phase.BASELINE, ["x"], reading), VOICE) == words


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", [*NotSent, None])
def test_every_reason_not_to_send_has_words(code: NotSent | None, lang: str) -> None:
    report = {"sent": False, "not_sent_reason": code and str(code)}
    assert "." not in trigger(report, Voice(lang))


def test_a_trigger_in_words() -> None:
    document = as_document(
        replace(
            FAULT,
            trigger=TriggerReport(
                True, None, "portmapper", 111, SENT, "pair", "tcp", quarantine_seconds=20.24
            ),
        )
    )
    words = trigger(document["trigger"], VOICE)
    assert "portmapper" in words
    assert "TCP only" in words
    assert "for 20.2 s" in words


def test_places_in_words() -> None:
    location = as_document()["location"]
    assert "B기관 부산" in where(location, VOICE)
    assert "Upper institution" in where(location, VOICE)
    assert where(location | {"host": FAR}, VOICE) == "on B기관 부산 datadomain itself"
    one_sided = location | {"between": ["10.80.5.2", None], "boundary": False}
    assert "could not look" in where(one_sided, VOICE)


# --- progress -----------------------------------------------------------------------------


def events() -> Iterator[PlanStarted | Asked | Landed | PlanEnded]:
    asks = tuple(o.ask for o in EVIDENCE.observations)
    plan = Plan("baseline", Phase.BASELINE, asks)
    yield PlanStarted(plan, 0.0)
    for observation in EVIDENCE.observations:
        yield Asked("baseline", observation.ask, 0.0)
        yield Landed("baseline", observation.ask, observation, observation.transcript)
    yield PlanEnded(plan, 2.5)


def test_elsewhere_each_answer_is_one_plain_line() -> None:
    out = io.StringIO()
    with Progress(Console(file=out, width=40), VOICE) as progress:
        for event in events():
            progress(event)
    lines = out.getvalue().split("\n")
    assert lines[0] == "at idle (baseline): 7 questions to 2 hosts"
    assert lines[1] == f"  · {NEAR} → {FAR} ping: 8 of 8 answered, 3.1 ms (56 bytes)  0.9 s"
    assert len(lines) == 2 + len(EVIDENCE.observations) + 1
    assert "\x1b" not in out.getvalue()


def test_on_a_terminal_open_questions_stand_below() -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, highlight=False)
    with Progress(console, VOICE) as progress:
        for number in range(9):
            progress(Asked("baseline", Ask("ping", NEAR, FAR, {"port": number}), 0.0))
        progress._live.refresh()  # type: ignore[union-attr]
    assert f"… {NEAR} → {FAR} ping 0" in out.getvalue()
    assert "and 3 more" in out.getvalue()


def test_the_verdict_is_told_before_the_watch() -> None:
    out = io.StringIO()
    progress = Progress(Console(file=out, width=100), VOICE)
    document = as_document()
    progress(Judged(CheckResult(document, EVIDENCE, FAULT)))
    assert document["summary"] in out.getvalue()
