"""Socket Mode: one line to Slack is open at all times, and one that has gone deaf is replaced.

The SDK's client reconnects by itself, and gets stuck doing so: it retries one dead address for
ever, and closes the old socket before it has a new one (facts/slack.md, pitfall 4). So here a
line never reconnects. It is opened, heard, and given up: when Slack asks for it, when it closes,
when nothing is heard on it, or when it has grown old. The next one is open before the last one
closes, and what came by a line is acknowledged on that line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import structlog
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.secrets import APP
from bot.slack.admission import NotAdmitted, admitted, again
from bot.slack.failures import SlackFailure

_log = structlog.get_logger(__name__)

End = Literal["refresh", "closed", "deaf", "old"]


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long what may take, in seconds."""

    connect: float = 10.0
    """From an address to Slack's hello on it; then another address is asked for."""
    ping: float = 10.0
    """Between two pings of ours; a socket that answers none within half of it is closed."""
    deaf: float = 60.0
    """Without a message and without an answer to a ping."""
    old: float = 3600.0
    """A server that forgot a line may answer its pings for ever: no line lives longer."""
    watch: float = 1.0
    """Between two looks at a line."""
    linger: float = 15.0
    """A line that Slack gives up may still bring what was on its way; Slack closes it after 10."""
    close: float = 5.0
    retry: float = 1.0
    """Before the second try to open a line; doubled at each, up to `retry_most`."""
    retry_most: float = 30.0


