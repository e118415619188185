"""The TCP connection under one SSH connection, acknowledging at once."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import cast

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux alone has it


class Wire(asyncio.Protocol):
    """A TCP connection that acknowledges at once, in the form of an asyncssh tunnel.

    After authentication sshd's small packets meet Nagle and our delayed ACK: a stall of
    40 ms, nearly half of a login. TCP_QUICKACK wears off, so it is set again whenever
    something arrives. Reading waits until asyncssh takes the wire.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._inner: asyncio.Protocol | None = None
        self.peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.pause_reading()
        self.peer = str(transport.get_extra_info("peername")[0])

    def data_received(self, data: bytes) -> None:
        if self._transport is None or self._inner is None:
            return
        if _QUICKACK is not None:
            tcp = self._transport.get_extra_info("socket")
            tcp.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._inner is not None else None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._inner is not None:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], _host: str, _port: int
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """What asyncssh asks of a tunnel: the way to the host, with its protocol on it."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("closed before the first byte")
        self._inner = factory()
        self._inner.connection_made(self._transport)
        self._transport.resume_reading()
        return self._transport, self._inner

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
