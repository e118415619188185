"""What a remote command prints: bounded, cut into lines, stamped on arrival.

Law 6: what a host printed is data. It is bounded where it is read, and no byte of it can
end more than its own line (one byte that is not UTF-8 kills a text-mode connection:
facts/ssh-and-store.md, Faults).
"""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable

import asyncssh

from probes.model import End, Line

OUTPUT_BYTES = 256 * 1024
LINE_BYTES = 4 * 1024
# A stop is over within 2 s, so the channel is closed after three signals, 0.2 s apart.
SIGNALS = 3
SIGNAL_SECONDS = 0.2

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f]")


def clean(raw: bytes) -> str:
    """One line as text: at most LINE_BYTES, bad bytes and control characters as `\\xNN`."""
    text = raw.rstrip(b"\r")[:LINE_BYTES].decode("utf-8", "backslashreplace")
    return _CONTROL.sub(lambda sign: f"\\x{ord(sign[0]):02x}", text)


class Splitter:
    """Cuts a stream of bytes into lines; holds no more of an unfinished one than is kept."""

    def __init__(self) -> None:
        self._unfinished = b""

    def feed(self, data: bytes) -> list[str]:
        *whole, rest = (self._unfinished + data).split(b"\n")
        self._unfinished = rest[:LINE_BYTES]
        return [clean(line) for line in whole]

    def rest(self) -> list[str]:
        """The last line, if it never ended."""
        rest, self._unfinished = self._unfinished, b""
        return [clean(rest)] if rest else []


class Session(asyncssh.SSHClientSession[bytes]):
    """One command on one channel, from its first byte to the channel's end.

    ended: resolved once, with how the command ended; nothing is recorded after it.
    closed: resolved when the channel is gone on both sides. requested: the host was asked
    for a channel; opened: it gave one. error: what `enough` raised.
    """

    def __init__(self, enough: Callable[[Line], bool]) -> None:
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[End] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self.requested = False
        self.opened = False
        self.started = time.time()
        self.seconds = 0.0
        self.lines: list[Line] = []
        self.exit_status: int | None = None
        self.error: Exception | None = None
        self._enough = enough
        self._room = OUTPUT_BYTES
        self._splitters = {False: Splitter(), True: Splitter()}
        self._channel: asyncssh.SSHClientChannel[bytes] | None = None
        self._closing: asyncio.TimerHandle | None = None

    def finish(self, end: End) -> None:
        """The command is over for us: keep what came, and end it at the host if it runs."""
        if self.ended.done():
            return
        for error, splitter in self._splitters.items():
            self._record(splitter.rest(), error=error)
        self.seconds = time.time() - self.started
        self.ended.set_result(end)
        self._hang_up()

    def forget(self) -> None:
        """No channel was opened, so none will close."""
        if not self.closed.done():
            self.closed.set_result(None)

    # --- asyncssh calls these ---------------------------------------------------------

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self._channel = chan
        self.opened = True
        self.started = time.time()  # the request to run the command leaves right after this

    def session_started(self) -> None:
        if self._channel is not None:
            self._channel.write_eof()  # nothing is ever typed; a command that reads must not wait
        if self.ended.done() and self._closing is None:  # nobody waited for the channel to open
            self._hang_up()

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        if self.ended.done():
            return
        error = datatype is not None
        kept, self._room = data[: self._room], self._room - len(data)
        lines = self._record(self._splitters[error].feed(kept), error=error)
        if self._is_enough(lines):
            self.finish(End.STOPPED)
        elif self._room <= 0:
            self.finish(End.BOUNDED)

    def exit_status_received(self, status: int) -> None:
        self.exit_status = status

    def exit_signal_received(
        self,
        signal: str,
        core_dumped: bool,  # noqa: ARG002 -- asyncssh's signature
        msg: str,  # noqa: ARG002
        lang: str,  # noqa: ARG002
    ) -> None:
        self.exit_status = 128 + _signal_number(signal)  # as a shell would say it

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel closed. Without a status it is lost, whatever else was said."""
        if self._closing is not None:
            self._closing.cancel()
        self._channel = None
        self.finish(End.EXITED if exc is None and self.exit_status is not None else End.LOST)
        self.forget()

    # --- inside -----------------------------------------------------------------------

    def _record(self, texts: list[str], *, error: bool) -> list[Line]:
        at = time.time()
        lines = [Line(at, text, error) for text in texts]
        self.lines += lines
        return lines

    def _is_enough(self, lines: list[Line]) -> bool:
        try:
            return any(self._enough(line) for line in lines)
        except Exception as error:  # noqa: BLE001 -- raised again in run(); here it would end the connection
            self.error = error
            return True

    def _hang_up(self, signals: int = SIGNALS) -> None:
        """End the process, then close: closing alone leaves it alive (facts, Faults).

        More than one signal: a process that has just been forked misses the first.
        """
        if self._channel is None:
            return
        try:
            if signals == 0:
                self._channel.close()
                return
            self._channel.terminate()
        except OSError:  # it is closing already
            return
        loop = asyncio.get_running_loop()
        self._closing = loop.call_later(SIGNAL_SECONDS, self._hang_up, signals - 1)


def _signal_number(name: str) -> int:
    try:
        return signal.Signals[f"SIG{name}"]
    except KeyError:
        return 0
