"""The host answers, and says that its replication service is disabled or not licensed.

"Not configured for replication" with exit status 2 is what a healthy Avamar pair says and
never counts (facts/backup-appliances.md, section 0b).
"""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, Need, refuted, unknown
from probes.model import Cause, Finding
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    enabled, disabled = scene.boost_status
    if disabled:
        return unknown(Cause.REPLICATION_SERVICE_DISABLED, "boost.disabled", disabled)
    return refuted(Cause.REPLICATION_SERVICE_DISABLED, "boost.enabled", enabled)


ASKED = Need("no-status", lambda scene: any(scene.boost_status))
HYPOTHESIS = Hypothesis(Cause.REPLICATION_SERVICE_DISABLED, (ASKED,), test)
