"""The path drawn: each direction's hops with their owners, idle beside failing, and where it
is blocked. It shows the same paths that were judged (probes/scene.py), never other ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from bot.words import Voice
from probes.localise import Path
from probes.model import Address, Context, Evidence
from probes.ownership import owner_in
from probes.readings import TraceReading
from probes.scene import Scene, Window

_NEAR_SIDE = ("near-to-far", "both", None)
_FAR_SIDE = ("far-to-near", "both", None)
_HOP_WIDTH, _TIME_WIDTH, _LEAST_OWNER = 3, 11, 8


@dataclass(frozen=True, slots=True)
class Way:
    """One direction. blocked_after: the address behind which it is blocked, if it is."""

    source: str
    target: str
    idle: Path | None
    failing: Path | None
    idle_times: Mapping[int, float]
    failing_times: Mapping[int, float]
    blocked_after: str | None


def drawing(
    evidence: Evidence, location: Mapping[str, Any] | None, voice: Voice, width: int
) -> Iterator[Text]:
    """The lines of both directions' drawings, near's first."""
    scene = Scene(evidence)
    near, far = scene.source, scene.destination
    between = (location or {}).get("between") or (None, None)
    direction = (location or {}).get("direction")
    yield from _overview(scene, location, voice, width)
    first = between[0] if direction in _NEAR_SIDE else None
    second = between[1] if direction in _FAR_SIDE else None
    for source, target, end in ((near, far, first), (far, near, second)):
        yield Text()
        yield from _lines(_way(scene, source, target, end), evidence.context, voice, width)


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


# --- the overview: one line of owners ---------------------------------------------------


def _overview(
    scene: Scene, location: Mapping[str, Any] | None, voice: Voice, width: int
) -> Iterator[Text]:
    """`Seoul ━━━ Carrier (10) ━━━ ✖ ━━━ Busan (2)`: owners, and how many hops each has."""
    way = _way(scene, scene.source, scene.destination, None)
    path = way.idle or way.failing
    stretches = _stretches(path, scene.context) if path else []
    if not stretches:
        return
    blocked = _last_before((location or {}).get("between"), path, stretches)
    line = Text()
    for position, (owner, hops) in enumerate(stretches):
        if position:
            line.append(" ━━ ")
        count = f" ({hops})" if hops else ""
        line.append(f"{voice.title(owner) if owner else '?'}{count}", style="bold")
        if position == blocked:
            line.append(" ━━ ")
            line.append(f"✖ {voice('path.blocked')}", style="bold red")
    if line.cell_len <= width:
        yield line


def _stretches(path: Path, context: Context) -> list[tuple[str | None, int]]:
    """Runs of hops of one owner, to the target's; a silent hop counts with the one before it."""
    runs: list[tuple[str | None, int]] = [(owner_in(context, path.origin), 0)]
    for hop in path.hops:
        owner = owner_in(context, hop) if hop is not None else runs[-1][0]
        if owner == runs[-1][0]:
            runs[-1] = (owner, runs[-1][1] + 1)
        else:
            runs.append((owner, 1))
    last = owner_in(context, path.target)
    return runs if runs[-1][0] == last else [*runs, (last, 0)]


def _last_before(
    between: list[str | None] | None, path: Path | None, stretches: list[tuple[str | None, int]]
) -> int | None:
    """Which run holds the last hop before the block; None where the place is not known."""
    if not between or path is None or between[0] is None or len(between) != 2:
        return None
    hops = [str(hop) for hop in path.hops]
    count = hops.index(between[0]) + 1 if between[0] in hops else 0
    for position, (_, size) in enumerate(stretches):
        if count <= size:
            return position
        count -= size
    return None


# --- one direction ----------------------------------------------------------------------


def _lines(way: Way, context: Context, voice: Voice, width: int) -> Iterator[Text]:
    title = {"source": way.source, "target": way.target}
    yield Text(voice("path.from-to", **title), style="bold")
    spine = way.idle or way.failing
    if spine is None:
        yield Text("  " + voice("path.not-looked", **title))
        return
    rows = max(len(p.hops) for p in (way.idle, way.failing) if p)
    origin = spine.origin
    addresses = [str(_at(way, n)) for n in range(rows)] + [str(origin)]
    address_width = max(15, *map(cell_len, addresses))
    taken = _HOP_WIDTH + address_width + 2 * _TIME_WIDTH + 8
    owner_width = max(_LEAST_OWNER, min(28, width - taken))

    def line(hop: str, address: str, owner: str, idle: str, failing: str) -> Text:
        cells = (hop.rjust(_HOP_WIDTH), address, owner, idle, failing)
        sizes = (_HOP_WIDTH, address_width, owner_width, _TIME_WIDTH, _TIME_WIDTH)
        padded = (set_cell_size(c, s) for c, s in zip(cells, sizes, strict=True))
        return Text("  ".join(padded).rstrip())

    idle_title = voice("path.idle") if way.idle else ""
    failing_title = voice("path.failing") if way.failing else ""
    head = line("", voice("path.address"), voice("path.owner"), idle_title, failing_title)
    head.stylize("dim")
    yield head
    yield line("0", str(origin), voice.title(way.source), "", "")
    yield from _mark(way, str(origin), voice)
    for n in range(rows):
        address = _at(way, n)
        owner = owner_in(context, address) if address is not None else None
        yield line(
            str(n + 1),
            str(address) if address is not None else "*",
            voice.title(owner) if owner else "",
            _state(way.idle, way.idle_times, n, voice),
            _state(way.failing, way.failing_times, n, voice),
        )
        yield from _mark(way, str(address), voice)
    if not spine.reached:
        silent = [voice("path.silent") if path else "" for path in (way.idle, way.failing)]
        yield line("…", str(spine.target), voice.title(way.target), *silent)


def milliseconds(seconds: float) -> str:
    """Two digits that mean something: `0.04 ms`, `3.1 ms`, `54 ms`."""
    ms = seconds * 1000
    return f"{ms:.2f} ms" if ms < 1 else f"{ms:.1f} ms" if ms < 10 else f"{ms:.0f} ms"


def _mark(way: Way, address: str, voice: Voice) -> Iterator[Text]:
    if way.blocked_after is not None and way.blocked_after == address:
        yield Text(f"     ✖ ━━━━ {voice('path.blocked-behind')} ━━━━", style="bold red")


def _at(way: Way, n: int) -> Address | None:
    """The hop's address: idle, else failing."""
    for path in (way.idle, way.failing):
        if path and n < len(path.hops) and path.hops[n] is not None:
            return path.hops[n]
    return None


def _state(path: Path | None, times: Mapping[int, float], n: int, voice: Voice) -> str:
    if path is None:
        return ""
    if n >= len(path.hops) or path.hops[n] is None:
        return voice("path.silent")
    rtt = times.get(n + 1)
    return voice("path.answers") if rtt is None else milliseconds(rtt)
