"""What the device's owner is asked: what to search, what to change, how to prove it (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.ticket.model import Statement, Tuple5, said
from bot.ticket.vendors import searches
from probes.model import Cause, Message

INSPECTS = (Cause.PAYLOAD_BLOCKED, Cause.RESET_INJECTED, Cause.SOURCE_QUARANTINED)
FILTERS = (Cause.PORT_FILTERED, Cause.PORT_REJECTED, Cause.IDLE_TIMEOUT)
CARRIES = (
    Cause.UNREACHABLE,
    Cause.NO_RETURN_PATH,
    Cause.ROUTING_LOOP,
    Cause.PACKET_LOSS,
    Cause.TRANSIT_FAULT,
    Cause.PATH_MTU,
    Cause.LOW_BANDWIDTH,
)
ON_DEVICES = (*INSPECTS, *FILTERS, *CARRIES)
"""Causes that a device on the path makes; every other one is a host's own."""

GO_DARK = (Cause.SOURCE_QUARANTINED, Cause.UNREACHABLE, Cause.NO_RETURN_PATH)
"""Causes in which packets of every kind that was alive are lost from one moment on."""

_KINDS = {
    Cause.SOURCE_QUARANTINED: ("ips-log", "block-table", "rpc-inspection"),
    Cause.PAYLOAD_BLOCKED: ("ips-log", "rpc-inspection"),
    Cause.RESET_INJECTED: ("ips-log", "rpc-inspection"),
    Cause.PORT_FILTERED: ("traffic-log",),
    Cause.PORT_REJECTED: ("traffic-log",),
    Cause.IDLE_TIMEOUT: ("traffic-log",),
}


@dataclass(frozen=True, slots=True)
class Ends:
    """The two hosts by name and address, and the port."""

    source: Message
    target: Message
    port: int


def asked(cause: Cause, ends: Ends, when: str | None) -> Iterator[Statement]:
    """In the order in which it is done: find it, free it, exempt it, prove it."""
    pair = {"source": ends.source, "target": ends.target}
    yield said("ticket-ask.confirm" if cause not in CARRIES else "ticket-ask.confirm-stretch")
    at = Message("ticket-ask.at", {"at": when}) if when else Message("ticket-ask.at-unknown")
    if cause in INSPECTS:
        yield said("ticket-ask.search", **pair, at=at)
    if cause is Cause.SOURCE_QUARANTINED:
        yield said("ticket-ask.table")
        yield said("ticket-ask.exempt-both", **pair)
    elif cause in INSPECTS:
        yield said("ticket-ask.exempt", **pair)
    elif cause in FILTERS:
        yield said("ticket-ask.rule", **pair, port=ends.port, at=at)
        yield said("ticket-ask.allow", **pair, port=ends.port)
    else:
        yield said("ticket-ask.path", **pair)
    yield said("ticket-ask.retest" if cause in INSPECTS else "ticket-ask.retest-idle")


def by_vendor(cause: Cause, views: tuple[Tuple5, ...]) -> Iterator[Statement]:
    """What the data file has for this cause, with the first side's addresses."""
    kinds = _KINDS.get(cause, ())
    if not views or not kinds:
        return
    yield said("ticket-search.any-vendor")
    if cause in INSPECTS:
        yield said("ticket-search.allow-is-no-answer")
    seen = views[0]
    where = {
        "source": str(seen.source),
        "destination": str(seen.target),
        "port": str(seen.target_port),
    }
    for search in searches():
        if search.kind in kinds:
            told = said(
                "ticket-search.at" if search.verified else "ticket-search.at-unverified",
                vendor=search.vendor,
                kind=Message(f"ticket-kind.{search.kind}"),
                source=search.source,
            )
            yield Statement(told.words, (), (search.filled(where),))
