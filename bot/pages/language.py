"""Which language a reader gets: `?lang=`, else what the browser asks for, else the bot's (pure)."""

from __future__ import annotations

import re

from bot.words import LANGUAGES

_QUALITY = r"(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?"
_RANGE = re.compile(rf"\s*([a-z]{{2,3}})(?:-[\w-]*)?\s*{_QUALITY}", re.IGNORECASE)
_LONGEST = 500


def chosen(asked: str, accept: str, default: str) -> str:
    """asked: the address' own `lang`; accept: the header Accept-Language."""
    if asked in LANGUAGES:
        return asked
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept[:_LONGEST].split(",")):
        found = _RANGE.fullmatch(part)
        if found and (language := found[1].lower()) in LANGUAGES:
            wanted.append((-float(found[2] or 1), place, language))
    liked = [language for quality, _, language in sorted(wanted) if quality < 0]
    return liked[0] if liked else default
