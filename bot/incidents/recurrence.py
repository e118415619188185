"""Has this failed before: how often, and how it ended the last time (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.job_facts import Earlier

DAYS = 30
"""How far back a recurrence is looked for."""


@dataclass(frozen=True, slots=True)
class Recurrence:
    """times: the how manieth it is in so many days, this one counted. earlier: the ids of the
    others, newest first. last: the newest of them that is over; its `closed_how` and
    `closed_by` say by whom. after: the seconds that it was open."""

    times: int
    days: int
    earlier: tuple[str, ...]
    last: Earlier | None
    after: float | None


def recurrence(earlier: Sequence[Earlier]) -> Recurrence | None:
    """What `store.jobs.earlier(incident, DAYS * 86400)` found; None: it is the first."""
    if not earlier:
        return None
    over = [one for one in earlier if one.closed is not None]
    last = max(over, key=lambda one: one.closed or 0.0, default=None)
    after = last.closed - last.opened if last and last.closed is not None else None
    newest_first = tuple(one.id for one in reversed(earlier))
    return Recurrence(len(earlier) + 1, DAYS, newest_first, last, after)
