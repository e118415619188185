"""How far is this host's clock off ours? No parameters.

The host's time is held against the midpoint between the question and its answer; the error
is at most half of that, and half of the clock's resolution where it prints whole seconds.
A zone's name is read only where it can mean nothing else: CST or IST is Unparsed.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from probes.catalog._lines import not_understood
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tools, Transcript
from probes.readings import ClockReading

_EPOCH = re.compile(r"^(\d{9,11})(?:\.(\d{1,9})|\.?%?N)?$")
_DATE = re.compile(
    r"\b[A-Z][a-z]{2} +([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d:\d\d:\d\d) +([A-Z]{3,5}) +(\d{4})\b"
)
_ZONES = {
    "UTC": 0, "GMT": 0, "KST": 9, "JST": 9, "CET": 1, "CEST": 2,
    "EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
_WHOLE_SECONDS = 0.5


def command(_ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    if route.source.kind is Kind.DATADOMAIN:
        return Command(("system", "show", "date"))
    return Command((tools["date"].path if "date" in tools else "date", "+%s.%N"))


def parse(_ask: Ask, transcript: Transcript) -> ClockReading:
    for line in transcript.lines:
        host = _host_time(line.text.strip())
        if host is None:
            continue
        stamp, blur = host
        ended = min(line.at, transcript.started + transcript.seconds)
        half = max(ended - transcript.started, 0.0) / 2
        return ClockReading(stamp + blur - (transcript.started + half), half + blur)
    raise not_understood(transcript, "time of day with a zone that is unambiguous")


def _host_time(text: str) -> tuple[float, float] | None:
    """(epoch seconds, half of the resolution); a clock that prints whole seconds is on
    average half a second further than it says."""
    if epoch := _EPOCH.match(text):
        blur = 0.0 if epoch[2] else _WHOLE_SECONDS
        return float(f"{epoch[1]}.{epoch[2] or 0}"), blur
    if (date := _DATE.search(text)) and date[4] in _ZONES:
        zone = timezone(timedelta(hours=_ZONES[date[4]]))
        try:
            moment = datetime.strptime(  # noqa: DTZ007 -- the zone is put in right below
                f"{date[2]} {date[1]} {date[5]} {date[3]}", "%d %b %Y %H:%M:%S"
            )
        except ValueError:
            return None
        return moment.replace(tzinfo=zone).timestamp(), _WHOLE_SECONDS
    return None


PROBE = Probe(
    "clock",
    version=1,
    question="How far is this host's clock off the checker's?",
    command=command,
    parse=parse,
    uses=lambda _ask, _route, _tools: "date",
)
