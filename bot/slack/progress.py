"""A check on its way, as its root message shows it: a pure reducer of what happens.

    progress = after(progress, event, at)

It holds no words and no clock: what is still going on is shown by when it began, so that a
picture in which nothing happened stays the same and need not be sent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.request import Began, Judged
from bot.slack.model import Press
from probes.events import Asked, Event, Landed, PlanEnded, PlanStarted
from probes.model import Ask, Gap, Observation, Outcome, Phase, Plan
from probes.readings import Answer, ExchangeReading, Knock, KnockReading, PingReading, TraceReading

_LATEST = 3
_LOST = (Knock.SILENT, Knock.PROHIBITED)


@dataclass(frozen=True, slots=True)
class Consented:
    """yes: the trigger may be sent. at: epoch seconds."""

    yes: bool
    at: float


@dataclass(frozen=True, slots=True)
class Step:
    """One plan. asks: how many questions it has. open: those that are being answered now.
    seconds: None while it runs. complete: nobody stopped it."""

    name: str
    phase: Phase
    began: float
    asks: int
    intrusive: bool
    open: tuple[Ask, ...] = ()
    answered: int = 0
    gaps: int = 0
    seconds: float | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Progress:
    """near, far: the pair, by name. started: epoch seconds. joined: it ran already when it was
    asked for. latest: the newest answers that say something. waits: since when it waits for
    consent. consent: what was answered. outcome: once there is a verdict."""

    check: str = ""
    incident: str = ""
    near: str = ""
    far: str = ""
    started: float = 0.0
    joined: bool = False
    steps: tuple[Step, ...] = ()
    latest: tuple[Observation, ...] = ()
    gaps: tuple[Gap, ...] = ()
    waits: float | None = None
    consent: Consented | None = None
    stop: Press | None = None
    outcome: Outcome | None = None

    @property
    def step(self) -> Step | None:
        """What runs now."""
        last = self.steps[-1] if self.steps else None
        return last if last is not None and last.seconds is None else None

    @property
    def answers(self) -> int:
        return sum(step.answered for step in self.steps)


def after(progress: Progress, event: Event | Began | Judged, at: float) -> Progress:
    """What the root shows after this. at: epoch seconds. The same object where nothing that is
    shown has changed (a line that was heard)."""
    del at  # every event that shows a time carries its own
    match event:
        case Began():
            return _began(progress, event)
        case PlanStarted():
            return replace(progress, steps=(*progress.steps, _begun(event.plan, event.at)))
        case Asked():
            return _asked(progress, event)
        case Landed():
            return _landed(progress, event)
        case PlanEnded():
            return _ended(progress, event)
        case Judged():
            return replace(progress, outcome=event.result.verdict.outcome)
    return progress


def asked(progress: Progress, at: float) -> Progress:
    """It waits for a person from now on: may the trigger be sent?"""
    return replace(progress, waits=at)


def answered(progress: Progress, at: float, *, yes: bool) -> Progress:
    """Somebody answered, or nobody did in time."""
    return replace(progress, waits=None, consent=Consented(yes=yes, at=at))


def stopping(progress: Progress, press: Press) -> Progress:
    """Somebody said stop; who said it first stays named."""
    return progress if progress.stop else replace(progress, stop=press)


def _began(progress: Progress, event: Began) -> Progress:
    pair = event.context.pair
    return replace(
        progress,
        check=event.check,
        incident=event.incident,
        near=pair.near,
        far=pair.far,
        started=event.context.started,
        joined=event.joined,
    )


def _asked(progress: Progress, event: Asked) -> Progress:
    step = progress.step
    return _with(progress, replace(step, open=(*step.open, event.ask))) if step else progress


def _landed(progress: Progress, event: Landed) -> Progress:
    step, outcome = progress.step, event.outcome
    if step is None:
        return progress
    left = _without(step.open, event.ask)
    if isinstance(outcome, Gap):
        told = replace(progress, gaps=(*progress.gaps, outcome))
        return _with(told, replace(step, open=left, gaps=step.gaps + 1))
    latest = (*progress.latest, outcome)[-_LATEST:] if notable(outcome) else progress.latest
    told = replace(progress, latest=latest)
    return _with(told, replace(step, open=left, answered=step.answered + 1))


def _ended(progress: Progress, event: PlanEnded) -> Progress:
    """What ran beside the rest and was not needed any more is open no longer."""
    step = progress.step
    if step is None:
        return progress
    ended = replace(step, open=(), seconds=event.seconds, complete=event.complete)
    return _with(progress, ended)


def notable(observation: Observation) -> bool:
    """An answer that somebody who watches wants to read: the messages of the replication, and
    what did not come through."""
    match observation.reading:
        case ExchangeReading(answer=answer):
            return answer is not Answer.VOID
        case PingReading() as ping:
            return ping.received < ping.sent
        case KnockReading(rows=rows):
            limited = any(row.ttl for row in rows)  # a sweep's silence is how it works
            return not limited and any(row.result in _LOST for row in rows)
        case TraceReading() as trace:
            return trace.complete and not trace.reached
    return False


def _begun(plan: Plan, at: float) -> Step:
    return Step(plan.name, plan.phase, at, len(plan.main) + len(plan.beside), plan.intrusive)


def _with(progress: Progress, step: Step) -> Progress:
    return replace(progress, steps=(*progress.steps[:-1], step))


def _without(asks: tuple[Ask, ...], ask: Ask) -> tuple[Ask, ...]:
    """Without this one question (others may be its equals)."""
    at = next((n for n, one in enumerate(asks) if one is ask), None)
    return asks if at is None else (*asks[:at], *asks[at + 1 :])
