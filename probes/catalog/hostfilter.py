"""Does the appliance's own packet filter let a port in? Data Domain only; no parameters.

`net filter show seq-id-list all` (facts/backup-appliances.md, sections 1 and 2):
`  8     yes     allow tcp 111 from all clients to all local with no exceptions`
"""

from __future__ import annotations

import re

from probes.catalog._lines import not_understood, ran_to_its_end
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tools, Transcript
from probes.readings import FilterRule, HostFilterReading

_RULE = re.compile(
    r"^\s*(?P<seq>\d+)\s+(?P<enabled>yes|no)\s+(?P<action>allow|block|deny|drop|reject)\s+"
    r"(?P<protocol>\w+)\s*(?P<ports>\d[\d,\s-]*)?\s*from\s+(?P<clients>.+?)\s*(?:clients?)?\s+to\s",
    re.IGNORECASE,
)


def command(_ask: Ask, route: Route, _tools: Tools) -> Command | GapKind:
    if route.source.kind is not Kind.DATADOMAIN:
        return GapKind.NOT_AVAILABLE
    return Command(("net", "filter", "show", "seq-id-list", "all"))


def parse(_ask: Ask, transcript: Transcript) -> HostFilterReading:
    rules = tuple(
        FilterRule(
            int(found["seq"]),
            found["enabled"].lower() == "yes",
            found["action"].lower() == "allow",
            found["protocol"].lower(),
            _ports(found["ports"] or ""),
            found["clients"].lower(),
            index,
        )
        for index, line in enumerate(transcript.lines)
        if (found := _RULE.match(line.text))
    )
    if not rules or not ran_to_its_end(transcript):
        raise not_understood(transcript, "whole list of filter rules")
    return HostFilterReading(rules)


def _ports(text: str) -> tuple[int, ...]:
    """`111`, `20,21` or `5001-5002`."""
    ports: list[int] = []
    for first, last in re.findall(r"(\d{1,5})(?:\s*-\s*(\d{1,5}))?", text):
        ports += range(int(first), min(int(last or first), 65535) + 1)
    return tuple(ports)


PROBE = Probe(
    "hostfilter",
    version=1,
    question="Does the appliance's own packet filter let the port in?",
    command=command,
    parse=parse,
    uses=lambda _ask, _route, _tools: "ddos",
)
