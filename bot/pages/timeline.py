"""What happened in an incident, as one order with true times (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.terminal.phrases import answer
from bot.terminal.safe import printable
from bot.words import Voice
from probes.model import Observation
from storage.audit import Entry
from storage.pages import Account
from storage.views import Event

Json = Any

QUIET = ("tools", "context", "plan-ended")
"""What stands elsewhere on the page, or says nothing to a reader."""
PROBES = ("observed", "gap")
_PEOPLE = (
    "asked",
    "joined",
    "consent",
    "stop-asked",
    "acknowledged",
    "closed",
    "pressed",
    "frozen",
)
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. at: epoch seconds. sort: whose doing it is, for the sign beside it.
    observation: the evidence that it brought, by id, of the check `check`."""

    at: float
    sort: str
    text: str
    check: str | None = None
    observation: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """Probes that follow each other, folded; `gaps` of them came back without an answer."""

    moments: tuple[Moment, ...]
    gaps: int

    @property
    def at(self) -> float:
        return self.moments[0].at

    @property
    def until(self) -> float:
        return self.moments[-1].at


Told = Mapping[str, Observation]
"""The shown check's observations by id: only their answers can be told in words."""


def timeline(account: Account, shown: str | None, told: Told, voice: Voice) -> list[Moment | Run]:
    """All that happened, in the order of its times; probes folded."""
    happened = [moment(event, shown, told, voice) for event in account.events
                if event.kind not in QUIET]  # fmt: skip
    pressed = [_press(entry, voice) for entry in account.presses]
    return list(_folded(sorted([*happened, *pressed], key=lambda moment: moment.at)))


def moment(event: Event, shown: str | None, told: Told, voice: Voice) -> Moment:
    """One event in words. shown: the check whose observations `told` holds."""
    sort = "probe" if event.kind in PROBES else _sort(event.kind)
    observation = str(event.body.get("id", "")) if event.kind == "observed" else None
    text = _words(event, told if event.check_id == shown else {}, voice)
    return Moment(event.at, sort, _bounded(text), event.check_id, observation)


def _sort(kind: str) -> str:
    if kind in _PEOPLE:
        return "person"
    return {"verdict": "verdict", "trigger": "sent", "job-event": "job"}.get(kind, "check")


def _words(event: Event, told: Told, voice: Voice) -> str:
    try:
        return _known(event, told, voice)
    except (KeyError, TypeError, AttributeError):  # of an older form, or a newer one
        return _other(event.kind, event.body, voice)


def _known(event: Event, told: Told, voice: Voice) -> str:
    body, kind = event.body, event.kind
    match kind:
        case "observed":
            return _observed(body, told, voice)
        case "gap":
            gap = _named("gap", body["kind"], voice)
            return f"{_asked(body['probe'], body['source'], body['target'], voice)}: {gap}"
        case "verdict":
            outcome = _named("outcome", body["outcome"], voice)
            cause = _named("cause", body["cause"], voice) if body.get("cause") else ""
            words = f"{outcome}: {cause}" if cause else outcome
            return voice("happened.verdict", verdict=words)
        case "plan-started":
            return voice("happened.plan-started", phase=_named("phase", body["phase"], voice))
        case "trigger":
            return _sent(body, voice)
        case "job-event":
            status = _named("job", body["status"], voice)
            return voice("happened.job", hook=body["hook"], job=body["job"], status=status)
        case "closed" if body.get("event"):
            return voice("happened.closed-by-job")
        case "recovering":
            return voice("happened.recovering" if body["since"] else "happened.blocked-again")
    return _other(kind, body, voice)


def _named(section: str, code: Json, voice: Voice) -> str:
    """What the catalogs call it; a code that they don't know stands as it is."""
    return voice.or_else(f"{section}.{code}", str(code))


def _other(kind: str, body: Mapping[str, Json], voice: Voice) -> str:
    who = str(body.get("by") or body.get("who") or voice("happened.somebody"))
    code = f"happened.{kind}"
    if kind in _SAID:
        return voice(code, who=who, how=str(body.get("how") or "-"))
    name = voice.or_else(f"event.{kind}", kind)
    details = ", ".join(_details(body))
    return f"{name}: {details}" if details else name


_SAID = ("asked", "joined", "consent", "stop-asked", "acknowledged", "closed", "finished",
         "stopped", "interrupted", "resumed", "frozen")  # fmt: skip


def _observed(body: Mapping[str, Json], told: Told, voice: Voice) -> str:
    asked = _asked(body["probe"], body["from"], body["to"], voice)
    observation = told.get(body["id"])
    return f"{asked}: {answer(observation, voice)}" if observation else asked


def _asked(probe: str, source: str, target: str | None, voice: Voice) -> str:
    name = voice.or_else(f"probe.{probe}", probe)
    ends = voice.title(source) + (f" → {voice.title(target)}" if target else "")
    return f"{name}, {ends}"


def _sent(body: Mapping[str, Json], voice: Voice) -> str:
    what = body["what"]
    message = voice.or_else(f"message.{what.get('message')}", str(what.get("message")))
    ends = {"source": str(what.get("from")), "target": str(what.get("to"))}
    port, size = str(what.get("port")), str(what.get("bytes"))
    return voice("happened.trigger", message=message, port=port, size=size, **ends)


def _press(entry: Entry, voice: Voice) -> Moment:
    outcome = voice.or_else(f"pressed.{entry.outcome}", entry.outcome)
    what = voice.or_else(f"press.{entry.what}", entry.what)
    words = voice("happened.pressed", who=entry.who, what=what, outcome=outcome)
    return Moment(entry.at, "person", _bounded(words))


def _details(body: Mapping[str, Json]) -> Iterator[str]:
    for key, value in body.items():
        if isinstance(value, Mapping):
            yield from _details(value)
        elif value not in (None, ""):
            yield f"{key}: {value}"


def _bounded(text: str) -> str:
    text = printable(" ".join(text.split()))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _folded(moments: Iterable[Moment]) -> Iterator[Moment | Run]:
    run: list[Moment] = []
    for each in moments:
        if each.sort == "probe":
            run.append(each)
            continue
        yield from _run(run)
        run = []
        yield each
    yield from _run(run)


def _run(moments: list[Moment]) -> Iterator[Run]:
    if moments:
        gaps = sum(moment.observation is None for moment in moments)
        yield Run(tuple(moments), gaps)
