"""Which version runs here? No parameters. An appliance says it in one line (`Data Domain OS
6.2.0.10-610784`; the build after the dash is left out of the comparison); a shell prints
/etc/os-release, or /etc/SuSE-release where that is all there is (SLES 11)."""

from __future__ import annotations

import re

from probes.catalog._lines import not_understood
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tools, Transcript
from probes.readings import VersionReading

_SCRIPT = "cat /etc/os-release 2>/dev/null || cat /etc/SuSE-release"
_DDOS = re.compile(r"(Data Domain OS)\s+(\d+(?:\.\d+)+)(\S*)")
_FIELD = re.compile(r'^(NAME|VERSION_ID)="?([^"]*)"?$', re.MULTILINE)
_SUSE = re.compile(
    r"^(SUSE .+?)\s+(\d+)(?: \S+)?$.*?(?:^PATCHLEVEL = (\d+)|\Z)", re.MULTILINE | re.DOTALL
)


def command(_ask: Ask, route: Route, _tools: Tools) -> Command | GapKind:
    if route.source.kind is Kind.DATADOMAIN:
        return Command(("system", "show", "version"))
    return Command(("sh", "-c", _SCRIPT))


def parse(_ask: Ask, transcript: Transcript) -> VersionReading:
    text = transcript.text
    if found := _DDOS.search(text):
        return VersionReading(found[1], _numbers(found[2]), found[0])
    fields = dict(_FIELD.findall(text))
    if "NAME" in fields:
        name, number = fields["NAME"], fields.get("VERSION_ID", "")
        return VersionReading(name, _numbers(number), f"{name} {number}".strip())
    if found := _SUSE.search(text):
        number = f"{found[2]}.{found[3] or 0}"
        return VersionReading(found[1], _numbers(number), f"{found[1]} {number}")
    raise not_understood(transcript, "version")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,9}", text))


PROBE = Probe(
    "version",
    version=1,
    question="Which version runs here?",
    command=command,
    parse=parse,
    uses=lambda _ask, _route, _tools: "ddos",
)
