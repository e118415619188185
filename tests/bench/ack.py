"""`python -m tests.bench.ack`: how fast a command is acknowledged while 25 checks run, over Socket
Mode, against the same at rest in the same run.

The bot is a process of its own (`ack_bot.py` says what of it is real), and so is the workspace,
which measures from sending an envelope to its acknowledgement, as Slack does for its 3 s. People go
on typing all the while: help, status, incidents, mistakes. How late the bench's
own event loop is, which does the same in both cases, says how noisy the machine is.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo.workspace.model import Channel
from bot.secrets import API_URL, APP, BOT, LISTEN
from tests.bench.ack_bot import names
from tests.bench.lag import lags, percentile
from tests.bench.table import Row, table
from tests.lab.lab import REPOSITORY
from tests.slack.office import PROXIES, Office, office, until

PAIRS = 25
GOAL_MS = 200.0
NEVER_MS = 3000.0
"""An ack that did not come within Slack's 3 s counts as so long."""
REST_SECONDS = 15.0
EVERY_SECONDS = 0.2
_START_SECONDS, _CHECK_SECONDS, _END_SECONDS = 60.0, 180.0, 30.0
WORDS = ("help", "status", "stop c999", "seuol07 busan07", "incidents")


@dataclass
class Typed:
    """What came of one stretch of typing: acks and the bench's own lag, in ms."""

    acks: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)

    def told(self) -> str:
        p50, p99 = percentile(self.acks, 0.5), percentile(self.acks, 0.99)
        return f"p50 {p50:.1f}, p99 {p99:.1f}, max {max(self.acks):.1f} ms of {len(self.acks)}"


@dataclass
class Measured:
    rest: Typed
    burst: Typed
    load: Typed
    bot_lags: list[float]
    seconds: float


def measure() -> Measured:
    """At rest, then 25 commands at once, then while their checks run."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> Measured:
    async with office() as place, _bot(place, folder):
        workspace = place.running.workspace
        channels = [
            workspace.add_channel(f"pair-{number:02}", [place.person])
            for number in range(1, PAIRS + 1)
        ]
        rest, burst, load = Typed(), Typed(), Typed()
        clock = asyncio.get_running_loop().time
        end = clock() + REST_SECONDS
        await _typing(place, rest, lambda: clock() < end)
        began = clock()
        await asyncio.gather(*(_begin(place, burst, n, c) for n, c in enumerate(channels, 1)))
        await _typing(place, load, lambda: not all(map(_over, channels)))
        seconds = clock() - began
    found = json.loads((folder / "lags.json").read_text())
    return Measured(rest, burst, load, found, seconds)


async def _begin(place: Office, typed: Typed, number: int, channel: Channel) -> None:
    near, far = names(number)
    await _type(place, typed, channel, f"{near} {far} --trigger yes")


async def _typing(place: Office, typed: Typed, goes_on: Callable[[], bool]) -> None:
    """Somebody types five times a second, whether the last was answered or not."""
    watching = asyncio.create_task(lags(typed.lags))
    under_way: set[asyncio.Task[None]] = set()
    async with asyncio.timeout(_CHECK_SECONDS):
        for words in itertools.cycle(WORDS):
            if not goes_on():
                break
            task = asyncio.create_task(_type(place, typed, place.channel, words))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await asyncio.sleep(EVERY_SECONDS)
        await asyncio.gather(*under_way)
    watching.cancel()


async def _type(place: Office, typed: Typed, channel: Channel, words: str) -> None:
    person = place.running.person(place.person.id)
    answer = await person.type(channel.id, f"/replcheck {words}")
    typed.acks.append(float(answer["ms"]) if answer["ok"] else NEVER_MS)


def _over(channel: Channel) -> bool:
    """Whether its check has told its recovery, the last thing that is said of it."""
    return any(
        m.get("metadata", {}).get("event_payload", {}).get("key", "").endswith(":recovery")
        for m in channel.messages.values()
    )


@asynccontextmanager
async def _bot(place: Office, folder: Path) -> AsyncIterator[None]:
    environ = {name: value for name, value in os.environ.items() if name not in PROXIES}
    environ |= {BOT: place.tokens.bot, APP: place.tokens.app, LISTEN: "127.0.0.1:0"}
    environ[API_URL] = place.running.api_url
    log = folder / "bot.log"
    with log.open("w") as lines:
        words = ("-m", "tests.bench.ack_bot", str(folder), str(PAIRS))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=REPOSITORY, env=environ, stderr=lines
        )
    try:
        await until(lambda: '"event": "ready"' in log.read_text(), _START_SECONDS)
        yield
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), _END_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        troubles = [line for line in log.read_text().splitlines() if '"level": "error"' in line]
        print("\n".join(troubles), file=sys.stderr)


def rows(measured: Measured) -> list[Row]:
    """The goal, and what it is made of."""
    rest, load = measured.rest, measured.load
    p99 = percentile(load.acks, 0.99)
    ratio = p99 / percentile(rest.acks, 0.99)
    noise = percentile(load.lags, 0.99) / max(percentile(rest.lags, 0.99), 0.1)
    behind = (
        f"at rest {rest.told()}; running {load.told()}: {ratio:.1f} times as long at p99, while "
        f"the bench's own loop was {noise:.1f} times as late"
    )
    loop = f"p99 {percentile(measured.bot_lags, 0.99):.0f}, max {max(measured.bot_lags):.0f} ms"
    began = f"{measured.burst.told()}; the checks took {measured.seconds:.0f} s"
    return [
        Row(f"acks at p99 while {PAIRS} checks run", GOAL_MS, p99, behind, unit="ms"),
        Row(
            f"the slowest ack of {PAIRS} checks begun at once",
            NEVER_MS,
            max(measured.burst.acks),
            began,
            unit="ms",
        ),
        Row(
            "the bot's event loop late at p99",
            100.0,
            percentile(measured.bot_lags, 0.99),
            loop,
            unit="ms",
        ),
    ]


def main() -> None:
    before = os.getloadavg()[0]
    measured = measure()
    print(f"{os.cpu_count()} cores, load before {before:.1f}\n")
    print(table(rows(measured)))


if __name__ == "__main__":
    main()
