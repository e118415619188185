"""The one web application of `serve`: Slack over HTTP, and what machines ask of the process.

Webhooks and pages add their routes here.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_sdk.signature import SignatureVerifier

from bot.intake import Intake
from bot.pages.routes import PREFIX, Pages
from bot.slack.connection import Connection

Troubles = Mapping[str, str]
"""What does not work, by part; empty when all does."""

_log = structlog.get_logger(__name__)
_BODY_BYTES = 1 << 20
"""Slack's requests are some kilobytes; a modal's state may be a few hundred. A job's event holds
log text: what is longer is no excerpt any more."""
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def web_app(
    connection: Connection | None,
    troubles: Callable[[], Awaitable[Troubles]],
    intake: Intake | None = None,
    pages: Pages | None = None,
) -> web.Application:
    """The routes of the contract that `serve` has so far. /slack/events is there in HTTP mode
    only: with Socket Mode nothing may come in by the other door."""
    app = web.Application(client_max_size=_BODY_BYTES)
    app.router.add_get("/healthz", _alive)
    app.router.add_get("/readyz", _ready(connection, troubles))
    if intake is not None:
        app.router.add_post("/hooks/{name}", intake.take)
    if pages is not None:
        app.add_subapp(PREFIX, pages.application())
    if connection is not None and connection.tokens.mode == "http":
        app.router.add_post("/slack/events", _slack_events(connection))
    return app


async def _alive(_: web.Request) -> web.Response:
    return web.json_response({"alive": True})


def _ready(
    connection: Connection | None, troubles: Callable[[], Awaitable[Troubles]]
) -> Callable[..., Awaitable[web.Response]]:
    async def ready(_: web.Request) -> web.Response:
        found = await troubles()
        signs = connection.signs if connection else None
        body = {"ready": not found, "reasons": dict(found), "slack": signs}
        return web.json_response(body, status=503 if found else 200)

    return ready


def _slack_events(connection: Connection) -> Callable[..., Awaitable[web.Response]]:
    verifier = SignatureVerifier(connection.tokens.signing_secret)

    async def events(request: web.Request) -> web.Response:
        body = await request.read()
        if not _is_slacks(verifier, request.headers, body):
            _log.warning("a request without Slack's signature", remote=request.remote)
            return web.json_response({"error": "not signed by Slack"}, status=401)
        if connection.identity is None:
            return web.json_response({"error": "not authorised at Slack yet"}, status=503)
        try:
            read = await to_bolt_request(request)
        except (ValueError, RecursionError):  # bolt parses it here, and leaves JSON's errors to us
            return web.json_response({"error": "not in Slack's form"}, status=400)
        return await to_aiohttp_response(await connection.app.async_dispatch(read))

    return events


def _is_slacks(verifier: SignatureVerifier, headers: Mapping[str, str], body: bytes) -> bool:
    """Signed by Slack within 5 minutes. The form is held first: the SDK raises on a time that
    is no number and on a signature outside ASCII (facts/slack.md, "Wiring")."""
    at = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    if not _TIMESTAMP.fullmatch(at) or not _SIGNATURE.fullmatch(signature):
        return False
    try:
        body.decode()
    except UnicodeDecodeError:  # Slack sends UTF-8, and the SDK signs text
        return False
    return bool(verifier.is_valid(body, at, signature))
