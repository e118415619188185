"""Reading what traceroute and tracepath print, in every variant; DD OS too. Pure.

When a row's first probe was sent is known only by bounds, and it decides whether the row
counts as sent in the dark (path-diagnosis.md, trap 17). A tool that keeps W probes under way
(`-N W`; 16 by default in the modern one, 1 in the others) sends probe p once probe p−W is
done; rows are printed in order, so that one was done no later than its row's line arrived.
So: a row was sent when the row of its probe p−W arrived, or at the command's start; and not
later than its own arrival less its longest round trip.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from probes.catalog._lines import address, not_understood, ran_to_its_end
from probes.model import Address, Ask, Line, NotPermitted, Transcript, Unparsed
from probes.readings import Hop, TraceReading

MODERN_WINDOW = 16

_HEADER = re.compile(
    r"traceroute to \S+(?: \((?P<addr>[^()]+)\))?.* hops max(?:, (?P<bytes>\d+) byte)?"
)
_ROW = re.compile(r"^\s*(?P<ttl>\d{1,3})(?P<colon>\??:)?\s+(?P<rest>\S.*)$")
_STARS = re.compile(r"^\s*(?P<first>\d{1,3}) ~ (?P<last>\d{1,3})\s+(?P<stars>(?:\* ?)+)")
_COMMENT = re.compile(r"\s+->\s.*$")
_TOKEN = re.compile(
    r"(?P<star>\*)(?=\s|$)|(?P<rtt>\d+(?:\.\d+)?) ?ms\b|(?P<flag>![A-Z0-9<>-]*)"
    r"|\((?P<inner>[^()\s]+)\)|(?P<silent>no reply)|(?P<word>\S+)"
)
_TRACEPATH_TAIL = re.compile(r"\s(?:asymm|pmtu)\s+\d+|\sreached\b|\[LOCALHOST\]")
_RAW = re.compile(r"socket.*not permitted|must be root|are you root", re.IGNORECASE)
_MOST_HOPS = 255


@dataclass
class _Row:
    """One TTL, as it is put together from the lines that speak of it."""

    ttl: int
    line: int
    arrived: float
    answers: list[Address | None] = field(default_factory=list)
    rtts: list[float | None] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


def parse(_ask: Ask, transcript: Transcript) -> TraceReading:
    header = _header(transcript)
    rows = _rows(transcript)
    target = _target(header, transcript)
    at_an_end = ran_to_its_end(transcript)
    if target is None or (not rows and (at_an_end or header is None)):
        if any(_RAW.search(line.text) for line in transcript.lines):
            raise NotPermitted("this host's traceroute needs a privilege that the account lacks")
        raise not_understood(transcript, "trace")
    hops = _with_times(rows, header, transcript)
    return TraceReading(target, hops, at_an_end, _method(transcript))


def _header(transcript: Transcript) -> tuple[re.Match[str], Line] | None:
    for line in transcript.lines:
        if found := _HEADER.search(line.text):
            return found, line
    return None


def _target(header: tuple[re.Match[str], Line] | None, transcript: Transcript) -> Address | None:
    """The header's address, else the last literal of the command line."""
    if header and header[0]["addr"] and (found := address(header[0]["addr"])):
        return found
    return next((a for w in reversed(transcript.argv) if (a := address(w)) is not None), None)


def _method(transcript: Transcript) -> str:
    if "-I" in transcript.argv or "using ICMP" in transcript.text:
        return "icmp"
    return "tcp" if "-T" in transcript.argv else "udp"


def _rows(transcript: Transcript) -> list[_Row]:
    """The rows in the order of their TTL; lines about one TTL are put together."""
    rows: dict[int, _Row] = {}
    for index, line in enumerate(transcript.lines):
        if line.error:
            continue
        text = _COMMENT.sub("", line.text)
        if stars := _STARS.match(text):
            none = [None] * stars["stars"].count("*")
            last = min(int(stars["last"]), _MOST_HOPS)
            for ttl in range(int(stars["first"]), last + 1):
                rows.setdefault(ttl, _Row(ttl, index, line.at, [*none], [*none]))
        elif (found := _ROW.match(text)) and 0 < int(found["ttl"]) <= _MOST_HOPS:
            if found["colon"] == "?:":  # tracepath about itself: no hop
                continue
            row = rows.setdefault(int(found["ttl"]), _Row(int(found["ttl"]), index, line.at))
            _fill(row, found["rest"], line)
    return [rows[ttl] for ttl in sorted(rows) if rows[ttl].answers]


def _fill(row: _Row, text: str, line: Line) -> None:
    """One line's answers. `name (addr)`: the address counts; an answer by a name alone is
    Unparsed, since to say that nobody answered would be wrong."""
    row.arrived = line.at
    speaker = ""
    for token in _TOKEN.finditer(_TRACEPATH_TAIL.sub(" ", text)):
        if token["star"] or token["silent"]:
            row.answers.append(None)
            row.rtts.append(None)
        elif token["rtt"]:
            found = address(speaker)
            if found is None:
                raise Unparsed(f"row {row.ttl} of the trace names no address: {text[:100]}")
            row.answers.append(found)
            row.rtts.append(float(token["rtt"]) / 1000)
        elif token["flag"]:
            row.flags.append(token["flag"])
        elif token["inner"]:
            speaker = token["inner"] if address(token["inner"]) else speaker
        elif token["word"] and not token["word"].startswith(("[", "<")):
            speaker = token["word"]


def _with_times(
    rows: list[_Row], header: tuple[re.Match[str], Line] | None, transcript: Transcript
) -> tuple[Hop, ...]:
    start = max(transcript.started, header[1].at) if header else transcript.started
    window = _window(header, transcript)
    arrived = {row.ttl: row.arrived for row in rows}
    return tuple(
        Hop(
            row.ttl, tuple(row.answers), tuple(row.rtts),
            max(min(sent, *_latest(row)), transcript.started), row.line, tuple(row.flags),
        )
        for row, sent in zip(rows, _sent(rows, arrived, window, start), strict=True)
    )  # fmt: skip


def _latest(row: _Row) -> tuple[float, float]:
    return row.arrived, row.arrived - max((rtt for rtt in row.rtts if rtt), default=0.0)


def _sent(
    rows: list[_Row], arrived: dict[int, float], window: int, start: float
) -> Iterator[float]:
    """The arrival of the row that held probe p−W, for the first probe p of each row."""
    for row in rows:
        each = len(row.answers)
        before = each * (row.ttl - 1) - window
        yield arrived.get(before // each + 1, start) if before >= 0 else start


def _window(header: tuple[re.Match[str], Line] | None, transcript: Transcript) -> int:
    words = transcript.argv
    for name, value in itertools.pairwise(words):
        if name == "-N" and value.isdigit():
            return max(int(value), 1)
    # Only the modern one counts 60 bytes (80 with IPv6); the others say 40, 38 or 46.
    modern = header is not None and header[0]["bytes"] in ("60", "80")
    return MODERN_WINDOW if modern else 1
