"""Which routers lie on the way? A trace with limited TTLs.

Parameter: method (`udp`, the default, or `icmp`, which only a modern traceroute can do
without root). Which tool there is decides the command line: a modern one sends all rows at
once and takes a second into the dark, an old one has no `-N`, one row after another
(facts/path-diagnosis.md, traps 17 and 18); tracepath and inetutils can't bind an address.
The reading of the output is in _trace_lines.py.
"""

from __future__ import annotations

from probes.catalog import _trace_lines
from probes.catalog._lines import word
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tools

NO_RESOLVE_SINCE = 8
"""`net route trace HOST no-resolve` is in DD OS 8.6's reference; 6.x does not know it."""


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    if route.target_address is None:
        raise ValueError("a trace needs a target")
    target, source = str(route.target_address), str(route.source.address)
    method = word(ask, "method", "udp", ("udp", "icmp"))
    if route.source.kind is Kind.DATADOMAIN:
        return _appliance(target, method, tools)
    if "traceroute" not in tools:
        return _tracepath(target, method, tools)
    tool = tools["traceroute"]
    maker = tool.variant.partition(" ")[0]
    if maker == "modern":
        how = ("-I",) if method == "icmp" else ()
        at_once = ("-n", "-q", "1", "-w", "1", "-N", "30", "-m", "30", "-s", source)
        return Command((tool.path, *how, *at_once, target))
    if method == "icmp":
        return GapKind.NOT_AVAILABLE
    if maker == "inetutils":
        return Command((tool.path, "-q", "1", "-w", "1", "-m", "30", target))
    return Command((tool.path, "-n", "-q", "1", "-w", "1", "-m", "30", "-s", source, target))


def _appliance(target: str, method: str, tools: Tools) -> Command | GapKind:
    if method != "udp":
        return GapKind.NOT_AVAILABLE
    version = tools["ddos"].variant.partition(".")[0] if "ddos" in tools else ""
    newer = version.isdigit() and int(version) >= NO_RESOLVE_SINCE
    return Command(("net", "route", "trace", target, *(("no-resolve",) if newer else ())))


def _tracepath(target: str, method: str, tools: Tools) -> Command | GapKind:
    if method != "udp" or "tracepath" not in tools:
        return GapKind.NOT_AVAILABLE
    return Command((tools["tracepath"].path, "-n", target))


def _uses(_ask: Ask, route: Route, tools: Tools) -> str:
    if route.source.kind is Kind.DATADOMAIN:
        return "ddos"
    return "traceroute" if "traceroute" in tools else "tracepath"


PROBE = Probe(
    "trace",
    version=1,
    question="Which routers lie on the way?",
    command=command,
    parse=_trace_lines.parse,
    uses=_uses,
)
