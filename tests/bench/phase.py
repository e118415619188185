"""The baseline phase: how long it takes beside its longest probe, and what it costs beside the
same probes as `ssh` commands."""

from __future__ import annotations

import asyncio
import itertools
import shlex
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median

from probes.catalog import CATALOG
from probes.experiment import next_plan
from probes.model import Command, Context, Evidence, Observation, Plan, Tools
from probes.scheduler import PlanResult, run_plan
from probes.ssh import SshTransport
from tests.bench import fresh
from tests.bench.masters import Used, masters
from tests.bench.table import Row
from tests.lab.spec import NEAR_AVAMAR

RUNS, SSH_RUNS, SHORT = 3, 2, 40
# The model in facts/ssh-and-store.md, with r = 1 round trip: a login is 50 ms + 6 r, a command
# 4.5 ms + 2 r. A phase can't do without one login and one command, the longest one.
LOGIN, LOGIN_TRIPS = 0.050, 6
COMMAND, COMMAND_TRIPS = 0.0045, 2
PROBES = {probe.name: probe for probe in CATALOG}


@dataclass(frozen=True, slots=True)
class Cost:
    """One plan that was run. cpu: seconds of this process. longest: of a command in it."""

    seconds: float
    cpu: float
    longest: float
    result: PlanResult


@dataclass(frozen=True, slots=True)
class Ours:
    """cold: the plan `baseline`, logins in it. prepare: the plan before it, logins in it.
    warm: `baseline` on open connections. short: CPU seconds of a command that does nothing."""

    cold: Cost
    prepare: Cost
    warm: Cost
    short: float


def measure() -> Iterator[Row]:
    """All rows about the baseline of a healthy pair."""
    ours = [_ours() for _again in range(RUNS)]
    trip, ssh = _over_masters(ours[0].warm.result.observations)
    yield _phase_row(ours, trip)
    yield _ahead_row(ours, ssh)
    yield from _cpu_rows(ours, ssh)


# --- ours -------------------------------------------------------------------------------


def _ours() -> Ours:
    with fresh.healthy() as context:
        prepare, warm, short = asyncio.run(_open(context))
    with fresh.healthy() as context:
        return Ours(asyncio.run(_cold(context)), prepare, warm, short)


async def _open(context: Context) -> tuple[Cost, Cost, float]:
    async with fresh.logged_out(context) as transport:
        prepare = await _run(_plan(Evidence(context), "prepare"), context, {}, transport)
        plan = _plan(_prepared(context, prepare), "baseline")
        warm = await _run(plan, context, prepare.result.tools, transport)
        cpu = time.process_time()
        true = Command(("true",))
        runs = [transport.run(NEAR_AVAMAR, true, deadline=10) for _again in range(SHORT)]
        await asyncio.gather(*runs)
        return prepare, warm, (time.process_time() - cpu) / SHORT


async def _cold(context: Context) -> Cost:
    async with fresh.logged_out(context) as transport:
        prepare = await _run(_plan(Evidence(context), "prepare"), context, {}, transport)
    plan = _plan(_prepared(context, prepare), "baseline")
    async with fresh.logged_out(context) as transport:
        return await _run(plan, context, prepare.result.tools, transport)


def _prepared(context: Context, prepare: Cost) -> Evidence:
    result = prepare.result
    evidence = Evidence(context, result.observations, plans=("prepare",))
    return replace(evidence, tools=result.tools)


def _plan(evidence: Evidence, name: str) -> Plan:
    plan = next_plan(evidence)
    if plan is None or plan.name != name:
        raise RuntimeError(f"the experiment asks {plan and plan.name} where {name} was expected")
    return plan


