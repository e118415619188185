"""The catalogs: a message's code and parameters → words in the reader's language (law 10).

`en/` and `ko/` hold a file for each room that speaks, one template a line, `[section]` then
`name = "…{param}…"`; the code of a message is `section.name`, and stands in one file only.
Templates are str.format's; a nested Message is said first; a parameter that names a site, a
segment or an endpoint is shown by its title. In Korean a particle that depends on the word
before it is written with both forms: `{near}(이/가)`.
"""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from probes.model import Context, Message, Segment, Site

LANGUAGES = ("en", "ko")
_NO_TITLES: Mapping[str, str] = {}


class UnsaidWarning(UserWarning):
    """A catalog has no words for a code, or a parameter is missing: an error in tests, while
    at run time the code itself is shown (a verdict without a sentence beats no verdict)."""


def say(message: Message, lang: str = "en", titles: Mapping[str, str] = _NO_TITLES) -> str:
    """The words for a message; English where `lang` has none, the code where English has none."""
    params = {name: _said(value, lang, titles) for name, value in message.params.items()}
    template = catalog(lang).get(message.code) or catalog("en").get(message.code)
    if template is None:
        warnings.warn(f"no words for {message.code!r}", UnsaidWarning, stacklevel=2)
        return _as_code(message.code, params)
    try:
        text = template.format(**params)
    except (KeyError, ValueError, IndexError) as error:
        detail = f"the words for {message.code!r} do not fit {sorted(params)}: {error!r}"
        warnings.warn(detail, UnsaidWarning, stacklevel=2)
        return _as_code(message.code, params)
    return with_particles(text) if lang == "ko" else text


@cache
def catalog(lang: str) -> Mapping[str, str]:
    """All templates of a language by code. KeyError for a language that is not there, ValueError
    for a code that two files say."""
    if lang not in LANGUAGES:
        raise KeyError(lang)
    words: dict[str, str] = {}
    for file in sorted(resources.files(__name__).joinpath(lang).iterdir(), key=lambda f: f.name):
        room = dict(_flat("", tomllib.loads(file.read_text(encoding="utf-8"))))
        if twice := words.keys() & room.keys():
            raise ValueError(f"{lang}/{file.name}: {sorted(twice)} stand in another file too")
        words |= room
    return words


@dataclass(frozen=True, slots=True)
class Voice:
    """A language and the titles to speak with: `voice("report.gaps", count=3)`."""

    lang: str = "en"
    titles: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, code: str, **params: str | int | float | Message) -> str:
        return say(Message(code, params), self.lang, self.titles)

    def or_else(self, code: str, words: str) -> str:
        """The catalog's words for a code, or these where it has none."""
        return self(code) if code in catalog("en") else words

    def title(self, code: str) -> str:
        """What people call this site, segment or endpoint."""
        return self.titles.get(code, code)


def titles_of(context: Context) -> dict[str, str]:
    """Title by code for every site, segment and endpoint that a check knows."""
    return titles((*context.other_sites, context.far, context.near), context.segments)


def titles(sites: Iterable[Site], segments: Iterable[Segment]) -> dict[str, str]:
    """Title by code; an endpoint is called by its site's title and its own name."""
    found = {owner.name: owner.title for owner in segments}
    for site in sites:
        found[site.name] = site.title
        found |= {e.id: f"{site.title} {e.name}" for e in site.endpoints.values()}
    return found


def _said(
    value: str | int | float | Message, lang: str, titles: Mapping[str, str]
) -> str | int | float:
    if isinstance(value, Message):
        return say(value, lang, titles)
    return titles.get(value, value) if isinstance(value, str) else value


def _as_code(code: str, params: Mapping[str, object]) -> str:
    details = ", ".join(f"{name}={value}" for name, value in params.items())
    return f"{code} ({details})" if details else code


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield prefix + name, str(value)


# --- Korean particles -----------------------------------------------------------------

_PARTICLE = re.compile(r"(\S)([)\]\"'’”]*)\((은/는|이/가|을/를|과/와|으로/로|이라/라)\)")
_CLOSED_DIGITS = "013678"  # 영 일 삼 육 칠 팔 end in a consonant
_L_SOUND = "178lL"  # 일 칠 팔 엘: 으로/로 counts them as open
_CLOSED_LETTERS = "lmnLMN"  # as Latin words are read that end with them


def with_particles(text: str) -> str:
    """`서울(이/가)` → `서울이`, `본사(이/가)` → `본사가`, by the sound that the word ends with."""
    return _PARTICLE.sub(_chosen, text)


def _chosen(found: re.Match[str]) -> str:
    last, closing, forms = found.groups()
    closed_form, open_form = forms.split("/")
    return last + closing + (closed_form if _ends_closed(last, open_form) else open_form)


def _ends_closed(last: str, open_form: str) -> bool:
    if "가" <= last <= "힣":
        final = (ord(last) - ord("가")) % 28
        return final not in ((0, 8) if open_form == "로" else (0,))  # 8: ㄹ
    if open_form == "로" and last in _L_SOUND:
        return False
    return last in _CLOSED_DIGITS or last in _CLOSED_LETTERS
