"""What one value alone cannot show to be wrong: names, references, doubles, overlaps (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from probes.inventory_file import InventoryFile, channel_trouble
from probes.mistakes import Mistake, Where, dotted
from probes.model import Address, Network
from probes.toml_lines import LineIndex

_NAME = re.compile(r"\w[\w.-]*")


def mistake(index: LineIndex, where: Where, what: str, mend: str) -> Mistake:
    return Mistake(index.line_of(where) or 0, dotted(where), what, mend)


def names(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """Names become ids such as `seoul/avamar`, and options must not hide among them."""
    written: list[Where] = [("sites", name) for name in file.sites]
    written += [("segments", name) for name in file.segments]
    written += [("sites", s, "endpoints", n) for s, t in file.sites.items() for n in t.endpoints]
    for where in written:
        if not _NAME.fullmatch(str(where[-1])):
            mend = "letters, digits, dots, dashes and underscores, a letter or digit first"
            yield mistake(index, where, f"{where[-1]!r} cannot be a name", mend)
    for name in file.sites.keys() & file.segments.keys():
        what = f"{name!r} is a site and a segment"
        yield mistake(index, ("segments", name), what, "give one of them another name")


def empty_sites(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """A site is an end of a pair; what lies between is a segment."""
    for name, site in file.sites.items():
        if not site.endpoints:
            mend = "add an endpoint, or make it a segment: [segments.…]"
            yield mistake(index, ("sites", name), "a site without endpoints", mend)


def references(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """Every site that is named must be there."""
    named: list[tuple[Where, str]] = []
    for position, pair in enumerate(file.pairs):
        named += [(("pairs", position, end), getattr(pair, end)) for end in ("near", "far")]
    for hook_name, hook in file.hooks.items():
        for position, rule in enumerate(hook.match):
            match = ("hooks", hook_name, "match", position)
            named += [((*match, end), getattr(rule, end)) for end in ("near", "far")]
    for site_name, site in file.sites.items():
        for name, endpoint in site.endpoints.items():
            seen = ("sites", site_name, "endpoints", name, "seen_from")
            named += [((*seen, viewer), viewer) for viewer in endpoint.seen_from]
    for where, name in named:
        if name not in file.sites:
            near = get_close_matches(name, file.sites, n=1, cutoff=0.5)
            known = f"the sites are: {', '.join(file.sites) or 'none'}"
            mend = f"did you mean {near[0]}?" if near else known
            yield mistake(index, where, f"unknown site {name!r}", mend)


def pairs(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    seen: dict[frozenset[str], int] = {}
    for position, pair in enumerate(file.pairs):
        where = ("pairs", position)
        if pair.near == pair.far:
            mend = "name the site that it replicates to"
            yield mistake(index, (*where, "far"), "a site paired with itself", mend)
            continue
        first = seen.setdefault(frozenset((pair.near, pair.far)), position)
        if first != position:
            what = f"{pair.near} and {pair.far} are a pair already"
            mend = f"line {index.line_of(('pairs', first))} has it; take one of them out"
            yield mistake(index, where, what, mend)


def hooks(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """What a hook's form cannot show: its name stands in an address, its rules name pairs."""
    paired = {frozenset((pair.near, pair.far)) for pair in file.pairs}
    for name, hook in file.hooks.items():
        where: Where = ("hooks", name)
        if not _NAME.fullmatch(name):
            mend = "letters, digits, dots, dashes and underscores: senders write it in an address"
            yield mistake(index, where, f"{name!r} cannot be a name", mend)
        if hook.require_timestamp and (hook.auth != "hmac" or hook.format == "pagerduty"):
            what = "only a signature can cover a timestamp, and PagerDuty's does not"
            yield mistake(index, (*where, "require_timestamp"), what, "take it out")
        for position, rule in enumerate(hook.match):
            known = {rule.near, rule.far} <= file.sites.keys()
            if known and frozenset((rule.near, rule.far)) not in paired:
                what = f"{rule.near} and {rule.far} are no pair"
                yield mistake(index, (*where, "match", position), what, "add a [[pairs]] entry")


def addresses(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """Two endpoints with one address would make evidence about one count for the other."""
    seen: dict[Address, str] = {}
    for site_name, site in file.sites.items():
        for name, endpoint in site.endpoints.items():
            where = ("sites", site_name, "endpoints", name, "address")
            first = seen.setdefault(endpoint.address, f"{site_name}/{name}")
            if first != f"{site_name}/{name}":
                what = f"{endpoint.address} is {first}'s address too"
                yield mistake(index, where, what, "each endpoint has its own address")


def networks(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """The longest prefix decides whose hop it is, so no two owners may have the same one."""
    seen: dict[Network, tuple[str, str]] = {}
    for section, owners in (("sites", file.sites), ("segments", file.segments)):
        for name, owner in owners.items():
            for network in owner.networks:
                first = seen.setdefault(network, (section, name))
                if first != (section, name):
                    what = f"{network} is {'.'.join(first)}'s network too"
                    mend = "give it to one owner, or to one of them a longer prefix"
                    yield mistake(index, (section, name, "networks"), what, mend)


def channels(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """A channel that Slack cannot have would be shown more than was meant for it."""
    for name in file.slack.channels:
        if trouble := channel_trouble(name):
            yield mistake(index, ("slack", "channels", name), *trouble)


def strangers(file: InventoryFile, index: LineIndex) -> Iterator[Mistake]:
    """A warning: an endpoint outside its site's networks; a typing error more often than not."""
    for site_name, site in file.sites.items():
        for name, endpoint in site.endpoints.items():
            if site.networks and not any(endpoint.address in n for n in site.networks):
                where = ("sites", site_name, "endpoints", name, "address")
                what = f"{endpoint.address} is in none of the networks of {site_name}"
                yield mistake(index, where, what, "add its network, if the address is right")
