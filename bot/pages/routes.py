"""`/incidents` and what lies below it: who may read it is settled first, then it is read, then
it is laid out in a thread of its own. Whatever is asked, the answer is a page.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from bot.export import markdown
from bot.pages import access as doors
from bot.pages.access import Asked, Opens, PagesAccess
from bot.pages.incident import Shown, incident_page
from bot.pages.language import chosen
from bot.pages.live import Full, Streams
from bot.pages.render import ASSETS, asset, page
from bot.pages.timeline import QUIET, moment
from bot.picture.svg import svg
from bot.picture.text import FAMILY
from bot.recall import as_said
from bot.words import LANGUAGES, Voice, titles, titles_of
from probes.inventory import Inventory
from storage.errors import StoreError
from storage.pages import Account
from storage.search import Wanted
from storage.store import Store
from storage.views import Event

_log = structlog.get_logger(__name__)

PREFIX = "/incidents"
_INCIDENT = "{incident:i[1-9][0-9]{0,17}}"
_CHECK = "{check:c[1-9][0-9]{0,17}}"
_LONGEST = 200
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
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SYSTEM_FONTS = f"'{FAMILY}', 'Nanum Gothic', 'Noto Sans KR', 'Noto Sans', Arial, sans-serif"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Visit:
    """One request: what it may read, and in which language."""

    opens: Opens
    voice: Voice
    more: dict[str, str]
    """What every address on the page carries on."""
    here: dict[str, str]
    """The page's own address in each language."""


