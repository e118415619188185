"""The words between whoever decides what a job's event means and the room that keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Json = Any
Status = Literal["failed", "succeeded", "running", "resolved", "missed"]
"""resolved: a person said at the sender that it is over, which is no copy. missed: a success
that was expected did not come (nobody sent this)."""
Severity = Literal["minor", "major", "critical"]
SEVERITIES: tuple[Severity, ...] = ("minor", "major", "critical")
"""From the least to the gravest."""


@dataclass(frozen=True, slots=True)
class Target:
    """The pair that a job belongs to, and what the rule that matched says of it."""

    pair_id: str
    near: str
    far: str
    severity: Severity
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event of a job. key: the same for the same event, however often it comes.

    at: when it happened, epoch seconds, never after `received`; where only the job's start is
    known, that. began: its start, or else `at`. ended: its end, or else `received`. fingerprint:
    the same for failures that are one and the same of a pair. by: the person who resolved it.
    target: None where no rule matched. message: log text; raw: all that the sender said, as JSON.
    """

    key: str
    hook: str
    job: str
    status: Status
    at: float
    began: float
    ended: float
    received: float
    fingerprint: str
    target: Target | None
    by: str | None = None
    message: str = ""
    body: Mapping[str, Json] = field(default_factory=dict)
    raw: Json = None


@dataclass(frozen=True, slots=True)
class Case:
    """An incident as a decision sees it. last_failed: None while no job has failed in it (it was
    only asked about). recovering: since when what was blocked passes again. same: a failure with
    the arrival's fingerprint is in it."""

    id: str
    opened: float
    closed: float | None
    last_failed: float | None
    severity: Severity | None
    channel: str | None
    recovering: float | None
    asked: bool
    same: bool


@dataclass(frozen=True, slots=True)
class Held:
    """The last trigger that we sent between the pair before the job ended. blocked: what
    its verdict says went dark (pair, source, destination); None: nothing, or not judged yet
    (`judged`). seconds: how long it was dark; at_least: how long it was watched where the end
    was not seen."""

    incident_id: str
    at: float
    running: bool
    judged: bool
    blocked: str | None
    seconds: float | None
    at_least: float | None


@dataclass(frozen=True, slots=True)
class Known:
    """What the record knows of the pair. closed: the incidents that ended when the arrival
    happened or later, the first end first. next_success: the first copy that succeeded after it:
    later than its end, or where that is not known, begun after its beginning."""

    open: tuple[Case, ...] = ()
    closed: tuple[Case, ...] = ()
    next_success: float | None = None
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What an event means. keep: no incident. open: a new one. past: a new one that was over
    when we heard of it. join: it belongs to one that is there (counts: as a failure of its own).
    close: these are over, the first is where the event stands. why: a code, for the timeline.
    """

    kind: Literal["keep", "open", "past", "join", "close"]
    incidents: tuple[str, ...] = ()
    why: str = ""
    closed: float | None = None
    counts: bool = False
    severity: Severity | None = None
