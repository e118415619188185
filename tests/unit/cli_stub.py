"""`replcheck` with a made-up check in place of the real one, to be run as a process.

First argument: what the made-up check does (wait | stubborn | ask | a verdict's outcome).
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import structlog

from bot import app, cli
from bot.request import CheckRequest, CheckResult, ConsentQuestion, Sending
from probes.events import Asked, Landed, PlanEnded, PlanStarted
from probes.model import Phase, Plan
from tests.unit.samples import EVIDENCE, FAULT, INCONCLUSIVE, as_document

QUESTION = ConsentQuestion(
    "c-1", "seoul/avamar", "busan/datadomain", 111, "portmapper", (Sending(111, "portmapper", 60),)
)


async def made_up(request: CheckRequest, *_: Any, **parts: Any) -> CheckResult:
    """What the first argument of the process says."""
    does, stop = sys.argv[1], parts["stop"]
    verdict = INCONCLUSIVE if does in ("inconclusive", "ask", "wait") else FAULT
    _tell(parts["listener"])
    structlog.get_logger(__name__).error("a log line", check="c-1")
    if does in ("wait", "stubborn"):
        print("waiting", file=sys.stderr, flush=True)
        await stop.wait()
    if does == "stubborn":
        await asyncio.sleep(3600)
    document = as_document(verdict, stopped=stop.is_set(), lang=parts["lang"])
    if does == "ask":
        document["asked"] = request.trigger
        asked = request.trigger == "ask"
        document["consent"] = asked and await parts["ask_consent"](QUESTION) is not None
    return CheckResult(document, EVIDENCE, verdict)


def _tell(listener: Any) -> None:
    """The events of the made-up incident."""
    asks = tuple(o.ask for o in EVIDENCE.observations)
    plan = Plan("baseline", Phase.BASELINE, asks)
    listener(PlanStarted(plan, 0.0))
    for observation in EVIDENCE.observations:
        listener(Asked(plan.name, observation.ask, 0.0))
        landed = Landed(plan.name, observation.ask, observation, observation.transcript)
        listener(landed)
    listener(PlanEnded(plan, 1.5))


if __name__ == "__main__":
    app.check = made_up
    sys.exit(cli.run(sys.argv[2:]))