class SocketMode:
    """Keeps a line open. `open` tries once, `run` goes on for ever, `close` ends it in time."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        bounds: Bounds = Bounds(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._app_token = app_token
        self._bounds = bounds
        self._clock = clock
        self._line: _Line | None = None
        self._leaving: dict[asyncio.Task[None], _Line] = {}
        self.trouble = "not connected yet"
        """Why no line is open; empty while one is."""
        self.opened = 0
        """How many lines there have been."""

    @property
    def silence(self) -> float | None:
        """Seconds since the last sign of life; None before the first."""
        return self._clock() - self._line.heard_at if self._line else None

    async def open(self) -> None:
        """Open a line, with one address and one try. Raises NotAdmitted, SlackFailure."""
        try:
            with admitted(APP):
                line = await self._connected()
        except (NotAdmitted, SlackFailure) as error:
            self.trouble = f"socket mode is not connected: {error}"
            raise
        self._line, self.trouble = line, ""
        self.opened += 1
        _log.info("socket mode is connected", line=self.opened)

    async def _connected(self) -> _Line:
        answer = await self._app.client.apps_connections_open(app_token=self._app_token)
        line = _Line(self._app, self._app_token, self._bounds, self._clock)
        try:
            await line.connect(str(answer["url"]))
        except BaseException:
            self._leave(line, None)
            raise
        return line

    async def run(self) -> NoReturn:
        """Watch the open line, and replace it when it ends."""
        while True:
            if self._line is None or self.trouble:
                await self._reopen()
            elif end := self._line.end():
                _log.info("socket mode changes its line", line=self.opened, reason=end)
                spent = self._line
                self.trouble = "" if end in ("refresh", "old") else f"the line is {end}"
                await self._reopen()
                self._leave(spent, end)
            else:
                await self._line.wait(self._bounds.watch)

    async def _reopen(self) -> None:
        async for attempt in again(self._bounds.retry, self._bounds.retry_most):
            with attempt:
                await self.open()

    def _leave(self, line: _Line, end: End | None) -> None:
        task = asyncio.create_task(line.leave(stay=end in ("refresh", "old")))
        self._leaving[task] = line
        task.add_done_callback(self._leaving.pop)

    async def close(self, grace: float) -> None:
        """Take nothing more: what is in hand is answered, then the line is closed, within
        `grace` seconds. `run` must have been cancelled before."""
        self.trouble = "closed"
        if self._line:
            self._leave(self._line, None)
        for line in self._leaving.values():
            line.hurry.set()
        if self._leaving:
            _, hanging = await asyncio.wait(tuple(self._leaving), timeout=grace)
            for task in hanging:
                task.cancel()


class _Line:
    """One address, one socket."""

    def __init__(
        self, app: AsyncApp, app_token: str, bounds: Bounds, clock: Callable[[], float]
    ) -> None:
        self._bounds = bounds
        self._clock = clock
        self._hello = asyncio.Event()
        self._spent = asyncio.Event()
        self.hurry = asyncio.Event()
        """Set where nobody may wait for a line that stays."""
        self._nothing_in_hand = asyncio.Event()
        self._nothing_in_hand.set()
        self._in_hand = 0
        self._handler = AsyncSocketModeHandler(app, app_token, ping_interval=bounds.ping)
        self._client: SocketModeClient = self._handler.client
        self._client.default_auto_reconnect_enabled = False
        self._client.auto_reconnect_enabled = False
        self._client.connect_to_new_endpoint = self._asked_to_leave  # type: ignore[method-assign]
        self._client.message_listeners.append(self._heard)
        self._client.socket_mode_request_listeners[:] = [self._handle]
        self._client.last_ping_pong_time = self._pong = time.time()
        self.opened_at = self.heard_at = clock()

    async def connect(self, address: str) -> None:
        """Open the socket and wait for Slack's hello. Raises TimeoutError: the SDK tries one
        address again and again, so a dead one shows only by the time."""
        self._client.wss_uri = address
        async with asyncio.timeout(self._bounds.connect):
            await self._handler.connect_async()  # type: ignore[no-untyped-call]
            await self._hello.wait()

    def end(self) -> End | None:
        """Why this line is to be given up, if it is."""
        self._hear_pongs()
        session = self._client.current_session
        if self._spent.is_set():
            return "refresh"
        if session is None or session.closed or self._a_task_died():
            return "closed"
        if self._clock() - self.heard_at > self._bounds.deaf:
            return "deaf"
        return "old" if self._clock() - self.opened_at > self._bounds.old else None

    async def wait(self, seconds: float) -> None:
        """Until it is time to look again, or Slack asks to leave."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._spent.wait()

    async def leave(self, *, stay: bool) -> None:
        """Close the line within bounds. stay: hear it on until Slack closes it, for a while."""
        if stay:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._bounds.linger):
                    await self._until_closed()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._bounds.close):
                await self._nothing_in_hand.wait()
        try:
            async with asyncio.timeout(self._bounds.close):
                await self._handler.close_async()  # type: ignore[no-untyped-call]
        except Exception as error:  # noqa: BLE001 - it is given up in any case
            _log.warning("socket mode leaves a line unclosed", error=repr(error))
            await self._drop()

    async def _until_closed(self) -> None:
        """By Slack, or in a hurry; no event of the SDK's tells of an end without a word."""
        while not self.hurry.is_set() and self.end() in (None, "refresh", "old"):  # noqa: ASYNC110
            await asyncio.sleep(min(0.1, self._bounds.watch))

    async def _drop(self) -> None:
        """What `close_async` leaves behind when it hangs: the SDK's tasks and its sockets."""
        client = self._client
        tasks = (
            client.message_processor,
            client.message_receiver,
            client.current_session_monitor,
        )
        for task in tasks:
            if task is not None:
                task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._bounds.close):
                await client.aiohttp_client_session.close()

    async def _asked_to_leave(self, force: bool = False) -> None:  # noqa: ARG002 - the SDK's
        """Slack's `disconnect`: in the SDK's client this reconnects."""
        self._spent.set()

    async def _heard(
        self, _: AsyncBaseSocketModeClient, message: dict[str, Any], __: str | None = None
    ) -> None:
        self.heard_at = self._clock()
        if message.get("type") == "hello":
            self._hello.set()

    def _hear_pongs(self) -> None:
        """The SDK keeps the time of the last ping that was answered: a change is a sign."""
        if self._client.last_ping_pong_time != self._pong:
            self._pong = self._client.last_ping_pong_time or 0.0
            self.heard_at = self._clock()

    async def _handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        self._in_hand += 1
        self._nothing_in_hand.clear()
        try:
            await self._handler.handle(client, request)  # type: ignore[arg-type]
        finally:
            self._in_hand -= 1
            if not self._in_hand:
                self._nothing_in_hand.set()

    def _a_task_died(self) -> bool:
        tasks = (self._client.message_receiver, self._client.message_processor)
        return any(task is not None and task.done() for task in tasks)
