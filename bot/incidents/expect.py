"""Silence is a failure too: when a copy was due, and did not come (pure).

The form of `expect` is read in probes/inventory_expect.py. All times are epoch seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice

from cronsim import CronSim

from probes.inventory_expect import DAYS, Expectation

_INSTANT = timedelta(seconds=1)  # cronsim counts from after a moment, and a due time is due


def due_times(expected: Expectation, now: float, count: int) -> list[float]:
    """The newest `count` times at which a copy was due, newest first. On a day whose clock leaps
    over the time it is due when the clock has leapt; where the time comes twice, the first."""
    moment = datetime.fromtimestamp(now, expected.zone).replace(microsecond=0) + _INSTANT
    past = CronSim(_cron(expected), moment, reverse=True)
    return [due.timestamp() for due in islice(past, count)]


def next_due(expected: Expectation, now: float) -> float:
    """The next time after now at which a copy is due."""
    return next(CronSim(_cron(expected), datetime.fromtimestamp(now, expected.zone))).timestamp()


def silent_since(
    expected: Expectation, last_good: float | None, known_since: float, now: float
) -> float | None:
    """The due time at which a copy was missing; None: none is missing. A copy counts for a due
    time when it came after the one before.

    known_since: when we began to listen: what was due before that, nobody would have told us.
    """
    due, before = due_times(expected, now, 2)
    if due <= known_since or (last_good is not None and last_good > before):
        return None
    return due


def _cron(expected: Expectation) -> str:
    days = ",".join(DAYS[day].upper() for day in sorted(expected.days))
    return f"{expected.minute} {expected.hour} * * {days}"
