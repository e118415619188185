"""The intake beside itself: the same handler that stores nothing, and one that commits each event
in a thread.

`python -m tests.bench.intake` prints both ratios. Server and senders are processes of their own;
the senders are 32 connections that each wait for an answer before they send again. Every event is
a new failure that a rule matches, so each is decided about and written down with its incident.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TypeVar

import structlog
from aiohttp import web

from bot.intake import Intake
from bot.web import Troubles, web_app
from bot.words import Voice
from storage import database
from storage.database import Database, Rows
from storage.job_model import Arrival, Decision
from storage.jobs import Decide, Jobs, Kept
from storage.migrations import MIGRATIONS
from storage.store import Store
from tests.bench.table import Row, table
from tests.ssh.sshd import free_port
from tests.webhooks.desk import SECRET, hook, inventory, rule, signed

T = TypeVar("T")
SENDERS, EVENTS, WARM, RUNS = 32, 6000, 500, 3
KINDS = ("nothing", "ours", "each")
LOG = "avtar FATAL <0000>: <10608>Replication failed: could not open connection to dest DDR"


@dataclass(frozen=True, slots=True)
class Measured:
    """rate: answers a second. p99: seconds."""

    rate: float
    p99: float


def measure() -> list[Row]:
    """Both goals; about a minute."""
    runs = [{kind: _measured(kind) for kind in KINDS} for _again in range(RUNS)]
    slower = [run["ours"].p99 / run["nothing"].p99 for run in runs]
    faster = [run["ours"].rate / run["each"].rate for run in runs]

    def behind(pick: Callable[[Measured], float], *kinds: str) -> str:
        return ", ".join(f"{kind} {median(pick(run[kind]) for run in runs):.4g}" for kind in kinds)

    slow = behind(lambda one: one.p99 * 1000, "ours", "nothing") + " ms"
    rates = behind(lambda one: one.rate, "ours", "each", "nothing") + " a second"
    return [
        Row("intake: p99 against storing nothing", 1.5, median(slower), slow, tuple(slower)),
        Row(
            "intake: rate against a commit each",
            4.0,
            median(faster),
            rates,
            tuple(faster),
            at_least=True,
        ),
    ]


# --- the server -----------------------------------------------------------------------


class Forgets(Jobs):
    """Answers as if it had stored."""

    async def take_in(self, arrivals: Sequence[Arrival], decide: Decide) -> list[Kept]:
        del decide
        return [Kept("e1", "i1", duplicate=False, decision=Decision("keep")) for _ in arrivals]


class CommitsEach(Database):
    """The same writes, one commit each, in whatever thread comes first."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock, self._own = threading.Lock(), threading.local()

    async def write(self, job: Callable[[Rows], T], *, awaited: bool = False) -> T:
        del awaited  # every one has a commit of its own
        return await asyncio.to_thread(self._one, job)

    def _one(self, job: Callable[[Rows], T]) -> T:
        if not hasattr(self._own, "db"):
            self._own.db = database._open(self.path, MIGRATIONS)
        db = self._own.db
        with self._lock:
            db.execute("BEGIN IMMEDIATE")
            result = job(Rows(db))
            db.commit()
        return result


async def _serve(kind: str, path: Path, port: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    async with await Store.open(path) as store:
        if kind == "nothing":
            store.jobs = Forgets(store._database)
        elif kind == "each":
            store.jobs = Jobs(CommitsEach(path))
        hooks = inventory(hook(per_minute=10**9, match=(rule(job="repl-*"),)))
        intake = Intake(store, hooks, {"avamar": SECRET}, Voice("en"))
        runner = web.AppRunner(web_app(None, _no_troubles, intake), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print("ready", flush=True)
        await asyncio.Event().wait()


async def _no_troubles() -> Troubles:
    return {}


# --- the senders ----------------------------------------------------------------------


def _measured(kind: str) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_send(kind, Path(folder) / "replcheck.db"))


async def _send(kind: str, path: Path) -> Measured:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.intake", kind, str(path), str(port)]
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout
        await server.stdout.readline()
        requests = iter([_request(n) for n in range(WARM + EVENTS)])
        took: list[float] = []
        await _senders(port, requests, WARM, [])
        began = time.perf_counter()
        await _senders(port, requests, EVENTS, took)
        seconds = time.perf_counter() - began
    finally:
        server.kill()
        await server.wait()
    return Measured(EVENTS / seconds, quantiles(took, n=100)[98])


async def _senders(port: int, requests: Any, count: int, took: list[float]) -> None:
    left = count

    async def one() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while left > 0:
            left -= 1
            request = next(requests)
            sent = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
            took.append(time.perf_counter() - sent)
            assert head.startswith(b"HTTP/1.1 202"), head
        writer.close()

    await asyncio.gather(*(one() for _ in range(SENDERS)))


def _request(number: int) -> bytes:
    event = {
        "id": f"run-{number}",
        "job": f"repl-{number % 7}",
        "status": "failed",
        "started": time.time() - 60,
        "finished": time.time(),
        "message": f"{LOG}\n" * 5,
        "labels": {"dataset": "nightly"},
    }
    body = json.dumps(event).encode()
    headers = {"Host": "localhost", "Content-Length": str(len(body)), **signed(body)}
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(["POST /hooks/avamar HTTP/1.1", *lines, "", ""]).encode() + body


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(_serve(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])))
    else:
        print(table(measure()))
