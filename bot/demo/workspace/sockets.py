"""Socket Mode: one-shot addresses, `hello`, envelopes, acks, `disconnect`, and what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.demo.workspace.model import Json
from bot.demo.workspace.state import Workspace

_WARNING_SECONDS = 10.0  # [mem] how long before a renewal Slack warns
_LOOK_SECONDS = 0.05  # how often a deaf connection is looked at, on the machine's own clock


class NotConnectedError(Exception):
    """There is no socket to send on, or it went away before the ack."""


@dataclass(slots=True, eq=False)
class Link:
    """One open connection; `deaf` once it is half-open."""

    socket: web.WebSocketResponse
    request: web.Request
    deaf: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)


class Sockets:
    """The app's connections, any of which may get the next envelope."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tickets: set[str] = set()
        self._links: list[Link] = []

    @property
    def count(self) -> int:
        return len(self._links)

    def ticket(self) -> str:
        ticket = self._workspace.new_id("K")
        self._tickets.add(ticket)
        return ticket

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its one-shot address to its end."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403, text="the ticket is unknown or used")
        self._tickets.discard(ticket)
        link = Link(web.WebSocketResponse(max_msg_size=0), request)
        await link.socket.prepare(request)
        self._links.append(link)
        if self._workspace.faults.strike(("half_open",), "link") is not None:
            link.deaf.set()
        try:
            if not link.deaf.is_set():
                await link.socket.send_json(self._hello())
            await self._listen(link)
        finally:
            self._links.remove(link)
            for waiting in link.waiting.values():
                if not waiting.done():
                    waiting.set_exception(NotConnectedError("the socket closed before the ack"))
                    waiting.exception()
        return link.socket

    async def send(self, envelope: Json) -> Json | None:
        """Sends on one connection, and waits for its ack: the payload that came with it.

        NotConnectedError where there is no connection, or it closes first. It has no deadline.
        """
        if not self._links:
            raise NotConnectedError("no socket is open")
        # A half-open one is passed over once the app has opened another: Slack's own pings find it.
        hearing = [link for link in self._links if not link.deaf.is_set()]
        link = self._workspace.random.choice(hearing or self._links)
        acked: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        link.waiting[envelope["envelope_id"]] = acked
        try:
            if not link.deaf.is_set():
                await _write(link, envelope)
            return await acked
        finally:
            link.waiting.pop(envelope["envelope_id"], None)

    def drop(self) -> None:
        """Cuts every connection without a closing frame."""
        for link in self._links:
            cut(link.request)

    def half_open(self) -> None:
        """From now on reads and writes nothing on the connections there are, and closes none."""
        for link in self._links:
            link.deaf.set()

    async def refresh(self) -> None:
        """Renews every connection as planned: a warning, then the request, then the close."""
        links = list(self._links)
        await self._disconnect(links, "warning")
        await self._workspace.clock.sleep(_WARNING_SECONDS)
        await self._disconnect(links, "refresh_requested")
        for link in links:
            await link.socket.close()

    async def _disconnect(self, links: list[Link], reason: str) -> None:
        frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "workspace"}}
        for link in links:
            if link in self._links and not link.deaf.is_set():
                await _write(link, frame)

    async def _listen(self, link: Link) -> None:
        deafened = asyncio.ensure_future(link.deaf.wait())
        try:
            while True:
                heard = asyncio.ensure_future(link.socket.receive())
                await asyncio.wait({heard, deafened}, return_when=asyncio.FIRST_COMPLETED)
                if deafened.done():
                    heard.cancel()
                    await _until_cut(link.request)
                    return
                message = heard.result()
                if message.type is not WSMsgType.TEXT:
                    return
                _take_ack(link, message.data)
        finally:
            deafened.cancel()

    def _hello(self) -> Json:
        app = self._workspace.installed()
        return {
            "type": "hello",
            "num_connections": len(self._links),
            "connection_info": {"app_id": app.id},
            "debug_info": {"host": "workspace", "approximate_connection_time": 18060},
        }


def cut(request: web.Request) -> None:
    """Resets the connection of a request: nothing more is sent, not even an end."""
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()


async def _until_cut(request: web.Request) -> None:
    """Returns when the other side has given the connection up."""
    # aiohttp tells a handler that does not read nothing, so the connection is looked at.
    while request.transport is not None and not request.transport.is_closing():  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_SECONDS)


async def _write(link: Link, frame: Json) -> None:
    with contextlib.suppress(ConnectionError):
        await link.socket.send_json(frame)


def _take_ack(link: Link, text: str) -> None:
    try:
        answer = json.loads(text)
    except ValueError:
        return
    if not isinstance(answer, dict):
        return
    waiting = link.waiting.get(str(answer.get("envelope_id")))
    if waiting is not None and not waiting.done():
        waiting.set_result(answer.get("payload"))
