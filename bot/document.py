"""Evidence and verdict → the contract's `replcheck.verdict/1` document (pure).

Keys, their names and their meaning are contract.md's ("Verdict"), also written down as
docs/verdict.schema.json. Keys beyond it may be added, none may change.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from bot.excerpt import excerpt
from bot.words import say, titles_of
from probes.model import (
    Evidence,
    Finding,
    FlowResult,
    Gap,
    Location,
    Observation,
    Outcome,
    TriggerReport,
    Verdict,
)
from storage.redact import clean, redact_words

SCHEMA = "replcheck.verdict/1"
_HEX = re.compile(r"[0-9a-f]+")
_LONGEST_ARGUMENT = 80  # a longer one is a script of a probe, and nobody reads it in a report


def document(
    evidence: Evidence,
    verdict: Verdict,
    *,
    started: float,
    seconds: float,
    seconds_to_verdict: float,
    stopped: bool,
    incident: str,
    lang: str,
) -> dict[str, Any]:
    """What `check --json` prints. started: epoch seconds; the other times are durations."""
    context = evidence.context
    titles = titles_of(context)
    is_fault = verdict.outcome is Outcome.FAULT
    told = {
        "schema": SCHEMA,
        "check": context.check,
        "incident": incident,
        "near": context.pair.near,
        "far": context.pair.far,
        "profile": context.pair.profile,
        "started": iso(started),
        "seconds": round(seconds, 3),
        "seconds_to_verdict": round(seconds_to_verdict, 3),
        "stopped": stopped,
        "lang": lang,
        "outcome": str(verdict.outcome),
        "cause": str(verdict.cause) if is_fault and verdict.cause else None,
        "also": [str(cause) for cause in verdict.also],
        "confidence": str(verdict.confidence) if is_fault and verdict.confidence else None,
        "summary": say(verdict.summary, lang, titles),
        "flows": [_flow(result) for result in verdict.flows],
        "location": _location(verdict.location) if is_fault and verdict.location else None,
        "trigger": _trigger(verdict.trigger),
        "findings": [_finding(finding, lang, titles) for finding in verdict.findings],
        "evidence": [_evidence(observation) for observation in evidence.observations],
        "gaps": [_gap(gap) for gap in verdict.gaps],
        "advice": [
            {"owner": advice.owner, "text": say(advice.text, lang, titles)}
            for advice in verdict.advice
        ],
    }
    return cast(dict[str, Any], clean(told))


def iso(at: float) -> str:
    """Epoch seconds → `2026-11-22T06:17:04.120Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def command_line(argv: tuple[str, ...], probe: str) -> str:
    """The words as a shell takes them, with a stand-in where a probe's script would be and a
    payload cut to its beginning."""
    shown = [_short(argument, probe) for argument in argv]
    return " ".join(map(shlex.quote, redact_words(shown)))


def _short(argument: str, probe: str) -> str:
    if len(argument) <= _LONGEST_ARGUMENT:
        return argument
    if _HEX.fullmatch(argument):
        return f"{argument[:16]}…({len(argument) // 2} bytes)"
    return f"…{probe} script…"


def _flow(result: FlowResult) -> dict[str, Any]:
    flow = result.flow
    return {
        "from": flow.source,
        "to": flow.target,
        "port": flow.port,
        "required": flow.required,
        "service": flow.service,
        "result": result.result,
        "cause": str(result.cause) if result.cause else None,
        "evidence": list(result.evidence),
    }


def _location(location: Location) -> dict[str, Any]:
    return {
        "segment": location.segment,
        "boundary": location.boundary,
        "owners": list(location.owners),
        "between": None if location.between is None else list(location.between),
        "host": location.host,
        "direction": str(location.direction) if location.direction else None,
    }


def _trigger(report: TriggerReport) -> dict[str, Any]:
    return {
        "sent": report.sent,
        "not_sent_reason": str(report.not_sent_reason) if report.not_sent_reason else None,
        "service": report.service,
        "port": report.port,
        "at": None if report.at is None else iso(report.at),
        "blocked": report.blocked,
        "traffic": report.traffic,
        "quarantine_seconds": _rounded(report.quarantine_seconds),
        "quarantine_at_least": _rounded(report.quarantine_at_least),
    }


def _finding(finding: Finding, lang: str, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "cause": str(finding.cause),
        "stance": str(finding.stance),
        "confidence": str(finding.confidence) if finding.confidence else None,
        "why": say(finding.why, lang, titles),
        "evidence": list(finding.evidence),
        "location": _location(finding.location) if finding.location else None,
    }


def _evidence(observation: Observation) -> dict[str, Any]:
    transcript = observation.transcript
    text, lines = excerpt(observation)
    return {
        "id": observation.id,
        "probe": observation.probe,
        "phase": str(observation.phase),
        "plan": observation.plan,
        "from": observation.source,
        "to": observation.target,
        "command": command_line(transcript.argv, observation.probe),
        "exit_status": transcript.exit_status,
        "end": str(transcript.end),
        "started": iso(transcript.started),
        "seconds": round(transcript.seconds, 3),
        "clock_offset": _rounded(transcript.offset),
        "variant": observation.variant,
        "excerpt": text,
        "lines": list(lines),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "probe": gap.probe,
        "phase": str(gap.phase),
        "from": gap.source,
        "to": gap.target,
        "gap": str(gap.kind),
        "detail": gap.detail,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
