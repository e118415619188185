"""Words that ask for a check of a pair → the pair, or what is wrong with them (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from bot.slack.calls import Ask, Help, Mistake, mistake
from bot.slack.naming import Names, nearest_of
from bot.slack.typed import Word, cut, text_of
from probes.inventory import Inventory
from probes.model import Pair

_TRIGGER = "trigger"
_LISTED = 8  # pairs in one sentence

Trigger = Literal["yes", "no"]


@dataclass(frozen=True, slots=True)
class _Options:
    """rest: the words that are none. trouble: an option that is wrong, and what is."""

    rest: list[Word]
    trigger: Trigger | None
    trouble: tuple[str, str] | None


def asked(said: list[Word], inventory: Inventory, names: Names) -> Ask | Mistake:
    """The check that is asked for."""
    options = _options(said)
    asking = _Asking(inventory, names, options.rest, options.trigger)
    pairs = asking.pairs
    if options.trouble:
        code, option = options.trouble
        return mistake(code, asking.likely(), option=cut(option))
    if len(pairs) == 1:
        return Ask(pairs[0].near, pairs[0].far, options.trigger)
    return asking.mistake()


def _options(said: list[Word]) -> _Options:
    rest: list[Word] = []
    values: list[Trigger] = []
    trouble = None
    left = list(said)
    while left:
        word = left.pop(0)
        if not word.is_option:
            rest.append(word)
            continue
        name = word.key.lstrip("-")
        value = _yes_or_no(left[0]) if left else None
        if name != _TRIGGER:
            trouble = trouble or ("unknown-option", word.text)
        elif value is None:
            trouble = trouble or ("trigger-value", word.text)
        if value and nearest_of(name, (_TRIGGER,)):
            values.append(value)
            left.pop(0)
    if len(set(values)) > 1:
        trouble = trouble or ("trigger-value", f"--{_TRIGGER}")
    # Where it is not clear which of them is meant, the one that sends nothing is shown.
    trigger: Trigger | None = "no" if "no" in values else values[0] if values else None
    return _Options(rest, trigger, trouble)


def _yes_or_no(word: Word) -> Trigger | None:
    match word.key:
        case "yes":
            return "yes"
        case "no":
            return "no"
    return None


class _Asking:
    """What may be meant by the words that are no options."""

    def __init__(
        self, inventory: Inventory, names: Names, said: list[Word], trigger: Trigger | None
    ) -> None:
        self._inventory, self._names = inventory, names
        self._said, self._trigger = said, trigger
        self._halves = list(self._two_sites())

    @property
    def pairs(self) -> list[Pair]:
        """The pairs that the words may name, however they are parted in two."""
        return [p for p in self._inventory.pairs if {p.near, p.far} in map(set, self._halves)]

    def likely(self, extra: Iterable[str] = ()) -> Ask | Help:
        """The check of the pair that has most of the sites that were named, or that these are."""
        sites = {*extra, *self._spotted()[0]}
        best = max(self._inventory.pairs, key=lambda p: len({p.near, p.far} & sites), default=None)
        return Ask(best.near, best.far, self._trigger) if best else Help()

    def mistake(self) -> Mistake:
        """Why the words name no pair, or not one."""
        all_pairs, pairs = self._inventory.pairs, self.pairs
        if not all_pairs:
            return mistake("no-pairs", Help())
        if not self._said:
            return mistake("no-sites", self.likely(), pairs=_listed(all_pairs))
        if pairs:
            right = Ask(pairs[0].near, pairs[0].far, self._trigger)
            return mistake("several-pairs", right, pairs=_listed(pairs))
        if site := self._names.one(text_of(self._said)):
            return self._one_site(site)
        if self._halves:
            near, far = self._halves[0]
            if near == far:
                return mistake("same-site", self.likely(), site=near, pairs=self._with(near))
            pairs_there_are = self._with(near, far)
            return mistake("no-pair", self.likely(), near=near, far=far, pairs=pairs_there_are)
        return self._not_understood()

    def _one_site(self, site: str) -> Mistake:
        pairs = [p for p in self._inventory.pairs if site in (p.near, p.far)]
        if not pairs:
            return mistake("alone", self.likely(), site=site, pairs=self._with(site))
        return mistake("one-site", self.likely([site]), site=site, pairs=_listed(pairs))

    def _not_understood(self) -> Mistake:
        sites, unknown = self._spotted()
        if not unknown:
            return mistake("two-sites", self.likely(), sites=self._names.listed(sites))
        name = unknown[0]
        shown = cut(name)
        if several := self._names.called(name):
            listed = self._names.listed(several)
            return mistake("several-sites", self.likely(several), name=shown, sites=listed)
        if any({p.near, p.far} == set(sites) for p in self._inventory.pairs):
            return mistake("leftover", self.likely(), word=shown)
        if nearest := [site for _, site in self._names.nearest(name)]:
            listed = self._names.listed(nearest)
            return mistake("did-you-mean", self.likely(nearest[:1]), name=shown, nearest=listed)
        listed = self._names.listed(self._names.sites)
        return mistake("no-site", self.likely(), name=shown, sites=listed)

    def _two_sites(self) -> Iterator[tuple[str, str]]:
        """Every way to part the words in two sites: titles are words too."""
        count, most = len(self._said), self._names.most_words
        for at in range(max(1, count - most), min(count - 1, most) + 1):
            near = self._names.one(text_of(self._said[:at]))
            far = self._names.one(text_of(self._said[at:]))
            if near and far:
                yield near, far

    def _spotted(self) -> tuple[list[str], list[str]]:
        """The sites that are named anywhere, by as many words as fit, and the words of none."""
        sites: list[str] = []
        unknown: list[str] = []
        at = 0
        while at < len(self._said):
            for end in range(min(len(self._said), at + self._names.most_words), at, -1):
                if site := self._names.one(text_of(self._said[at:end])):
                    sites.append(site)
                    at = end
                    break
            else:
                unknown.append(self._said[at].text)
                at += 1
        return sites, unknown

    def _with(self, *sites: str) -> str:
        """All pairs, those that these sites are in first."""
        return _listed(sorted(self._inventory.pairs, key=lambda p: not {p.near, p.far} & {*sites}))


def _listed(pairs: Iterable[Pair]) -> str:
    shown = [f"{pair.near} {pair.far}" for pair in pairs]
    return ", ".join(shown[:_LISTED] + ["…"] * (len(shown) > _LISTED))
