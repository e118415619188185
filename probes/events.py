"""What happens while a plan runs, for whoever watches: the record, a terminal, a channel."""

from __future__ import annotations

from dataclasses import dataclass

from probes.model import Ask, Gap, Line, Observation, Plan, Transcript


@dataclass(frozen=True, slots=True)
class PlanStarted:
    plan: Plan
    at: float


@dataclass(frozen=True, slots=True)
class Asked:
    """The question leaves now. `at`: epoch seconds."""

    plan: str
    ask: Ask
    at: float


@dataclass(frozen=True, slots=True)
class Heard:
    """A line came in. lines: all that the command has printed so far, the same list each time
    (copy it to keep it). observation: the id that the answer will have."""

    plan: Plan
    ask: Ask
    observation: str
    argv: tuple[str, ...]
    started: float
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Landed:
    """An answer, or why there is none. transcript: what was printed, also where it became
    a gap (`unparsed`), so that the raw text can be kept under the id `observation`; None if
    nothing ran."""

    plan: str
    ask: Ask
    outcome: Observation | Gap
    transcript: Transcript | None
    observation: str = ""


@dataclass(frozen=True, slots=True)
class PlanEnded:
    """complete: nobody stopped it."""

    plan: Plan
    seconds: float
    complete: bool = True


Event = PlanStarted | Asked | Heard | Landed | PlanEnded
