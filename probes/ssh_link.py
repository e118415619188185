"""One host's connection: opened when needed, shared by all commands, opened again when lost."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from weakref import WeakKeyDictionary

import asyncssh

from probes import ssh_login
from probes.model import GapKind, SshAccess
from probes.transport import Failure

HANDSHAKES = 8  # sshd's MaxStartups begins to drop at 10
RETRY_SECONDS = 5.0
CLOSE_SECONDS = 1.0
# In the dark the connection is kept for ten minutes; TCP itself gives up after about fifteen.
PATIENT_COUNT = 300

# These may pass by themselves. All others would fail again, and an appliance locks an
# account after a few failed logins.
_PASSING = {GapKind.UNREACHABLE, GapKind.TIMED_OUT, GapKind.REFUSED}

_Handshakes = defaultdict[tuple[str, int], asyncio.Semaphore]
_handshakes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Handshakes] = WeakKeyDictionary()


def _handshake(access: SshAccess) -> asyncio.Semaphore:
    """This process's turn at one sshd, shared by all checks on this event loop."""
    loop = asyncio.get_running_loop()
    turns = _handshakes.setdefault(loop, defaultdict(lambda: asyncio.Semaphore(HANDSHAKES)))
    return turns[access.host, access.port]


class Link:
    """The way to one host. `channels`: how many commands may run there at once."""

    def __init__(
        self, access: SshAccess, channels: int, files: ssh_login.Files, jump: Link | None
    ) -> None:
        self.channels = asyncio.Semaphore(channels)
        self.has_timeout = True  # until the host's shell says that it has no `timeout`
        self._access = access
        self._files = files
        self._jump = jump
        self._patient = False
        self._login: asyncio.Task[asyncssh.SSHClientConnection | Failure] | None = None
        self._result: asyncssh.SSHClientConnection | Failure | None = None
        self._failed_at = 0.0

    async def connection(self) -> asyncssh.SSHClientConnection | Failure:
        """The open connection, or why there is none. Who waits may leave: the login goes on."""
        if self._login is None:
            if self._result is not None and not self._is_stale(self._result):
                return self._result
            self._login = asyncio.create_task(self._log_in())
        return await asyncio.shield(self._login)

    def set_patience(self, patient: bool) -> None:
        self._patient = patient
        if isinstance(self._result, asyncssh.SSHClientConnection) and not self._result.is_closed():
            self._set_keepalive(self._result)

    async def close(self) -> None:
        """Say goodbye; who does not answer in time is hung up on."""
        if self._login is not None:
            self._login.cancel()
            await asyncio.wait({self._login})
        connection = self._result
        if not isinstance(connection, asyncssh.SSHClientConnection) or connection.is_closed():
            return
        connection.close()
        try:
            await asyncio.wait_for(connection.wait_closed(), CLOSE_SECONDS)
        except TimeoutError:
            connection.abort()

    async def _log_in(self) -> asyncssh.SSHClientConnection | Failure:
        try:
            self._result = await self._attempt()
        finally:
            self._login = None
        if isinstance(self._result, Failure):
            self._failed_at = time.monotonic()
        else:
            self._set_keepalive(self._result)
        return self._result

    async def _attempt(self) -> asyncssh.SSHClientConnection | Failure:
        jump = None
        if self._jump is not None:
            through = await self._jump.connection()
            if isinstance(through, Failure):
                return Failure(through.kind, f"jump host: {through.detail}")
            jump = through
        async with _handshake(self._access):
            return await ssh_login.log_in(self._access, self._files, jump)

    def _set_keepalive(self, connection: asyncssh.SSHClientConnection) -> None:
        count = PATIENT_COUNT if self._patient else ssh_login.KEEPALIVE_COUNT
        connection.set_keepalive(ssh_login.KEEPALIVE_SECONDS, count)

    def _is_stale(self, result: asyncssh.SSHClientConnection | Failure) -> bool:
        """Lost, or failed for a reason that may have passed by now."""
        if isinstance(result, Failure):
            rested = time.monotonic() - self._failed_at
            return result.kind in _PASSING and rested > RETRY_SECONDS
        return result.is_closed()
