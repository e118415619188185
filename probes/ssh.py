"""The only SSH client: many commands on one connection a host, each within its deadline.

Laws kept here. Law 4: every command ends by its deadline and leaves nothing running and
no channel open on a host. Law 5: commands are words; they are quoted here and nowhere
else. The measured faults that this file meets stand in facts/ssh-and-store.md.
"""

from __future__ import annotations

import asyncio
import math
import shlex
import time
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import asyncssh

from probes.model import Command, End, Endpoint, GapKind, Kind, Line, SshAccess, Transcript
from probes.ssh_link import Link
from probes.ssh_login import Files
from probes.ssh_output import Session
from probes.transport import Failure

T = TypeVar("T")

CHANNELS = 9  # sshd's MaxSessions is 10, and the eleventh channel is refused
CHANNELS_DATADOMAIN = 1  # facts/backup-appliances.md, section 2: one command at a time
PUT_AWAY_SECONDS = 1.0
# sshd counts a channel that both sides closed until its next round, and refuses one more.
OPEN_PAUSES = (0.002, 0.01, 0.05, 0.1, 0.2)


@dataclass(frozen=True, slots=True)
class _Job:
    """One call of `run`. until: the deadline on the monotonic clock."""

    link: Link
    command: Command
    until: float
    enough: Callable[[Line], bool]
    stop: asyncio.Event | None
    shell: bool  # the host has a Unix shell
    guarded: bool  # `timeout` stands in front, so that the command ends though we are cut off

    @property
    def left(self) -> float:
        return max(0.0, self.until - time.monotonic())

    @property
    def words(self) -> str:
        """What the host's sshd is asked to run.

        `exec`: the command takes the login shell's place and process group, which is what
        sshd sends a signal to; under a shell that stays, `timeout` would not hear it.
        """
        takes_over = ("exec",) if self.shell else ()
        guard = ("timeout", "-k", "1", str(math.ceil(self.left) + 1)) if self.guarded else ()
        return shlex.join((*takes_over, *guard, *self.command.argv))


