"""The path drawn: each direction's hops with their owners, idle beside failing, and where it
is blocked (bot/path.py says what is drawn).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from bot.path import Way, last_before, stretches, ways
from bot.words import Voice
from probes.localise import Path
from probes.model import Context, Evidence
from probes.ownership import owner_in

_HOP_WIDTH, _TIME_WIDTH, _LEAST_OWNER = 3, 11, 8


def drawing(
    evidence: Evidence, location: Mapping[str, Any] | None, voice: Voice, width: int
) -> Iterator[Text]:
    """The lines of both directions' drawings, near's first."""
    both = ways(evidence, location)
    yield from _overview(both[0], evidence.context, location, voice, width)
    for way in both:
        yield Text()
        yield from _lines(way, evidence.context, voice, width)


# --- the overview: one line of owners ---------------------------------------------------


def _overview(
    way: Way, context: Context, location: Mapping[str, Any] | None, voice: Voice, width: int
) -> Iterator[Text]:
    """`Seoul ━━━ Carrier (10) ━━━ ✖ ━━━ Busan (2)`: owners, and how many hops each has."""
    path = way.spine
    if path is None:
        return
    runs = stretches(path, context)
    blocked = last_before((location or {}).get("between"), path, runs)
    line = Text()
    for position, (owner, hops) in enumerate(runs):
        if position:
            line.append(" ━━ ")
        count = f" ({hops})" if hops else ""
        line.append(f"{voice.title(owner) if owner else '?'}{count}", style="bold")
        if position == blocked:
            line.append(" ━━ ")
            line.append(f"✖ {voice('path.blocked')}", style="bold red")
    if line.cell_len <= width:
        yield line


# --- one direction ----------------------------------------------------------------------


def _lines(way: Way, context: Context, voice: Voice, width: int) -> Iterator[Text]:
    title = {"source": way.source, "target": way.target}
    yield Text(voice("path.from-to", **title), style="bold")
    spine = way.spine
    if spine is None:
        yield Text("  " + voice("path.not-looked", **title))
        return
    rows = way.length
    origin = spine.origin
    addresses = [str(way.at(n)) for n in range(rows)] + [str(origin)]
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
        address = way.at(n)
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


def _state(path: Path | None, times: Mapping[int, float], n: int, voice: Voice) -> str:
    if path is None:
        return ""
    if n >= len(path.hops) or path.hops[n] is None:
        return voice("path.silent")
    rtt = times.get(n + 1)
    return voice("path.answers") if rtt is None else milliseconds(rtt)
