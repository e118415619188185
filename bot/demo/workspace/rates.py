"""Slack's rate limits, as token buckets on the workspace's clock.

Slack documents tiers as "so many or more a minute", and that short bursts pass. How large a burst
is not documented: here a method's whole minute may be used at once, and then refills evenly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pace:
    """`burst` calls at once, then `each_second` more a second."""

    burst: float
    each_second: float


def a_minute(count: int) -> Pace:
    return Pace(count, count / 60)


@dataclass(slots=True)
class Rates:
    """The limits of one workspace; tests that are not about them use `Rates.roomy()`.

    `posts` counts for each channel alone (chat.postMessage, about one a second), everything else
    for each method in the whole workspace.
    """

    tier1: Pace = field(default_factory=lambda: Pace(20, 1 / 3))
    tier2: Pace = field(default_factory=lambda: a_minute(20))
    tier3: Pace = field(default_factory=lambda: a_minute(50))
    tier4: Pace = field(default_factory=lambda: a_minute(100))
    posts: Pace = field(default_factory=lambda: Pace(5, 1))
    special: Pace = field(default_factory=lambda: a_minute(300))
    _levels: dict[tuple[str, str], tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def roomy(cls) -> Rates:
        """Limits that no test meets by accident."""
        wide = Pace(1_000_000, 1_000_000)
        return cls(wide, wide, wide, wide, wide, wide)

    def pace(self, tier: str) -> Pace:
        found = getattr(self, tier)
        assert isinstance(found, Pace)  # noqa: S101 - a tier is named in the table of methods alone
        return found

    def take(self, tier: str, method: str, channel: str, now: float) -> int | None:
        """None where the call passes, else the seconds after which to try again (Retry-After)."""
        pace = self.pace(tier)
        key = (method, channel if tier == "posts" else "")
        level, at = self._levels.get(key, (pace.burst, now))
        level = min(pace.burst, level + (now - at) * pace.each_second)
        if level < 1:
            self._levels[key] = (level, now)
            return max(1, math.ceil((1 - level) / pace.each_second))
        self._levels[key] = (level - 1, now)
        return None