class SshTransport:
    """Implements `Transport` for endpoints of the inventory. One object serves one check."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._files = Files()
        self._jumps: dict[SshAccess, Link] = {}
        self._endpoints = {endpoint.id: endpoint for endpoint in endpoints}
        self._links = {
            endpoint.id: self._link(endpoint.kind, endpoint.ssh)
            for endpoint in self._endpoints.values()
            if endpoint.ssh is not None
        }
        self._sessions: set[Session] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closed = False

    async def connect_all(self) -> None:
        """Log in everywhere at once. What fails is said when that endpoint is asked."""
        await asyncio.gather(*(link.connection() for link in self._links.values()))

    def set_patience(self, patient: bool) -> None:
        """Bear a silent line (trigger, aftermath): it may be the very block that is studied."""
        for link in (*self._links.values(), *self._jumps.values()):
            link.set_patience(patient)

    async def run(
        self,
        endpoint_id: str,
        command: Command,
        *,
        deadline: float,
        enough: Callable[[Line], bool] = lambda _line: False,
        stop: asyncio.Event | None = None,
    ) -> Transcript | Failure:
        """See `Transport.run`. A host without `timeout` is asked a second time without it.

        Returns at the latest PUT_AWAY_SECONDS after the deadline. Raises only what `enough`
        raises.
        """
        link = self._links.get(endpoint_id)
        if link is None:
            return Failure(GapKind.NOT_AVAILABLE, f"{endpoint_id} has no SSH in the inventory")
        shell = self._endpoints[endpoint_id].kind.has_shell
        until = time.monotonic() + deadline
        job = _Job(link, command, until, enough, stop, shell, shell and link.has_timeout)
        result = await self._run(job)
        if job.guarded and isinstance(result, Transcript) and _lacks_timeout(result):
            link.has_timeout = False
            result = await self._run(replace(job, guarded=False))
        return result

    async def close(self) -> None:
        """See `Transport.close`: within about three seconds, whatever the hosts do."""
        self._closed = True
        sessions = tuple(self._sessions)
        for session in sessions:
            session.finish(End.STOPPED)
        if sessions:
            await asyncio.wait({s.closed for s in sessions}, timeout=PUT_AWAY_SECONDS)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*(link.close() for link in self._links.values()))
        await asyncio.gather(*(link.close() for link in self._jumps.values()))

    # --- one command ------------------------------------------------------------------

    async def _run(self, job: _Job) -> Transcript | Failure:
        if self._closed:
            return Failure(GapKind.NOT_TRIED, "the check is over")
        session = Session(job.enough)
        self._sessions.add(session)
        timer = asyncio.get_running_loop().call_later(job.left, session.finish, End.DEADLINE)
        watch = self._own(_finish_on(job.stop, session))
        opening = self._own(self._open(job, session))
        try:
            waits: set[asyncio.Future[Any]] = {opening, session.ended}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if not session.ended.done() and (failure := opening.result()) is not None:
                return failure
            end = await asyncio.shield(session.ended)
        finally:
            timer.cancel()
            watch.cancel()
            await self._put_away(session, opening)
        return _result(job, session, end)

    async def _open(self, job: _Job, session: Session) -> Failure | None:
        """Connect, wait for a free channel, run. The channel's place is free once it closed.

        From the moment a channel is asked for, this must not be cancelled: the host would
        open a channel that nobody closes (facts/ssh-and-store.md, Faults).
        """
        connection = await job.link.connection()
        if isinstance(connection, Failure):
            return connection
        await job.link.channels.acquire()
        session.requested = True
        session.closed.add_done_callback(lambda _closed: job.link.channels.release())
        try:
            return await _request(connection, job, session)
        finally:
            if not session.opened:
                session.forget()

    async def _put_away(self, session: Session, opening: asyncio.Task[Failure | None]) -> None:
        session.finish(End.STOPPED)  # changes nothing unless the caller was cancelled
        if not session.requested:
            opening.cancel()
            session.forget()
        await asyncio.wait({session.closed}, timeout=PUT_AWAY_SECONDS)
        self._sessions.discard(session)

    # --- small things -----------------------------------------------------------------

    def _own(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _link(self, kind: Kind, access: SshAccess) -> Link:
        channels = CHANNELS_DATADOMAIN if kind is Kind.DATADOMAIN else CHANNELS
        return Link(access, channels, self._files, self._jump(access))

    def _jump(self, access: SshAccess) -> Link | None:
        """The jump host's connection, one for all endpoints behind it."""
        if access.via is None:
            return None
        user, _, host_port = access.via.rpartition("@")
        host, _, port = host_port.rpartition(":")
        jump = replace(access, user=user, host=host.strip("[]"), port=int(port), via=None)
        if jump not in self._jumps:
            self._jumps[jump] = Link(jump, CHANNELS, self._files, None)
        return self._jumps[jump]


async def _request(
    connection: asyncssh.SSHClientConnection, job: _Job, session: Session
) -> Failure | None:
    # Messages in English where the host lets us; parsers know no other language.
    env: dict[bytes | str, bytes | str] = {"LC_ALL": "C"} if job.shell else {}
    for pause in OPEN_PAUSES:
        if session.ended.done():
            return None
        try:
            await connection.create_session(
                lambda: session, job.words, env=env, request_pty=False, encoding=None
            )
        except (asyncssh.Error, OSError) as error:
            if connection.is_closed() or not isinstance(error, asyncssh.ChannelOpenError):
                session.finish(End.LOST)
            elif session.opened:
                return Failure(GapKind.BROKEN, f"the host refused to run it: {error.reason}")
        if session.opened:
            return None
        await asyncio.sleep(pause)
    return Failure(GapKind.BROKEN, "the host refused a channel")


async def _finish_on(stop: asyncio.Event | None, session: Session) -> None:
    if stop is not None:
        await stop.wait()
        session.finish(End.STOPPED)


def _lacks_timeout(transcript: Transcript) -> bool:
    """The shell did not find `timeout`. That tool's own complaints begin with its name."""
    return transcript.exit_status == 127 and any(
        "timeout: " in line.text and not line.text.startswith("timeout: ")
        for line in transcript.lines
        if line.error
    )


def _result(job: _Job, session: Session, end: End) -> Transcript | Failure:
    if session.error is not None:
        raise session.error
    if end is End.DEADLINE and not session.opened:
        doing = "a channel" if session.requested else "a connection or a free channel"
        return Failure(GapKind.TIMED_OUT, f"the deadline passed while waiting for {doing}")
    return Transcript(
        argv=job.command.argv,
        started=session.started,
        seconds=session.seconds,
        end=end,
        exit_status=session.exit_status if end is End.EXITED else None,
        lines=tuple(session.lines),
    )
