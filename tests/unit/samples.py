"""A small made-up incident: the pair goes dark for 20 s after the portmapper call.

Forward path 10.81.0.1, 10.80.1.1, 10.80.5.2 | 10.82.7.2, destination; the device stands
between 10.80.5.2 and the router that shows 10.82.7.1 to its own side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_network
from typing import Any

from bot.document import document
from probes.model import (
    Advice,
    Ask,
    Cause,
    Confidence,
    Context,
    Direction,
    End,
    Endpoint,
    Evidence,
    Finding,
    Flow,
    FlowResult,
    Gap,
    GapKind,
    Kind,
    Line,
    Location,
    Message,
    Observation,
    Outcome,
    Pair,
    Phase,
    Segment,
    Site,
    Stance,
    Transcript,
    TriggerReport,
    Verdict,
)
from probes.readings import (
    Answer,
    ExchangeReading,
    Hop,
    Knock,
    PingReading,
    PingRow,
    Reading,
    TraceReading,
)

T0 = 1_800_000_000.0
SENT = T0 + 5.0
NEAR, FAR = "seoul/avamar", "busan/datadomain"
FORWARD = ("10.81.0.1", "10.80.1.1", "10.80.5.2", "10.82.7.2", "10.82.10.12")
BACKWARD = ("10.82.7.1", "10.80.5.1", "10.80.1.2", "10.81.0.2", "10.81.10.11")


def site(name: str, title: str, prefix: str) -> Site:
    endpoints = {
        role: Endpoint(name, role, kind, ip_address(f"{prefix}.10.{last}"))
        for role, kind, last in (("avamar", Kind.AVAMAR, 11), ("datadomain", Kind.DATADOMAIN, 12))
    }
    return Site(name, title, (ip_network(f"{prefix}.0.0/16"),), endpoints)


CONTEXT = Context(
    check="c-1",
    pair=Pair("seoul", "busan", "avamar-datadomain"),
    near=site("seoul", "A기관 서울", "10.81"),
    far=site("busan", "B기관 부산", "10.82"),
    segments=(Segment("carrier", "Upper institution", (ip_network("10.80.0.0/16"),)),),
    started=T0,
    not_sent=None,
)


def observed(
    number: int,
    ask: Ask,
    phase: Phase,
    lines: Sequence[str],
    reading: Reading,
    *,
    at: float = T0,
    plan: str = "",
) -> Observation:
    argv = (f"/usr/bin/{ask.probe}", "-n", "two words", "x" * 200)
    raw = tuple(Line(at, text) for text in lines)
    transcript = Transcript(argv, at, 0.9, End.EXITED, 0, raw, offset=0.01)
    return Observation(f"o{number}", plan or phase, phase, ask, transcript, 1, reading)


def trace(
    number: int, source: str, target: str, route: Sequence[str | None], phase: Phase, at: float
) -> Observation:
    lines = [f"traceroute to {route[-1] or '?'}, 30 hops max"]
    hops = []
    for ttl, address in enumerate(route, 1):
        lines.append(f"{ttl:2}  {address}  {ttl}.5 ms" if address else f"{ttl:2}  *")
        answer = ip_address(address) if address else None
        rtt = ttl * 0.0015 if address else None
        hops.append(Hop(ttl, (answer,), (rtt,), at + 0.01 * ttl, ttl))
    end = {NEAR: "10.82.10.12", FAR: "10.81.10.11"}[source]
    reading = TraceReading(ip_address(end), tuple(hops), True)
    return observed(number, Ask("trace", source, target), phase, lines, reading, at=at)


def ping(number: int, phase: Phase, at: float, fates: Sequence[bool], plan: str) -> Observation:
    rows, lines = [], ["PING 10.82.10.12 56(84) bytes of data."]
    for seq, alive in enumerate(fates):
        lines.append(
            f"icmp_seq={seq} time=3.1 ms" if alive else f"no answer yet for icmp_seq={seq}"
        )
        rows.append(PingRow(seq, at + 0.15 * seq, 0.0031 if alive else None, seq + 1))
    lines.append(f"{len(fates)} packets transmitted, {sum(fates)} received")
    ask = Ask("ping", NEAR, FAR, {"count": len(fates)})
    return observed(number, ask, phase, lines, PingReading(tuple(rows)), at=at, plan=plan)


def exchange(number: int) -> Observation:
    ask = Ask("exchange", NEAR, FAR, {"port": 111, "message": "call", "wait": 2.0})
    lines = ["open 0.0031", "sent 60", "unacked 60", "unacked 60", "silent"]
    reading = ExchangeReading(
        message="call",
        port=111,
        local_port=40111,
        opened=Knock.OPEN,
        sent=SENT,
        answer=Answer.SILENT,
        reply=b"",
        seconds=None,
        unacked=((SENT + 0.5, 60), (SENT + 1.5, 60)),
        lines={"open": 0, "sent": 1, "unacked": 3, "answer": 4},
    )
    plan = "trigger:portmapper"
    return observed(number, ask, Phase.TRIGGER, lines, reading, at=SENT, plan=plan)


EVIDENCE = Evidence(
    context=CONTEXT,
    observations=(
        ping(1, Phase.BASELINE, T0, [True] * 8, "baseline"),
        trace(2, NEAR, FAR, FORWARD, Phase.BASELINE, T0),
        trace(3, FAR, NEAR, BACKWARD, Phase.BASELINE, T0),
        ping(4, Phase.TRIGGER, SENT - 0.6, [True] * 4 + [False] * 30, "trigger:portmapper"),
        exchange(5),
        trace(6, NEAR, FAR, [*FORWARD[:3], None, None, None], Phase.AFTERMATH, SENT + 2.6),
        trace(7, FAR, NEAR, [BACKWARD[0], None, None, None], Phase.AFTERMATH, SENT + 2.6),
    ),
    gaps=(Gap("knock", Phase.BASELINE, FAR, NEAR, GapKind.NOT_AVAILABLE, "no such command"),),
    plans=("prepare", "baseline", "trigger:portmapper", "aftermath"),
)

LOCATION = Location(
    segment="busan",
    boundary=True,
    owners=("carrier", "busan"),
    between=("10.80.5.2", "10.82.7.1"),
    direction=Direction.BOTH,
)
FLOW = Flow(NEAR, FAR, 111, True, "portmapper")

FAULT = Verdict(
    outcome=Outcome.FAULT,
    cause=Cause.SOURCE_QUARANTINED,
    also=(),
    confidence=Confidence.CONFIRMED,
    summary=Message("cause.source-quarantined"),
    flows=(FlowResult(FLOW, "fault", Cause.SOURCE_QUARANTINED, ("o5",)),),
    location=LOCATION,
    trigger=TriggerReport(
        True, None, "portmapper", 111, SENT, "pair", "all", quarantine_at_least=20.0
    ),
    findings=(
        Finding(
            Cause.SOURCE_QUARANTINED,
            Stance.SUPPORTED,
            Message("cause.source-quarantined"),
            ("o1", "o4", "o5", "o6", "o7"),
            Confidence.CONFIRMED,
            LOCATION,
        ),
        Finding(Cause.LOW_BANDWIDTH, Stance.REFUTED, Message("cause.low-bandwidth"), ("o5",)),
        Finding(Cause.PATH_MTU, Stance.UNKNOWN, Message("cause.path-mtu")),
    ),
    gaps=EVIDENCE.gaps,
    advice=(Advice("busan", Message("cause.source-quarantined")),),
)

INCONCLUSIVE = replace(
    FAULT,
    outcome=Outcome.INCONCLUSIVE,
    cause=None,
    confidence=None,
    location=None,
    trigger=TriggerReport(sent=False),
    findings=FAULT.findings[2:],
)


def as_document(verdict: Verdict = FAULT, evidence: Evidence = EVIDENCE, **changes: Any) -> Any:
    """The document of the made-up incident."""
    told: dict[str, Any] = {
        "started": T0 + 0.12,
        "seconds": 34.9,
        "seconds_to_verdict": 14.2,
        "stopped": False,
        "incident": "i-1",
        "lang": "en",
    }
    return document(evidence, verdict, **(told | changes))
