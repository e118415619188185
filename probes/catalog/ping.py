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
from dataclasses import dataclass

from probes.catalog import _ping_lines
from probes.catalog._lines import decimal, seconds, whole
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tool, Tools

SLOW, FAST = 0.2, 0.002
FAST_SINCE = 20210722
"""iputils s20210722 lowered the least interval of an ordinary user from 0.2 s to 0.002 s."""

_DATE = re.compile(r"iputils (\d{8})")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The parameters, checked."""

    count: int
    interval: float
    size: int
    df: int
    wait: float


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    wanted = _Wanted(
        count=whole(ask, "count", 5, 1, 20000),
        interval=seconds(ask, "interval", 0.2, 0.002, 3600),
        size=whole(ask, "size", 56, 16, 65000),
        df=whole(ask, "df", 0, 0, 1),
        wait=seconds(ask, "wait", 1, 0.05, 60),
    )
    if route.target_address is None:
        raise ValueError("ping needs a target")
    if route.source.kind is Kind.DATADOMAIN:
        return _appliance(wanted, str(route.target_address))
    if "ping" not in tools:
        return GapKind.NOT_AVAILABLE
    maker = tools["ping"].variant.partition(" ")[0]
    make = _simple if maker in ("busybox", "inetutils") else _iputils
    return make(wanted, tools["ping"], str(route.source.address), str(route.target_address))


def _appliance(wanted: _Wanted, target: str) -> Command:
    words = ["net", "ping", target, "count", str(wanted.count)]
    if wanted.size != _ping_lines.USUAL_SIZE:
        words += ["packet-size", str(wanted.size)]
    if wanted.df:
        words += ["path-mtu", "do"]
    return Command(tuple(words))


def _iputils(wanted: _Wanted, tool: Tool, source: str, target: str) -> Command:
    """The interval goes into the command line as it is used, for the parser to read there."""
    made = _DATE.search(tool.variant)
    fast = made is not None and int(made[1]) >= FAST_SINCE
    words = [tool.path, "-n", *(o for o in ("-D", "-O") if o in tool.variant.split())]
    words += ["-c", str(wanted.count), "-i", decimal(max(wanted.interval, FAST if fast else SLOW))]
    # Old versions take whole seconds only for -W.
    words += ["-W", decimal(wanted.wait) if fast else str(max(1, round(wanted.wait)))]
    words += ["-s", str(wanted.size), *(("-M", "do") if wanted.df else ())]
    return Command((*words, "-I", source, target))


def _simple(wanted: _Wanted, tool: Tool, source: str, target: str) -> Command | GapKind:
    """BusyBox names no -n, some builds no -i; inetutils can't bind. Neither can forbid
    fragments."""
    if wanted.df:
        return GapKind.NOT_AVAILABLE
    inetutils = tool.variant.startswith("inetutils")
    words = [tool.path, *(("-n",) if inetutils else ("-I", source)), "-c", str(wanted.count)]
    words += ["-W", str(max(1, round(wanted.wait))), "-s", str(wanted.size)]
    if inetutils or "-i" in tool.variant.split():
        words += ["-i", decimal(max(wanted.interval, SLOW))]
    return Command((*words, target))


PROBE = Probe(
    "ping",
    version=1,
    question="Do packets pass, and when did each leave?",
    command=command,
    parse=_ping_lines.parse,
    alive=_ping_lines.alive,
    uses=lambda _ask, route, _tools: "ping" if route.source.kind.has_shell else "ddos",
)
