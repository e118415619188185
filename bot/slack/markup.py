"""Text for Slack: what is ours stands as we wrote it, what came from outside can't come alive.

Slack reads `<!channel>`, `<@U…>` and `<https://…>` out of any mrkdwn text. Here a plain str is
always from outside and is escaped; only a Marked is taken as it is, and only the functions of
this file make one. Control characters, and characters that hide or turn text around, are shown
as what they are. Nothing is cut within an entity or a tag (facts/slack.md, "Limits").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from bot.terminal.safe import printable
from bot.words import Voice
from probes.model import Message

MORE = "…"
NOTHING = "–"
_ATOM = re.compile(r"<[^<>]*>|&(?:amp|lt|gt);|.", re.DOTALL)
_PERSON = re.compile(r"[UW][A-Z0-9]{2,30}")
_GROUP = re.compile(r"S[A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,30}")
_FIRST_PLACE = 0xE000  # private use: printable() never lets one of these through from outside


class Marked(str):
    """mrkdwn that may stand in a message as it is."""

    __slots__ = ()


def harmless(text: str) -> str:
    """Lines in which every character shows; no character acts."""
    return "\n".join(map(printable, text.replace("\r\n", "\n").split("\n")))


def marked(text: str) -> Marked:
    """Any text as mrkdwn that shows exactly it; a Marked stays as it is."""
    if isinstance(text, Marked):
        return text
    return Marked(_escaped(harmless(text)))


def bold(text: str) -> Marked:
    """Within one line: Slack ends bold at a line's end."""
    return Marked(f"*{' '.join(marked(text).split())}*")


def lines(parts: Iterable[str]) -> Marked:
    return Marked("\n".join(map(marked, parts)))


def joined(parts: Iterable[str], between: str = " ") -> Marked:
    return Marked(between.join(map(marked, parts)))


def phrase(voice: Voice, code: str, **params: str | int | float | Message) -> Marked:
    """A catalog's sentence as mrkdwn: its own marks act, those in its parameters do not.

    A parameter that is Marked (a mention, a date) stands in it as it is.
    """
    kept: dict[str, Marked] = {}

    def place(value: str | int | float | Message) -> str | int | float | Message:
        if isinstance(value, Marked):
            sign = chr(_FIRST_PLACE + len(kept))
            kept[sign] = value
            return sign
        return " ".join(harmless(value).split()) if isinstance(value, str) else value

    placed = {name: place(value) for name, value in params.items()}
    text = _escaped(voice(code, **placed))
    return Marked("".join(kept.get(character, character) for character in text))


def mention(who: str) -> Marked:
    """A user's or a user group's id as a mention; anything else stands as the text it is."""
    if _PERSON.fullmatch(who):
        return Marked(f"<@{who}>")
    if _GROUP.fullmatch(who):
        return Marked(f"<!subteam^{who}>")
    return marked(who)


def channel(name: str) -> Marked:
    """A channel's id as a link to it; anything else (`#backup`) stands as the text it is."""
    return Marked(f"<#{name}>") if _CHANNEL.fullmatch(name) else marked(name)


def code(text: str) -> Marked:
    """Words to be typed as they stand; a backtick in them would end it."""
    return Marked(f"`{marked(' '.join(text.split()).replace('`', chr(39)))}`")


def link(url: str, words: str) -> Marked:
    """A link that we made; what is no plain web address stands as its words alone."""
    if not re.fullmatch(r"https?://[^\s<>|]+", url):
        return marked(words)
    return Marked(f"<{url}|{marked(words).replace('|', '/')}>")


def moment(at: float) -> Marked:
    """Epoch seconds in each reader's own zone; in UTC where Slack can't say it."""
    utc = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Marked(f"<!date^{int(at)}^{{date_short_pretty}} {{time_secs}}|{utc}>")


def cut(text: str, most: int) -> str:
    """At most so many characters, cut at a word; Marked stays Marked, and whole in its tags."""
    if len(text) <= most:
        return text
    if not isinstance(text, Marked):
        return "".join(_beginning(list(text), most)) + MORE
    return Marked("".join(_beginning(_ATOM.findall(text), most)) + MORE)


def _beginning(atoms: list[str], most: int) -> list[str]:
    """The atoms that leave room for the sign of a cut, to the end of a word where one is near."""
    taken: list[str] = []
    room = most - len(MORE)
    for atom in atoms:
        room -= len(atom)
        if room < 0:
            break
        taken.append(atom)
    else:
        return taken
    last = max((n for n, atom in enumerate(taken) if atom.isspace()), default=0)
    if last > len(taken) // 2:
        taken = taken[:last]
    while taken and taken[-1].isspace():
        taken.pop()
    return taken


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
