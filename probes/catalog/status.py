"""What does the appliance say of one of its services? Data Domain only.

Parameter: about (`replication`, `filesys`, `ddboost` or `nfs`). Each is one read-only command
of facts/backup-appliances.md, section 2. The whole answer stands under the service's name,
lines `key: value` beside it. The exit status is not a verdict: a healthy Avamar pair answers
`replication status` with `not configured for replication` and status 2 (trap 12).
"""

from __future__ import annotations

import re

from probes.catalog._lines import not_understood, ran_to_its_end, word
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tools, Transcript
from probes.readings import StatusReading

_COMMANDS = {
    "replication": ("replication", "status"),
    "filesys": ("filesys", "status"),
    "ddboost": ("ddboost", "status"),
    "nfs": ("nfs", "status"),
}
# What tells an answer from a refusal or a usage text.
_ANSWERS = {
    "replication": re.compile(r"not configured for replication|^\s*CTX\b|Destination|Connection"),
    "filesys": re.compile(
        r"\bfile ?system\b.*\b(?:is|enabled|disabled|running|shut)", re.IGNORECASE
    ),
    "ddboost": re.compile(r"DD ?Boost status:", re.IGNORECASE),
    "nfs": re.compile(r"\bNFS\b.*\b(?:is|enabled|disabled|active)\b", re.IGNORECASE),
}
_PAIR = re.compile(r"^\s*([A-Za-z][^:]{0,60}?)\s*:\s+(\S.*)$")


def command(ask: Ask, route: Route, _tools: Tools) -> Command | GapKind:
    about = word(ask, "about", "", _COMMANDS)
    if route.source.kind is not Kind.DATADOMAIN:
        return GapKind.NOT_AVAILABLE
    return Command(_COMMANDS[about])


def parse(ask: Ask, transcript: Transcript) -> StatusReading:
    about = word(ask, "about", "", _COMMANDS)
    words = [text for line in transcript.lines if (text := line.text.strip().strip("*").strip())]
    if not ran_to_its_end(transcript) or not any(_ANSWERS[about].search(text) for text in words):
        raise not_understood(transcript, f"{about} status")
    pairs = {found[1]: found[2] for text in words if (found := _PAIR.match(text))}
    return StatusReading({about: "\n".join(words), **pairs})


PROBE = Probe(
    "status",
    version=1,
    question="What does the appliance say of its service?",
    command=command,
    parse=parse,
    uses=lambda _ask, _route, _tools: "ddos",
)
