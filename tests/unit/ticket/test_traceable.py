"""Every number in a ticket is found in the evidence, in the inventory, or in the words' templates.

Read as a reader would: out of the finished sentences, and against raw output. Only a moment may be
told otherwise than a host printed it (on the checker's clock, in a zone), and a length or a count
be worked out; those are held against the readings of the very observations that are cited.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest

from bot.ticket.model import Statement
from bot.ticket.page import words_of
from bot.ticket.vendors import searches
from bot.words import Voice, catalog, titles_of
from probes.model import Evidence, Observation
from probes.readings import (
    ClockReading,
    ExchangeReading,
    KnockReading,
    PingReading,
    SocketsReading,
    TraceReading,
)
from tests.unit.ticket.tickets import SEOUL, cases, evidence_of, ticket_of, verdict_of

MOMENT = re.compile(r"(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d:\d\d\.\d{3})")
NUMBER = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{64}\b|\d+(?:[.:]\d+)*")
MEASURED = re.compile(r"[+-]?(\d+\.\d+) ?(ms|s|초)")


def times(o: Observation) -> Iterator[float]:
    """Every moment in an observation, on the checker's clock."""
    yield from (o.transcript.started, o.transcript.started + o.transcript.seconds)
    match o.reading:
        case PingReading(rows=rows):
            yield from (row.sent for row in rows)
        case KnockReading(rows=knocks):
            yield from (row.at for row in knocks)
        case TraceReading(hops=hops):
            yield from (hop.at for hop in hops)
        case SocketsReading(samples=samples):
            yield from (sample.at for sample in samples)
        case ExchangeReading(sent=sent) if sent is not None:
            yield from (sent, sent + (o.transcript.offset or 0.0))


def counts(o: Observation) -> int:
    """How many things an observation holds that could be counted."""
    match o.reading:
        case PingReading(rows=rows):
            return len(rows)
        case KnockReading(rows=knocks):
            return len(knocks)
        case SocketsReading(samples=samples):
            return len(samples)
    return 1


def clock(at: float) -> set[str]:
    """A moment as a ticket may show it: UTC's or Seoul's day and time of day."""
    moments = (datetime.fromtimestamp(at, UTC), datetime.fromtimestamp(at, SEOUL))
    return {f"{m:%Y-%m-%d %H:%M:%S}.{m.microsecond // 1000:03d}" for m in moments}


def shown_moments(evidence: Evidence, cited: list[Observation]) -> set[str]:
    known = {text for o in cited for at in times(o) for text in clock(at)}
    return known | clock(evidence.context.started)


def raw_numbers(evidence: Evidence, cited: list[Observation]) -> set[str]:
    """Numbers that a host printed, that it was asked with, or that the inventory has."""
    endpoints = evidence.context.endpoints
    addresses = (str(a) for e in endpoints for a in (e.address, *e.seen_from.values()))
    return {*addresses}.union(*(printed(evidence.context.started, o.id, o) for o in cited))


_PRINTED: dict[tuple[float, str], set[str]] = {}


def printed(check: float, name: str, o: Observation) -> set[str]:
    """The numbers of one observation: its lines, its command, what it was asked with."""
    if (check, name) not in _PRINTED:
        texts = [line.text for line in o.transcript.lines]
        texts += [*o.transcript.argv, *map(str, o.ask.params.values())]
        _PRINTED[check, name] = {number for text in texts for number in pieces(text)}
    return _PRINTED[check, name]


def pieces(text: str) -> Iterator[str]:
    """Numbers as they stand, and both halves of `address:port`."""
    for number in NUMBER.findall(text):
        yield number
        yield from number.split(":")


@cache
def static_numbers(lang: str) -> set[str]:
    """What the words themselves say (`RFC 5531`), and the data file of vendors."""
    templates = [words for code, words in catalog(lang).items() if "{" not in code]
    texts = [re.sub(r"\{[^}]*\}", " ", words) for words in templates]
    texts += [f"{s.what} {s.source} {s.vendor}" for s in searches()]
    return {number for text in texts for number in pieces(text)}


