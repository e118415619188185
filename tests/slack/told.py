"""Recorded incidents as a check in Slack would tell them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from bot.document import document
from bot.request import CheckResult
from bot.slack.model import Told
from probes.diagnosis import judge
from tests.golden import incidents

CHECK, INCIDENT, ASKER = "c12", "i7", "U0ASKER"


@cache
def told_of(name: str) -> Told:
    """A golden incident, as its check's root tells it at its end."""
    recorded = incidents.load(name)
    evidence = replace(recorded, context=replace(recorded.context, check=CHECK))
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
    return Told(CheckResult(told, evidence, found), "finished", ASKER)
