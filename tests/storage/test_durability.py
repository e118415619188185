"""Killed at any moment: what was acknowledged is there. Raced for: one wins. By processes."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from storage.store import Store

ROOT = Path(__file__).parents[2]

# Writes observations for ever and prints the id of each once it is acknowledged.
WRITER = """
import asyncio, sys, time
from pathlib import Path
from storage.store import Origin, Store
from tests.storage.examples import context, raw

async def main():
    store = await Store.open(Path(sys.argv[1]))
    ttl = float(sys.argv[2])
    begun = await store.begin_check(context(), Origin("test"), "writer", time.time(), ttl)
    assert not begun.joined
    print(begun.check_id, flush=True)
    async def lane(first):
        for number in range(first, 1_000_000, 4):
            await store.add_observation(begun.check_id, raw(number, "line " * 50, str(number)))
            print(f"o{number}", flush=True)
    await asyncio.gather(*(lane(first) for first in range(4)))

asyncio.run(main())
"""

# Waits for a common moment, then asks for the same pair.
RACER = """
import asyncio, sys, time
from pathlib import Path
from storage.store import Origin, Store
from tests.storage.examples import context

async def main():
    async with await Store.open(Path(sys.argv[1])) as store:
        print("ready", flush=True)
        sys.stdin.readline()
        begun = await store.begin_check(context(), Origin("test"), "racer", time.time(), 60)
        print(begun.check_id, begun.joined, flush=True)
        sys.stdin.readline()

asyncio.run(main())
"""


def _start(code: str, *args: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *args]
    return subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.slow
def test_what_was_acknowledged_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    chance = random.Random(20210629)
    heard = 0
    for _ in range(20):
        writer = _start(WRITER, str(path), "0.05")
        assert writer.stdout
        check_id = writer.stdout.readline().strip()
        time.sleep(chance.uniform(0.0, 0.15))
        writer.kill()
        acknowledged = {line.strip() for line in writer.stdout if line.endswith("\n")}
        writer.wait()
        time.sleep(0.05)  # the lease's time
        asyncio.run(_examine(path, check_id, acknowledged))
        heard += len(acknowledged)
    assert heard > 20, "killed before anything was written: the test shows nothing"
    with sqlite3.connect(path) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert file.execute("PRAGMA foreign_key_check").fetchone() is None


async def _examine(path: Path, check_id: str, acknowledged: set[str]) -> None:
    async with await Store.open(path) as store:
        record = await store.check(check_id)
        assert record.state == "interrupted"
        whole = await store.incident(record.incident_id)
        (check,) = (check for check in whole["checks"] if check["id"] == check_id)
        kept = {observation["id"] for observation in check["observations"]}
        assert acknowledged <= kept
        announced = [e.body["id"] for e in await store.follow(check_id) if e.kind == "observed"]
        assert set(announced) == kept
        assert len(announced) == len(kept)


@pytest.mark.slow
def test_of_many_processes_exactly_one_gets_the_lease(tmp_path: Path) -> None:
    path = str(tmp_path / "replcheck.db")
    racers = [_start(RACER, path) for _ in range(4)]
    answers = []
    for word in ("ready", "c1"):
        for racer in racers:
            assert racer.stdin
            assert racer.stdout
            line = racer.stdout.readline().strip()
            assert line.startswith(word), line
            answers.append(line)
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
    for racer in racers:
        assert racer.wait(timeout=20) == 0
    assert sorted(answers[4:]) == ["c1 False", "c1 True", "c1 True", "c1 True"]


@pytest.mark.slow
def test_a_live_check_of_another_process_is_left_running(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    other = _start(RACER, str(path))
    try:
        assert other.stdin
        assert other.stdout
        assert other.stdout.readline() == "ready\n"
        other.stdin.write("go\n")
        other.stdin.flush()
        assert other.stdout.readline() == "c1 False\n"
        assert asyncio.run(_state(path, "c1")) == "running"
    finally:
        other.kill()
        other.communicate()
    assert asyncio.run(_state(path, "c1")) == "running"  # its lease has 60 s yet


async def _state(path: Path, check_id: str) -> str:
    async with await Store.open(path) as store:
        return (await store.check(check_id)).state
