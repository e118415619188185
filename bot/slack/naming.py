"""What people call the sites: by name or title, in full or by a beginning that fits one (pure)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from ipaddress import ip_address

from bot.slack.typed import key, unescaped, without_tags
from probes.inventory import Inventory
from probes.model import Pair

_ALIKE = 0.6
"""How alike two words are of which one may be the other misspelt; 1 is the same."""
_MOST_COMPARED = 80  # characters; comparing costs their square
_LISTED = 8  # sites in one sentence
_ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)|(?<![\w:.])[0-9A-Fa-f]*:[0-9A-Fa-f:]+(?![\w:])"
)


class Names:
    """The sites of an inventory, to be asked by what was typed."""

    def __init__(self, inventory: Inventory) -> None:
        self._names = {name: key(name) for name in inventory.sites}
        self._shown = {name: site.title for name, site in inventory.sites.items()}
        self._titles = {name: key(site.title) for name, site in inventory.sites.items()}

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(self._names)

    @property
    def most_words(self) -> int:
        """Of how many words the longest name is."""
        return max(
            (len(n.split()) for n in (*self._names.values(), *self._titles.values())), default=1
        )

    def listed(self, sites: Iterable[str]) -> str:
        """Sites as they may be typed, each with its title."""
        shown = [n if (t := self._shown[n]) == n else f"{n} ({t})" for n in sites]
        return ", ".join(shown[:_LISTED] + ["…"] * (len(shown) > _LISTED))

    def whole(self, text: str) -> bool:
        """Is a site's name just this?"""
        return key(text) in self._names.values()

    def called(self, text: str) -> tuple[str, ...]:
        """The sites that it may mean: a whole name before a whole title before a beginning, of
        either or of a word in them. More than one: it could be any of them."""
        wanted = key(text)
        if not wanted:
            return ()
        if text in self._names:
            return (text,)
        for names in (self._names, self._titles):
            if whole := tuple(name for name, called in names.items() if called == wanted):
                return whole
        return tuple(
            name
            for name in self._names
            if any(f" {wanted}" in f" {n[name]}" for n in (self._names, self._titles))
        )

    def one(self, text: str) -> str | None:
        """The one site that it means, if it is one."""
        found = self.called(text)
        return found[0] if len(found) == 1 else None

    def nearest(self, text: str, most: int = 3) -> list[tuple[float, str]]:
        """The sites that are spelt most like it, with how alike they are; the best first."""
        wanted = key(text)
        found = [(max(_alike(wanted, c) for c in self._of(name)), name) for name in self._names]
        return sorted((f for f in found if f[0] >= _ALIKE), key=lambda f: -f[0])[:most]

    def _of(self, name: str) -> Iterator[str]:
        yield self._names[name]
        yield self._titles[name]
        yield from self._titles[name].split()


def nearest_of(text: str, known: tuple[str, ...]) -> tuple[float, str] | None:
    """The one of some words that it is spelt most like, with how alike they are."""
    best = max((_alike(key(text), word), word) for word in known)
    return best if best[0] >= _ALIKE else None


def pairs_in(text: str, inventory: Inventory) -> Pair | None:
    """The pair that a failure's message speaks of, if it can only be one: both its sites are
    named in it (by name, title or an address of theirs), or one that belongs to one pair."""
    sites = set(_sites_in(unescaped(without_tags(text)), inventory))
    both = [pair for pair in inventory.pairs if {pair.near, pair.far} <= sites]
    either = [pair for pair in inventory.pairs if {pair.near, pair.far} & sites]
    possible = both or (either if len(sites) == 1 else [])
    return possible[0] if len(possible) == 1 else None


def _alike(one: str, other: str) -> float:
    """By letters: a Korean syllable with one letter wrong is still most of it."""
    one, other = (unicodedata.normalize("NFD", word[:_MOST_COMPARED]) for word in (one, other))
    return SequenceMatcher(None, one, other).ratio()


def _sites_in(text: str, inventory: Inventory) -> Iterator[str]:
    named: dict[str, set[str]] = {}
    for name, site in inventory.sites.items():
        named.setdefault(name.casefold(), set()).add(name)
        named.setdefault(site.title.casefold(), set()).add(name)
    # The longest first. A particle may follow (`부산으로`), and dashes join names in a job's.
    pattern = "|".join(map(re.escape, sorted(filter(None, named), key=len, reverse=True)))
    for match in re.finditer(rf"(?<![^\W_])(?:{pattern})(?![A-Za-z0-9])", text.casefold()):
        yield from named.get(match[0], ())
    for match in _ADDRESS.finditer(text):
        try:
            owner = inventory.owner(ip_address(match[0]))
        except ValueError:
            continue
        if owner in inventory.sites:
            yield str(owner)
