"""sites.toml → Inventory, with every mistake named at once, each with its line and its mend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from probes import inventory_checks as checks
from probes.inventory_file import (
    EndpointTable,
    HookTable,
    IncidentsTable,
    InventoryFile,
    PairTable,
    SiteTable,
    SlackTable,
    SshTable,
)
from probes.inventory_text import read
from probes.mistakes import InventoryError, Mistake
from probes.model import Address, Endpoint, Pair, Segment, Site, SshAccess
from probes.ownership import owner_of
from probes.toml_lines import LineIndex

__all__ = [
    "ChannelSettings",
    "Hook",
    "IncidentSettings",
    "Inventory",
    "InventoryError",
    "MatchRule",
    "Mistake",
    "NoSuchPair",
    "SlackSettings",
    "load",
]


class NoSuchPair(LookupError):  # noqa: N818 - reads as the sentence it is
    """The two sites are not a pair. pairs: those there are; nearest: for each name that is
    no site, the sites that are spelt most like it."""

    def __init__(
        self, near: str, far: str, pairs: tuple[Pair, ...], sites: tuple[str, ...]
    ) -> None:
        super().__init__(f"no pair of {near} and {far}")
        self.near, self.far, self.pairs = near, far, pairs
        self.nearest = {
            name: tuple(get_close_matches(name, sites, n=3, cutoff=0.5))
            for name in dict.fromkeys((near, far))
            if name not in sites
        }


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What a channel is shown, and in which language; None: the default of all channels."""

    detail: Literal["addresses", "roles"] = "addresses"
    language: Literal["en", "ko"] | None = None


