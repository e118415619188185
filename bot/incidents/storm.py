"""Many pairs fail together: what do they share (pure).

A storm is one incident above the others, named by the segment that their paths share: a site, or
a stretch between sites.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from probes.inventory import IncidentSettings


@dataclass(frozen=True, slots=True)
class Opened:
    """An incident that was opened. at: epoch seconds."""

    incident: str
    pair_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Storm:
    """segment: what all its pairs cross. incidents: those that belong to it, oldest first.
    whole: no pair that crosses the segment goes on."""

    segment: str
    incidents: tuple[str, ...]
    since: float
    whole: bool


def storm(
    opened: Iterable[Opened],
    crosses: Mapping[str, frozenset[str]],
    now: float,
    settings: IncidentSettings,
) -> Storm | None:
    """The storm that the incidents of the last `storm_within` seconds are; None: they are none.

    crosses: by pair id, the sites and segments that its path is known to cross, for every pair
    of the inventory. The segment with the most failed pairs is named; of several, the one of
    whose pairs the fewest go on, and of these the one with the fewest pairs.
    """
    recent = [one for one in opened if 0 <= now - one.at <= settings.storm_within]
    failed = {one.pair_id for one in recent}
    shared = {name for pair_id in failed for name in crosses.get(pair_id, ())}

    def crossing(segment: str) -> set[str]:
        return {pair_id for pair_id, names in crosses.items() if segment in names}

    def rank(segment: str) -> tuple[int, float, str]:
        all_of_it = crossing(segment)
        return -len(failed & all_of_it), len(all_of_it - failed) / len(all_of_it), segment

    segment = min(shared, key=rank, default=None)
    if segment is None or len(failed & crossing(segment)) < settings.storm_pairs:
        return None
    in_it = sorted(
        (one for one in recent if one.pair_id in crossing(segment)),
        key=lambda one: (one.at, one.incident),
    )
    whole = crossing(segment) <= failed
    return Storm(segment, tuple(one.incident for one in in_it), in_it[0].at, whole)
