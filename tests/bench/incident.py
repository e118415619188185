"""Whole checks as a person runs them: a healthy pair, and the account's incident.

How fast the incident's verdict can be is bounded by intervals that no program shortens: it has
to wait in order to see that nothing comes. Their sum is computed from the plans of the measured
check itself, which are a pure function of its evidence:

- the longest series of pings at idle (their number and interval are what tells 5 % loss from
  none): from its first to its last ping;
- the control: what its answer is waited for where none comes, and how long pings go on after it;
- the call: what its answer is waited for where none comes;
- the dark: the longest trace that ran until its deadline, because an appliance's own waits
  can't be set.
"""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from probes.catalog import by_name
from probes.experiment import next_plan
from probes.model import Ask, End, Evidence, Phase, Plan, Transcript
from probes.readings import Answer, ExchangeReading, Reading
from storage.store import Store
from tests.bench.table import Row
from tests.lab import scenarios
from tests.lab.lab import REPOSITORY, Lab
from tests.lab.spec import LabSpec

RUNS = 3
REPLCHECK = (sys.executable, "-c", "from bot.entry import main; main()")


@dataclass(frozen=True, slots=True)
class Checked:
    """One `replcheck check`: seconds of the whole process, its document, what it learnt."""

    wall: float
    document: dict[str, Any]
    evidence: Evidence


def measure() -> Iterator[Row]:
    """A pair that works, then the account's, without the recovery watch."""
    yield _wall_row("a healthy check", 6.0, _checks(scenarios.SCENARIOS["healthy"], "healthy"))
    checks = _checks(scenarios.account, "source-quarantined")
    yield _floor_row(checks)
    yield _wall_row("the incident's verdict", 20.0, checks)


def _wall_row(what: str, goal: float, checks: list[Checked]) -> Row:
    walls = tuple(check.wall for check in checks)
    own = _median(check.document["seconds"] for check in checks)
    behind = f"{len(checks)} of {RUNS} right; without starting the program {own:.2f} s"
    return Row(what, goal, _median(walls), behind, walls, unit="s")


def _floor_row(checks: list[Checked]) -> Row:
    floors = [floor(check.evidence) for check in checks]
    verdicts = [check.document["seconds_to_verdict"] for check in checks]
    runs = tuple(v / sum(f.values()) for v, f in zip(verdicts, floors, strict=True))
    waits = " + ".join(f"{name} {seconds:.2f}" for name, seconds in (floors or [{}])[0].items())
    behind = f"{_median(verdicts):.2f} s / ({waits}) s"
    return Row("the incident's verdict / what it has to wait", 2.0, _median(runs), behind, runs)


def _median(values: Iterable[float]) -> float:
    known = list(values)
    return median(known) if known else math.nan


# --- a check --------------------------------------------------------------------------


def _checks(spec: Callable[[], LabSpec], said: str) -> list[Checked]:
    """The checks that said what is so: how fast a wrong verdict came is no result."""
    checks = []
    for _again in range(RUNS):
        with tempfile.TemporaryDirectory() as folder, Lab(spec()) as lab:
            checks.append(_check(lab, Path(folder)))
    return [c for c in checks if said in (c.document["cause"], c.document["outcome"])]


def _check(lab: Lab, folder: Path) -> Checked:
    """A check as a person runs it, with consent and without the watch, in a new record."""
    config, db = lab.write_inventory(folder), folder / "record.db"
    words = ["--config", str(config), "--db", str(db), "check", "seoul", "busan"]
    words += ["--trigger", "yes", "--watch", "0", "--json"]
    began = time.monotonic()
    done = subprocess.run([*REPLCHECK, *words], cwd=REPOSITORY, check=False, capture_output=True)
    wall = time.monotonic() - began
    document = json.loads(done.stdout)
    return Checked(wall, document, asyncio.run(_evidence(db, document["check"])))


async def _evidence(db: Path, check: str) -> Evidence:
    async with await Store.open(db) as store:
        return await store.load_evidence(check, _parse)


def _parse(ask: Ask, transcript: Transcript) -> Reading:
    return by_name(ask.probe).parse(ask, transcript)


# --- what can't be avoided --------------------------------------------------------------


def floor(evidence: Evidence) -> dict[str, float]:
    """The intervals that this check could not avoid, by name, in seconds."""
    plans = {plan.name: plan for plan in plans_of(evidence)}
    control, call = (
        sum(_awaited(evidence, p) for p in plans.values() if p.phase is phase)
        for phase in (Phase.CONTROL, Phase.TRIGGER)
    )
    settle = sum(p.settle for p in plans.values() if p.phase is Phase.CONTROL)
    dark = [o.ask.deadline for o in evidence.of("trace", phase=Phase.AFTERMATH)
            if o.transcript.end is End.DEADLINE]  # fmt: skip
    return {
        "pings": max(_span(ask) for ask in plans["baseline"].main if ask.probe == "ping"),
        "control": control + settle,
        "call": call,
        "trace": max(dark, default=0.0),
    }


def plans_of(evidence: Evidence) -> Iterator[Plan]:
    """The plans that this evidence was asked by, had again from the experiment."""
    for number, name in enumerate(evidence.plans):
        done = evidence.plans[:number]
        heard = tuple(o for o in evidence.observations if o.plan in done)
        plan = next_plan(replace(evidence, observations=heard, gaps=(), plans=done))
        if plan is None or plan.name != name:
            raise RuntimeError(f"{name} was asked, and now it would be {plan and plan.name}")
        yield plan


def _span(ask: Ask) -> float:
    return (float(ask.params["count"]) - 1) * float(ask.params["interval"])


def _awaited(evidence: Evidence, plan: Plan) -> float:
    """What the plan's message was waited for in vain; 0 where it was answered."""
    readings = [(o.ask, o.reading) for o in evidence.of("exchange", plan=plan.name)]
    return sum(
        float(ask.params["wait"])
        for ask, reading in readings
        if isinstance(reading, ExchangeReading) and reading.answer is Answer.SILENT
    )
