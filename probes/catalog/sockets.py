"""Which TCP sockets does this host list, listeners too, and do their queues drain?

Parameters: samples (1), interval (seconds between samples, 0.5), form (an appliance only:
`stats`, the default, for `net show stats`; `netstat` for the alias that some versions have).
A shell lists with ss, else netstat, else /proc/net/tcp; each sample stands between a line
`@ EPOCH` and a line `@end`, so that one that was cut is not taken for a short one. On an
appliance there is one sample a command (every command is audited there: trap 22).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probes.catalog._lines import (
    decimal,
    not_understood,
    on_our_clock,
    ran_to_its_end,
    seconds,
    whole,
    word,
)
from probes.catalog._socket_lines import is_header, looks_like_row, socket
from probes.model import Ask, Command, GapKind, Kind, Line, Probe, Route, Tools, Transcript
from probes.readings import SocketSample, SocketsReading

_SCRIPT = (
    "n=$1; pause=$2; shift 2; "
    'while :; do date "+@ %s.%N"; "$@"; echo "@end"; '
    'n=$((n - 1)); [ "$n" -gt 0 ] || exit 0; sleep "$pause"; done'
)
_FORMS = {"stats": ("net", "show", "stats"), "netstat": ("netstat",)}

_Numbered = list[tuple[int, Line]]


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    form = word(ask, "form", "stats", _FORMS)
    samples = str(whole(ask, "samples", 1, 1, 600))
    pause = decimal(seconds(ask, "interval", 0.5, 0.1, 60))
    if route.source.kind is Kind.DATADOMAIN:
        return Command(_FORMS[form])
    return Command(("sh", "-c", _SCRIPT, "sh", samples, pause, *_lister(tools)))


def _lister(tools: Tools) -> tuple[str, ...]:
    for name in ("ss", "netstat"):
        if name in tools:
            return (tools[name].path, "-tan")
    return ("cat", "/proc/net/tcp", "/proc/net/tcp6")


def _uses(_ask: Ask, route: Route, tools: Tools) -> str:
    if route.source.kind is Kind.DATADOMAIN:
        return "ddos"
    return next((name for name in ("ss", "netstat") if name in tools), "cat")


def parse(_ask: Ask, transcript: Transcript) -> SocketsReading:
    """A listing that was cut is left out, and is Unparsed if there is no other: that a socket
    is not in it means nothing."""
    samples = tuple(_sample(lines, at, transcript) for at, lines in _listings(transcript))
    if not samples:
        raise not_understood(transcript, "whole list of sockets")
    listed = any(s.state == "LISTEN" for sample in samples for s in sample.sockets)
    asked = any(w.startswith("-") and "a" in w for w in transcript.argv[-1:])
    return SocketsReading(samples, listed or asked or "/proc/net/tcp" in transcript.argv)


def _listings(transcript: Transcript) -> Iterator[tuple[float, _Numbered]]:
    """Each whole listing: (when, its lines by number)."""
    numbered = [(i, line) for i, line in enumerate(transcript.lines) if not line.error]
    if not any(line.text.startswith("@ ") for _, line in numbered):
        if numbered and ran_to_its_end(transcript):
            yield numbered[0][1].at, numbered
        return
    at, lines = 0.0, _Numbered()
    for index, line in numbered:
        if line.text.startswith("@ "):
            at, lines = on_our_clock(transcript, _stamp(line.text[2:]), line.at), []
        elif line.text == "@end":
            yield at, lines
        else:
            lines.append((index, line))


def _stamp(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None  # a date without nanoseconds prints `%N`


def _sample(lines: Sequence[tuple[int, Line]], at: float, transcript: Transcript) -> SocketSample:
    found = [s for index, line in lines if (s := socket(line.text, index)) is not None]
    candidates = any(looks_like_row(line.text) for _, line in lines)
    if not found and (candidates or not any(is_header(line.text) for _, line in lines)):
        raise not_understood(transcript, "TCP socket with literal addresses")
    return SocketSample(at, tuple(found))


PROBE = Probe(
    "sockets",
    version=1,
    question="Which TCP sockets are there, and do their queues drain?",
    command=command,
    parse=parse,
    uses=_uses,
)