def lies_between(seconds: float, near: float, cited: list[Observation]) -> bool:
    """Is it the length from one moment in the cited observations to another?"""
    moments = sorted({at for o in cited for at in times(o)})
    for earlier in moments:
        at = bisect_left(moments, earlier + seconds - near)
        if at < len(moments) and moments[at] <= earlier + seconds + near:
            return True
    return False


@pytest.mark.parametrize(("name", "lang"), cases())
def test_every_number_is_found_in_the_evidence(name: str, lang: str) -> None:
    made, evidence = ticket_of(name), evidence_of(name)
    by_id = {o.id: o for o in evidence.observations}
    voice, static = Voice(lang, titles_of(made.context)), static_numbers(lang)
    for section in (*made.first, *made.appendix):
        for statement in section.statements:
            # What asks, or speaks by the inventory, cites nothing: its numbers are stated, with
            # their evidence, elsewhere in the same ticket.
            ids = statement.evidence or tuple(by_id)
            cited = [by_id[o] for o in ids]
            sentence = words_of(statement, voice)
            left = without_moments(sentence, shown_moments(evidence, cited))
            left = without_lengths(left, statement, cited)
            allowed = static | raw_numbers(evidence, cited) | derived(name, statement, cited)
            if section.code == "paths":
                left += " ".join(("", *statement.literal))
            strange = [p for n in NUMBER.findall(left) for p in n.split(":") if p not in allowed]
            assert not strange, (statement.words.code, sentence)


def without_moments(sentence: str, known: set[str]) -> str:
    days = {moment[:10] for moment in known}
    times_of_day = {moment[11:] for moment in known}
    for day, time_of_day in MOMENT.findall(sentence):
        whole = f"{day} {time_of_day}" in known if day else time_of_day in times_of_day
        assert whole, (sentence, day, time_of_day)
        assert not day or day in days
    return MOMENT.sub(" ", sentence)


def without_lengths(sentence: str, statement: Statement, cited: list[Observation]) -> str:
    """Lengths to a tenth or a thousandth of a second, each found in what is cited."""
    known: list[float] = []
    for o in cited:
        if isinstance(o.reading, ClockReading):
            known += [abs(o.reading.offset), o.reading.within]
        if isinstance(o.reading, ExchangeReading) and o.reading.seconds is not None:
            known.append(o.reading.seconds)
    for number, unit in MEASURED.findall(sentence):
        seconds = float(number) / 1000 if unit == "ms" else float(number)
        digits = len(number.partition(".")[2]) + (3 if unit == "ms" else 0)
        near = 0.51 * 10**-digits
        printed = any(abs(seconds - k) <= near for k in known)
        assert printed or lies_between(seconds, near, cited), (statement.words, number)
    return MEASURED.sub(" ", sentence)


def derived(name: str, statement: Statement, cited: list[Observation]) -> set[str]:
    """Counts no larger than what is cited, and what was read out of the payload itself."""
    most = sum(counts(o) for o in cited)
    numbers = {str(n) for n in range(most + 1)}
    made = ticket_of(name)
    if made.sent is not None:
        payload = made.sent.payload
        numbers |= {made.sent.sha256, f"0x{payload[4:8].hex()}", str(len(payload))}
    if statement.words.code.startswith("loss."):
        share = verdict_of(name).findings
        why = next(f.why for f in share if f.why.code == statement.words.code)
        numbers |= {f"{v:.1f}" if isinstance(v, float) else str(v) for v in why.params.values()}
    if statement.words.code.startswith("ticket-path."):
        numbers |= {str(n) for n in range(31)}  # a hop's number is its row's
    return numbers


def test_a_number_of_nobodys_would_be_noticed() -> None:
    evidence = evidence_of("account")
    cited = [o for o in evidence.observations if o.id == "o59"]
    assert "33867" in raw_numbers(evidence, cited)
    assert "33868" not in raw_numbers(evidence, cited)
    with pytest.raises(AssertionError):
        without_moments("at 18:31:04.537 UTC", shown_moments(evidence, cited))
    assert "18:31:04" not in without_moments("18:31:04.536 UTC", shown_moments(evidence, cited))
