"""`expect`: on which days, by what time of which zone, a pair's copy is to have succeeded (pure).

The form is the contract's, `daily by 06:00 Asia/Seoul`; instead of `daily` also `weekdays`, or
days by name: `mon,thu by 06:00 Asia/Seoul`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(r"(\S+)\s+by\s+(\d{1,2}):(\d{2})\s+(\S+)")
_GROUPS = {"daily": DAYS, "weekdays": DAYS[:5]}


@dataclass(frozen=True, slots=True)
class Expectation:
    """days: 0 is Monday. hour and minute: on the clock of `zone`."""

    days: frozenset[int]
    hour: int
    minute: int
    zone: ZoneInfo


@cache
def parse(text: str) -> Expectation:
    """Read an `expect`. ValueError says what is wrong with it."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} does not say on which days, by when and where")
    names = _GROUPS.get(found[1].lower()) or tuple(found[1].lower().split(","))
    if strange := [name for name in names if name not in DAYS]:
        raise ValueError(f"{strange[0]!r} is no day: daily, weekdays, or {', '.join(DAYS)}")
    hour, minute = int(found[2]), int(found[3])
    if hour > 23 or minute > 59:
        raise ValueError(f"{found[2]}:{found[3]} is no time of day")
    return Expectation(frozenset(map(DAYS.index, names)), hour, minute, _zone(found[4]))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # a folder, a path, a name that is not there
        raise ValueError(f"{name!r} is no time zone: they are named like Asia/Seoul") from None
