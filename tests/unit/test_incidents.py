"""Whole incidents, recorded from real packets, are judged to what they were."""

from __future__ import annotations

import json

import pytest

from probes.diagnosis import judge
from probes.model import Stance
from tests.golden import incidents


@pytest.mark.parametrize("name", incidents.names())
def test_a_recorded_incident_is_judged_as_it_was(name: str) -> None:
    verdict = json.loads(json.dumps(incidents.told(judge(incidents.load(name)))))
    assert verdict == incidents.expected(name)


@pytest.mark.parametrize("name", incidents.names())
def test_every_claim_cites_what_was_observed(name: str) -> None:
    evidence = incidents.load(name)
    ids = {observation.id for observation in evidence.observations}
    for finding in judge(evidence).findings:
        assert set(finding.evidence) <= ids
        if finding.stance is not Stance.UNKNOWN:
            assert finding.evidence
