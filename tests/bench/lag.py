"""How late an event loop is: what blocks it, and what the machine is busy with."""

from __future__ import annotations

import asyncio
import time

TICK = 0.01


async def lags(found: list[float]) -> None:
    """Add to `found`, until cancelled, by how many milliseconds each sleep of 10 ms was late."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(TICK)
        found.append((time.perf_counter() - began - TICK) * 1000)


def percentile(values: list[float], share: float) -> float:
    """The least value that so great a share (0 to 1) does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
