"""What `serve` reads from the environment (the contract, "Serving"), held to its form before
anything is opened. Tokens are taken out of the environment, never shown and never logged.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from bot.pages.access import PagesAccess
from probes.model import Message

BOT, APP, SIGNING = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"
API_URL, LISTEN = "SLACK_API_URL", "REPLCHECK_LISTEN"
SECRET_KEY, PAGES_TOKEN = "REPLCHECK_SECRET_KEY", "REPLCHECK_PAGES_TOKEN"
PAGES_URL = "REPLCHECK_URL"
SLACKS_OWN = "https://slack.com/api/"
LEAST_SECRET = 16
"""Characters of what opens pages to others."""
_LISTEN_DEFAULT = "127.0.0.1:8080"
_HTTP = re.compile(r"https?://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")
_QUOTES = "\"'“”‘’`"
_BEGINS = {BOT: "xoxb-", APP: "xapp-"}
_KINDS = {
    "xoxb-": "serve.is-bot-token",
    "xapp-": "serve.is-app-token",
    "xoxp-": "serve.is-user-token",
    "xoxe": "serve.is-rotating-token",
    "xox": "serve.is-other-token",
}
_NO_KIND = "serve.is-no-token"
_WHERE = {
    BOT: Message("serve.where-bot"),
    APP: Message("serve.where-app"),
    SIGNING: Message("serve.where-signing"),
}


class BadEnvironment(Exception):  # noqa: N818 - it is what was found
    """Variables that can't be used: one sentence each, with the mend and without the value."""

    def __init__(self, mistakes: tuple[Message, ...]) -> None:
        super().__init__(", ".join(mistake.code for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class SlackTokens:
    """What the one workspace knows us by. Its repr holds no secret."""

    bot: str = field(repr=False)
    app: str = field(repr=False)
    """Opens Socket Mode; empty in HTTP mode."""
    signing_secret: str = field(repr=False)
    api_url: str = SLACKS_OWN

    @property
    def mode(self) -> Literal["socket", "http"]:
        """The app token decides (contract): with one, Slack is never served over HTTP."""
        return "socket" if self.app else "http"


@dataclass(frozen=True, slots=True)
class Environment:
    slack: SlackTokens | None
    """None: no token at all, and `serve` runs without Slack."""
    host: str
    port: int
    pages: PagesAccess = field(default_factory=PagesAccess)


def take(environ: MutableMapping[str, str]) -> Environment:
    """What is in the environment; the secrets are removed from it, so that no child
    process and no library finds them there. Raises BadEnvironment with every mistake."""
    given = {name: environ.pop(name, "").strip() for name in (BOT, APP, SIGNING)}
    api_url = environ.get(API_URL, "").strip() or SLACKS_OWN
    listen = environ.get(LISTEN, "").strip() or _LISTEN_DEFAULT
    pages = PagesAccess(
        environ.pop(SECRET_KEY, "").strip(),
        environ.pop(PAGES_TOKEN, "").strip(),
        environ.get(PAGES_URL, "").strip().rstrip("/"),
    )
    mistakes = (
        *_mistakes(given), *_in_api_url(api_url), *_in_listen(listen), *_in_pages(pages)
    )  # fmt: skip
    if mistakes:
        raise BadEnvironment(mistakes)
    host, _, port = listen.rpartition(":")
    slack = SlackTokens(given[BOT], given[APP], given[SIGNING], api_url) if given[BOT] else None
    return Environment(slack, host.strip("[]"), int(port), pages)


def _mistakes(given: MutableMapping[str, str]) -> Iterator[Message]:
    for name, value in given.items():
        if any(sign in _QUOTES or sign.isspace() for sign in value):
            yield Message("serve.quoted", {"name": name})
        elif value and not _fits(name, value):
            yield _in_its_place(name, value)
    if not given[BOT] and (given[APP] or given[SIGNING]):
        yield Message("serve.no-bot-token", {"name": BOT, "where": _WHERE[BOT]})
    if given[BOT] and not (given[APP] or given[SIGNING]):
        yield Message("serve.no-way-in", {"app": APP, "signing": SIGNING})


def _fits(name: str, value: str) -> bool:
    if name == SIGNING:
        return not value.startswith(tuple(_KINDS))
    return value.startswith(_BEGINS[name])


def _in_its_place(name: str, value: str) -> Message:
    """A token says by its first letters what it is: a misplaced one is named."""
    code = next((code for begins, code in _KINDS.items() if value.startswith(begins)), _NO_KIND)
    return Message(code, {"name": name, "where": _WHERE[name]})


def _in_api_url(api_url: str) -> Iterator[Message]:
    """Tokens cross this address: in clear text only to this machine itself."""
    try:
        parts = urlsplit(api_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        yield Message("serve.bad-api-url", {"name": API_URL})
    elif parts.scheme == "http" and not _is_loopback(host):
        yield Message("serve.clear-api-url", {"name": API_URL})


def _in_pages(pages: PagesAccess) -> Iterator[Message]:
    if pages.token and len(pages.token) < LEAST_SECRET:
        yield Message("access.short-token", {"name": PAGES_TOKEN, "count": LEAST_SECRET})
    if pages.url and not _HTTP.fullmatch(pages.url):
        yield Message("access.bad-url", {"name": PAGES_URL})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _in_listen(listen: str) -> Iterator[Message]:
    host, colon, port = listen.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else -1
    bare_v6 = ":" in host and not (host.startswith("[") and host.endswith("]"))
    if not host or not colon or bare_v6 or not 0 <= number <= 65535:
        yield Message("serve.bad-listen", {"name": LISTEN, "default": _LISTEN_DEFAULT})
