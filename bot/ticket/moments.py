"""Moments to the millisecond in UTC and in the reader's zones, and how they were made (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from bot.ticket.model import Sent, Statement, said
from probes.inventory_expect import parse
from probes.model import Observation
from probes.readings import ClockReading
from probes.scene import Scene

Zones = Sequence[tzinfo]
_PRINTED = re.compile(r"\b(\d\d):(\d\d):(\d\d) +([A-Z]{3,5}) +\d{4}\b")
_QUARTER, _DAY = 900, 86_400  # seconds; zones differ from UTC by quarters of an hour


def known_zones(scene: Scene) -> tuple[tzinfo, ...]:
    """The zone that the pair's own schedule is written in; else those that the hosts' own clocks
    print (`system show date`)."""
    expected = scene.context.pair.expect
    try:
        if expected:
            return (parse(expected).zone,)
    except ValueError:  # an inventory of another time: its form is not ours to judge here
        pass
    found = [_printed_zone(observation) for observation in scene.clocks]
    return tuple({str(zone): zone for zone in found if zone is not None}.values())


def _printed_zone(clock: Observation) -> tzinfo | None:
    """How far the printed time of day is from the same moment in UTC, under the printed name: an
    abbreviation alone can mean several zones."""
    reading, printed = clock.reading, _PRINTED.search(clock.transcript.text)
    if not isinstance(reading, ClockReading) or not printed:
        return None
    hours, minutes, seconds = map(int, printed.groups()[:3])
    host = clock.transcript.started + reading.offset
    ahead = (hours * 3600 + minutes * 60 + seconds - host) % _DAY
    quarters = round(ahead / _QUARTER) * _QUARTER
    signed = quarters - _DAY if quarters > _DAY * 14 // 24 else quarters
    return timezone(timedelta(seconds=signed), printed[4])


def moment(at: float, zones: Zones = ()) -> str:
    """`2026-11-22 06:17:04.120 UTC (15:17:04.120 Asia/Seoul)`; a zone's day where it differs."""
    utc = datetime.fromtimestamp(at, UTC)
    local = [utc.astimezone(zone) for zone in zones if str(zone) != "UTC"]
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
    printed = {o.id: zone for o in scene.clocks if (zone := _printed_zone(o)) in zones}
    for zone in dict.fromkeys(printed.values()):
        cited = [o for o, own in printed.items() if own == zone]
        yield said("ticket-time.printed-zone", *cited, zone=str(zone))
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
