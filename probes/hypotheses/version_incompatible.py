"""The two ends' versions cannot work together, by a rule that the finding cites.

The rule: the destination's DD OS is the same or newer; the account's 6.1 → 6.2 was fine
(facts/backup-appliances.md, section 5). A rule that forbids is not built yet.
"""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, Need, refuted, unknown
from probes.model import Cause, Finding
from probes.readings import VersionReading
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    near, far = scene.store_versions
    if not isinstance(near.reading, VersionReading) or not isinstance(far.reading, VersionReading):
        return unknown(Cause.VERSION_INCOMPATIBLE, "unknown.no-observation")
    params = {"near": near.reading.text, "far": far.reading.text}
    if far.reading.version[:2] < near.reading.version[:2]:
        return unknown(
            Cause.VERSION_INCOMPATIBLE, "version.older-destination", (near.id, far.id), **params
        )
    stuck = scene.stuck_messages
    code = "version.dies-before" if stuck else "version.rule-allows"
    cited = (near.id, far.id, *(stuck.evidence if stuck else ()))
    return refuted(Cause.VERSION_INCOMPATIBLE, code, cited, **params)


KNOWN = Need("no-versions", lambda scene: len(scene.store_versions) == 2)
HYPOTHESIS = Hypothesis(Cause.VERSION_INCOMPATIBLE, (KNOWN,), test)
