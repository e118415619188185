"""When an open incident's pair is to be checked again (pure)."""

from __future__ import annotations

from collections.abc import Sequence

_MINUTE, _HOUR = 60.0, 3600.0
PAUSES = (15 * _MINUTE, 30 * _MINUTE, _HOUR, 2 * _HOUR, 4 * _HOUR)
"""Seconds between one check and the next, the last for all that follow: soon while it may pass by
itself, seldom once somebody has to act. A check asks some 150 pings of a network in trouble."""


def next_check(started: Sequence[float], last_failed: float | None) -> float:
    """When the next check is due, epoch seconds; 0.0 is now. started: when the incident's checks
    were begun, oldest first. A failure that came after the last of them begins anew."""
    if not started:
        return 0.0
    last = started[-1]
    if last_failed is not None and last_failed > last:
        return last + PAUSES[0]
    return last + PAUSES[min(len(started), len(PAUSES)) - 1]
