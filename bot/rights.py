"""May this person do this here: a reason, not a bool (pure).

Law 9 is kept here: anyone may stop; sending a trigger needs the right to. Whatever Slack could
not tell counts against the one who asks: a Person who is not known is foreign, a Room that is not
known is one that the bot is not in and that others read.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.slack.model import Detail, Person, Room
from probes.inventory import ChannelSettings, SlackSettings
from probes.model import Message, Pair


@dataclass(frozen=True, slots=True)
class Denied:
    """No, and why, with what would help."""

    message: Message


def may_ask(pair: Pair, room: Room) -> Denied | None:
    """May a check of this pair be asked in this room?

    Without `ask_from`: wherever the bot is, a direct message to it too. With it: there alone, and
    so not in a direct message, where nobody else sees what is asked. The channels are named only
    where no other organisation reads them.
    """
    if pair.ask_from and not _names(room) & set(pair.ask_from):
        if room.shared:
            return Denied(Message("right.not-here"))
        return Denied(Message("right.ask-from", {"channels": ", ".join(pair.ask_from)}))
    if room.member:
        return None
    return Denied(Message("right.not-with-you" if room.direct else "right.not-member"))


def may_send(pair: Pair, person: Person, groups: Collection[str], room: Room) -> Denied | None:
    """May this person consent to the trigger's bytes here? groups: the user groups of
    `may_trigger` that the person is in.

    A person listed by user ID may, whoever employs them. Nobody else of another organisation
    does, by a group neither: who is in a group is decided by whoever manages it. Where a list
    stands, it decides alone; else whoever may ask may send.
    """
    if pair.trigger == "no":
        return Denied(Message("right.trigger-off", {"near": pair.near, "far": pair.far}))
    if person.id in pair.may_trigger:
        return None
    if person.foreign:
        return Denied(Message("right.foreign"))
    if not pair.may_trigger:
        return may_ask(pair, room)
    if set(groups) & set(pair.may_trigger):
        return None
    return Denied(Message("right.not-listed"))


def may_stop(person: Person, room: Room, asked_in: str | None) -> Denied | None:
    """May this person stop a check that was asked in the channel `asked_in` (an ID; None: not in
    Slack)? Anyone may: stopping does no harm, and who is harmed by a check must be able to end
    it. Who is of another organisation may where they see the check, not by guessing its number.
    """
    if person.foreign and room.id != asked_in:
        return Denied(Message("right.stop-elsewhere"))
    return None


def may_unfreeze(person: Person) -> Denied | None:
    """May this person lift a freeze? To freeze is to stop beforehand, so anyone may; lifting one
    lets bytes be sent again, and that is not for other organisations to say."""
    return Denied(Message("right.unfreeze")) if person.foreign else None


def detail_of(room: Room, settings: SlackSettings) -> Detail:
    """How much the room is shown: roles where other organisations read or the inventory says so,
    by name or by ID."""
    hidden = any(channel.detail == "roles" for channel in _settings_of(room, settings))
    return "roles" if room.shared or hidden else "addresses"


def language_of(room: Room, person: Person | None, settings: SlackSettings) -> str:
    """What is posted in the room is in this language: the channel's, else the default of all, else
    that of whoever asked (None: nobody did). A direct message is its reader's. What one person
    alone reads is in their own language first: the caller's to say."""
    own = person.lang if person else None
    if room.direct and own:
        return own
    channel = next((c.language for c in _settings_of(room, settings) if c.language), None)
    return channel or settings.language or own or "en"


def _names(room: Room) -> set[str]:
    """As the inventory may call it. A direct message has no name that others could not take."""
    return {room.id} if room.direct or not room.name else {room.id, f"#{room.name}"}


def _settings_of(room: Room, settings: SlackSettings) -> list[ChannelSettings]:
    """The ID's first: a name can be given to another channel."""
    names = sorted(_names(room), key=lambda name: name.startswith("#"))
    return [settings.channels[name] for name in names if name in settings.channels]
