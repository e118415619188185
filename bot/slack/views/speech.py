"""How a view speaks to one reader: words, titles, and what is kept from a channel.

`detail = "roles"` is kept here and nowhere else: a Message that holds an address or a port is
said by its twin in the section `roles.` of the catalog, which has neither, or not at all; an
endpoint is called by its site and its role, never by its own name, which may be a host's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import Any

from bot.slack.markup import Marked, harmless, joined, phrase
from bot.slack.model import Reader
from bot.words import Voice, catalog, titles_of
from probes.model import Context, Kind, Location, Message
from probes.profiles import PROFILES

Json = Any
ROLES = {str(kind) for kind in Kind if kind is not Kind.LINUX} | {
    role for p in PROFILES.values() for role in (p.source_role, p.destination_role)
}
_HELD_BACK = ("port", "service", "sender", "last", "first", "second", "name", "interface")


@dataclass(frozen=True)
class Speech:
    """context: of the check that is spoken of, if one is."""

    reader: Reader
    context: Context | None = None

    @property
    def roles(self) -> bool:
        return self.reader.detail == "roles"

    @cached_property
    def titles(self) -> Mapping[str, str]:
        own = titles_of(self.context) if self.context else {}
        known = {code: harmless(title) for code, title in {**self.reader.titles, **own}.items()}
        if not self.roles:
            return known
        return {code: self._by_role(code, known) for code in known}

    @cached_property
    def voice(self) -> Voice:
        return Voice(self.reader.lang, self.titles)

    def __call__(self, code: str, **params: str | int | float | Message) -> Marked:
        """A sentence of the catalog as mrkdwn; names that have a title are shown by it."""
        return phrase(self.voice, code, **params)

    def plain(self, code: str, **params: str | int | float | Message) -> str:
        """The same for a header, a button or a table: as it is, without marks."""
        return self.voice(code, **params)

    def title(self, code: str) -> str:
        """What people call this site, segment or endpoint."""
        if self.roles and "/" in code and code not in self.titles:
            return self._by_role(code, self.titles)
        return self.titles.get(code, code)

    def pair(self, near: str, far: str) -> str:
        return self.plain("slack.pair", near=self.title(near), far=self.title(far))

    def message(self, said: Message) -> str | None:
        """A Message of the verdict in words; None where this channel may not read them."""
        if self.roles:
            return self._without_places(said)
        unseen = {"first": "slack.hop-before", "second": "slack.hop-behind"}
        params = {
            name: Message(unseen[name]) if value == "?" and name in unseen else value
            for name, value in said.params.items()
        }
        return self.plain(said.code, **params)

    def cause(self, code: str) -> str:
        return self.plain(f"cause.{code}")

    def listed(self, names: Iterable[str], most: int, between: str = ", ") -> str:
        """`a, b, c and 4 more`."""
        every = list(names)
        shown = between.join(every[:most])
        left = len(every) - most
        return shown if left <= 0 else self.plain("slack.and-more", names=shown, count=left)

    def where(self, location: Location) -> Marked:
        """The place in words; at a boundary both owners are named."""
        if location.host:
            return self("where.host", host=self.title(location.host))
        owners = tuple(dict.fromkeys(map(self.title, location.owners)))
        if location.segment is None and len(owners) < 2:
            return self("where.unknown")
        words = self._whose(location, owners)
        if self.roles or not location.between:
            return words
        return joined([words, self._ends(location.between)], ", ")

    def _whose(self, location: Location, owners: Sequence[str]) -> Marked:
        if location.segment is None:
            return self("place.somewhere", one=owners[0], other=owners[-1])
        if location.boundary and len(owners) > 1:
            segment = self.title(location.segment)
            beside = next((owner for owner in owners if owner != segment), segment)
            ends = {"one": owners[0], "other": owners[-1]}
            return self("slack.boundary", **ends, segment=segment, beside=beside)
        return self("place.inside", owner=self.title(location.segment))

    def _ends(self, between: Sequence[str | None]) -> Marked:
        """One end is missing where that side could not look."""
        first, second = between[:2]
        if first and second:
            return self("where.between", first=first, second=second)
        return self("slack.behind" if first else "slack.before", hop=first or second or "?")

    def _without_places(self, said: Message) -> str | None:
        params: dict[str, str | int | float | Message] = {}
        for name, value in said.params.items():
            if isinstance(value, Message):
                inner = self._without_places(value)
                if inner is None:
                    return None
                params[name] = inner
            elif name not in _HELD_BACK and not _is_address(value):
                params[name] = value if not isinstance(value, str) else self.title(value)
        twin = f"roles.{said.code}"
        if twin in catalog("en"):
            return self.plain(twin, **params)
        return self.plain(said.code, **params) if params.keys() == said.params.keys() else None

    def _by_role(self, code: str, known: Mapping[str, str]) -> str:
        site, slash, name = code.partition("/")
        if not slash:
            return known.get(code, code)
        role = name if name in ROLES else self._kind(code)
        words = role if role in ROLES else Voice(self.reader.lang)("slack.some-host")
        return f"{known.get(site, site)} {words}"

    def _kind(self, code: str) -> str:
        every = self.context.endpoints if self.context else ()
        return next((str(e.kind) for e in every if e.id == code), "")


def _is_address(value: object) -> bool:
    try:
        ip_address(str(value))
    except ValueError:
        return False
    return isinstance(value, str)
