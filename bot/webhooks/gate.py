"""How much one source may send: so many a minute, so many at once (pure but for the counting).

The bounds keep one mad sender from filling the disk and from starving the others; what is refused
is told when to come again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

AT_ONCE = 64
"""Deliveries of one source that are read or written at the same time: a body each in memory."""
WAITING = 512
"""Deliveries of one source that are there at all; those beyond `AT_ONCE` are not read yet."""


@dataclass(slots=True)
class Gate:
    """A bucket that fills evenly; a minute's worth may come at once."""

    per_minute: int
    inside: int = 0
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _left: float = field(init=False)
    _seen: float = field(default=0.0)

    def __post_init__(self) -> None:
        self._left = float(self.per_minute)

    @property
    def full(self) -> bool:
        """As many are there as may be."""
        return self.inside >= WAITING

    def wait(self, now: float) -> float:
        """Count a delivery in, and say 0; or the seconds after which the next one may come. now:
        any clock that rises."""
        rate = self.per_minute / 60
        self._left = min(float(self.per_minute), self._left + max(0.0, now - self._seen) * rate)
        self._seen = now
        if self._left < 1.0:
            return (1.0 - self._left) / rate
        self._left -= 1.0
        return 0.0
