"""Which lines of a raw output tell what a reading rests on (pure).

An excerpt is short enough for a channel and never a summary: each line stands as the host
printed it, and its number leads back to the stored output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from probes.model import Observation
from probes.readings import (
    CountersReading,
    ExchangeReading,
    Hop,
    JobLogReading,
    KnockReading,
    PingReading,
    Reading,
    SocketsReading,
    SweepReading,
    ThroughputReading,
    TraceReading,
)
from storage.redact import redact_lines

MOST_LINES = 40
_USUAL_LINES = 12
_LONGEST_LINE = 400
_PING_SUMMARY = re.compile(r"packets transmitted|^rtt |^round-trip")


def excerpt(observation: Observation) -> tuple[str, tuple[int, ...]]:
    """The telling lines joined by newlines, and their numbers in the raw output from 1."""
    # Secrets are struck from the whole output: a key's middle lines do not look like one.
    raw = redact_lines(line.text for line in observation.transcript.lines)
    chosen = sorted({n for n in _telling(observation) if 0 <= n < len(raw)})[:MOST_LINES]
    if not chosen:
        chosen = [n for n, line in enumerate(raw) if line.strip()][:_USUAL_LINES]
    text = "\n".join(_bounded(raw[n]) for n in chosen)
    return text, tuple(n + 1 for n in chosen)


def _bounded(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def _telling(observation: Observation) -> list[int]:
    reading: Reading = observation.reading
    match reading:
        case PingReading():
            return _of_ping(reading, observation)
        case TraceReading():
            return _of_trace(reading.hops)
        case KnockReading():
            return _ends([row.line for row in reading.rows])
        case ExchangeReading():
            return list(reading.lines.values())
        case SweepReading():
            return [step.line for step in reading.steps]
        case SocketsReading():
            return _of_sockets(reading)
        case CountersReading():
            return [interface.line for interface in reading.interfaces]
        case JobLogReading():
            return [line for *_, line in reading.entries]
        case ThroughputReading():
            return [reading.line]
    return []


def _of_ping(reading: PingReading, observation: Observation) -> list[int]:
    """The tool's own sums, and each row beside a change from answered to lost or back."""
    raw = observation.transcript.lines
    sums = [n for n, line in enumerate(raw) if _PING_SUMMARY.search(line.text)]
    edges = [
        line
        for before, after in pairwise(reading.rows)
        if (before.rtt is None) != (after.rtt is None)
        for line in (before.line, after.line)
    ]
    notes = [row.line for row in reading.rows if row.note]
    ends = [row.line for row in (*reading.rows[:1], *reading.rows[-1:])]
    return [*sums, *_ends(sorted({*edges, *ends})), *_ends(notes)]


def _of_trace(hops: tuple[Hop, ...]) -> list[int]:
    """Every row up to the last answer, and the first two silent ones behind it."""
    last = max((n for n, hop in enumerate(hops) if hop.address is not None), default=-1)
    return [hop.line for hop in hops[: last + 3]]


def _of_sockets(reading: SocketsReading) -> list[int]:
    """Sockets whose bytes wait, or that do not open or close; without such, the listeners."""
    sockets = [socket for sample in reading.samples for socket in sample.sockets]
    waiting = [s.line for s in sockets if s.send_q and s.state != "LISTEN"]
    changing = [s.line for s in sockets if s.state.startswith(("SYN", "FIN"))]
    listeners = [s.line for s in sockets if s.state == "LISTEN"]
    lines = [*waiting, *changing] or listeners or [s.line for s in sockets]
    return list(dict.fromkeys(lines))[:_USUAL_LINES]


def _ends(lines: Iterable[int]) -> list[int]:
    """The first and the last of many lines."""
    found = list(lines)
    if len(found) <= _USUAL_LINES:
        return found
    half = _USUAL_LINES // 2
    return [*found[:half], *found[-half:]]
