"""What is written is what is read."""

from __future__ import annotations

import json
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.model import (
    Ask,
    Context,
    End,
    Endpoint,
    Evidence,
    Flow,
    Gap,
    GapKind,
    Kind,
    Phase,
    SshAccess,
    Tools,
    Transcript,
    TriggerReport,
    Unparsed,
)
from probes.readings import PingReading, Reading
from storage.codec import Raw, decode, encode, evidence
from tests.storage.examples import context, raw

_numbers = st.floats(allow_nan=False)
_words = st.text(max_size=8)
_addresses = st.ip_addresses()


@st.composite
def _networks(draw: st.DrawFn) -> IPv4Network | IPv6Network:
    address = draw(_addresses)
    prefix = draw(st.integers(0, address.max_prefixlen))
    kind = IPv4Network if address.version == 4 else IPv6Network
    return kind(f"{address}/{prefix}", strict=False)


_endpoints = st.builds(
    Endpoint,
    ssh=st.none(),
    address=_addresses,
    seen_from=st.dictionaries(_words, _addresses, max_size=2),
)
st.register_type_strategy(float, _numbers)
st.register_type_strategy(IPv4Network, _networks())
st.register_type_strategy(IPv6Network, _networks())
st.register_type_strategy(Endpoint, _endpoints)

_VOCABULARY = [Context, Ask, Transcript, Gap, TriggerReport, Raw, Tools, Flow]


@pytest.mark.parametrize("kind", _VOCABULARY, ids=lambda kind: kind.__name__)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50)
@given(data=st.data())  # nested types are slow to draw on a busy machine: no deadline
def test_decode_undoes_encode(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    assert decode(kind, json.loads(json.dumps(encode(value)))) == value


def test_how_the_checker_logs_in_is_left_out() -> None:
    access = SshAccess("10.0.0.1", 22, "u", Path("/keys/k"), Path("/known"))
    endpoint = Endpoint("seoul", "avamar", Kind.AVAMAR, ip_address("10.0.0.2"), access)
    encoded = encode(endpoint)
    assert "/keys/k" not in json.dumps(encoded)
    assert decode(Endpoint, encoded) == replace(endpoint, ssh=None)


def test_an_older_record_gets_the_default_of_a_field_that_is_new() -> None:
    encoded = encode(context())
    del encoded["watch_seconds"]
    encoded["a_field_of_the_future"] = 1
    assert decode(Context, encoded) == context()


def test_a_lost_command_is_still_lost_when_it_is_read_back() -> None:
    lost = raw(1, "64 bytes", end=End.LOST)
    read = decode(Raw, encode(lost))
    assert read.transcript.end is End.LOST
    assert not read.transcript.ok


def test_what_is_no_part_of_the_vocabulary_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        encode(object())


def _understands(_ask: Ask, _transcript: Transcript) -> Reading:
    return PingReading(())


def _understands_nothing(_ask: Ask, _transcript: Transcript) -> Reading:
    raise Unparsed("what is this")


def _gap(kind: GapKind, detail: str) -> Gap:
    return Gap("ping", Phase.BASELINE, "seoul/avamar", "busan/datadomain", kind, detail)


def test_what_todays_parser_does_not_understand_is_a_gap_once() -> None:
    stored = [_gap(GapKind.UNPARSED, "then"), _gap(GapKind.TIMED_OUT, "slow")]
    found = evidence(Evidence(context()), [raw(1, "?")], stored, _understands_nothing)
    assert found.observations == ()
    assert found.gaps == (
        _gap(GapKind.TIMED_OUT, "slow"),
        _gap(GapKind.UNPARSED, "what is this"),
    )


def test_what_todays_parser_understands_is_no_gap_any_more() -> None:
    stored = [_gap(GapKind.UNPARSED, "then")]
    found = evidence(Evidence(context()), [raw(1, "64 bytes")], stored, _understands)
    assert found.gaps == ()
    assert [(o.id, o.reading) for o in found.observations] == [("o1", PingReading(()))]


def test_an_unparsed_gap_whose_raw_lines_are_not_kept_stays() -> None:
    stored = [_gap(GapKind.UNPARSED, "then")]
    found = evidence(Evidence(context()), [], stored, _understands)
    assert found.gaps == tuple(stored)
