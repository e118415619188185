"""The Slack side's vocabulary: who reads, where, and what is said there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.request import CheckResult
from bot.words import Voice

Json = Any
Detail = Literal["addresses", "roles"]
"""How much a channel may see. roles: no address, host name or code; sites, roles, the record."""


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom words are made. titles: what people call sites, segments and endpoints. page: the
    address of the incident's page, where there is one."""

    lang: str = "en"
    detail: Detail = "addresses"
    titles: Mapping[str, str] = field(default_factory=dict)
    page: str | None = None

    @property
    def voice(self) -> Voice:
        return Voice(self.lang, self.titles)


@dataclass(frozen=True, slots=True)
class Post:
    """A message as Slack takes it, within Slack's limits. text: for notifications and for
    readers without blocks; it leads with what matters."""

    text: str
    blocks: tuple[dict[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file for the thread. alt_text: what a picture shows, in words. comment: the words that
    stand above it."""

    name: str
    title: str
    content: bytes
    alt_text: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Dialog:
    """A modal: the view that views.open takes, within Slack's limits."""

    view: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack. lang: of their locale, None where we have no words in it. zone: their
    time zone's name. foreign: of another organisation, or not known: then nothing is theirs."""

    id: str
    name: str
    lang: str | None
    zone: str | None
    foreign: bool


@dataclass(frozen=True, slots=True)
class Room:
    """A channel. member: the bot is in it. shared: people of other organisations read it (also
    where Slack could not say: then less is shown)."""

    id: str
    name: str
    member: bool
    private: bool
    direct: bool
    shared: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a check was asked, and how to answer there: kept with the check, so that the answer
    can be given after a restart. thread: Slack's name of the thread it was asked in, or None."""

    channel: str
    user: str
    lang: str
    detail: Detail
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """Somebody pressed, and when (epoch seconds). by: a Slack user's id."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Told:
    """What a check's root message tells once there is a verdict. state: the check's, as the
    record has it (running: the recovery is being watched). asked_by: a Slack user's id.
    rerun: the check that ran again after this one. incident_cause: what the incident's newest fault
    was, found by this check or another. frozen: who froze a site of the pair, if one is. copied:
    when a copy succeeded that closed the incident (epoch seconds)."""

    result: CheckResult
    state: Literal["running", "finished", "stopped", "interrupted"]
    asked_by: str
    stopped_by: Press | None = None
    acknowledged: Press | None = None
    closed: Press | None = None
    incident_open: bool = True
    rerun: str | None = None
    incident_cause: str | None = None
    frozen: Press | None = None
    copied: float | None = None