async def _run(
    plan: Plan, context: Context, tools: Mapping[str, Tools], transport: SshTransport
) -> Cost:
    ids = (f"o{number}" for number in itertools.count(1))
    began, cpu = time.monotonic(), time.process_time()
    result = await run_plan(
        plan,
        context,
        tools,
        transport,
        catalog=PROBES,
        next_id=lambda: next(ids),
        listener=lambda _event: None,
        stop=asyncio.Event(),
    )
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    if result.gaps:
        raise RuntimeError(f"a healthy lab left gaps: {result.gaps}")
    return Cost(seconds, cpu, max(o.transcript.seconds for o in result.observations), result)


# --- the same as `ssh` commands -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OverSsh:
    """The plan's commands once more, and as many that do nothing as ours were."""

    probes: Used
    short: Used


def _over_masters(asked: tuple[Observation, ...]) -> tuple[float, list[OverSsh]]:
    """Also the round trip to the hosts, in seconds."""
    commands = [(o.source, shlex.join(o.transcript.argv)) for o in asked]
    found, trips = [], []
    for _again in range(SSH_RUNS):
        with fresh.healthy() as context, masters(context) as ssh:
            trips += [_round_trip(context) for _more in range(5)]
            found.append(OverSsh(ssh.run(commands), ssh.run([(NEAR_AVAMAR, "true")] * SHORT)))
    return median(trips), found


def _round_trip(context: Context) -> float:
    """Until a TCP connection to the near Avamar's sshd is open."""
    access = context.endpoint(NEAR_AVAMAR).ssh
    assert access is not None
    began = time.monotonic()
    with socket.create_connection((access.host, access.port), timeout=5):
        return time.monotonic() - began


# --- rows -------------------------------------------------------------------------------


def _phase_row(ours: list[Ours], trip: float) -> Row:
    model = LOGIN + LOGIN_TRIPS * trip + COMMAND + COMMAND_TRIPS * trip
    runs = tuple(one.cold.seconds / one.cold.longest for one in ours)
    longest = median(one.cold.longest for one in ours)
    warm = median(one.warm.seconds / one.warm.longest for one in ours)
    behind = (
        f"{median(one.cold.seconds for one in ours):.2f} s / {longest:.2f} s; goal: 1.15 + the "
        f"model's {model * 1000:.0f} ms; on open connections {warm:.2f}; a check's first plan, "
        f"who can do what, takes {median(one.prepare.seconds for one in ours):.2f} s before it"
    )
    what = "baseline with its logins / its longest probe"
    return Row(what, 1.15 + model / longest, median(runs), behind, runs)


def _ahead_row(ours: list[Ours], ssh: list[OverSsh]) -> Row:
    warm = median(one.warm.seconds for one in ours)
    runs = tuple(one.probes.seconds / warm for one in ssh)
    behind = f"{median(runs) * warm:.1f} s / {warm:.2f} s, {_count(ours)} probes, logged in before"
    what = "the same probes over ControlMasters, one by one / baseline"
    return Row(what, 3.5, median(runs), behind, runs, at_least=True)


def _cpu_rows(ours: list[Ours], ssh: list[OverSsh]) -> Iterator[Row]:
    count = _count(ours)
    probes = [one.warm.cpu / count for one in ours]
    what = "CPU of a baseline probe / of the same over a ControlMaster"
    yield _cpu_row(what, probes, [one.probes for one in ssh], count)
    what = "CPU of a command that does nothing / of the same over a ControlMaster"
    yield _cpu_row(what, [one.short for one in ours], [one.short for one in ssh], SHORT)


def _cpu_row(what: str, ours: list[float], ssh: list[Used], count: int) -> Row:
    """What `ssh` and its master use on our side, both: the one does nothing without the other."""
    commands = median(used.commands for used in ssh) / count
    shared = median(used.masters for used in ssh) / count
    behind = (
        f"{median(ours) * 1000:.2f} ms / {(commands + shared) * 1000:.2f} ms, "
        f"of which the master {shared * 1000:.2f}"
    )
    runs = tuple(cpu / (commands + shared) for cpu in ours)
    return Row(what, 0.25, median(runs), behind, runs)


def _count(ours: list[Ours]) -> int:
    return len(ours[0].warm.result.observations)
