"""`replcheck serve`: the running bot, from an open record to an orderly end.

Opened in the order in which the parts need each other: record, Slack (who are we there), the
front that answers, the web application, and last the door through which Slack's requests come.
Closed from the door inwards, each step within a bound.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Protocol

import aiohttp
import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp

from bot import logs
from bot.alone import Alone
from bot.desk import Desk
from bot.intake import Intake
from bot.pages.access import PagesAccess
from bot.pages.routes import Pages
from bot.response import Response
from bot.secrets import (
    LEAST_SECRET,
    LISTEN,
    SECRET_KEY,
    BadEnvironment,
    Environment,
    SlackTokens,
    take,
)
from bot.settings import Settings
from bot.silence import Silence
from bot.slack.admission import NotAdmitted
from bot.slack.connection import Connection, connect, session
from bot.slack.front import Front as Face
from bot.slack.socket import Bounds
from bot.terminal.interrupt import stoppable
from bot.terminal.safe import printable
from bot.usage import Unusable, loaded
from bot.web import Troubles, web_app
from bot.webhooks.secrets import take as hook_secrets
from bot.words import Voice, say
from probes.model import Message
from probes.ssh import SshTransport
from storage.errors import StoreError
from storage.store import Store

_log = structlog.get_logger(__name__)

GRACE = 5.0
"""Seconds for checks to be marked and words to be handed over. With the steps before it that is
8 in all: a container is killed after 10."""
_WEB_GRACE, _SLACK_GRACE = 1.0, 2.0
_READY_SECONDS = 2.0
_TURN_SECONDS = 0.001
"""How long a thread that judges, reads or writes keeps the interpreter while the event loop waits
for it. Python's own 5 ms, several times over in the way of each acknowledgement, are felt."""


class Front(Protocol):
    """What answers. `register` is called once, before the app hears anything, where there is one;
    `start` before the first request can come (None: there is no Slack); `close` takes nothing new
    and puts down on record what runs, within `grace` seconds."""

    def register(self, app: AsyncApp) -> None: ...
    async def start(self, connection: Connection | None) -> None: ...
    async def close(self, grace: float) -> None: ...


OpenFront = Callable[[Store, Desk, Response, PagesAccess, Voice], Front]


def answering(
    store: Store, desk: Desk, response: Response, pages: PagesAccess, voice: Voice
) -> Front:
    """The front that answers in Slack."""
    return Face(store, desk, voice, response, pages)


class CantListen(Exception):  # noqa: N818 - it is what happened
    """The address is taken or not ours; `words` names the mend."""

    def __init__(self, words: Message) -> None:
        super().__init__(words.code)
        self.words = words


def run(settings: Settings, open_front: OpenFront = answering) -> int:
    """The whole process; 0 after an orderly end. Raises Unusable for what a person can mend in
    the set-up, StoreError, and GivenUp at the second signal."""
    inventory = loaded(settings)
    try:
        environment = take(os.environ)
        secrets = hook_secrets(os.environ, inventory.hooks.values())
    except BadEnvironment as bad:
        raise _unusable(bad.mistakes, settings) from None
    logs.to_stderr()
    voice = Voice(settings.lang)
    if environment.slack is None:
        _log.warning(voice("serve.no-slack"))
    if 0 < len(environment.pages.secret_key) < LEAST_SECRET:
        _log.warning(voice("access.short-key", name=SECRET_KEY, count=LEAST_SECRET))

    async def work(stop: asyncio.Event) -> None:
        async with await Store.open(settings.db) as store:
            desk = Desk(store, inventory, lambda context: SshTransport(context.endpoints))
            response = Response(store)
            intake = Intake(store, inventory, secrets, voice, response.heard)
            pages = Pages(store, inventory, environment.pages, settings.lang)
            front: Front = Alone(desk, response)
            if environment.slack:
                front = open_front(store, desk, response, environment.pages, voice)
            silence = asyncio.create_task(Silence(store, inventory, response.heard).run())
            try:
                await serve(environment, store, front, stop, intake=intake, pages=pages)
            finally:
                silence.cancel()

    try:
        asyncio.run(stoppable(work, lambda: _log.info(voice("serve.stopping"))))
    except (NotAdmitted, CantListen) as error:
        raise _unusable((error.words,), settings) from None
    return 0


