"""Runs one plan: who is asked what and when, until what; each answer as it lands.

Law 4 is kept here: whatever happens to one question, the others go on, and each ends as
an observation or as a gap. What the questions are and what answers mean is not known here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import structlog

from probes.events import Asked, Event, Heard, Landed, PlanEnded, PlanStarted
from probes.model import (
    Ask,
    Command,
    Context,
    End,
    Gap,
    GapKind,
    Line,
    NotPermitted,
    Observation,
    Plan,
    Probe,
    Route,
    Tools,
    Transcript,
    Unparsed,
)
from probes.readings import ClockReading, ToolsReading
from probes.transport import Failure, Transport

_log = structlog.get_logger(__name__)

NOT_EXECUTABLE, NOT_FOUND = 126, 127  # a shell's exit statuses


@dataclass(frozen=True, slots=True)
class PlanResult:
    """All that a plan brought, in the order in which it landed. tools and offsets (the
    host's clock minus the checker's, seconds) are what was given, with what was learnt."""

    observations: tuple[Observation, ...]
    gaps: tuple[Gap, ...]
    tools: Mapping[str, Tools]
    offsets: Mapping[str, float]


async def run_plan(
    plan: Plan,
    context: Context,
    tools: Mapping[str, Tools],
    transport: Transport,
    *,
    catalog: Mapping[str, Probe],
    next_id: Callable[[], str],
    listener: Callable[[Event], None],
    stop: asyncio.Event,
    offsets: Mapping[str, float] | None = None,
) -> PlanResult:
    """Ask everything in `plan`, and return when the last answer is in.

    `beside` is stopped `plan.settle` seconds after the last of `main` ended. `stop` ends
    everything at once; what had been printed is kept. next_id names observations.
    """
    started = time.monotonic()
    listener(PlanStarted(plan, time.time()))
    run = _Run(
        plan, context, transport, catalog, next_id, listener, dict(tools), dict(offsets or {})
    )
    over = asyncio.Event()
    run.enough = over.set if plan.until_first else lambda: None
    async with asyncio.TaskGroup() as group:
        ends_main = over if plan.until_first else stop
        mains = [group.create_task(run.ask(ask, ends_main)) for ask in plan.main]
        for ask in plan.beside:
            group.create_task(run.ask(ask, over, beside=True))
        relay = group.create_task(_pass_on(stop, over))
        if mains:
            await asyncio.wait(mains)
        await _pause(plan.settle, stop)
        over.set()
        relay.cancel()
    listener(PlanEnded(plan, time.monotonic() - started, complete=not stop.is_set()))
    return PlanResult(tuple(run.observations), tuple(run.gaps), run.tools, run.offsets)


async def _pass_on(stop: asyncio.Event, over: asyncio.Event) -> None:
    await stop.wait()
    over.set()


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    """Wait, but not longer than until `stop`."""
    if seconds > 0:
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            return


class _Alive:
    """Is it enough: that many signs of life in a row, as the probe reads them."""

    def __init__(self, probe: Probe, rows: int) -> None:
        self._probe = probe
        self._rows = rows
        self._seen = 0

    def __call__(self, line: Line) -> bool:
        if self._rows == 0:
            return False
        sign = self._probe.alive(line.text)
        if sign is not None:
            self._seen = self._seen + 1 if sign else 0
        return self._seen >= self._rows


@dataclass
class _Run:
    """One plan on its way. tools and offsets grow as answers land, for those that follow."""

    plan: Plan
    context: Context
    transport: Transport
    catalog: Mapping[str, Probe]
    next_id: Callable[[], str]
    listener: Callable[[Event], None]
    tools: dict[str, Tools]
    offsets: dict[str, float]
    enough: Callable[[], None] = lambda: None  # told when an ask has seen enough signs of life
    observations: list[Observation] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    async def ask(self, ask: Ask, stop: asyncio.Event, *, beside: bool = False) -> None:
        """Put one question and land its outcome; nothing but a cancellation comes out.

        What was only to run beside the rest and was not needed any more leaves no gap.
        """
        await _pause(ask.after, stop)
        if stop.is_set():
            if not beside:
                gap = self._gap(ask, GapKind.NOT_TRIED, "stopped before it was asked")
                self._land(ask, gap, None, "")
            return
        number = self.next_id()
        transcript = await self._put(ask, number, stop)
        if isinstance(transcript, Gap):
            self._land(ask, transcript, None, number)
            return
        outcome = self._read(ask, number, transcript)
        unneeded = beside and transcript.end is End.STOPPED
        if not (unneeded and isinstance(outcome, Gap)):
            self._land(ask, outcome, transcript, number)

    async def _put(self, ask: Ask, number: str, stop: asyncio.Event) -> Transcript | Gap:
        command = self._command(ask)
        if isinstance(command, Gap):
            return command
        started = time.time()
        self.listener(Asked(self.plan.name, ask, started))
        enough = _Alive(self.catalog[ask.probe], ask.alive_rows)
        heard = Heard(self.plan, ask, number, command.argv, started, [])

        def hear(line: Line) -> bool:
            heard.lines.append(line)
            self.listener(heard)
            if not enough(line):
                return False
            self.enough()
            return True

        try:
            result = await self.transport.run(
                ask.source, command, deadline=ask.deadline, enough=hear, stop=stop
            )
        except Exception as error:  # noqa: BLE001 -- law 4: it ends this question alone
            return self._broke(ask, error)
        if isinstance(result, Failure):
            return self._gap(ask, result.kind, result.detail)
        return replace(result, offset=self.offsets.get(ask.source))

    def _command(self, ask: Ask) -> Command | Gap:
        try:
            probe, route, tools = self._prepared(ask)
            command = probe.command(ask, route, tools)
        except Exception as error:  # noqa: BLE001 -- law 4: it ends this question alone
            return self._broke(ask, error)
        if isinstance(command, GapKind):
            return self._gap(ask, command, f"{ask.source} has no way to ask this")
        return command

    def _read(self, ask: Ask, number: str, transcript: Transcript) -> Observation | Gap:
        if (said_nothing := _said_nothing(transcript)) is not None:
            return self._gap(ask, *said_nothing)
        try:
            probe, route, tools = self._prepared(ask)
            reading = probe.parse(ask, transcript)
            used = probe.uses(ask, route, tools)
        except NotPermitted as refusal:
            return self._gap(ask, GapKind.NOT_PERMITTED, str(refusal))
        except Unparsed as error:
            return self._gap(ask, GapKind.UNPARSED, str(error))
        except Exception as error:  # noqa: BLE001 -- law 4: it ends this question alone
            return self._broke(ask, error)
        return Observation(
            id=number,
            plan=self.plan.name,
            phase=self.plan.phase,
            ask=ask,
            transcript=transcript,
            parser=probe.version,
            reading=reading,
            variant=tools[used].variant if used in tools else "",
        )

    def _prepared(self, ask: Ask) -> tuple[Probe, Route, Tools]:
        source = self.context.endpoint(ask.source)
        target = None if ask.target is None else self.context.endpoint(ask.target)
        address = None if target is None else target.address_for(source.site)
        tools = self.tools.get(ask.source, Tools())
        return self.catalog[ask.probe], Route(source, target, address), tools

    def _land(
        self, ask: Ask, outcome: Observation | Gap, transcript: Transcript | None, number: str
    ) -> None:
        if isinstance(outcome, Gap):
            self.gaps.append(outcome)
        else:
            self.observations.append(outcome)
            self._learn(ask.source, outcome)
        self.listener(Landed(self.plan.name, ask, outcome, transcript, number))

    def _learn(self, source: str, observation: Observation) -> None:
        match observation.reading:
            case ToolsReading(tools=found):
                known = self.tools.get(source, Tools()).found
                self.tools[source] = Tools({**known, **found})
            case ClockReading(offset=offset):
                self.offsets[source] = offset

    def _gap(self, ask: Ask, kind: GapKind, detail: str) -> Gap:
        return Gap(ask.probe, self.plan.phase, ask.source, ask.target, kind, detail)

    def _broke(self, ask: Ask, error: Exception) -> Gap:
        """A mistake of ours, not of a host: it is logged, and the check goes on without."""
        _log.error("probe broke", probe=ask.probe, source=ask.source, exc_info=error)
        return self._gap(ask, GapKind.BROKEN, f"{type(error).__name__}: {error}")


def _said_nothing(transcript: Transcript) -> tuple[GapKind, str] | None:
    """Why a transcript without a word of output stands for nothing; None if there is some."""
    if not transcript.lines:
        match transcript.end:
            case End.DEADLINE:
                return GapKind.TIMED_OUT, "nothing was printed before the deadline"
            case End.LOST:
                return GapKind.UNREACHABLE, "the connection was lost before anything was printed"
    not_run = transcript.exit_status in (NOT_EXECUTABLE, NOT_FOUND)
    if not_run and all(line.error for line in transcript.lines):
        return GapKind.NOT_AVAILABLE, transcript.text or f"exit status {transcript.exit_status}"
    return None
