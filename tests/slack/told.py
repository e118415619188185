"""Recorded incidents as a check in Slack would tell them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from bot.document import document
from bot.request import CheckResult
from bot.slack.model import Told
from probes.diagnosis import judge
from probes.model import Evidence, NotSent
from tests.golden import incidents

CHECK, INCIDENT, ASKER = "c12", "i7", "U0ASKER"


@cache
def told_of(name: str) -> Told:
    """A golden incident, as its check's root tells it at its end."""
    recorded = incidents.load(name)
    evidence = replace(recorded, context=replace(recorded.context, check=CHECK))
    return Told(result_of(evidence), "finished", ASKER)


def cut_short(name: str, plans: tuple[str, ...], not_sent: NotSent | None) -> Told:
    """The incident as a check would tell it that asked no more than these plans."""
    told = told_of(name)
    whole = told.result.evidence
    evidence = replace(
        whole,
        context=replace(whole.context, not_sent=not_sent),
        plans=plans,
        observations=tuple(o for o in whole.observations if o.plan in plans),
    )
    return replace(told, result=result_of(evidence))


def result_of(evidence: Evidence) -> CheckResult:
    """What is judged of this evidence."""
    found = judge(evidence)
    told = document(
        evidence,
        found,
        started=evidence.context.started,
        seconds=34.9,
        seconds_to_verdict=14.2,
        stopped=False,
        incident=INCIDENT,
        lang="en",
    )
    return CheckResult(told, evidence, found)