@dataclass(frozen=True, slots=True)
class SlackSettings:
    """language: the channels' default, None: whoever asks decides. channels: by `#name` or ID."""

    language: Literal["en", "ko"] | None = None
    channels: Mapping[str, ChannelSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchRule:
    """Whose jobs these are. job and labels: patterns with * and ?; all of them must fit."""

    pair: Pair
    job: str
    labels: Mapping[str, str]
    channel: str | None
    severity: Literal["minor", "major", "critical"]


@dataclass(frozen=True, slots=True)
class Hook:
    """A source of job events. secret: the name of a variable in the environment."""

    name: str
    format: Literal["generic", "alertmanager", "grafana", "pagerduty", "zabbix", "splunk"]
    auth: Literal["hmac", "bearer", "url-token"]
    secret: str
    require_timestamp: bool
    per_minute: int
    match: tuple[MatchRule, ...]


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    """fingerprint: what makes two failures of a pair the same one: `job`, or names of labels.
    same_pair_within: seconds within which any other failure of the pair is too. A storm is
    `storm_pairs` pairs that fail within `storm_within` seconds."""

    fingerprint: tuple[str, ...] = ("job",)
    same_pair_within: float = 24 * 3600.0
    storm_pairs: int = 5
    storm_within: float = 600.0


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that sites.toml says, checked."""

    path: Path
    sites: Mapping[str, Site]
    segments: tuple[Segment, ...]
    pairs: tuple[Pair, ...]
    hooks: Mapping[str, Hook]
    warnings: tuple[Mistake, ...] = ()
    slack: SlackSettings = SlackSettings()
    incidents: IncidentSettings = IncidentSettings()

    def pair(self, a: str, b: str) -> Pair:
        """The pair of two sites, named in either order; NoSuchPair if there is none."""
        if found := _find(self.pairs, a, b):
            return found
        raise NoSuchPair(a, b, self.pairs, tuple(self.sites))

    def owner(self, address: Address) -> str | None:
        """Whose address it is: the longest prefix over all sites and segments."""
        return owner_of(address, self.sites.values(), self.segments)


def load(path: Path | str) -> Inventory:
    """Read and check a file. InventoryError names every mistake; nothing is half loaded."""
    path = Path(path).absolute()
    draft = read(path)
    file, index = draft.file, draft.index
    mistakes = [*draft.syntax, *draft.values]
    if not mistakes:  # else they may only seem to be empty
        mistakes += checks.empty_sites(file, index)
    if not draft.syntax:  # else a site may stand in lines that could not be read
        mistakes += checks.references(file, index)
    mistakes += checks.names(file, index)
    mistakes += checks.pairs(file, index)
    mistakes += checks.addresses(file, index)
    mistakes += checks.networks(file, index)
    mistakes += checks.channels(file, index)
    mistakes += checks.hooks(file, index)
    mistakes += _files(file, path, index)
    if mistakes:
        raise InventoryError(path, mistakes)
    pairs = tuple(_pair(table) for table in file.pairs)
    return Inventory(
        path=path,
        sites=MappingProxyType({n: _site(n, t, path.parent) for n, t in file.sites.items()}),
        segments=tuple(
            Segment(n, t.title or n, tuple(t.networks)) for n, t in file.segments.items()
        ),
        pairs=pairs,
        hooks=MappingProxyType({n: _hook(n, t, pairs) for n, t in file.hooks.items()}),
        warnings=tuple(checks.strangers(file, index)),
        slack=_slack(file.slack),
        incidents=_incidents(file.incidents),
    )


def _files(file: InventoryFile, path: Path, index: LineIndex) -> list[Mistake]:
    """Keys and known_hosts must be there and readable by us before a host is asked."""
    mistakes = []
    for site_name, site in file.sites.items():
        for name, endpoint in site.endpoints.items():
            for key in ("key", "known_hosts") if endpoint.ssh else ():
                where = ("sites", site_name, "endpoints", name, "ssh", key)
                wanted = path.parent / Path(getattr(endpoint.ssh, key)).expanduser()
                if trouble := _unreadable(wanted):
                    mistakes.append(checks.mistake(index, where, trouble, _FILE_MENDS[key]))
    return mistakes


_FILE_MENDS = {
    "key": "put the private key there, readable by this user; the path is relative to this file",
    "known_hosts": "collect the hosts' keys with ssh-keyscan, compare them, and put them there",
}


def _unreadable(path: Path) -> str | None:
    if not path.is_file():
        return f"there is no file {path}"
    return None if os.access(path, os.R_OK) else f"{path} cannot be read"


def _site(name: str, table: SiteTable, folder: Path) -> Site:
    endpoints = {n: _endpoint(name, n, t, folder) for n, t in table.endpoints.items()}
    return Site(name, table.title or name, tuple(table.networks), MappingProxyType(endpoints))


def _endpoint(site: str, name: str, table: EndpointTable, folder: Path) -> Endpoint:
    return Endpoint(
        site=site,
        name=name,
        kind=table.kind,
        address=table.address,
        ssh=_ssh(table.ssh, table.address, folder) if table.ssh else None,
        seen_from=MappingProxyType(dict(table.seen_from)),
    )


def _ssh(table: SshTable, address: Address, folder: Path) -> SshAccess:
    return SshAccess(
        host=table.host or str(address),
        port=table.port,
        user=table.user,
        key=folder / Path(table.key).expanduser(),
        known_hosts=folder / Path(table.known_hosts).expanduser(),
        via=table.via,
        legacy_algorithms=table.legacy_algorithms,
    )


def _pair(table: PairTable) -> Pair:
    return Pair(
        near=table.near,
        far=table.far,
        profile=table.profile,
        trigger=table.trigger,
        trigger_from_hooks=table.trigger_from_hooks,
        trigger_every_seconds=table.trigger_every,
        ask_from=tuple(table.ask_from),
        may_trigger=tuple(table.may_trigger),
        rpo_seconds=table.rpo,
        expect=table.expect,
        loss_percent=table.loss_percent,
        bandwidth_mbit=table.bandwidth_mbit,
        clock_skew_seconds=table.clock_skew_seconds,
    )


def _hook(name: str, table: HookTable, pairs: tuple[Pair, ...]) -> Hook:
    rules = (
        MatchRule(pair, rule.job, MappingProxyType(rule.labels), rule.channel, rule.severity)
        for rule in table.match
        if (pair := _find(pairs, rule.near, rule.far))
    )
    secret = table.secret.removeprefix("env:")
    timestamp = table.require_timestamp
    return Hook(name, table.format, table.auth, secret, timestamp, table.per_minute, tuple(rules))


def _find(pairs: tuple[Pair, ...], a: str, b: str) -> Pair | None:
    return next((pair for pair in pairs if {pair.near, pair.far} == {a, b}), None)


def _incidents(table: IncidentsTable) -> IncidentSettings:
    return IncidentSettings(
        tuple(table.fingerprint), table.same_pair_within, table.storm_pairs, table.storm_within
    )


def _slack(table: SlackTable) -> SlackSettings:
    channels = {n: ChannelSettings(t.detail, t.language) for n, t in table.channels.items()}
    return SlackSettings(table.language, MappingProxyType(channels))
