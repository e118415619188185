"""What was not captured, not measured or not tried, and where a capture would decide (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bot.ticket.model import Dark, Sent, Statement, said
from bot.ticket.paths import ends
from bot.ticket.requests import INSPECTS
from probes.model import Finding, Message, Verdict
from probes.readings import ClockReading
from probes.scene import Scene

_MOST_GAPS = 12


def not_captured(
    scene: Scene, finding: Finding, message: Sent | None, dark: Dark | None
) -> Iterator[Statement]:
    """First page: what an owner would rightly hold against the ticket, said by the ticket."""
    first, second = ends(finding.location)
    yield said("ticket-missing.no-capture")
    if message is not None:
        yield said("ticket-missing.once")
    elif finding.cause in INSPECTS:
        yield said("ticket-missing.no-trigger")
    else:
        yield said("ticket-missing.no-message")
    if first is not None and second is not None:
        yield said("ticket-missing.decide", first=first, second=second)
    elif first is not None or second is not None:
        yield said("ticket-missing.decide-one", known=first or second or "")
    else:
        yield said("ticket-missing.decide-nowhere")
    if dark is not None and dark.ended is None and finding.cause in INSPECTS:
        yield said("ticket-missing.end")
    if not any(isinstance(o.reading, ClockReading) for o in scene.clocks):
        yield said("ticket-missing.clocks")


def gaps(verdict: Verdict) -> Iterator[Statement]:
    """The appendix: questions of the check that have no answer, those of a kind in one line."""
    counted = Counter((gap.source, gap.kind, gap.probe) for gap in verdict.gaps)
    for (source, kind, probe), count in list(counted.items())[:_MOST_GAPS]:
        yield said("ticket-missing.gap", host=source, probe=probe, count=count,
                   gap=Message(f"gap.{kind}"))  # fmt: skip
    if len(counted) > _MOST_GAPS:
        yield said("ticket-missing.more-gaps", count=len(counted) - _MOST_GAPS)
