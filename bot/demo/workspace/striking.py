"""How a fault strikes a request: before it is carried out, instead of it, or after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.demo.workspace.faults import Deed, Fault
from bot.demo.workspace.model import Json
from bot.demo.workspace.sockets import cut
from bot.demo.workspace.state import Workspace

# slack_sdk 3.47 keeps nothing of the first, and a str of the second (facts/slack.md, pitfall 7).
_ANSWERS: dict[Deed, tuple[int, str, str]] = {
    "error500": (500, "text/html", "<!DOCTYPE html><html><body>Server Error</body></html>"),
    "error503": (503, "text/plain", "upstream connect error or disconnect/reset before headers"),
}
Work = Callable[[], Awaitable[web.Response]]


async def struck(
    workspace: Workspace, request: web.Request, record: Json, work: Work
) -> web.Response:
    """Carries out `work` with whatever fault strikes what the record calls `method`.

    The request's body must have been read: a caller that gives up during a hang closes it.
    """
    faults, method = workspace.faults, record["method"]
    early = faults.strike((*_ANSWERS, "ratelimited", "hang", "reset"), method)
    if early is not None and early.do != "hang":
        return _fail(request, record, early)
    if early is not None:
        await workspace.clock.sleep(early.seconds)
    response = await work()
    late = faults.strike((*_ANSWERS, "hang", "reset"), method, after=True)
    if late is None:
        return response
    if late.do == "hang":
        await workspace.clock.sleep(late.seconds)
    return _fail(request, record, late)


def _fail(request: web.Request, record: Json, fault: Fault) -> web.Response:
    """The answer of a fault; a cut connection answers nothing, whatever is returned here."""
    record["fault"] = fault.do
    if fault.do == "ratelimited":
        record["status"] = 429
        headers = {"Retry-After": str(round(fault.seconds))}
        body = {"ok": False, "error": "ratelimited"}
        return web.json_response(body, status=429, headers=headers)
    if fault.do not in _ANSWERS:
        cut(request)
        return web.Response()
    status, kind, text = _ANSWERS[fault.do]
    record["status"] = status
    return web.Response(text=text, status=status, content_type=kind)
