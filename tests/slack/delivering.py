"""An outbox at work on the local workspace, in haste: what waits, waits a hundredth of its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace.faults import Deed, Fault
from bot.slack.api import SAID, SlackApi
from bot.slack.model import Place, Post
from bot.slack.outbox import Outbox
from bot.slack.pace import Pace
from storage.outbox import Delivery
from storage.store import Store
from tests.slack.office import Office

Json = Any
SECONDS = 0.3
"""How long a call may take here."""


class Haste:
    """A clock that whoever sleeps moves on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Epoch seconds."""
        return time.time() + self.ahead

    async def sleep(self, seconds: float) -> None:
        self.ahead += seconds
        await asyncio.sleep(min(seconds / 100, 0.05))


@dataclass
class Bureau:
    """The post office: the outbox that runs, and what it gave up."""

    here: Office
    outbox: Outbox
    store: Store
    haste: Haste
    running: asyncio.Task[None]
    given_up: list[tuple[str, str]] = field(default_factory=list)

    @property
    def place(self) -> Place:
        return Place(self.here.channel.id, self.here.person.id, "en", "addresses")

    def fault(self, on: str, do: Deed, **more: Any) -> None:
        self.here.running.workspace.faults.add(Fault(on, do, **more))

    async def drained(self, every: float = 0.01) -> None:
        """Nothing waits any more. every: seconds between looks."""
        async with asyncio.timeout(20):
            while (await self.outbox.depth()).waiting:  # noqa: ASYNC110 - it is known on disk alone
                await asyncio.sleep(every)

    def calls(self, method: str) -> list[Json]:
        return [c for c in self.here.running.workspace.calls if c["method"] == method]

    def said(self, channel: str | None = None) -> list[str]:
        """The keys that stand in a channel and its threads, in order."""
        messages = self.here.running.workspace.channels[channel or self.place.channel].messages
        return [key for m in messages.values() if (key := key_of(m))]

    def message(self, key: str) -> Json:
        """The one message with this key."""
        found = [m for m in self.here.channel.messages.values() if key_of(m) == key]
        assert len(found) == 1, f"{key} stands there {len(found)} times"
        return found[0]


def key_of(message: Json) -> str | None:
    metadata = message.get("metadata", {})
    return metadata["event_payload"]["key"] if metadata.get("event_type") == SAID else None


@asynccontextmanager
async def at_work(
    here: Office, path: Path, *, haste: Haste | None = None, token: str = ""
) -> AsyncIterator[Bureau]:
    """An outbox that runs on this record."""
    haste = haste or Haste()
    async with aiohttp.ClientSession() as session, await Store.open(path) as store:
        client = AsyncWebClient(token or here.tokens.bot, here.running.api_url, session=session)
        client.retry_handlers = []
        api = SlackApi(client, here.running.workspace.team_id, SECONDS)
        given_up: list[tuple[str, str]] = []

        async def on_given_up(delivery: Delivery, error: str) -> None:
            given_up.append((delivery.say.key, error))

        pace = Pace(haste.now, haste.sleep)
        outbox = Outbox(store, api, pace, on_given_up, haste.now, haste.sleep)
        running = asyncio.create_task(outbox.run())
        try:
            yield Bureau(here, outbox, store, haste, running, given_up)
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.wait([running], timeout=2)
            assert running.done(), "it ends at once"


def words(text: str) -> Post:
    return Post(text, ({"type": "section", "text": {"type": "plain_text", "text": text}},))
