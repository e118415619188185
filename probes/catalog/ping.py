"""Do packets of one size pass, and when did each leave? Echo requests.

Parameters: count (5), interval (seconds, 0.2; raised to what the host's ping allows an
ordinary user), size (payload bytes, 56), df (1: must not be fragmented), wait (seconds for
an answer, 1). On an appliance only count, size and df can be said, the interval is 1 s.

A host's ping is iputils in some age, BusyBox or inetutils (probes/catalog/tools.py); only the
last can't bind the inventory's address, and sends from where its route says. The reading of
the output is in _ping_lines.py.
"""

from __future__ import annotations

import re

from probes.catalog import _ping_lines
from probes.catalog._lines import decimal, seconds, whole
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tools

SLOWEST, FAST = 0.2, 0.002
FAST_SINCE = 20210722
"""iputils s20210722 lowered the least interval of an ordinary user from 0.2 s to 0.002 s."""

_DATE = re.compile(r"iputils (\d{8})")


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    if route.target_address is None:
        raise ValueError("ping needs a target")
    count = whole(ask, "count", 5, 1, 20000)
    size = whole(ask, "size", 56, 16, 65000)
    df = whole(ask, "df", 0, 0, 1)
    if route.source.kind is Kind.DATADOMAIN:
        return _appliance(str(route.target_address), count, size, df)
    if "ping" not in tools:
        return GapKind.NOT_AVAILABLE
    tool = tools["ping"]
    interval = seconds(ask, "interval", 0.2, 0.002, 3600)
    wait = seconds(ask, "wait", 1, 0.05, 60)
    maker = tool.variant.partition(" ")[0]
    if maker not in ("busybox", "inetutils"):
        return _iputils(tool.path, tool.variant, route, count, interval, wait, size, df)
    if df:
        return GapKind.NOT_AVAILABLE
    words = [tool.path, "-n"] if maker == "inetutils" else [tool.path]
    words += ["-c", str(count), "-W", str(max(1, round(wait))), "-s", str(size)]
    if maker == "inetutils" or "-i" in tool.variant.split():
        words += ["-i", decimal(max(interval, SLOWEST))]
    if maker == "busybox":
        words += ["-I", str(route.source.address)]
    return Command((*words, str(route.target_address)))


def _appliance(target: str, count: int, size: int, df: int) -> Command:
    words = ["net", "ping", target, "count", str(count)]
    if size != _ping_lines.USUAL_SIZE:
        words += ["packet-size", str(size)]
    if df:
        words += ["path-mtu", "do"]
    return Command(tuple(words))


def _iputils(
    path: str, variant: str, route: Route, count: int, interval: float, wait: float,
    size: int, df: int,
) -> Command:  # fmt: skip
    """The interval goes into the command line as it is used, for the parser to read there."""
    made = _DATE.search(variant)
    least = FAST if made and int(made[1]) >= FAST_SINCE else SLOWEST
    understood = [option for option in ("-D", "-O") if option in variant.split()]
    # Old versions take whole seconds only for -W.
    wait_words = str(max(1, round(wait))) if least == SLOWEST else decimal(wait)
    words = [path, "-n", *understood, "-c", str(count), "-i", decimal(max(interval, least))]
    words += ["-W", wait_words, "-s", str(size)]
    words += ["-M", "do"] if df else []
    return Command((*words, "-I", str(route.source.address), str(route.target_address)))


PROBE = Probe(
    "ping",
    version=1,
    question="Do packets pass, and when did each leave?",
    command=command,
    parse=_ping_lines.parse,
    alive=_ping_lines.alive,
    uses=lambda _ask, route, _tools: "ping" if route.source.kind.has_shell else "ddos",
)
