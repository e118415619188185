"""A real sshd with its own user, seen by nobody else, and a wire that can go dark."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory

from probes.model import Endpoint, Kind, SshAccess

HOST = "127.0.0.1"


def make_key(path: Path, kind: str = "ed25519") -> Path:
    command = ["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Sshd:
    """`folder` holds its files. `uid` belongs to the one user who may log in."""

    folder: Path
    port: int
    uid: int
    pid: int

    @property
    def key(self) -> Path:
        return self.folder / "id"

    def known_hosts(self, port: int, host_key: str = "host_ed25519", host: str = HOST) -> Path:
        """A known_hosts file that knows this sshd's host key under this address."""
        public = (self.folder / f"{host_key}.pub").read_text()
        path = self.folder / f"known_hosts_{host}_{port}_{host_key}"
        path.write_text(f"[{host}]:{port} {public}")
        return path

    def endpoint(
        self,
        *,
        port: int | None = None,
        name: str = "host",
        kind: Kind = Kind.LINUX,
        known_hosts: Path | None = None,
        key: Path | None = None,
        user: str = "probe",
        via: str | None = None,
        legacy: bool = False,
    ) -> Endpoint:
        port = port or self.port
        known_hosts = known_hosts or self.known_hosts(port)
        access = SshAccess(HOST, port, user, key or self.key, known_hosts, via, legacy)
        return Endpoint("here", name, kind, ip_address(HOST), access)

    def processes(self) -> list[str]:
        """What the user runs: sshd's own processes and those that are dead left out."""
        return [args for _, args in self._alive() if not args.startswith("sshd: ")]

    def cut_connections(self) -> None:
        """Kill the processes that hold the connections, as a crash would."""
        for pid, args in self._alive():
            if args.startswith("sshd: "):
                os.kill(pid, signal.SIGKILL)

    def _alive(self) -> list[tuple[int, str]]:
        command = ["ps", "-o", "pid=,stat=,args=", "-u", str(self.uid)]
        out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        rows = (line.split(maxsplit=2) for line in out.splitlines())
        return [(int(pid), args) for pid, stat, args in rows if not stat.startswith("Z")]

    def children(self) -> list[int]:
        """The pids of the sshd processes that serve connections."""
        command = ["pgrep", "-P", str(self.pid)]
        out = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return [int(pid) for pid in out.split()]


@contextmanager
def start_sshd(*more: str) -> Iterator[Sshd]:
    """sshd with default MaxSessions and MaxStartups; `more`: lines of its configuration, in
    which `{folder}` stands for the folder of its files.

    It runs in a mount namespace of its own, where /etc/passwd has one user more. That user
    reads the authorized keys, so the folder is not pytest's, which is root's alone.
    """
    with TemporaryDirectory(prefix="sshd-") as name:
        Path(name).chmod(0o755)
        with _started(Path(name), more) as server:
            yield server


@contextmanager
def _started(folder: Path, more: tuple[str, ...]) -> Iterator[Sshd]:
    port, uid = free_port(), 100_000 + os.getpid() % 100_000
    for kind in ("ed25519", "rsa"):
        make_key(folder / f"host_{kind}", kind)
    make_key(folder / "id")
    (folder / "authorized").write_text((folder / "id.pub").read_text())
    user = f"probe:*:{uid}:{uid}::/:/bin/sh\n"
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + user)
    lines = [
        f"Port {port}",
        f"ListenAddress {HOST}",
        f"AuthorizedKeysFile {folder}/authorized",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "AcceptEnv LC_ALL",
        *(line.format(folder=folder) for line in more),
    ]
    if not any(line.startswith("HostKey ") for line in more):
        lines += [f"HostKey {folder}/host_ed25519"]
    (folder / "config").write_text("\n".join(lines) + "\n")
    sshd = shlex.join(["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "config")])
    passwd = shlex.quote(str(folder / "passwd"))
    script = f"mount --bind {passwd} /etc/passwd && mkdir -p /run/sshd && exec {sshd}"
    with (folder / "log").open("w") as log:
        command = ["unshare", "--mount", "sh", "-c", script]
        process = subprocess.Popen(command, stderr=log, stdin=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Sshd(folder, port, uid, process.pid)
    finally:
        for pid in Sshd(folder, port, uid, process.pid).children():
            with suppress(ProcessLookupError):
                os.kill(pid, 15)
        process.terminate()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError("sshd did not start")


class Wire:
    """A relay to one port. While it is dark nothing passes; TCP brings it all later."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.accepted = 0
        self._light = asyncio.Event()
        self._light.set()

    def go_dark(self) -> None:
        self._light.clear()

    def go_light(self) -> None:
        self._light.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        there, back = await asyncio.open_connection(HOST, self.target)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass(reader, back))
            group.create_task(self._pass(there, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._light.wait()
                writer.write(data)
        writer.close()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    wire = Wire(port)
    async with listening(wire.serve) as wire.port:
        yield wire


@asynccontextmanager
async def listening(serve: object) -> AsyncIterator[int]:
    """Listen on a free port of the loopback; each connection is handed to `serve`."""
    server = await asyncio.start_server(serve, HOST, 0)  # type: ignore[arg-type]
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def until(true: Callable[[], object], seconds: float = 3.0) -> bool:
    """Wait until a condition holds; False if it did not within `seconds`."""
    end = time.monotonic() + seconds
    while not (held := true()) and time.monotonic() < end:  # noqa: ASYNC110 -- processes don't call
        await asyncio.sleep(0.02)
    return bool(held)
