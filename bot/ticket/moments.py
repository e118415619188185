"""Moments to the millisecond in UTC and in the reader's zones, and how they were made (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.ticket.model import Sent, Statement, said
from probes.inventory_expect import parse
from probes.model import Context
from probes.readings import ClockReading
from probes.scene import Scene

Zones = Sequence[ZoneInfo]


def known_zones(context: Context) -> tuple[ZoneInfo, ...]:
    """The zone that the pair's own schedule is written in, where it has one."""
    try:
        return (parse(context.pair.expect).zone,) if context.pair.expect else ()
    except ValueError:  # an inventory of another time: its form is not ours to judge here
        return ()


def moment(at: float, zones: Zones = ()) -> str:
    """`2026-11-22 06:17:04.120 UTC (15:17:04.120 Asia/Seoul)`; a zone's day where it differs."""
    utc = datetime.fromtimestamp(at, UTC)
    local = [utc.astimezone(zone) for zone in zones if zone.key != "UTC"]
    shown = ", ".join(f"{_short(there, utc)} {there.tzinfo}" for there in local)
    return f"{_day(utc)} {_clock(utc)} UTC" + (f" ({shown})" if shown else "")


def time_of_day(at: float) -> str:
    """`06:17:04.120`, where the day has been said."""
    return _clock(datetime.fromtimestamp(at, UTC))


def clocks(scene: Scene, sent: Sent | None, zones: Zones) -> Iterator[Statement]:
    """How the times were made, and how far each host's clock was off."""
    yield said("ticket-time.checker")
    if not zones:
        yield said("ticket-time.no-zone")
    if sent is not None and sent.stamped is not None:
        stamped = moment(sent.stamped)
        yield said("ticket-time.stamped", sent.id, host=sent.source, stamped=stamped)
    for observation in scene.clocks:
        if isinstance(observation.reading, ClockReading):
            yield said(
                "ticket-time.offset",
                observation.id,
                host=observation.source,
                offset=observation.reading.offset,
                within=observation.reading.within,
            )
    if not scene.clocks:
        yield said("ticket-time.no-clocks")


def _short(there: datetime, utc: datetime) -> str:
    return _clock(there) if there.date() == utc.date() else f"{_day(there)} {_clock(there)}"


def _day(at: datetime) -> str:
    return at.strftime("%Y-%m-%d")


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03d}"
