"""An interface's error counters rise while traffic flows.

Old totals mean nothing (facts/path-diagnosis.md): two readings are compared, one from before
and one from while packets vanished.
"""

from __future__ import annotations

from probes.hypotheses.base import Hypothesis, Need, refuted, unknown
from probes.model import Cause, Finding
from probes.readings import CountersReading
from probes.scene import Scene


def test(scene: Scene) -> Finding:
    before_and_after = scene.counters
    rose = [
        interface
        for before, after in before_and_after
        for interface in _risen(before.reading, after.reading)
    ]
    ids = [o.id for pair in before_and_after for o in pair]
    if rose:
        return unknown(Cause.LINK_ERRORS, "link.rose", ids, interface=rose[0])
    return refuted(Cause.LINK_ERRORS, "link.no-rise", ids)


def _risen(before: object, after: object) -> list[str]:
    if not isinstance(before, CountersReading) or not isinstance(after, CountersReading):
        return []
    old = {i.name: i.rx_errors + i.tx_errors for i in before.interfaces}
    return [i.name for i in after.interfaces if i.rx_errors + i.tx_errors > old.get(i.name, 0)]


VANISHED = Need("nothing-vanished", lambda scene: scene.window is not None)
COUNTED = Need("no-counters", lambda scene: bool(scene.counters))
HYPOTHESIS = Hypothesis(Cause.LINK_ERRORS, (VANISHED, COUNTED), test)
