"""What is done once, whoever presses first: the Send of a check, its Re-run, a summary shared.

A claim is on disk (`storage.inbox`), so it holds over a restart; one that came to nothing is given
back, so that the button still works.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from bot.slack.visit import Visit
from storage.inbox import Inbox

Json = Any


@dataclass(frozen=True, slots=True)
class Claim:
    """Who was first. mine: this very press. answer: what came of it, as far as it is known."""

    key: str
    mine: bool
    by: str
    at: float
    answer: dict[str, Json]


class Claims:
    """Everything raises StoreError."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    async def make(self, visit: Visit, key: str) -> Claim:
        """Be the first. A press that is acted on again after a restart is still the same press."""
        body = {"by": visit.person.id, "delivery": visit.taken.key}
        claimed = await self._inbox.claim(key, body, time.time())
        mine = claimed.body["delivery"] == visit.taken.key
        return Claim(key, mine, claimed.body["by"], claimed.at, claimed.answer or {})

    async def settle(self, claim: Claim, answer: dict[str, Json]) -> None:
        """What came of it."""
        await self._inbox.done_with(claim.key, answer, time.time())

    async def release(self, claim: Claim) -> None:
        """Nothing came of it: the next press is first again."""
        await self._inbox.release(claim.key)

    async def of_others(self, visit: Visit, key: str) -> Claim | None:
        """Whoever was first, where that was not this press."""
        found = await self._inbox.find(key)
        if found is None or found.body["delivery"] == visit.taken.key:
            return None
        return Claim(key, mine=False, by=found.body["by"], at=found.at, answer=found.answer or {})
