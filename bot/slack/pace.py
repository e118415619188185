"""How fast we may speak: Slack's limits, kept before Slack has to (facts/slack.md, Limits).

Posts are a second apart in each channel: faster, and Slack silently hides some. Edits share one
budget in the whole workspace, whichever check makes them; final ones may use all of it, those of a
running check only a part, evenly over time, so that a final one always finds room. Where Slack
says 429, that method rests in that channel for as long as Slack says.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal

Method = Literal["post", "edit", "file", "look"]
"""What Slack counts by itself; look: asking what stands there."""

POST_SECONDS = 1.0
"""Between two posts in a channel; a shared file is a post."""
EDITS, EDITS_SECONDS = 50, 60.0
"""So many edits in so many seconds, in the whole workspace."""
LIVE_EDITS, LIVE_SECONDS = 6, 10.0
"""No edit of a running check while there were so many edits in so many seconds: 36 a minute, the
rest is for final ones."""
_MARGIN = 0.01  # seconds: clocks and networks are not exact


class Pace:
    """One for the workspace. clock: monotonic seconds."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._rests: dict[tuple[Method, str], float] = {}
        self._posted: dict[str, float] = {}
        self._edited: deque[float] = deque(maxlen=EDITS)

    async def turn(self, method: Method, channel: str) -> None:
        """Wait until this may be sent; it counts as sent when this returns."""
        while (seconds := self._seconds_until(method, channel)) > 0:
            await self._sleep(seconds + _MARGIN)
        self._take(method, channel)

    def try_live_edit(self) -> bool:
        """May a running check's message be edited now? True counts as sent. False while Slack
        rests any edit: the limit that was met is the workspace's."""
        now = self._clock()
        resting = any(m == "edit" and until > now for (m, _), until in self._rests.items())
        if resting or sum(at > now - LIVE_SECONDS for at in self._edited) >= LIVE_EDITS:
            return False
        self._edited.append(now)
        return True

    def rest(self, method: Method, channel: str, seconds: float) -> None:
        """Slack answered 429, and said for how long."""
        now = self._clock()
        self._rests = {key: until for key, until in self._rests.items() if until > now}
        self._rests[method, channel] = now + seconds

    def _seconds_until(self, method: Method, channel: str) -> float:
        now = self._clock()
        free = self._rests.get((method, channel), now)
        if method == "look":
            return free - now
        if method == "edit":
            full = len(self._edited) == EDITS
            room = self._edited[0] + EDITS_SECONDS if full else now
        else:
            room = self._posted.get(channel, now - POST_SECONDS) + POST_SECONDS
        return max(free, room) - now

    def _take(self, method: Method, channel: str) -> None:
        now = self._clock()
        if method == "edit":
            self._edited.append(now)
        elif method != "look":
            self._posted[channel] = now
