"""The raw lines of a check, with those marked that its findings rest on (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from bot.document import command_line
from bot.terminal.phrases import answer, question
from bot.terminal.safe import printable
from bot.words import Voice
from probes.model import Observation
from storage.codec import Raw

Document = Mapping[str, Any]

MOST_LINES = 400
"""Lines of one output on the page; the whole of it is one link away."""
_MOST_TELLING = 12
_LONGEST_LINE = 600


@dataclass(frozen=True, slots=True)
class RawLine:
    number: int
    text: str
    cited: bool
    error: bool


@dataclass(frozen=True, slots=True)
class Item:
    """One observation. started: epoch seconds on the checker's clock; offset: the host's clock
    minus it, if known. cited: what rests on it, in words. left: lines that are not shown."""

    id: str
    phase: str
    title: str
    ends: str
    answer: str
    started: float
    seconds: float
    offset: float | None
    command: str
    end: str
    lines: tuple[RawLine, ...]
    left: int
    cited: tuple[str, ...]

    @property
    def telling(self) -> tuple[RawLine, ...]:
        """The first of the lines that are cited."""
        return tuple(line for line in self.lines if line.cited)[:_MOST_TELLING]


@dataclass(frozen=True, slots=True)
class Step:
    """The observations of one plan, in the order in which they were asked."""

    plan: str
    items: tuple[Item, ...]

    @property
    def count(self) -> int:
        return len(self.items)


def steps(
    raws: Iterable[Raw], document: Document | None, told: Mapping[str, Observation], voice: Voice
) -> list[Step]:
    """All that was heard, plan by plan."""
    cited = _citations(document, voice)
    chosen = {item["id"]: item["lines"] for item in (document or {}).get("evidence", ())}
    made = (
        (raw.plan, _item(raw, chosen, cited, told, voice))
        for raw in sorted(raws, key=lambda raw: raw.transcript.started)
    )
    return [
        Step(plan, tuple(item for _, item in group))
        for plan, group in groupby(made, key=lambda each: each[0])
    ]


def _item(
    raw: Raw,
    chosen: Mapping[str, Sequence[int]],
    cited: Mapping[str, Sequence[str]],
    told: Mapping[str, Observation],
    voice: Voice,
) -> Item:
    transcript, by = raw.transcript, tuple(cited.get(raw.id, ()))
    marked = set(chosen.get(raw.id, ())) if by else set()
    lines = [
        RawLine(number, _line(line.text), number in marked, line.error)
        for number, line in enumerate(transcript.lines, 1)
        if number <= MOST_LINES or number in marked
    ]
    seen = told.get(raw.id)
    target = f" → {voice.title(raw.ask.target)}" if raw.ask.target else ""
    status = "" if transcript.exit_status is None else f" {transcript.exit_status}"
    return Item(
        id=raw.id,
        phase=voice(f"phase.{raw.phase}"),
        title=question(raw.ask, voice),
        ends=voice.title(raw.ask.source) + target,
        answer=printable(answer(seen, voice)) if seen else voice("page.not-understood"),
        started=transcript.started,
        seconds=transcript.seconds,
        offset=transcript.offset,
        command=printable(command_line(transcript.argv, raw.ask.probe)),
        end=voice(f"end.{transcript.end}") + status,
        lines=tuple(lines),
        left=len(transcript.lines) - len(lines),
        cited=by,
    )


def _line(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST_LINE else shown[: _LONGEST_LINE - 1] + "…"


def _citations(document: Document | None, voice: Voice) -> dict[str, list[str]]:
    """Observation → the findings that rest on it, the supported ones first."""
    cited: dict[str, list[str]] = {}
    findings = sorted(
        (document or {}).get("findings", ()), key=lambda finding: finding["stance"] != "supported"
    )
    for finding in findings:
        stance, cause = voice(f"stance.{finding['stance']}"), voice(f"cause.{finding['cause']}")
        for observation in finding["evidence"]:
            cited.setdefault(observation, []).append(f"{stance}: {cause}")
    for flow in (document or {}).get("flows", ()):
        for observation in flow["evidence"]:
            result = voice(f"flow.{flow['result']}")
            words = voice("report.flow", source=flow["from"], target=flow["to"],
                          port=flow["port"] or "?", result=result)  # fmt: skip
            cited.setdefault(observation, []).append(words)
    return cited