class Pages:
    """The pages over one record. `application` goes below PREFIX."""

    def __init__(self, store: Store, inventory: Inventory, access: PagesAccess, lang: str) -> None:
        self._store, self._access, self._lang = store, access, lang
        self._titles = titles(inventory.sites.values(), inventory.segments)
        self._streams = Streams(store)

    def application(self) -> web.Application:
        """The routes of the contract, and what their pages consist of."""
        app = web.Application(middlewares=[self._guarded])
        app.on_response_prepare.append(_with_headers)
        app.on_shutdown.append(self._close)
        app.router.add_get("", self._list)
        app.router.add_get("/assets/{name}", self._asset)
        app.router.add_get(f"/{_INCIDENT}", self._incident)
        app.router.add_get(f"/{_INCIDENT}.md", self._markdown)
        app.router.add_get(f"/{_INCIDENT}.json", self._json)
        app.router.add_get(f"/{_INCIDENT}/live", self._live, allow_head=False)
        app.router.add_get(f"/{_INCIDENT}/picture/{_CHECK}.svg", self._picture)
        app.router.add_get(f"/{_INCIDENT}/raw/{_CHECK}/{{observation:o[0-9]{{1,9}}}}", self._raw)
        return app

    async def _close(self, _: web.Application) -> None:
        await self._streams.close()

    # --- the door -------------------------------------------------------------------------

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
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

    async def _refusal(
        self,
        request: web.Request,
        status: int,
        headers: Any,  # noqa: ANN401
    ) -> web.Response:
        kept = {n: headers[n] for n in ("Allow", "Retry-After", "WWW-Authenticate") if n in headers}
        reason = status if status in (401, 403, 404, 405, 503) else 500 if status >= 500 else 400
        visit = self._visit(request, "nothing")
        shown = {"reason": reason, "days": doors.LINK_DAYS}
        return _html(await _laid_out("refused.html", visit, **shown), status, kept)

    def _admitted(self, request: web.Request) -> Visit:
        """What this request may read; refused where that is nothing."""
        incident = request.match_info.get("incident")
        peer = request.transport.get_extra_info("peername") if request.transport else None
        key = _said(request, "key", 600)
        asked = Asked(peer[0] if isinstance(peer, tuple) else None, request.headers, key)
        opens = doors.opens(self._access, asked, incident, time.time())
        if opens == "nothing":
            if key:
                raise web.HTTPForbidden
            raise web.HTTPUnauthorized(headers={"WWW-Authenticate": "Bearer"})
        return self._visit(request, opens)

    def _visit(self, request: web.Request, opens: Opens) -> Visit:
        asked = _said(request, "lang", 10)
        accept = request.headers.get("Accept-Language", "")
        lang = chosen(asked, accept, self._lang)
        more = {"lang": lang} if asked == lang else {}
        if opens == "one":
            more["key"] = _said(request, "key", 600)
        here = {code: str(request.rel_url.update_query(lang=code)) for code in LANGUAGES}
        return Visit(opens, Voice(lang, self._titles), more, here)

    # --- the list ---------------------------------------------------------------------------

    async def _list(self, request: web.Request) -> web.Response:
        visit = self._admitted(request)
        wanted = Wanted(
            state=_said(request, "state"),
            pair_id=_said(request, "pair"),
            cause=_said(request, "cause"),
            text=_said(request, "q"),
        )
        said = _said(request, "before", 18)
        before = int(said) if re.fullmatch("[0-9]+", said, re.ASCII) else None
        found = await self._store.search.find(wanted, before)
        facets = await self._store.search.facets()
        shown = {"found": found, "facets": facets, "wanted": wanted, "before": before}
        return _html(await _laid_out("list.html", visit, now=time.time(), **shown))

    # --- one incident -----------------------------------------------------------------------

    async def _incident(self, request: web.Request) -> web.Response:
        visit = self._admitted(request)
        account = await self._account(request)
        shown = await self._shown(account, _said(request, "check", 20), visit.voice.lang)
        voice = visit.voice
        if shown and shown.result:
            known = titles_of(shown.result.evidence.context)
            voice = Voice(voice.lang, {**voice.titles, **known})
        view = await asyncio.to_thread(incident_page, account, shown, voice)
        visit = replace(visit, voice=voice)
        return _html(await _laid_out("incident.html", visit, page=view, now=time.time()))

    async def _account(self, request: web.Request) -> Account:
        incident = request.match_info["incident"]
        if not await self._store.pages.exists(incident):
            raise web.HTTPNotFound
        return await self._store.pages.account(incident)

    async def _shown(self, account: Account, wanted: str, lang: str) -> Shown | None:
        """The check that was asked for, else the newest with a verdict, else the newest."""
        checks = list(account.checks)
        if wanted and wanted not in {check.id for check in checks}:
            raise web.HTTPNotFound
        judged = [check for check in checks if check.verdicts]
        named = [check for check in checks if check.id == wanted]
        if not (candidates := named or judged or checks):
            return None
        check = candidates[-1]
        _, result = await as_said(self._store, check.id, lang)
        return Shown(check, result, await self._store.pages.raws(check.id))

    async def _live(self, request: web.Request) -> web.StreamResponse:
        visit = self._admitted(request)
        incident = request.match_info["incident"]
        if not await self._store.pages.exists(incident):
            raise web.HTTPNotFound
        said = request.headers.get("Last-Event-ID") or _said(request, "after", 18)
        after = int(said) if re.fullmatch("[0-9]{1,18}", said, re.ASCII) else 0
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        try:
            words = partial(_told, visit.voice)
            await self._streams.follow(response, request, incident, after, words)
        except Full:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"}) from None
        return response

    # --- what belongs to it -----------------------------------------------------------------

    async def _picture(self, request: web.Request) -> web.Response:
        visit = self._admitted(request)
        check = await self._check_of(request)
        _, result = await as_said(self._store, check, visit.voice.lang)
        if result is None:
            raise web.HTTPNotFound
        voice = Voice(visit.voice.lang, titles_of(result.evidence.context))
        drawn = await asyncio.to_thread(svg, result.document, result.evidence, voice, "addresses")
        text = drawn.replace(f'"{FAMILY}"', f'"{_SYSTEM_FONTS}"')
        return web.Response(text=text, content_type="image/svg+xml")

    async def _raw(self, request: web.Request) -> web.Response:
        self._admitted(request)
        raws = await self._store.pages.raws(await self._check_of(request))
        wanted = request.match_info["observation"]
        lines = next((raw.transcript.lines for raw in raws if raw.id == wanted), None)
        if lines is None:
            raise web.HTTPNotFound
        return web.Response(text="".join(f"{line.text}\n" for line in lines))

    async def _check_of(self, request: web.Request) -> str:
        """The check, if it is one of the incident that the request was admitted to."""
        account = await self._account(request)
        check = request.match_info["check"]
        if check not in {known.id for known in account.checks}:
            raise web.HTTPNotFound
        return check

    async def _markdown(self, request: web.Request) -> web.Response:
        visit = self._admitted(request)
        record, voice = await self._record(request), visit.voice
        for check in record["checks"]:
            if check["verdict"]:
                _, result = await as_said(self._store, check["id"], voice.lang)
                if result:
                    check["verdict"] = result.document
                    voice = Voice(
                        voice.lang, {**voice.titles, **titles_of(result.evidence.context)}
                    )
        text = await asyncio.to_thread(markdown, record, voice)
        return _file(text, "text/markdown", f"{record['id']}.md")

    async def _json(self, request: web.Request) -> web.Response:
        self._admitted(request)
        record = await self._record(request)
        text = await asyncio.to_thread(json.dumps, record, ensure_ascii=False, indent=2)
        return _file(text, "application/json", f"{record['id']}.json")

    async def _record(self, request: web.Request) -> dict[str, Any]:
        incident = request.match_info["incident"]
        if not await self._store.pages.exists(incident):
            raise web.HTTPNotFound
        return await self._store.incident(incident)

    async def _asset(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name not in ASSETS:
            raise web.HTTPNotFound
        headers = {"Cache-Control": "public, max-age=86400"}
        return web.Response(body=asset(name), content_type=ASSETS[name], charset="utf-8",
                            headers=headers)  # fmt: skip


async def _laid_out(template: str, visit: Visit, **shown: Any) -> str:  # noqa: ANN401
    every = {"everything": visit.opens == "all", "here": visit.here, **shown}
    return await asyncio.to_thread(partial(page, template, visit.voice, visit.more, **every))


def _told(voice: Voice, event: Event) -> str | None:
    return None if event.kind in QUIET else moment(event, None, {}, voice).text


def _said(request: web.Request, name: str, longest: int = _LONGEST) -> str:
    """A parameter of the address, bounded; what UTF-8 cannot hold is made visible."""
    text = request.query.get(name, "")[:longest]
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def _html(body: str, status: int = HTTPStatus.OK, headers: Any = None) -> web.Response:  # noqa: ANN401
    return web.Response(text=body, status=status, content_type="text/html", headers=headers)


def _file(text: str, kind: str, name: str) -> web.Response:
    """For a person to keep; a browser shows none of it as a page."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type=kind, headers=headers)


async def _with_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
