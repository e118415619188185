"""The account's own incident as evidence: its transcripts, in the phases in which they were taken.

What the account printed once and says it saw again and again ("the Send-Q value does not go
down") stands three times, a minute apart: that is the observation that its author made. The
versions are those of its text, in the layout of `system show version`.
"""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

from probes.catalog import by_name
from probes.model import (
    Ask,
    Context,
    Endpoint,
    Evidence,
    Kind,
    Line,
    NotSent,
    Observation,
    Pair,
    Phase,
    Segment,
    Site,
    Transcript,
)
from tests.golden.account import AVAMAR, DATA_DOMAIN
from tests.golden.load import load

NEAR, FAR = "a/avamar", "b/datadomain"
JOB_STARTS, MINUTE = 3600.0, 60.0


def context() -> Context:
    """Site A, the upper institution, site B; as the mapping of tests/golden/account.py has it."""
    return Context(
        check="c1",
        pair=Pair("a", "b", "avamar-datadomain"),
        near=_site("a", "A기관", "10.81.0.0/16", ("avamar", AVAMAR), ("datadomain", "10.81.10.12")),
        far=_site("b", "B기관", "10.82.0.0/16", ("avamar", "10.82.10.11"),
                  ("datadomain", DATA_DOMAIN)),
        segments=(Segment("upper", "상위기관", (ip_network("10.80.0.0/16"),)),),
        started=1_624_946_000.0,
        not_sent=NotSent.JOB_RUNNING,
    )  # fmt: skip


def _site(name: str, title: str, network: str, *hosts: tuple[str, str]) -> Site:
    endpoints = {
        host: Endpoint(name, host, Kind(host), ip_address(address)) for host, address in hosts
    }
    return Site(name, title, (ip_network(network),), endpoints)


def evidence() -> Evidence:
    """Everything that the account shows, read by today's parsers."""
    idle, job = Phase.BASELINE, Phase.WATCH_JOB
    taken = [
        _golden("account-trace-forward-idle", idle, NEAR, FAR, 0.0),
        _golden("account-trace-reverse-idle", idle, FAR, NEAR, 60.0),
        _golden("account-iperf", idle, FAR, None, 120.0),
        _version("a/datadomain", "6.1.1.20", 180.0),
        _version("b/datadomain", "6.2.1.30", 181.0),
        _golden("account-trace-forward-failing", job, NEAR, FAR, JOB_STARTS),
        _golden("account-trace-reverse-failing", job, FAR, NEAR, JOB_STARTS + 30),
        *(
            _golden(f"account-netstat-{end}", job, source, None, JOB_STARTS + MINUTE * n)
            for n in (1, 2, 3)
            for end, source in (("avamar", NEAR), ("datadomain", FAR))
        ),
        _golden("account-netstat-avamar-later", job, NEAR, None, JOB_STARTS + 10 * MINUTE),
        _golden("account-ddpconnchk", job, NEAR, FAR, JOB_STARTS + 11 * MINUTE),
        _golden("account-avtar-log", job, NEAR, None, JOB_STARTS + 13 * MINUTE),
    ]
    numbered = tuple(replace(o, id=f"o{n}") for n, o in enumerate(taken, 1))
    return Evidence(context(), numbered, (), ("baseline", "watch-job"))


def _golden(name: str, phase: Phase, source: str, target: str | None, at: float) -> Observation:
    golden = load(name, source, target)
    return _read(golden.ask, _moved(golden.transcript, context().started + at), phase)


def _version(source: str, version: str, at: float) -> Observation:
    start = context().started + at
    line = Line(start + 0.1, f"Data Domain OS {version}-600000")
    printed = Transcript(
        ("system", "show", "version"), start, 0.2, load("version-ddos").transcript.end, 0, (line,)
    )
    return _read(Ask("version", source), printed, Phase.BASELINE)


def _moved(transcript: Transcript, start: float) -> Transcript:
    lines = tuple(
        replace(line, at=line.at - transcript.started + start) for line in transcript.lines
    )
    return replace(transcript, started=start, lines=lines)


def _read(ask: Ask, transcript: Transcript, phase: Phase) -> Observation:
    probe = by_name(ask.probe)
    reading = probe.parse(ask, transcript)
    return Observation("", str(phase), phase, ask, transcript, probe.version, reading)
