"""What the readers of a picture may be told (`detail` of a channel): in `roles` no address and no
host name, only sites, segments and roles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.picture.text import clean
from bot.words import Voice
from probes.model import Address, Context, Kind
from probes.profiles import PROFILES

Detail = Literal["addresses", "roles"]


@dataclass(frozen=True, slots=True)
class Names:
    """How owners, hosts and addresses are called in front of these readers."""

    context: Context
    voice: Voice
    detail: Detail

    def owner(self, name: str | None) -> str:
        """The title of a site or segment; words where an address is nobody's."""
        return clean(self.voice.title(name)) or name if name else self.voice("picture.nobody")

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
