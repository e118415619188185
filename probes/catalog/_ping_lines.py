"""Reading what ping prints: iputils in every age, BusyBox, inetutils, DD OS. Pure.

When a request was sent: the host's own stamp (`-D`) less the clock's offset, else the line's
arrival, less the round trip. One that got no answer is placed by its number and the interval,
beside the nearest one that is known.

What is lost: a number without an answer, if it was sent and its answer had time to come. How
many were sent is what the summary says. Without one (the command was cut), a ping that
reports each missing answer (`-O`) is believed as far as it spoke, since a frozen connection
to the host looks the same as a silent ping; a ping that keeps silent about losses (old
versions) is believed by the time it ran, if it had spoken at all.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace

from probes.catalog._lines import address, not_understood, on_our_clock, ran_to_its_end
from probes.model import Address, Ask, End, Line, NotPermitted, Transcript
from probes.readings import PingReading, PingRow

USUAL_SIZE = 56
TOO_YOUNG = 1.0
"""Seconds: without an answer for less than this, a request may still be answered."""
LEAST_INTERVAL = 0.002

_STAMP = r"^(?:\[(?P<stamp>\d+\.\d+)\] ?)?"
_REPLY = re.compile(
    _STAMP + r"\d+ bytes from (?P<who>.+?): (?:icmp_[rs]eq|seq)[=:](?P<seq>\d+)"
    r"(?: ttl=\d+)?(?: time[=<](?P<rtt>\d+(?:\.\d+)?) ?(?P<unit>ms|usec|us|s)\b)?"
)
_OPEN = re.compile(_STAMP + r"no answer yet for icmp_seq=(?P<seq>\d+)")
_ERROR = re.compile(_STAMP + r"From (?P<who>.+?):? icmp_[rs]eq=(?P<seq>\d+) (?P<note>\S.*)$")
_LOCAL = re.compile(
    r"^(?:\S*ping6?: )?(?:sendmsg|sendto|local error): *(?P<note>\S.*)$", re.IGNORECASE
)
_FATAL = re.compile(
    r"^(?:\S*ping6?: )?(?P<note>(?:connect|sendto): *\S.*unreachable.*)$", re.IGNORECASE
)
_SOCKET = re.compile(
    r"(?:socket|lacking privilege).*not permitted|lacking privilege", re.IGNORECASE
)
_HEADER = re.compile(r"^PING (?P<who>.+?)[: ]+(?P<size>\d+)(?P<more>\(\d+\))? (?:data )?bytes")
_SENT = re.compile(r"^(\d+) packets transmitted")
_UNITS = {"ms": 1e-3, "usec": 1e-6, "us": 1e-6, "s": 1.0}


@dataclass
class _Heard:
    """What the lines say, by number."""

    replies: dict[int, PingRow] = field(default_factory=dict)
    errors: dict[int, PingRow] = field(default_factory=dict)
    open: dict[int, tuple[float, int]] = field(default_factory=dict)  # (sent, line)
    header: re.Match[str] | None = None
    summary: int | None = None
    last_line: int = 0

    @property
    def numbers(self) -> set[int]:
        return self.replies.keys() | self.errors.keys() | self.open.keys()

    @property
    def first(self) -> int:
        """iputils counts from 1, `56 data bytes` tools and some very old ones from 0."""
        plain = self.header is not None and not self.header["more"]
        return 0 if plain or 0 in self.numbers else 1


def parse(ask: Ask, transcript: Transcript) -> PingReading:
    interval = max(_option(transcript, "-i", ask.params.get("interval"), 1.0), LEAST_INTERVAL)
    heard = _listen(transcript, interval)
    if not heard.numbers and heard.header is None and heard.summary is None:
        if any(_SOCKET.search(line.text) for line in transcript.lines):
            raise NotPermitted("this host's ping needs a privilege that the account lacks")
        raise not_understood(transcript, "ping")
    size = int(_option(transcript, "-s", ask.params.get("size"), USUAL_SIZE))
    sent = _sent(heard, transcript, interval, _option(transcript, "-W", None, TOO_YOUNG))
    numbers = sorted(heard.replies.keys() | heard.errors.keys() | sent)
    timeline = _Timeline(heard, transcript.started, interval)
    return PingReading(tuple(_row(heard, timeline, number) for number in numbers), size)


def _row(heard: _Heard, timeline: _Timeline, number: int) -> PingRow:
    if number in heard.replies:
        return heard.replies[number]
    sent = timeline.sent(number)
    if number in heard.errors:
        # An error arrives up to seconds after the request left.
        return replace(heard.errors[number], sent=min(sent, heard.errors[number].sent))
    _, line = heard.open.get(number, (sent, heard.last_line))
    return PingRow(number, sent, None, line)


def alive(line: str) -> bool | None:
    """True for an answer, False for a missing one or an ICMP error, None for other lines."""
    if _REPLY.match(line):
        return True
    return False if _OPEN.match(line) or _ERROR.match(line) else None


def _option(transcript: Transcript, option: str, asked: object, usual: float) -> float:
    """A number as the command line says it: the tool's own least may have raised it."""
    words = transcript.argv
    for name, value in itertools.pairwise(words):
        if name == option and re.fullmatch(r"\d+(?:\.\d+)?", value):
            return float(value)
    on_appliance = words[:1] == ("net",) and option == "-i"
    return float(asked) if isinstance(asked, int | float) and not on_appliance else usual


