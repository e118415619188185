"""What does ddpconnchk say? Never run by us: it takes a password on its command line, which
everyone on the host can see. A person's own output can be read.

`status=N` is the RPC client's status (facts/backup-appliances.md, section 4): 5, RPC_TIMEDOUT,
means connected, called and not answered; authentication was never reached, whatever the
tool's hint about passwords says. Key of `codes`: `rpc:5`.
"""

from __future__ import annotations

import re

from probes.catalog._lines import not_understood
from probes.model import Ask, Command, GapKind, Probe, Route, Tools, Transcript
from probes.readings import JobLogReading

_LOG = re.compile(r"^DDLOG: (?P<severity>\w+): \[[^\]]*\] (?P<words>.+)$")
_FAILED = re.compile(
    r"^(?:\*\*\s+)?(?P<words>Error: .+|DDP connect \w+|DDP Connect Server Test \w+)"
)
_STATUS = re.compile(r"\bstatus=(\d+)\b")

_CLIENT_STATUS = (
    "RPC_SUCCESS", "RPC_CANTENCODEARGS", "RPC_CANTDECODERES", "RPC_CANTSEND", "RPC_CANTRECV",
    "RPC_TIMEDOUT", "RPC_VERSMISMATCH", "RPC_AUTHERROR", "RPC_PROGUNAVAIL",
    "RPC_PROGVERSMISMATCH", "RPC_PROCUNAVAIL", "RPC_CANTDECODEARGS", "RPC_SYSTEMERROR",
)  # fmt: skip
"""clnt_stat by number, as far as it is verified (0 to 12)."""


def command(_ask: Ask, _route: Route, _tools: Tools) -> Command | GapKind:
    return GapKind.NOT_PERMITTED


def parse(_ask: Ask, transcript: Transcript) -> JobLogReading:
    entries = []
    codes: dict[str, str] = {}
    for index, line in enumerate(transcript.lines):
        if found := _LOG.match(line.text):
            entries.append(("", found["severity"], "", found["words"], index))
        elif found := _FAILED.match(line.text):
            severity = "INFO" if found["words"].endswith(("OK", "SUCCEEDED", "PASSED")) else "ERR"
            entries.append(("", severity, "", found["words"], index))
        for number in _STATUS.findall(line.text):
            known = len(number) < 3 and int(number) < len(_CLIENT_STATUS)
            codes[f"rpc:{number}"] = _CLIENT_STATUS[int(number)] if known else "unknown"
    if not entries:
        raise not_understood(transcript, "ddpconnchk output")
    return JobLogReading(tuple(entries), codes)


PROBE = Probe(
    "ddpconnchk",
    version=1,
    question="What does the DD Boost connection check say?",
    command=command,
    parse=parse,
)
