"""What one check is asked to do, what it may ask back, and what it hands over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from probes.model import Context, Evidence, Verdict

JOB = "job "
"""How the record names a failed job as the asker: this, and the job's name."""
TriggerWish = Literal["yes", "no", "ask"]


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """Two sites by name, in either order. asked_by: who pressed, as the record names them.
    by_person: a person asked for it, not a webhook or a schedule. agreed: how a yes was given, as
    the record names it. key: names the request, so that it begins one check however often it
    arrives; place: where to answer, for the record."""

    near: str
    far: str
    trigger: TriggerWish = "ask"
    watch_seconds: float = 120.0
    asked_by: str = ""
    by_person: bool = True
    agreed: str = "--trigger yes"
    key: str | None = None
    place: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Sending:
    """One connection that a yes allows: a control, then a call, of so many bytes each. port:
    None where the portmapper will name it."""

    port: int | None
    service: str
    bytes: int


@dataclass(frozen=True, slots=True)
class ConsentQuestion:
    """May this be sent? source and target are endpoint ids; sendings: all that a yes allows."""

    check: str
    source: str
    target: str
    port: int
    service: str
    sendings: tuple[Sending, ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed to what the question names, and how, as the record keeps it."""

    by: str
    how: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The contract's document, and what it was made from."""

    document: dict[str, Any]
    evidence: Evidence
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Began:
    """The check stands in the record. joined: it ran already. context: what it knows so far."""

    check: str
    incident: str
    joined: bool
    context: Context


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict as it stands before the recovery is watched: for whoever waits for it."""

    result: CheckResult
