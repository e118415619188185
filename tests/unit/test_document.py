"""The document is the contract's, key by key, and says no more than the verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from bot.document import command_line, iso
from bot.excerpt import MOST_LINES, excerpt
from probes.model import Ask, Evidence, Phase, Verdict
from probes.readings import PingReading, StatusReading
from tests.unit.samples import EVIDENCE, FAULT, INCONCLUSIVE, T0, as_document, observed

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/verdict.schema.json").read_text())


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("verdict", [FAULT, INCONCLUSIVE])
def test_documents_keep_the_contract(verdict: Verdict, lang: str) -> None:
    document = json.loads(json.dumps(as_document(verdict, lang=lang)))
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [("started", "2026-11-22T06:17:04Z"), ("outcome", "ok"), ("cause", None), ("schema", "x/1")],
)
def test_the_schema_refuses_what_the_contract_does(key: str, value: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(as_document() | {key: value})


@pytest.mark.parametrize("missing", sorted(SCHEMA["required"]))
def test_every_key_is_there(missing: str) -> None:
    assert missing in as_document()


def test_nothing_is_blamed_without_a_fault() -> None:
    blaming = replace(FAULT, outcome=INCONCLUSIVE.outcome)
    document = as_document(blaming)
    assert [document[key] for key in ("cause", "confidence", "location")] == [None] * 3


def test_an_empty_check_is_a_document_too() -> None:
    evidence = Evidence(EVIDENCE.context)
    verdict = replace(INCONCLUSIVE, flows=(), findings=(), gaps=(), advice=())
    document = as_document(verdict, evidence, stopped=True)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    assert document["stopped"] is True


def test_times_are_utc_with_milliseconds() -> None:
    assert iso(1795328224.1204) == "2026-11-22T06:17:04.120Z"
    assert as_document()["trigger"]["at"] == iso(T0 + 5)


def test_commands_are_quoted_and_scripts_stood_in_for() -> None:
    line = command_line(("/usr/bin/perl", "-e", "print 1;\n" * 30, "10.0.0.1"), "exchange")
    assert line == "/usr/bin/perl -e '…exchange script…' 10.0.0.1"


def test_lines_are_the_raw_outputs_own() -> None:
    for observation in EVIDENCE.observations:
        text, numbers = excerpt(observation)
        raw = [line.text for line in observation.transcript.lines]
        assert text.split("\n") == [raw[n - 1] for n in numbers]
        assert numbers


def test_a_ping_shows_where_it_changed_and_its_sum() -> None:
    text, _ = excerpt(EVIDENCE.observations[3])
    assert "icmp_seq=3 time=3.1" in text
    assert "no answer yet for icmp_seq=4" in text
    assert "34 packets transmitted, 4 received" in text
    assert "icmp_seq=20" not in text


def test_a_trace_shows_every_answer_and_the_first_silence() -> None:
    text, _ = excerpt(EVIDENCE.observations[5])
    assert "10.80.5.2" in text
    assert text.count("*") == 2


def test_excerpts_are_bounded() -> None:
    ask = Ask("status", "seoul/avamar")
    lines = ["y" * 10_000] * 5000
    text, numbers = excerpt(observed(1, ask, Phase.BASELINE, lines, StatusReading({})))
    assert len(numbers) <= MOST_LINES
    assert max(map(len, text.split("\n"))) <= 400


def test_a_reading_of_no_lines_has_no_excerpt() -> None:
    ask = Ask("ping", "seoul/avamar", "busan/datadomain")
    assert excerpt(observed(1, ask, Phase.BASELINE, [], PingReading(()))) == ("", ())
