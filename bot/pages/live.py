"""A running check, followed: what happens is pushed to whoever reads (server-sent events).

A check may run in another process, so the record itself is what is followed: while anybody
reads, one look for all of them at the newest event's number, and each stream then reads what is
new for it. Streams are bounded in number and in time, and end with the check.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from storage.codec import Raw
from storage.errors import StoreError
from storage.pages import News
from storage.store import Store
from storage.views import Event

MOST_STREAMS = 32
LOOK_SECONDS = 0.4
KEEP_ALIVE_SECONDS = 15.0
"""A proxy closes what is silent for longer than half a minute or so."""
_LONGEST_SECONDS = 3600.0
_WRITE_SECONDS = 10.0
"""A reader who takes nothing for so long is gone."""

Words = Callable[[Event, Raw | None], str | None]
"""What is said of an event with what it brought; None for what is not told."""


class Full(Exception):  # noqa: N818 - it is what happened
    """As many read as may."""


class Streams:
    """All streams of the process. `close` ends them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._open = 0
        self._closing = asyncio.Event()
        self._changed = asyncio.Condition()
        self._newest = 0
        self._looking: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """End what is open, and take nothing new."""
        self._closing.set()
        if self._looking:
            self._looking.cancel()
        async with self._changed:
            self._changed.notify_all()

    async def follow(
        self, response: web.StreamResponse, request: web.Request, incident: str, after: int,
        words: Words,
    ) -> None:  # fmt: skip
        """Push the incident's events after `after` until no check of it runs, the reader has
        gone, or the hour is over (a browser then comes again by itself, and goes on from there).
        Raises Full before anything is sent."""
        async with self._place():
            await response.prepare(request)
            with suppress(ConnectionResetError, TimeoutError, StoreError):
                async with asyncio.timeout(_LONGEST_SECONDS):
                    await self._push(response, incident, after, words)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._open >= MOST_STREAMS or self._closing.is_set():
            raise Full
        self._open += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            self._open -= 1
            if not self._open and self._looking:
                self._looking.cancel()

    async def _look(self) -> None:
        while True:
            with suppress(StoreError):  # the next look may be luckier
                await self._tell()
            await asyncio.sleep(LOOK_SECONDS)

    async def _tell(self) -> None:
        newest = await self._store.pages.newest()
        if newest != self._newest:
            async with self._changed:
                self._newest = newest
                self._changed.notify_all()

    async def _push(
        self, response: web.StreamResponse, incident: str, after: int, words: Words
    ) -> None:
        while not self._closing.is_set():
            newest = self._newest
            news = await self._store.pages.since(incident, after)
            said = await asyncio.to_thread(_said, news, words)
            for event, text in zip(news.events, said, strict=True):
                after = event.seq
                if text is not None:
                    told = {"at": event.at, "text": text, "kind": event.kind}
                    await _write(response, f"id: {after}\ndata: {json.dumps(told)}\n\n")
            if news.over:
                await _write(response, "event: end\ndata: {}\n\n")
                return
            if not news.events and not await self._something_new(newest):
                await _write(response, ": still there\n\n")

    async def _something_new(self, since: int) -> bool:
        """Wait for the record to grow; False when nothing came for a while."""
        async with self._changed:
            waiting: Awaitable[bool] = self._changed.wait_for(
                lambda: self._newest != since or self._closing.is_set()
            )
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    return await waiting
            except TimeoutError:
                return False


def _said(news: News, words: Words) -> list[str | None]:
    return [words(event, news.raws.get(event.seq)) for event in news.events]


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(_WRITE_SECONDS):
        await response.write(text.encode())
