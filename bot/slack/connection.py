"""The bot's connection to its one workspace: who we are there, how we hear, how we speak.

Authorisation is asked for at the start and kept: no request waits for `auth.test` within its
3 seconds (facts/slack.md, pitfall 3). Where Slack is down at the start, the connection goes on
trying, and everything else runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncRateLimitErrorRetryHandler,
    async_default_handlers,
)
from slack_sdk.web.async_client import AsyncWebClient

from bot.secrets import BOT, SlackTokens
from bot.slack.admission import NotAdmitted, admitted, again
from bot.slack.failures import SlackFailure
from bot.slack.socket import Bounds, SocketMode
from probes.model import Message

Json = Any

_log = structlog.get_logger(__name__)

SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "usergroups:read",
        "users:read",
    }
)
"""What the manifest asks for (a test holds the two together)."""

_CALL_SECONDS = 30.0
_FIRST_TRY_SECONDS = 5.0
"""A Slack that hangs must not keep webhooks waiting for `serve`."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is. url: the workspace's address, with a slash at the end."""

    team_id: str
    team: str
    url: str
    bot_id: str
    bot_user_id: str
    bot_name: str
    enterprise_id: str | None
    scopes: frozenset[str]

    def permalink(self, channel: str, ts: str, thread_ts: str | None = None) -> str:
        """A message's address, as Slack's own client makes it; no call is needed for it."""
        link = f"{self.url}archives/{channel}/p{ts.replace('.', '')}"
        return f"{link}?thread_ts={thread_ts}&cid={channel}" if thread_ts else link


def session() -> aiohttp.ClientSession:
    """The one HTTP session that all calls share; without it the SDK opens one a call."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_CALL_SECONDS))


async def connect(
    tokens: SlackTokens,
    session: aiohttp.ClientSession,
    register: Callable[[AsyncApp], None],
    bounds: Bounds = Bounds(),  # noqa: B008 - frozen
) -> Connection:
    """The connection, authorised unless Slack is down; `open` and `run` then let requests in.

    Raises NotAdmitted where Slack does not take the bot token.
    """
    connection = Connection(tokens, session, bounds)
    register(connection.app)
    try:
        async with asyncio.timeout(_FIRST_TRY_SECONDS):
            await connection.authorise()
    except (SlackFailure, TimeoutError) as error:
        _log.warning("slack can't be reached; trying on", error=repr(error))
    return connection


class Connection:
    """One workspace. `client` is for calls whose failures the caller handles: it retries
    nothing. The app's own client, which listeners get, retries once."""

    def __init__(self, tokens: SlackTokens, session: aiohttp.ClientSession, bounds: Bounds) -> None:
        self.tokens = tokens
        self.client = _client(tokens.api_url, session, [], tokens.bot)
        self.identity: Identity | None = None
        self._bounds = bounds
        self._known: asyncio.Future[Identity] = asyncio.get_running_loop().create_future()
        self._trouble = "not authorised yet"
        retries = [*async_default_handlers(), AsyncRateLimitErrorRetryHandler()]

        async def authorize() -> AuthorizeResult:
            return self._authorisation()

        self.app = AsyncApp(
            name="replcheck",
            # Without a token: bolt would drop it in favour of `authorize`, and warn of it.
            client=_client(tokens.api_url, session, retries, None),
            authorize=authorize,
            request_verification_enabled=False,  # bot/web.py does it before it parses anything
            process_before_response=True,  # on disk, then acknowledged: bot/slack/guard.py
        )
        self.socket = SocketMode(self.app, tokens.app, bounds) if tokens.app else None

    async def authorise(self) -> Identity:
        """Ask Slack who we are. Raises NotAdmitted, SlackFailure."""
        try:
            with admitted(BOT):
                answer = await self.client.auth_test()
        except (NotAdmitted, SlackFailure) as error:
            self._trouble = f"not authorised: {error}"
            raise
        if not answer.get("bot_id"):
            where = Message("serve.where-bot")
            raise NotAdmitted(Message("serve.not-a-bot", {"name": BOT, "where": where}))
        identity = self.identity = Identity(
            team_id=str(answer["team_id"]),
            team=str(answer["team"]),
            url=str(answer["url"]).rstrip("/") + "/",
            bot_id=str(answer["bot_id"]),
            bot_user_id=str(answer["user_id"]),
            bot_name=str(answer["user"]),
            enterprise_id=answer.get("enterprise_id"),
            scopes=_scopes(answer.headers.get("x-oauth-scopes", "")),
        )
        if missing := SCOPES - identity.scopes:
            _log.warning("the app lacks scopes: install it again", missing=sorted(missing))
        self._trouble = ""
        if not self._known.done():
            self._known.set_result(identity)
        _log.info("slack knows us", team=identity.team, bot=identity.bot_name)
        return identity

    async def authorised(self) -> Identity:
        """Who we are, as soon as Slack has said it."""
        return await asyncio.shield(self._known)

    async def open(self) -> None:
        """Open Socket Mode, with one try. Raises NotAdmitted where Slack does not take the app
        token; where it can't be reached, `run` tries on."""
        if not self.socket or not self.identity:
            return
        try:
            await self.socket.open()
        except SlackFailure as error:
            _log.warning("socket mode can't be reached; trying on", error=repr(error))

    async def run(self) -> NoReturn:
        """Be authorised and heard, for ever."""
        if self.identity is None:
            async for attempt in again(self._bounds.retry, self._bounds.retry_most):
                with attempt:
                    await self.authorise()
        if self.socket:
            await self.socket.run()
        await asyncio.Event().wait()
        raise AssertionError("never")

    async def close(self, grace: float) -> None:
        """Hear nothing more; what is in hand is acknowledged within `grace` seconds. `run` must
        have been cancelled before."""
        if self.socket:
            await self.socket.close(grace)

    @property
    def trouble(self) -> str:
        """Why Slack can't be heard now, for machines; empty when all is well."""
        return self._trouble or (self.socket.trouble if self.socket else "")

    @property
    def signs(self) -> dict[str, Json]:
        """Signs of life, for machines: how Slack is heard, how many lines there were since the
        start, and the seconds since anything was heard on the one that is open."""
        silence = self.socket.silence if self.socket else None
        return {
            "mode": self.tokens.mode,
            "lines": self.socket.opened if self.socket else 0,
            "silence_seconds": None if silence is None else round(silence, 1),
        }

    def _authorisation(self) -> AuthorizeResult:
        if self.identity is None:
            raise RuntimeError("a request came before Slack said who we are")
        return AuthorizeResult(
            enterprise_id=self.identity.enterprise_id,
            team_id=self.identity.team_id,
            team=self.identity.team,
            url=self.identity.url,
            bot_id=self.identity.bot_id,
            bot_user_id=self.identity.bot_user_id,
            bot_token=self.tokens.bot,
            bot_scopes=sorted(self.identity.scopes),
        )


def _client(
    api_url: str,
    session: aiohttp.ClientSession,
    retries: list[AsyncRetryHandler],
    token: str | None,
) -> AsyncWebClient:
    """The SDK reads HTTPS_PROXY itself."""
    return AsyncWebClient(
        token=token, base_url=api_url, session=session, retry_handlers=retries, timeout=30
    )


def _scopes(header: str) -> frozenset[str]:
    return frozenset(scope for scope in (part.strip() for part in header.split(",")) if scope)
