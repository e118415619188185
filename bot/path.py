"""Both directions of the path as evidence shows them: what every drawing of it draws (pure).

They are the same paths that were judged (probes/scene.py), never other ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from probes.localise import Path
from probes.model import Address, Context, Evidence
from probes.ownership import owner_in
from probes.readings import TraceReading
from probes.scene import Scene, Window

_NEAR_SIDE = ("near-to-far", "both", None)
_FAR_SIDE = ("far-to-near", "both", None)

Stretch = tuple[str | None, int]
"""Who owns a run of hops, and how many they are."""


@dataclass(frozen=True, slots=True)
class Way:
    """One direction, idle and failing; None where that side did not look.

    times: seconds to each hop (from 1). blocked_after: the address behind which it is
    blocked, if it is.
    """

    source: str
    target: str
    idle: Path | None
    failing: Path | None
    idle_times: Mapping[int, float]
    failing_times: Mapping[int, float]
    blocked_after: str | None

    @property
    def spine(self) -> Path | None:
        """The path that gives the drawing its hops."""
        return self.idle or self.failing

    @property
    def length(self) -> int:
        """How many hops the longer of its paths has."""
        return max((len(path.hops) for path in (self.idle, self.failing) if path), default=0)

    def at(self, n: int) -> Address | None:
        """The address of hop n (from 0): idle's, else failing's; None for a silent one."""
        for path in (self.idle, self.failing):
            if path and n < len(path.hops) and path.hops[n] is not None:
                return path.hops[n]
        return None


def ways(evidence: Evidence, location: Mapping[str, Any] | None) -> tuple[Way, Way]:
    """Near to far and far to near. location: the verdict document's, or None."""
    scene = Scene(evidence)
    near, far = scene.source, scene.destination
    between = (location or {}).get("between") or (None, None)
    direction = (location or {}).get("direction")
    first = between[0] if direction in _NEAR_SIDE else None
    second = between[1] if direction in _FAR_SIDE else None
    return _way(scene, near, far, first), _way(scene, far, near, second)


def stretches(path: Path, context: Context) -> list[Stretch]:
    """Runs of hops of one owner, to the target's; a silent hop counts with the one before it."""
    runs: list[Stretch] = [(owner_in(context, path.origin), 0)]
    for hop in path.hops:
        owner = owner_in(context, hop) if hop is not None else runs[-1][0]
        if owner == runs[-1][0]:
            runs[-1] = (owner, runs[-1][1] + 1)
        else:
            runs.append((owner, 1))
    last = owner_in(context, path.target)
    return runs if runs[-1][0] == last else [*runs, (last, 0)]


def last_before(
    between: Sequence[str | None] | None, path: Path, runs: Sequence[Stretch]
) -> int | None:
    """Which run holds the last hop before the block; None where the place is not known."""
    if not between or between[0] is None or len(between) != 2:
        return None
    hops = [str(hop) for hop in path.hops]
    count = hops.index(between[0]) + 1 if between[0] in hops else 0
    for position, (_, size) in enumerate(runs):
        if count <= size:
            return position
        count -= size
    return None


def _way(scene: Scene, source: str, target: str, blocked_after: str | None) -> Way:
    window = scene.window
    return Way(
        source=source,
        target=target,
        idle=_path(scene, source, target, None),
        failing=_path(scene, source, target, window) if window else None,
        idle_times=_times(scene, source, target, None),
        failing_times=_times(scene, source, target, window) if window else {},
        blocked_after=blocked_after,
    )


def _path(scene: Scene, source: str, target: str, window: Window | None) -> Path | None:
    """None too where the inventory leaves one of the two hosts out."""
    if scene.endpoint(source) is None or scene.endpoint(target) is None:
        return None
    return scene.path(source, target, window)


def _times(scene: Scene, source: str, target: str, window: Window | None) -> dict[int, float]:
    """Seconds to each hop (from 1), out of the same rows as the path."""
    times: dict[int, float] = {}
    for observation in scene.traces(source, target, window):
        if isinstance(observation.reading, TraceReading):
            for hop in observation.reading.hops:
                rtt = next((rtt for rtt in hop.rtts if rtt is not None), None)
                if rtt is not None and (window is None or window.holds(hop.at)):
                    times.setdefault(hop.ttl, rtt)
    return times
