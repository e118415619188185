"""How much goes through in a test? Not run by a check: it is a load, and opt-in later. A
person's own iperf output can be read, version 2 or 3, from either end.

The row that counts: the sum over streams where there is one, what the receiver counted where
iperf3 says it, else the longest interval.
"""

from __future__ import annotations

import re

from probes.catalog._lines import not_understood
from probes.model import Ask, Command, GapKind, Probe, Route, Tools, Transcript
from probes.readings import ThroughputReading

_ROW = re.compile(
    r"^\[\s*(?P<stream>\d+|SUM)\]\s+(?P<first>\d+(?:\.\d+)?)-\s*(?P<last>\d+(?:\.\d+)?)\s+sec"
    r"\s+(?P<moved>\d+(?:\.\d+)?) [KMGT]?Bytes\s+"
    r"(?P<rate>\d+(?:\.\d+)?) (?P<unit>[KMGT]?)bits/sec(?P<rest>.*)$"
)
_MBIT = {"": 1e-6, "K": 1e-3, "M": 1.0, "G": 1e3, "T": 1e6}


def command(_ask: Ask, _route: Route, _tools: Tools) -> Command | GapKind:
    return GapKind.NOT_TRIED


def parse(_ask: Ask, transcript: Transcript) -> ThroughputReading:
    rows = [
        (index, found)
        for index, line in enumerate(transcript.lines)
        if (found := _ROW.match(line.text.strip()))
    ]
    if not rows:
        raise not_understood(transcript, "iperf summary")
    index, row = max(rows, key=lambda numbered: (*_weight(numbered[1]), numbered[0]))
    return ThroughputReading(float(row["rate"]) * _MBIT[row["unit"]], _seconds(row), index)


def _weight(row: re.Match[str]) -> tuple[bool, float, bool]:
    return row["stream"] == "SUM", _seconds(row), "receiver" in row["rest"]


def _seconds(row: re.Match[str]) -> float:
    return float(row["last"]) - float(row["first"])


PROBE = Probe(
    "throughput",
    version=1,
    question="How much goes through in a test?",
    command=command,
    parse=parse,
)
