"""What do the recent replication jobs' logs say? Avamar only; no parameters.

The logs are found, not assumed (facts/backup-appliances.md, section 3): names with `epl` in
them (Replicate, repl…) changed in the last four hours; the last 10 kB of the newest two.

A line's real id is the second one where the first is `<0000>`. Codes are kept with the words
beside them; a meaning is added only where section 4 marks it as verified. Keys of `codes`:
`ddr:5037`, `avtar:10608`. 5037 itself is only the wrap-up of a failed open, never a cause.
"""

from __future__ import annotations

import re

from probes.catalog._lines import not_understood
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tools, Transcript
from probes.readings import JobLogReading

_SCRIPT = (
    'd=/usr/local/avamar/var; [ -d "$d" ] || { echo "no folder $d"; exit 0; }; echo "searched $d"; '
    'find "$d" -name "*epl*.log" -mmin -240 -printf "%T@ %p\\n" 2>/dev/null | sort -rn '
    '| head -n 2 | while read -r t f; do echo "== $f"; tail -c 10000 "$f"; echo; done'
)

_AVTAR = re.compile(
    r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) avtar (?P<severity>Info|Warning|Error|FATAL) "
    r"<(?P<id>\d+)>: ?(?:<(?P<real>\d+)>)?(?P<words>.*)$"
)
_INTERNAL = re.compile(
    r"^(?P<time>\d{4}/\d\d/\d\d-[\d:.]+) \[avtar\]\s+(?P<severity>INTERNAL ERROR): "
    r"<(?P<id>\d+)>(?P<real>)(?P<words>.*)$"
)
_DDR = re.compile(r"(?:DDR )?result code: ?(\d+),? (?:desc|message): ?([^,\n]+)")
_BRACKETED = re.compile(r"\(\[(\d{4})\] ([^)]+)\)")

_VERIFIED_DDR = {
    "4904": "Invalid API argument",
    "5004": "nfs no such file or directory",
    "5005": "no room left",
    "5037": "illegal operation",
    "5341": "SSL library error",
    "5539": "filecopy operation failed",
}
_VERIFIED_AVTAR = {
    "10608": "the source Avamar could not open a connection to the destination Data Domain",
    "10609": "the login to the destination Data Domain is complete",
    "10541": "the Data Domain's name was not resolved to an address",
    "10542": "opening the Data Domain failed",
    "18125": "opening the Data Domain with a token failed",
    "40009": "the Data Domain encountered errors",
}


def command(_ask: Ask, route: Route, _tools: Tools) -> Command | GapKind:
    if route.source.kind is not Kind.AVAMAR:
        return GapKind.NOT_AVAILABLE
    return Command(("sh", "-c", _SCRIPT))


def parse(_ask: Ask, transcript: Transcript) -> JobLogReading:
    """No line of avtar, in logs that were searched, is an answer too: nothing ran."""
    entries = []
    codes: dict[str, str] = {}
    searched = False
    for index, line in enumerate(transcript.lines):
        searched = searched or line.text.startswith("searched ")
        found = _AVTAR.match(line.text) or _INTERNAL.match(line.text)
        if found is None:
            continue
        entry_id, words = found["real"] or found["id"], found["words"].strip()
        entries.append((found["time"], found["severity"], entry_id, words, index))
        if entry_id in _VERIFIED_AVTAR:
            codes[f"avtar:{entry_id}"] = _VERIFIED_AVTAR[entry_id]
        for code, said in (*_DDR.findall(words), *_BRACKETED.findall(words)):
            codes[f"ddr:{code}"] = _VERIFIED_DDR.get(code, said.strip())
    if not entries and not searched:
        raise not_understood(transcript, "log of a replication job")
    return JobLogReading(tuple(entries), codes)


PROBE = Probe(
    "joblog",
    version=1,
    question="What do the recent replication jobs' logs say?",
    command=command,
    parse=parse,
)
