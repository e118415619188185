"""The door of the Web API: arguments, token, scopes, rate limits, faults, and the log of calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bot.demo.workspace.api.call import Args, Call
from bot.demo.workspace.api.table import METHODS, Method
from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.model import App, Json, SlackError
from bot.demo.workspace.state import Workspace
from bot.demo.workspace.striking import struck

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_LONGEST_BODY = 1_000_000  # bytes; Slack answers request_too_large well before this [mem]


@dataclass(frozen=True, slots=True)
class Door:
    """Answers `/api/METHOD`."""

    workspace: Workspace
    courier: Courier

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One call from request to answer, with whatever fault strikes it."""
        method = request.match_info["method"]
        record: Json = {"method": method, "at": self.workspace.clock.now(), "args": {}}
        self.workspace.calls.append(record)
        try:
            args, token = await _arguments(request)
        except SlackError as refusal:
            return _said(record, {"ok": False, "error": refusal.code}, {}, 200)
        record["args"] = args.given

        async def carry_out() -> web.Response:
            return await self._carry_out(method, args, token, record)

        return await struck(self.workspace, request, record, carry_out)

    async def _carry_out(self, method: str, args: Args, token: str, record: Json) -> web.Response:
        headers = {"x-slack-req-id": self.workspace.new_id("R")}
        try:
            app, entry = self._admit(method, token, headers)
            call = Call(method, args, self.workspace, app, self.courier)
            if entry.caller == "bot":
                call.need(*entry.scopes)
            wait = self._rate(entry, method, args)
            if wait is not None:
                headers["Retry-After"] = str(wait)
                return _said(record, {"ok": False, "error": "ratelimited"}, headers, 429)
            answer = {"ok": True, **await entry.handler(call)}
        except SlackError as refusal:
            answer = {"ok": False, "error": refusal.code, **refusal.extra}
        return _said(record, answer, headers, 200)

    def _admit(self, method: str, token: str, headers: dict[str, str]) -> tuple[App, Method]:
        """The app that the token belongs to; SlackError as Slack words each wrong token."""
        entry = METHODS.get(method)
        if entry is None:
            raise SlackError("unknown_method", req_method=method)
        if not token:
            raise SlackError("not_authed")
        app = self.workspace.installed()
        if token not in (app.tokens.bot, app.tokens.app):
            raise SlackError("invalid_auth")
        if token != (app.tokens.bot if entry.caller == "bot" else app.tokens.app):
            raise SlackError("not_allowed_token_type")
        headers["x-oauth-scopes"] = ",".join(
            app.scopes if entry.caller == "bot" else app.app_scopes
        )
        headers["x-accepted-oauth-scopes"] = ",".join(entry.scopes)
        return app, entry

    def _rate(self, entry: Method, method: str, args: Args) -> int | None:
        now = self.workspace.clock.now()
        return self.workspace.rates.take(entry.tier, method, args.text("channel"), now)


async def _arguments(request: web.Request) -> tuple[Args, str]:
    """The arguments and the token: from the header, or from a form (never from the address)."""
    given: dict[str, Any] = dict(request.query)
    given.pop("token", None)
    if (request.content_length or 0) > _LONGEST_BODY:
        raise SlackError("request_too_large")
    in_body = ""
    if request.content_type == "application/json":
        given |= _json_object(await request.read())
        given.pop("token", None)
    elif request.content_type in _FORMS:
        given |= dict((await request.post()).items())
        in_body = str(given.pop("token", ""))
    elif await request.read():
        raise SlackError("invalid_form_data")
    scheme, _, in_header = request.headers.get("Authorization", "").partition(" ")
    return Args(given), in_header if scheme == "Bearer" and in_header else in_body


def _json_object(body: bytes) -> Json:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    return found


def _said(record: Json, answer: Json, headers: dict[str, str], status: int) -> web.Response:
    record["answer"] = answer
    record["status"] = status
    return web.json_response(answer, status=status, headers=headers)
