"""The fault run: many commands and presses while Slack misbehaves and the process is killed.

`python -m tests.slack.faultrun.run --actions 200 --seed 7 [--http]` prints what was counted as a
table, and ends with 1 where something is there that must not be.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bot.demo.workspace.rates import Rates
from tests.slack.faultrun.account import Account, Books
from tests.slack.faultrun.crowd import PAIRS, Crowd
from tests.slack.faultrun.process import BotProcess, free_port, process
from tests.slack.office import office

_QUIET_SECONDS = 120.0
"""How long after the last fault everything may take to be said."""


_MOST_TRIES = 5
"""So many times the actions may be tried: while the process is down, nothing is acknowledged."""


@dataclass(frozen=True, slots=True)
class Plan:
    """actions: what people do, as far as it was acknowledged. kills: spread evenly over them."""

    actions: int
    kills: int
    seed: int
    http: bool = False


async def fault_run(plan: Plan, folder: Path) -> Account:
    """One run, and what came of it."""
    port = free_port() if plan.http else 0
    url = f"http://127.0.0.1:{port}/slack/events" if plan.http else None
    setup = {"http": port, "pairs": PAIRS, "answer_seconds": 6.0}
    started = time.monotonic()
    async with (
        office(url, rates=Rates.roomy(), file_seconds=0.05, seed=plan.seed) as place,
        process(place, folder, **setup) as bot,
    ):
        crowd = Crowd(place, bot, random.Random(plan.seed))
        await bot.start()
        kills = await _storm(plan, crowd)
        place.running.workspace.faults.clear()
        await _calm(crowd, bot)
        books = Books(bot.db, bot.sends, place.running.workspace)
    found = books.account()
    told = {f"did: {name}": count for name, count in sorted(crowd.did.items())}
    told |= {f"Slack said: {name}": count for name, count in sorted(crowd.answers.items())}
    told |= {f"fault: {name}": count for name, count in sorted(crowd.struck.items())}
    told |= {f"process: {name}": count for name, count in sorted(kills.items())}
    told["seconds"] = round(time.monotonic() - started)
    return Account({**told, **found.counts}, found.wrong)


async def _storm(plan: Plan, crowd: Crowd) -> Counter[str]:
    """People act on, nobody waits for anybody, until so many acts were acknowledged; between two
    of them Slack misbehaves or the process is killed."""
    kills: Counter[str] = Counter()
    every = plan.actions / (plan.kills + 1)
    acting: set[asyncio.Task[None]] = set()
    killing: asyncio.Task[str] | None = None
    for number in range(_MOST_TRIES * plan.actions):
        done = crowd.answers["acknowledged"]
        if done >= plan.actions:
            break
        acting.add(asyncio.create_task(crowd.act()))
        if number % 8 == 7:
            crowd.misbehave()
        if killing and killing.done():
            kills[killing.result()] += 1
            killing = None
        if killing is None and done >= every * (sum(kills.values()) + 1):
            killing = asyncio.create_task(crowd.interrupt())
        await asyncio.sleep(crowd.dice.uniform(0.05, 0.6))
    if killing:
        kills[await killing] += 1
    await asyncio.gather(*acting)
    return kills


async def _calm(crowd: Crowd, bot: BotProcess) -> None:
    """Nothing goes wrong any more: wait until everything is done and said."""
    until = time.monotonic() + _QUIET_SECONDS
    while time.monotonic() < until and _unfinished(crowd, bot):  # noqa: ASYNC110
        await asyncio.sleep(0.3)
    await asyncio.sleep(1.0)


def _unfinished(crowd: Crowd, bot: BotProcess) -> bool:
    books = Books(bot.db, bot.sends, crowd.office.running.workspace)
    said = {row["key"]: row["state"] for row in books.rows["outbox"]}
    return (
        any(check["state"] == "running" for check in books.checks)
        or any(f"{check['id']}:end" not in said for check in books.checks)
        or "waiting" in said.values()
        or any(r["done"] is None and r["kind"] != "claim" for r in books.rows["inbox"])
    )


def table(found: Account) -> str:
    """The counts, one a line, and what must not be with its names."""
    width = max(map(len, found.counts))
    lines = [f"{name.ljust(width)}  {count:>6}" for name, count in found.counts.items()]
    for name, which in found.wrong.items():
        lines.append(f"WRONG {name}: {', '.join(which[:20])}")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--http", action="store_true", help="over HTTP instead of Socket Mode")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="faultrun-"))
    found = asyncio.run(fault_run(Plan(given.actions, given.kills, given.seed, given.http), folder))
    print(table(found))
    if found.wrong:
        print(f"kept: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