def _unusable(mistakes: Iterable[Message], settings: Settings) -> Unusable:
    return Unusable("\n".join(printable(say(words, settings.lang)) for words in mistakes))


async def serve(
    environment: Environment,
    store: Store,
    front: Front,
    stop: asyncio.Event,
    bounds: Bounds = Bounds(),  # noqa: B008 - frozen
    intake: Intake | None = None,
    pages: Pages | None = None,
) -> None:
    """Run until `stop` is set, then end in good order. Raises NotAdmitted (Slack does not take a
    token) and CantListen; what was open by then is closed. A failure of the part that hears
    Slack ends the process in the same order, and is raised: whoever started it starts it again.
    """
    sys.setswitchinterval(_TURN_SECONDS)
    async with session() as http:
        connection = await _connected(environment.slack, http, front, bounds)
        app = web_app(connection, _troubles(store, connection), intake, pages)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_WEB_GRACE)
        hearing: asyncio.Task[None] | None = None
        try:
            await front.start(connection)
            await _listen(runner, environment)
            if connection:
                await connection.open()
                hearing = asyncio.create_task(connection.run())
            _log.info("ready", slack=environment.slack.mode if environment.slack else "none")
            await _until(stop, hearing)
        finally:
            await _close(runner, connection, hearing, front)


async def _connected(
    tokens: SlackTokens | None, http: aiohttp.ClientSession, front: Front, bounds: Bounds
) -> Connection | None:
    return await connect(tokens, http, front.register, bounds) if tokens else None


async def _listen(runner: web.AppRunner, environment: Environment) -> None:
    host, port = environment.host, environment.port
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        said = str(error.strerror or error)
        words = Message(
            "serve.port-taken", {"host": host, "port": port, "error": said, "name": LISTEN}
        )
        raise CantListen(words) from None
    for address in runner.addresses:
        _log.info("listening", host=address[0], port=address[1])


async def _until(stop: asyncio.Event, hearing: asyncio.Task[None] | None) -> None:
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({stopped, *([hearing] if hearing else [])}, return_when="FIRST_COMPLETED")
    stopped.cancel()
    if hearing and hearing.done():
        hearing.result()


async def _close(
    runner: web.AppRunner,
    connection: Connection | None,
    hearing: asyncio.Task[None] | None,
    front: Front,
) -> None:
    """From the door inwards. One step that fails or hangs never keeps the next from running."""
    started = time.monotonic()
    if hearing:
        hearing.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await hearing
    await _step("web", runner.cleanup(), 2 * _WEB_GRACE)
    if connection:
        await _step("slack", connection.close(_SLACK_GRACE), 2 * _SLACK_GRACE)
    await _step("front", front.close(GRACE), GRACE + 1.0)
    _log.info("stopped", seconds=round(time.monotonic() - started, 2))


async def _step(name: str, work: Awaitable[None], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await work
    except Exception:  # noqa: BLE001 - the next step must run
        _log.exception("not closed in good order", part=name)


def _troubles(store: Store, connection: Connection | None) -> Callable[[], Awaitable[Troubles]]:
    async def troubles() -> Troubles:
        found = {"database": await _database_trouble(store)}
        if connection:
            found["slack"] = connection.trouble
        return {part: why for part, why in found.items() if why}

    return troubles


async def _database_trouble(store: Store) -> str:
    """A renewal of nobody's lease takes the write lock, commits, and changes nothing."""
    try:
        async with asyncio.timeout(_READY_SECONDS):
            await store.renew_lease("", time.time(), 0.0)
    except TimeoutError:
        return f"no write within {_READY_SECONDS:g} s"
    except StoreError as error:
        return str(error)
    return ""
