"""What to search for on a device, by vendor: the data file read, and filled with addresses (pure).

A string stands with the page that it was read in, or as unverified: it is never claimed that the
device is of any of these vendors.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

KINDS = ("ips-log", "block-table", "rpc-inspection", "traffic-log")
UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Search:
    """What to look at on one vendor's device. source: a public page, or UNVERIFIED."""

    vendor: str
    kind: str
    what: str
    source: str

    @property
    def verified(self) -> bool:
        return self.source != UNVERIFIED

    def filled(self, where: Mapping[str, str]) -> str:
        return self.what.format(**where)


@cache
def searches() -> tuple[Search, ...]:
    """All of the data file, in its order."""
    text = resources.files(__package__ or "").joinpath("vendors.toml").read_text(encoding="utf-8")
    return tuple(
        Search(vendor["name"], entry["kind"], entry["what"], entry["source"])
        for vendor in tomllib.loads(text)["vendor"]
        for entry in vendor["search"]
    )
