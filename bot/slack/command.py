"""What a person typed after `/replcheck`, or to the bot by name → a command, or what is wrong with
it and the right call (pure; the contract's grammar).

Nothing that was typed goes further than into words: a command's sites come out of the inventory,
a check's id and a number of days are made of digits. A first word that is a command's is that
command; a site of that name is meant in quotes, or in second place.
"""

from __future__ import annotations

import re

from bot.slack.asking import asked
from bot.slack.calls import (
    CALL,
    GREETINGS,
    LATER,
    VERBS,
    Ask,
    Command,
    Freeze,
    Help,
    Incidents,
    Mistake,
    Status,
    Stop,
    Summary,
    Unfreeze,
    mistake,
    typed,
)
from bot.slack.naming import Names, nearest_of
from bot.slack.typed import Word, cut, key, text_of, words
from probes.inventory import Inventory
from probes.model import Message

__all__ = [
    "Ask",
    "Command",
    "Freeze",
    "Help",
    "Incidents",
    "Mistake",
    "Status",
    "Stop",
    "Summary",
    "Unfreeze",
    "read",
    "typed",
]

_LONGEST = 500  # characters; a command has a few dozen
_MOST_DAYS = 366
_CHECK = re.compile(r"#?c?([1-9][0-9]{0,8})")
_SPAN = re.compile(r"([1-9][0-9]{0,2}) ?(?:d|days?|일)?")
_HELP = ("-h", "-help", "--help")


def read(text: str, inventory: Inventory) -> Command | Mistake:
    """What to do, or what is wrong. Never raises, whatever the text."""
    said = words(text) if len(text) <= _LONGEST else []
    if max(len(text), len(text_of(said))) > _LONGEST:  # one sign may stand for eighteen
        return mistake("too-long", Help())
    names = Names(inventory)
    said = _without_greeting(said, names)
    if not said or any(word.is_option and word.key in _HELP for word in said):
        return Help()
    first, rest = said[0], said[1:]
    if first.key == LATER and not first.quoted:
        return mistake("later", Help(), word=LATER)
    if first.key in VERBS and not first.quoted:
        return _spoken(first.key, rest, names)
    answer = asked(said, inventory, names)
    if isinstance(answer, Mistake) and (verb := _meant(first, names)):
        meant = _spoken(verb, rest, names)
        call = meant.call if isinstance(meant, Mistake) else typed(meant)
        said_wrong = {"word": cut(first.text), "nearest": f"{CALL} {verb}"}
        return Mistake(Message("command.unknown-word", said_wrong), call)
    return answer


def _without_greeting(said: list[Word], names: Names) -> list[Word]:
    for greeting in GREETINGS:
        called = said and said[0].key == greeting and not said[0].quoted
        if called and not names.whole(greeting):
            said = said[1:]
    return said


def _meant(word: Word, names: Names) -> str | None:
    """The command's word of which this is a misspelling, and more likely than a site's."""
    if word.quoted or names.called(word.text):
        return None
    verb = nearest_of(word.text, tuple(VERBS))
    site = names.nearest(word.text, most=1)
    return verb[1] if verb and (not site or verb[0] >= site[0][0]) else None


def _spoken(verb: str, rest: list[Word], names: Names) -> Command | Mistake:
    """A command's word, and what stands after it."""
    command = VERBS[verb]
    if not rest or isinstance(command, Help):
        return command
    if option := next((word for word in rest if word.is_option), None):
        meant = _spoken(verb, [word for word in rest if not word.is_option], names)
        right = command if isinstance(meant, Mistake) else meant
        return mistake("no-options", right, verb=f"{CALL} {verb}", option=cut(option.text))
    argument = text_of(rest)
    match command:
        case Stop():
            return _stop(argument)
        case Summary():
            return _summary(argument)
        case Freeze() | Unfreeze():
            return _of_site(type(command), argument, names)
    return mistake("takes-nothing", command, verb=f"{CALL} {verb}", word=cut(argument))


def _stop(argument: str) -> Command | Mistake:
    check = _CHECK.fullmatch(key(argument))
    return Stop(f"c{check[1]}") if check else mistake("no-check", Stop(), word=cut(argument))


def _summary(argument: str) -> Command | Mistake:
    span = _SPAN.fullmatch(key(argument))
    if span and int(span[1]) <= _MOST_DAYS:
        return Summary(int(span[1]))
    return mistake("no-days", Summary(), word=cut(argument), most=_MOST_DAYS)


def _of_site(kind: type[Freeze] | type[Unfreeze], name: str, names: Names) -> Command | Mistake:
    found = names.called(name)
    if len(found) == 1:
        return kind(found[0])
    if found:
        sites = names.listed(found)
        return mistake("several-sites", kind(found[0]), name=cut(name), sites=sites)
    if nearest := [site for _, site in names.nearest(name)]:
        meant = names.listed(nearest)
        return mistake("did-you-mean", kind(nearest[0]), name=cut(name), nearest=meant)
    # Not the call without a site, though it is right: it is about all of them.
    right = kind(names.sites[0] if names.sites else None)
    return mistake("no-site", right, name=cut(name), sites=names.listed(names.sites))
