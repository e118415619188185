"""Commands as `ssh` runs them over a ControlMaster, one after another, and what they cost."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from probes.model import Context, Endpoint

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds on the clock; CPU seconds of the `ssh` commands, and of their masters."""

    seconds: float
    commands: float
    masters: float


class Masters:
    """An open ControlMaster to every endpoint."""

    def __init__(self, context: Context, folder: Path, stack: contextlib.ExitStack) -> None:
        self._ways = {end.id: _words(end, folder) for end in context.endpoints}
        self._pids = [stack.enter_context(_master(words)) for words in self._ways.values()]

    def run(self, commands: Iterable[tuple[str, str]]) -> Used:
        """Each (endpoint, words), one after another. CPU counts on our side alone."""
        began, own, masters = time.monotonic(), _children(), self._cpu()
        for endpoint, words in commands:
            argv = [*self._ways[endpoint], words]
            subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, capture_output=True)
        return Used(time.monotonic() - began, _children() - own, self._cpu() - masters)

    def _cpu(self) -> float:
        """CPU seconds of the running masters, in nanoseconds (proc(5), schedstat)."""
        used = (Path(f"/proc/{pid}/schedstat").read_text().split()[0] for pid in self._pids)
        return sum(map(int, used)) / 1e9


@contextlib.contextmanager
def masters(context: Context) -> Iterator[Masters]:
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        yield Masters(context, Path(folder), stack)


def _words(endpoint: Endpoint, folder: Path) -> list[str]:
    access = endpoint.ssh
    assert access is not None
    known = f"UserKnownHostsFile={access.known_hosts}"
    options = ["-o", "BatchMode=yes", "-o", known, "-S", str(_socket(endpoint.id, folder))]
    login = f"{access.user}@{access.host}"
    return ["ssh", "-q", "-F", "none", "-i", str(access.key), *options, login]


def _socket(endpoint: str, folder: Path) -> Path:
    return folder / endpoint.replace("/", "-")


@contextlib.contextmanager
def _master(words: list[str]) -> Iterator[int]:
    """A master that is connected; its process id."""
    *options, login = words
    socket, until = Path(words[words.index("-S") + 1]), time.monotonic() + CONNECT_SECONDS
    with subprocess.Popen([*options, "-M", "-N", login], stdin=subprocess.DEVNULL) as process:
        try:
            while not socket.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"no ControlMaster to {login}")
                time.sleep(0.02)
            yield process.pid
        finally:
            process.terminate()


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
