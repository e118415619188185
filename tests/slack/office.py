"""A workspace on loopback with our app installed by its own manifest, and a connection to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from slack_bolt.async_app import AsyncApp
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.demo.workspace.model import Channel, Tokens, User
from bot.demo.workspace.server import Running, start
from bot.demo.workspace.state import Workspace
from bot.secrets import SlackTokens
from bot.slack import connection as connections
from bot.slack.connection import Connection
from bot.slack.guard import guarded
from bot.slack.socket import Bounds
from bot.words import Voice

MANIFEST_FILE = Path(connections.__file__).with_name("manifest.yml")
MANIFEST: dict[str, Any] = YAML(typ="safe", pure=True).load(MANIFEST_FILE)
FAST = Bounds(
    connect=1.0, ping=2.0, deaf=60.0, watch=0.02, linger=2.0, close=0.5, retry=0.02, retry_most=0.1
)
PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")


@dataclass
class Office:
    """The workspace, its people, and what our listeners have heard."""

    running: Running
    tokens: Tokens
    channel: Channel
    person: User
    heard: list[str] = field(default_factory=list)
    fails: list[Exception] = field(default_factory=list)
    """What the next listeners raise before anything is kept, one each."""
    fails_after_ack: Exception | None = None
    trigger: str = ""
    """What the last command lets us open a dialog with."""
    slow: float = 0.0
    """Seconds that the command's listener takes before it acknowledges."""

    @property
    def slack(self) -> SlackTokens:
        """As `serve` would be given it, for Socket Mode."""
        return SlackTokens(self.tokens.bot, self.tokens.app, "", self.running.api_url)

    async def command(self, text: str) -> dict[str, Any]:
        """Somebody types /replcheck; as Slack answers them."""
        return await self.running.person(self.person.id).type(self.channel.id, f"/replcheck {text}")

    async def mention(self, text: str) -> None:
        """Somebody mentions the bot."""
        bot = self.running.workspace.installed().bot_user
        await self.running.person(self.person.id).type(self.channel.id, f"<@{bot}> {text}")

    def register(self, app: AsyncApp) -> None:
        """Listeners that keep what they hear, as the front's do."""

        async def command(args: AsyncArgs) -> None:
            await asyncio.sleep(self.slow)
            if self.fails:
                raise self.fails.pop()
            self.heard.append(str(args.body.get("text")))
            self.trigger = str(args.body.get("trigger_id"))
            await args.ack()
            if self.fails_after_ack:
                raise self.fails_after_ack

        async def mention(args: AsyncArgs) -> None:
            if self.fails:
                raise self.fails.pop()
            self.heard.append(str(args.body["event"]["text"]))

        app.command("/replcheck")(guarded(command, Voice()))
        app.event("app_mention")(guarded(mention, Voice()))
        for makes in (app.shortcut("replcheck_message"), app.action("press"), app.view("dialog")):
            makes(guarded(command, Voice()))


@asynccontextmanager
async def office(url: str | None = None, **parts: Any) -> AsyncIterator[Office]:
    """A workspace with one person and a channel. url: where it sends requests over HTTP."""
    workspace = Workspace(**parts)
    person = workspace.add_user("Mina Park", "ko-KR", "Asia/Seoul")
    tokens = workspace.install_app(MANIFEST, url=url)
    channel = workspace.add_channel("backup-incidents", [person])
    running = await start(workspace)
    try:
        yield Office(running, tokens, channel, person)
    finally:
        await running.close()


@asynccontextmanager
async def connected(place: Office, bounds: Bounds = FAST) -> AsyncIterator[Connection]:
    """A connection that listens, as `serve` makes it."""
    async with connections.session() as http:
        connection = await connections.connect(place.slack, http, place.register, bounds)
        await connection.open()
        with running(connection):
            yield connection
        await connection.close(3.0)


@contextmanager
def running(connection: Connection) -> Iterator[asyncio.Task[None]]:
    """The connection's `run`, beside the test."""
    task: asyncio.Task[None] = asyncio.create_task(connection.run())
    try:
        yield task
        if task.done():
            task.result()
    finally:
        task.cancel()


async def until(holds: Callable[[], object], seconds: float = 8.0) -> None:
    """Wait for a condition; fails the test after so many seconds."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110 - what is waited for tells nobody
                await asyncio.sleep(0.01)
    assert holds(), "it did not come about in time"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK reads these, and would send loopback's requests away (facts/slack.md, Wiring)."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
