"""What the readers of a picture may be told (`detail` of a channel): in `roles` no address and no
host name, only sites, segments and roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from bot.picture.text import clean
from bot.words import Voice
from probes.model import Address, Context, Kind
from probes.profiles import PROFILES

Detail = Literal["addresses", "roles"]
_LONGEST = 60  # characters of a title; more than two lines of a band hold


@dataclass(frozen=True, slots=True)
class Names:
    """How owners, hosts and addresses are called in front of these readers."""

    context: Context
    titles: Mapping[str, str]
    voice: Voice
    detail: Detail

    @classmethod
    def of(cls, context: Context, voice: Voice, detail: Detail) -> Names:
        """Titles are made clean here, so the voice that says the sentences must not put in the
        raw ones for words that happen to be codes: it knows none."""
        return cls(context, voice.titles, Voice(voice.lang), detail)

    def owner(self, name: str | None) -> str:
        """The title of a site or segment; words where an address is nobody's."""
        if name is None:
            return self.voice("picture.nobody")
        title = clean(self.titles.get(name, name)) or name
        return title if len(title) <= _LONGEST else title[: _LONGEST - 1].rstrip() + "…"

    def site(self, endpoint_id: str) -> str:
        return self.owner(endpoint_id.partition("/")[0])

    def role(self, endpoint_id: str) -> str:
        """The endpoint's name; in `roles` its kind, unless its name is a role's (a name that
        people chose may be the host's own)."""
        name = endpoint_id.partition("/")[2]
        if self.detail == "addresses" or name in self._roles:
            return clean(name)
        return str(self.context.endpoint(endpoint_id).kind)

    def host(self, endpoint_id: str) -> str:
        return f"{self.site(endpoint_id)} {self.role(endpoint_id)}"

    def address(self, address: Address | str | None) -> str | None:
        """None where readers are told no addresses, or there is none."""
        return str(address) if address is not None and self.detail == "addresses" else None

    @property
    def _roles(self) -> set[str]:
        profile = PROFILES.get(self.context.pair.profile)
        of_profile = {profile.source_role, profile.destination_role} if profile else set()
        return {str(kind) for kind in Kind} | of_profile
