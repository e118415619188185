"""The two answers that tell most: one that came through, one that did not, to the same question.

A diagnosis is a contrast; this finds the one to show where there is room for two lines. It
judges nothing: what a finding rests on was decided before.
"""

from __future__ import annotations

from collections.abc import Sequence

from probes.model import Observation
from probes.readings import Answer, ExchangeReading, Knock, KnockReading, PingReading, TraceReading

_TELLING = ("ping", "knock", "exchange", "trace", "sweep")
_OF_A_PORT = ("knock", "exchange")
_USUAL_SIZE = 56
_TAKEN = (Answer.REPLIED, Answer.CLOSED)  # whoever closes after a control has read it
_NO_WAY = {Knock.SILENT, Knock.PROHIBITED}


def passes(observation: Observation) -> bool | None:
    """Did all of it come through? None for an answer of which that can't be said so shortly."""
    match observation.reading:
        case PingReading() as ping if ping.sent:
            return ping.received == ping.sent
        case KnockReading(rows=rows) if not any(row.ttl for row in rows):
            results = {row.result for row in rows}
            return False if results & _NO_WAY else True if results == {Knock.OPEN} else None
        case ExchangeReading(answer=answer) if answer is not Answer.VOID:
            return answer in _TAKEN
        case TraceReading() as trace:
            return True if trace.reached else False if trace.complete else None
    return None


def contrast(observations: Sequence[Observation]) -> list[Observation]:
    """What came through first, then what did not, to the same question between the same hosts
    where there are such two; else of both kinds the most telling; two at the most."""
    ranked = sorted((o for o in observations if o.probe in _TELLING), key=_rank)
    fine = [o for o in ranked if passes(o)]
    failing = [o for o in ranked if passes(o) is False]
    for bad in failing:
        for good in fine:
            if _question(good) == _question(bad):
                return [good, bad]
    usual = [o for o in fine if _rank(o)[0] == 0]
    if usual and failing and failing[0].probe in _OF_A_PORT:  # other traffic goes on
        return [usual[0], failing[0]]
    return _various(failing or fine or ranked)


def _rank(observation: Observation) -> tuple[int, int]:
    """What people know to read first. A large ping is another question than a usual one."""
    size = getattr(observation.reading, "size", _USUAL_SIZE)
    return (int(size != _USUAL_SIZE), _TELLING.index(observation.probe))


def _question(observation: Observation) -> tuple[object, ...]:
    ask = observation.ask
    size = getattr(observation.reading, "size", _USUAL_SIZE)
    return ask.probe, ask.source, ask.target, size, ask.params.get("ports"), ask.params.get("port")


def _various(observations: Sequence[Observation]) -> list[Observation]:
    """Two that were asked of different hosts, if there are: both ends saw it."""
    first = list(observations[:1])
    other = (o for o in observations if first and o.source != first[0].source)
    return [*first, *(next(other, None) or o for o in observations[1:2])]
