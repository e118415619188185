"""How old a pair's last good copy is, and when it was older than it may be (pure).

All times are epoch seconds. `rpo`: how old the last good copy may be, in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Age:
    """seconds: how old the copy is. exceeded_since: since when it is older than it may be; None:
    it is not, or nothing says how old it may be."""

    last_good: float
    seconds: float
    exceeded_since: float | None


@dataclass(frozen=True, slots=True)
class Span:
    """until: None while it lasts."""

    since: float
    until: float | None


def age(last_good: float | None, rpo: float | None, now: float) -> Age | None:
    """How far behind the pair is; None where no good copy is known, which is not the same as
    an old one."""
    if last_good is None:
        return None
    limit = None if rpo is None else last_good + rpo
    exceeded = limit if limit is not None and limit < now else None
    return Age(last_good, max(0.0, now - last_good), exceeded)


def exceeded(copies: Iterable[float], rpo: float, now: float) -> tuple[Span, ...]:
    """When the last good copy was older than it may be, oldest first, out of the times of the
    good copies. Before the first of them nothing is known."""
    times = sorted(at for at in copies if at <= now)
    if not times:
        return ()
    past = [Span(one + rpo, following) for one, following in pairwise(times)]
    spans = [*past, Span(times[-1] + rpo, None)]
    return tuple(s for s in spans if s.since < (now if s.until is None else s.until))
