"""Who comes in, in which language; and a page for whoever is refused, whatever was asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from bot.pages import access as doors
from bot.pages.access import Asked, Opens, PagesAccess
from bot.pages.language import chosen
from bot.pages.render import page
from bot.words import LANGUAGES, Voice
from storage.errors import StoreError

_log = structlog.get_logger(__name__)

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""On every answer: nothing foreign runs or frames, and a link's key stays where it is."""
_LONGEST, _LONGEST_KEY = 200, 500
_TOLD = (401, 403, 404, 405, 500, 503)
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: what it may read, and in which language. more: what every address on its page
    carries on. here: the page's own address in each language."""

    opens: Opens
    voice: Voice
    more: dict[str, str]
    here: dict[str, str]


class Door:
    """Lets in, or refuses. titles: what people call sites and segments."""

    def __init__(self, access: PagesAccess, titles: Mapping[str, str], lang: str) -> None:
        self._access, self._titles, self._lang = access, titles, lang

    def admitted(self, request: web.Request) -> Visit:
        """What this request may read; refused (401, 403) where that is nothing."""
        incident = request.match_info.get("incident")
        peer = request.transport.get_extra_info("peername") if request.transport else None
        key = said(request, "key", _LONGEST_KEY)
        asked = Asked(peer[0] if isinstance(peer, tuple) else None, request.headers, key)
        opens = doors.opens(self._access, asked, incident, time.time())
        if opens == "nothing":
            if key:
                raise web.HTTPForbidden
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        return self._visit(request, opens)

    @web.middleware
    async def guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever happens, a page says so; what went wrong here stands in our log only."""
        try:
            return await handler(request)
        except web.HTTPException as refused:
            return await self._refusal(request, refused.status, refused.headers)
        except StoreError as error:
            _log.error("a page was not read", error=str(error))
            return await self._refusal(request, 503, {"Retry-After": "5"})
        except ConnectionResetError:
            raise
        except Exception:  # noqa: BLE001 - no reader is shown a traceback
            _log.exception("a page broke")
            return await self._refusal(request, 500, {})

    def _visit(self, request: web.Request, opens: Opens) -> Visit:
        asked = said(request, "lang")
        accept = request.headers.get("Accept-Language", "")
        lang = chosen(asked, accept, self._lang)
        more = {"lang": lang} if asked == lang else {}
        if opens == "one":
            more["key"] = said(request, "key", _LONGEST_KEY)
        here = {code: str(request.rel_url.update_query(lang=code)) for code in LANGUAGES}
        return Visit(opens, Voice(lang, self._titles), more, here)

    async def _refusal(
        self, request: web.Request, status: int, headers: Mapping[str, str]
    ) -> web.Response:
        reason = status if status in _TOLD else 500 if status > 500 else 400
        shown = {"reason": reason, "days": doors.LINK_DAYS}
        kept = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        answer = await laid_out("refused.html", self._visit(request, "nothing"), **shown)
        answer.set_status(status)
        answer.headers.update(kept)
        return answer


async def laid_out(template: str, visit: Visit, **shown: Any) -> web.Response:  # noqa: ANN401
    """A page, made in a thread of its own."""
    every = {"everything": visit.opens == "all", "here": visit.here, **shown}
    body = await asyncio.to_thread(partial(page, template, visit.voice, visit.more, **every))
    return web.Response(text=body, content_type="text/html")


def said(request: web.Request, name: str, longest: int = _LONGEST) -> str:
    """A parameter of the address, bounded; what UTF-8 cannot hold is made visible."""
    text = request.query.get(name, "")[:longest]
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "")


async def with_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Put on what every answer carries."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