def _listen(transcript: Transcript, interval: float) -> _Heard:
    heard = _Heard()
    for index, line in enumerate(transcript.lines):
        text = line.text.strip()
        if found := _REPLY.match(text):
            _hear_reply(heard, found, index, line, transcript)
        elif found := _ERROR.match(text):
            seq, at = int(found["seq"]), _at(found, line, transcript)
            heard.errors.setdefault(
                seq, PingRow(seq, at, None, index, found["note"], _speaker(found["who"]))
            )
        elif found := _OPEN.match(text):
            # Said just before the next request leaves.
            seq = int(found["seq"])
            heard.open.setdefault(seq, (_at(found, line, transcript) - interval, index))
        elif found := _LOCAL.match(text) or _FATAL.match(text):
            seq = max(heard.numbers, default=heard.first - 1) + 1
            heard.errors[seq] = PingRow(seq, line.at, None, index, found["note"])
        elif found := _SENT.match(text):
            heard.summary = int(found[1])
        elif found := _HEADER.match(text):
            heard.header = found
        else:
            continue
        heard.last_line = index
    return heard


def _hear_reply(
    heard: _Heard, found: re.Match[str], index: int, line: Line, transcript: Transcript
) -> None:
    """The first answer counts; duplicates do not. Payloads too small for a time stamp have
    no round trip: it is then below what matters."""
    seq = int(found["seq"])
    rtt = float(found["rtt"]) * _UNITS[found["unit"]] if found["rtt"] else 0.0
    at = _at(found, line, transcript)
    heard.replies.setdefault(seq, PingRow(seq, at - rtt, rtt, index))


def _at(found: re.Match[str], line: Line, transcript: Transcript) -> float:
    stamp = float(found["stamp"]) if found["stamp"] else None
    return on_our_clock(transcript, stamp, line.at)


def _speaker(text: str) -> Address | None:
    inner = re.search(r"\(([^()]+)\)\s*$", text)
    return address(inner[1] if inner else text)


def _sent(heard: _Heard, transcript: Transcript, interval: float, wait: float) -> set[int]:
    """The numbers that were sent, and sent long enough ago to be lost if not answered."""
    first = heard.first
    if ran_to_its_end(transcript) and heard.summary is not None:
        return set(range(first, first + heard.summary))
    ended = transcript.started + transcript.seconds
    timeline = _Timeline(heard, transcript.started, interval)
    oldest_open = ended - max(TOO_YOUNG, wait)
    last = max(heard.numbers, default=first - 1)
    says_each = "-O" in transcript.argv
    if not says_each and transcript.end in (End.STOPPED, End.DEADLINE, End.EXITED):
        count = int(_option(transcript, "-c", None, 1e9))
        by_time = last + 1
        while by_time < first + count and timeline.sent(by_time) <= oldest_open:
            last, by_time = by_time, by_time + 1
    return {n for n in range(first, last + 1) if timeline.sent(n) <= oldest_open}


class _Timeline:
    """When each number left, by the nearest one that is known."""

    def __init__(self, heard: _Heard, started: float, interval: float) -> None:
        self._open = {number: sent for number, (sent, _) in heard.open.items()}
        known = {number: row.sent for number, row in heard.replies.items()} or self._open
        self._known = sorted((known or {heard.first: started}).items())
        self._interval = interval

    def sent(self, number: int) -> float:
        if number in self._open:
            return self._open[number]
        place = bisect_left(self._known, (number, 0.0))
        around = self._known[max(place - 1, 0) : place + 1]
        nearest, sent = min(around, key=lambda known: abs(known[0] - number))
        return sent + (number - nearest) * self._interval
