"""What the picture says in words, for the image and for its alternative text alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from bot.path import Way
from bot.picture.lanes import Lane, Section
from bot.picture.names import Names
from probes.ownership import owner_in

Document = Mapping[str, Any]
"""The contract's verdict document."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One side of the blocked stretch: whose, and how its people find the router."""

    owner: str | None
    address: str | None
    hop: str | None


def headline(document: Document, names: Names) -> str:
    """The cause, or what is known instead."""
    voice = names.voice
    if document["outcome"] != "fault":
        return voice(f"picture.{document['outcome']}")
    words = voice(f"cause.{document['cause']}")
    return words[:1].upper() + words[1:]


def where(document: Document, names: Names) -> str | None:
    """The place in words, without addresses; None where there is no fault to place."""
    location, voice = document["location"], names.voice
    if document["outcome"] != "fault" or location is None:
        return None
    if location["host"]:
        return voice("place.host", host=names.host(location["host"]))
    owners = list(dict.fromkeys(location["owners"]))
    if len(owners) > 1:
        one, other = names.owner(owners[0]), names.owner(owners[-1])
        known = "place.boundary" if location["segment"] else "place.somewhere"
        return voice(known, one=one, other=other)
    if location["segment"]:
        return voice("place.inside", owner=names.owner(location["segment"]))
    return voice("place.unknown")


def talk_to(document: Document, names: Names) -> str | None:
    """Whose people have to act: both neighbours of the stretch, or the host's site."""
    location = document["location"]
    if document["outcome"] != "fault":
        return None
    owners = list((location or {}).get("owners") or ())
    if location and location["host"]:
        owners = [location["host"].partition("/")[0]]
    owners = owners or [advice["owner"] for advice in document["advice"]]
    titles = dict.fromkeys(names.owner(owner) for owner in owners)
    return names.voice("picture.talk-to", owners=", ".join(titles)) if titles else None


def direction(location: Mapping[str, Any], lanes: tuple[Lane, Lane], names: Names) -> str | None:
    """Which way is blocked."""
    if location["direction"] is None:
        return None
    if location["direction"] == "both":
        return names.voice("picture.blocked-both")
    lane = lanes[0] if location["direction"] == "near-to-far" else lanes[1]
    return names.voice("picture.blocked-one-way", target=names.site(lane.way.target))


def neighbours(
    location: Mapping[str, Any], lanes: tuple[Lane, Lane], names: Names
) -> tuple[Neighbour, Neighbour]:
    """The two ends of the stretch, near's first."""
    first, second = location["between"][0], location["between"][-1]
    owners = (
        [*location["owners"], None, None] if len(location["owners"]) < 2 else location["owners"]
    )
    return (
        _neighbour(first, owners[0], lanes[0].way, names),
        _neighbour(second, owners[-1], lanes[1].way, names),
    )


def _neighbour(address: str | None, owner: str | None, way: Way, names: Names) -> Neighbour:
    """owner: whose it is where the address is not known."""
    if address is not None:
        owner = owner_in(names.context, ip_address(address))
    return Neighbour(owner, names.address(address), _hop(way, address, names))


def traces_pass(lanes: tuple[Lane, Lane]) -> bool:
    """Is the stretch known by something else than traces: they go through it, or were not made?"""
    return any(lane.blocked and lane.failing is not False for lane in lanes)


def details(neighbour: Neighbour, names: Names) -> list[str]:
    """What stands below the owner's name."""
    found = [words for words in (neighbour.address, neighbour.hop) if words]
    return found or [names.voice("picture.not-seen")]


def _hop(way: Way, address: str | None, names: Names) -> str | None:
    """`hop 6 from Seoul`; of the host itself, its name."""
    path = way.spine
    if path is None or address is None:
        return None
    if address == str(path.origin):
        return names.host(way.source)
    hops = [str(way.at(n)) for n in range(way.length)]
    if address not in hops:
        return None
    source = names.site(way.source)
    return names.voice("picture.hop-from", hop=hops.index(address) + 1, source=source)


def hops(count: int, names: Names) -> str:
    """`1 hop`, `4 hops`."""
    voice = names.voice
    return voice("picture.hops-one") if count == 1 else voice("picture.hops-many", count=count)


def owner(section: Section, names: Names) -> str:
    """Whose hops these are."""
    return names.voice("picture.several") if section.several else names.owner(section.owner)


def runs(lane: Lane, names: Names) -> Iterator[str]:
    """Owners and their hops in the way's own order, and a word where the stretch blocks it."""
    parts = (lane.below, lane.above) if lane.upwards else (lane.above, lane.below)
    first, second = (part[::-1] if lane.upwards else part for part in parts)
    for section in first:
        yield f"{owner(section, names)} ({hops(section.size, names)})"
    if lane.blocked:
        yield names.voice("path.blocked")
    for section in second:
        yield f"{owner(section, names)} ({hops(section.size, names)})"
