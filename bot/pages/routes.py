"""`/incidents` and what lies below it: who may read it is settled first, then it is read, then
it is laid out in a thread of its own. Whatever is asked, the answer is a page.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from aiohttp import web

from bot.check import parse
from bot.export import markdown
from bot.incidents.clock import age
from bot.incidents.recurrence import DAYS
from bot.pages.access import Opens, PagesAccess
from bot.pages.door import Door, laid_out, said, with_headers
from bot.pages.incident import Around, Shown, incident_page
from bot.pages.live import Full, Streams
from bot.pages.render import ASSETS, asset
from bot.pages.timeline import QUIET, moment
from bot.picture.svg import svg
from bot.picture.text import FAMILY
from bot.recall import as_said
from bot.words import Voice, titles, titles_of
from probes.inventory import Inventory
from probes.model import Unparsed
from storage.codec import Raw
from storage.pages import Account
from storage.search import Wanted
from storage.store import Store
from storage.views import Event

PREFIX = "/incidents"
_INCIDENT = "{incident:i[1-9][0-9]{0,17}}"
_CHECK = "{check:c[1-9][0-9]{0,17}}"
_STREAM = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
"""A proxy in front passes it on as it comes."""
_SYSTEM_FONTS = f"'{FAMILY}', 'Nanum Gothic', 'Noto Sans KR', 'Noto Sans', Arial, sans-serif"
"""A picture in a page has no fonts of its own; its lines have room for others' widths."""


class Pages:
    """The pages over one record. `application` goes below PREFIX."""

    def __init__(self, store: Store, inventory: Inventory, access: PagesAccess, lang: str) -> None:
        known = titles(inventory.sites.values(), inventory.segments)
        self._store, self._door = store, Door(access, known, lang)
        self._limits = {pair.id: pair.rpo_seconds for pair in inventory.pairs}
        self._streams = Streams(store)

    def application(self) -> web.Application:
        """The routes of the contract, and what their pages consist of."""
        app = web.Application(middlewares=[self._door.guarded])
        app.on_response_prepare.append(with_headers)
        app.on_shutdown.append(self._close)
        app.router.add_get("", self._list)
        app.router.add_get("/", self._list)
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

    # --- the list ---------------------------------------------------------------------------

    async def _list(self, request: web.Request) -> web.Response:
        visit = self._door.admitted(request)
        wanted = Wanted(
            state=said(request, "state"),
            pair_id=said(request, "pair"),
            cause=said(request, "cause"),
            text=said(request, "q"),
        )
        before = _number(said(request, "before", 20))
        found = await self._store.search.find(wanted, before)
        facets = await self._store.search.facets()
        shown = {"found": found, "facets": facets, "wanted": wanted, "before": before}
        return await laid_out("list.html", visit, now=time.time(), **shown)

    # --- one incident -----------------------------------------------------------------------

    async def _incident(self, request: web.Request) -> web.Response:
        visit = self._door.admitted(request)
        account = await self._account(request)
        shown = await self._shown(account, said(request, "check", 20), visit.voice.lang)
        voice = visit.voice
        if shown:
            known = titles_of(shown.evidence.context)
            voice = Voice(voice.lang, {**voice.titles, **known})
        around = await self._around(account, visit.opens)
        view = await asyncio.to_thread(incident_page, account, shown, around, voice)
        visit = replace(visit, voice=voice)
        return await laid_out("incident.html", visit, page=view, now=time.time(), days=DAYS)

    async def _around(self, account: Account, opens: Opens) -> Around:
        """Other incidents of the pair are told of to those only who may read them."""
        pair, earlier = account.head.pair_id, []
        if opens == "all":
            earlier = await self._store.jobs.earlier(account.head.id, DAYS * 86400.0)
        copies = await self._store.jobs.last_good_copies()
        rpo = self._limits.get(pair)
        return Around(age(copies.get(pair), rpo, time.time()), rpo, tuple(reversed(earlier)))

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
        if result:
            evidence = result.evidence
        else:
            evidence = await self._store.load_evidence(check.id, parse)
        return Shown(check, result, evidence, await self._store.pages.raws(check.id))

    async def _live(self, request: web.Request) -> web.StreamResponse:
        visit = self._door.admitted(request)
        incident = request.match_info["incident"]
        if not await self._store.pages.exists(incident):
            raise web.HTTPNotFound
        seen = request.headers.get("Last-Event-ID") or said(request, "after", 20)
        after = _number(seen) or 0
        response = web.StreamResponse(headers=_STREAM)
        try:
            words = partial(_told, visit.voice)
            await self._streams.follow(response, request, incident, after, words)
        except Full:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "30"}) from None
        return response

    # --- what belongs to it -----------------------------------------------------------------

    async def _picture(self, request: web.Request) -> web.Response:
        visit = self._door.admitted(request)
        check = await self._check_of(request)
        _, result = await as_said(self._store, check, visit.voice.lang)
        if result is None:
            raise web.HTTPNotFound
        voice = Voice(visit.voice.lang, titles_of(result.evidence.context))
        drawn = await asyncio.to_thread(svg, result.document, result.evidence, voice, "addresses")
        text = drawn.replace(f'"{FAMILY}"', f'"{_SYSTEM_FONTS}"')
        return web.Response(text=text, content_type="image/svg+xml")

    async def _raw(self, request: web.Request) -> web.Response:
        self._door.admitted(request)
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
        visit = self._door.admitted(request)
        record, voice = await self._record(request), visit.voice
        for check in record["checks"]:
            context = (await self._store.check(check["id"])).context
            voice = Voice(voice.lang, {**voice.titles, **titles_of(context)})
            if check["verdict"] and check["verdict"].get("lang") != voice.lang:
                _, result = await as_said(self._store, check["id"], voice.lang)
                check["verdict"] = result.document if result else check["verdict"]
        text = await asyncio.to_thread(markdown, record, voice)
        return _file(text, "text/markdown", f"{record['id']}.md")

    async def _json(self, request: web.Request) -> web.Response:
        self._door.admitted(request)
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


def _told(voice: Voice, event: Event, raw: Raw | None) -> str | None:
    """What a stream says of an event, with the answer that it brought."""
    if event.kind in QUIET:
        return None
    told = {}
    if raw is not None:
        with suppress(Unparsed):
            told[raw.id] = raw.read(parse(raw.ask, raw.transcript))
    return moment(event, event.check_id, told, voice).text


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,18}", text, re.ASCII) else None


def _file(text: str, kind: str, name: str) -> web.Response:
    """For a person to keep; a browser shows none of it as a page."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type=kind, headers=headers)
