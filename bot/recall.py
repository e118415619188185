"""A stored check as it is told: its evidence read by today's parsers, judged by today's rules."""

from __future__ import annotations

from bot.check import parse
from bot.document import document
from bot.request import CheckResult
from bot.thinking import think
from probes.diagnosis import judge
from probes.model import Evidence
from storage.store import CheckRecord, Store

_SAID = ("outcome", "cause", "confidence", "location")


async def recall(store: Store, check_id: str, lang: str) -> tuple[CheckRecord, CheckResult]:
    """The record, and today's verdict on it in this language. Nothing is asked or written.
    Raises StoreError."""
    record = await store.check(check_id)
    evidence = await store.load_evidence(check_id, parse)
    return record, await think(_judged, record, evidence, lang)


async def as_said(store: Store, check_id: str, lang: str) -> tuple[CheckRecord, CheckResult | None]:
    """The record, and the verdict that was given, in this language; None where there was none.
    A verdict that today's rules would not give any more stands in the words it was given in."""
    record, result = await recall(store, check_id, lang)
    said = record.verdict
    if said is None:
        return record, None
    if any(result.document[key] != said[key] for key in _SAID):
        return record, CheckResult(said, result.evidence, result.verdict)
    return record, result


def _judged(record: CheckRecord, evidence: Evidence, lang: str) -> CheckResult:
    verdict = judge(evidence)
    took = (record.ended or record.started) - record.started
    before = record.verdict or {}
    told = document(
        evidence,
        verdict,
        started=record.started,
        seconds=before.get("seconds", took),
        seconds_to_verdict=before.get("seconds_to_verdict", took),
        stopped=before.get("stopped", record.state != "finished"),
        incident=record.incident_id,
        lang=lang,
    )
    return CheckResult(told, evidence, verdict)
