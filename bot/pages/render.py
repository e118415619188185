"""Templates → HTML: everything that is put in is escaped, and times are said in one form."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_timedelta
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.terminal.safe import printable
from bot.words import Voice

ASSETS = {
    "pages.css": "text/css",
    "icon.svg": "image/svg+xml",
    "live.js": "text/javascript",
}


@cache
def asset(name: str) -> bytes:
    """A file that belongs to the pages; KeyError for any other."""
    if name not in ASSETS:
        raise KeyError(name)
    return resources.files("bot.pages").joinpath("assets", name).read_bytes()


@cache
def version(name: str) -> str:
    """Changes when the file does, so that a browser may keep what it has."""
    return hashlib.sha256(asset(name)).hexdigest()[:12]


def page(template: str, voice: Voice, more: Mapping[str, str], **shown: Any) -> str:  # noqa: ANN401
    """A whole page. more: what every address on it carries on (`key`, `lang`)."""

    def address(path: str, **query: str) -> str:
        said = {name: value for name, value in {**query, **more}.items() if value}
        return f"{path}?{urlencode(said)}" if said else path

    return _environment().get_template(template).render(
        t=voice, lang=voice.lang, more=more, address=address, asset=version, **shown
    )  # fmt: skip


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("bot.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"utc": utc, "clock": clock, "iso": iso, "span": span, "plain": printable}
    return made


def utc(at: float) -> str:
    """Epoch seconds → `2026-11-22 06:17:04 UTC`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def clock(at: float) -> str:
    """Epoch seconds → `06:17:04.120`, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[11:-6]


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def span(seconds: float, lang: str) -> str:
    """A duration as people say it: `3 hours`, `3시간`."""
    return str(format_timedelta(timedelta(seconds=seconds), locale=lang, threshold=1.5))
