"""What a person typed in Slack → words: what Slack and keyboards made of it is undone (pure).

Slack escapes `& < >` and turns names into links and mentions; phones turn quotes and dashes into
finer ones; people put arrows and commas between two names. What is left are words, and the
difference between them that counts: a quoted one is a name, never a command or an option.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_MENTIONED_FIRST = re.compile(r"\s*(?:<@[^<>]*>[\s,:]*)+")
_TAG = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")  # <https://…|label>, <#C1|name>, <@U1>
_EMOJI = re.compile(r":[a-z0-9_+'-]+:")
_ARROW = re.compile(
    r"(?<![-=~])[-=~]*>+|<+[-=~]*|[\u2190-\u21ff\u2794-\u27be\u27f0-\u27ff\u2900-\u297f]"
)
_BETWEEN = re.compile(r"[,;:|/=*~`、。·\s]+")
_DOUBLE = dict.fromkeys(map(ord, "“”„‟«»「」『』〝〞"), '"')
_SINGLE = dict.fromkeys(map(ord, "‘’‚‛‹›′"), "'")
_WORD = re.compile(r"""(?<!\S)(?:"([^"]*)"|'([^']*)')(?!\S)|([^\s"]+)""")
_SHOWN = 40  # characters
_ENDS = ".!?'\""


@dataclass(frozen=True, slots=True)
class Word:
    """text: as typed, but for what keyboards and Slack made of it."""

    text: str
    quoted: bool = False

    @property
    def key(self) -> str:
        return key(self.text)

    @property
    def is_option(self) -> bool:
        return self.text.startswith("-") and not self.quoted


def words(text: str) -> list[Word]:
    """The words of a command's or a mention's text; a mention in front is nobody's word."""
    found = []
    for match in _WORD.finditer(_plain(_without_markup(text))):
        quoted = match[3] is None
        word = (match[1] or match[2] or "") if quoted else match[3]
        if key(word):
            found.append(Word(word.strip(), quoted))
    return found


def text_of(said: Iterable[Word]) -> str:
    return " ".join(word.text for word in said)


def cut(text: str) -> str:
    """As much of it as a sentence shows."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def key(text: str) -> str:
    """What is the same however it is typed has the same key; empty where nothing is said."""
    folded = unicodedata.normalize("NFKC", _plain(text).casefold())
    kept = (word.strip(_ENDS) for word in folded.split())
    return " ".join(word for word in kept if word.strip("-"))


def unescaped(text: str) -> str:
    """The text without Slack's escapes."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def without_tags(text: str) -> str:
    """Links, channels and mentions by what a person reads of them, else by what they name."""
    return _TAG.sub(lambda tag: tag[2] or tag[1].lstrip("@#!"), text)


def _without_markup(text: str) -> str:
    mention = _MENTIONED_FIRST.match(text)
    return unescaped(without_tags(text[mention.end() :] if mention else text))


def _plain(text: str) -> str:
    """One kind of quote, dash and blank; nothing that cannot be seen."""
    text = unicodedata.normalize("NFKC", text).translate(_DOUBLE).translate(_SINGLE)
    text = "".join(map(_visible, text))
    return _BETWEEN.sub(" ", _ARROW.sub(" ", _EMOJI.sub(" ", text))).strip()


def _visible(character: str) -> str:
    match unicodedata.category(character):
        case "Pd":
            return "-"
        case "Cc" | "Zl" | "Zp" | "Zs":
            return " "
        case "Cf" | "Cs":
            return ""
    return "-" if character == "−" else character
