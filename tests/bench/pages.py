"""`python -m tests.bench.pages [--keep FILE]`: how fast list and search are over a large record,
and what the index costs a check that writes.

10,000 incidents with 1,000,000 observations are made of what hosts of the recorded incidents
printed, under addresses of their own, and written in bulk through the record's own triggers
(some minutes, 2 GB in the temporary folder). Goals are targets: the exit status is 0 either way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.pages.access import PagesAccess
from bot.pages.routes import PREFIX, Pages
from probes.inventory import Inventory
from probes.model import Cause
from storage.codec import Raw, encode
from storage.migrations import MIGRATIONS
from storage.records import Origin
from storage.store import Store
from tests.bench.table import Row, table
from tests.golden import incidents
from tests.storage.examples import NOW, context, raw

INCIDENTS, EACH = 10_000, 100
_LONGEST_RAW = 1600  # bytes as JSON: keeps the file below 2 GB
_STATES = ("open", "diagnosed", "acknowledged", "recovering", *("closed",) * 12)
_PAIRS = [(f"site{n:02}", f"site{n + 1:02}") for n in range(40)]
_GOAL = 0.1
_TIMES = 15

QUESTIONS = {
    "the list": "",
    "the next page": "?before=5000",
    "by state": "?state=open",
    "by pair and cause": "?pair=site03:site04&cause=port-filtered",
    "a word that is everywhere": "?q=ping",
    "two such words": "?q=packets+transmitted",
    "one incident's address": "?q=10.199.37.12",
    "an address and a word": "?q=10.199.37.12+ping",
    "a word that is nowhere": "?q=zweckfrei",
    "everywhere and nowhere": "?q=ping+zweckfrei",
    "the beginning of an address": "?q=10.199.7.*",
    "the beginning of a common word": "?q=transmit*",
    "a Korean word": "?q=차단",
    "a word and a filter": "?q=ping&cause=storage-full&state=open",
}


def samples() -> list[str]:
    """Observations as the record keeps them, of many recorded incidents, none of them long."""
    found = []
    for name in incidents.names()[:12]:
        for observation in incidents.load(name).observations:
            text = json.dumps(encode(Raw.of(observation)), ensure_ascii=False)
            found += [text] * (len(text) <= _LONGEST_RAW)
    return found


def fill(path: Path, count: int, each: int) -> None:
    """Write the record: `count` incidents with `each` observations."""
    chance, texts = random.Random(7), samples()
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -200000")
    encoded = json.dumps(encode(context()))
    for number in range(1, count + 1):
        if number % 100 == 1:
            db.execute("BEGIN")
        _incident(db, number, chance, encoded)
        rows = list(_observations(number, each, chance, texts))
        db.executemany(
            "INSERT INTO observations (check_id, id, probe, plan, phase, source, target, started,"
            " seconds, end, exit_status, raw) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
            rows,
        )
        at = NOW + number * 600
        events: list[tuple[object, ...]] = [
            (at, f"i{number}", f"c{number}", "observed", json.dumps({"id": r[1], "probe": r[2]}))
            for r in rows
        ]
        said = {"outcome": "fault", "cause": "port-filtered", "confidence": "confirmed"}
        events.append((at, f"i{number}", f"c{number}", "verdict", json.dumps(said)))
        if number % 997 == 0:
            events.append((at, f"i{number}", None, "note", json.dumps({"text": "방화벽이 차단함"})))
        db.executemany(
            "INSERT INTO events (at, incident_id, check_id, kind, body) VALUES (?,?,?,?,?)", events
        )
        if number % 100 == 0 or number == count:
            db.execute("COMMIT")
    db.close()


def _incident(db: sqlite3.Connection, number: int, chance: random.Random, encoded: str) -> None:
    near, far = chance.choice(_PAIRS)
    state, opened = chance.choice(_STATES), NOW + number * 600
    closed = opened + 2400 if state == "closed" else None
    cause = str(chance.choice(list(Cause)))
    db.execute(
        "INSERT INTO incidents (number, id, pair_id, near, far, asked, state, opened, closed,"
        " cause) VALUES (?,?,?,?,?,0,?,?,?,?)",
        (number, f"i{number}", f"{near}:{far}", near, far, state, opened, closed, cause),
    )
    db.execute(
        "INSERT INTO checks (number, id, incident_id, pair_id, asked_by, state, started, ended,"
        " context) VALUES (?,?,?,?,'mina','finished',?,?,?)",
        (number, f"c{number}", f"i{number}", f"{near}:{far}", opened, opened + 40, encoded),
    )


def _observations(
    number: int, each: int, chance: random.Random, texts: list[str]
) -> Iterator[tuple[object, ...]]:
    mine = f"10.199.{number // 200}.{number % 200}"
    for n in range(1, each + 1):
        text = chance.choice(texts).replace("10.80.5.2", mine)
        yield (f"c{number}", f"o{n}", "ping", "baseline", "baseline", "seoul/avamar",
               "busan/datadomain", NOW, 1.0, "exited", 0, text)  # fmt: skip


async def reading(path: Path) -> list[Row]:
    """The median time of each question, asked as a browser asks it."""
    async with await Store.open(path) as store:
        inventory = Inventory(Path("sites.toml"), {}, (), (), {})
        app = web.Application()
        app.add_subapp(PREFIX, Pages(store, inventory, PagesAccess(), "en").application())
        async with TestClient(TestServer(app)) as client:
            return [await _asked(client, what, query) for what, query in QUESTIONS.items()]


async def _asked(client: TestClient[web.Request, web.Application], what: str, query: str) -> Row:
    runs, found = [], 0
    for _ in range(_TIMES):
        begun = time.perf_counter()
        async with client.get(PREFIX + query) as answer:
            text = await answer.text()
        runs.append(time.perf_counter() - begun)
        assert answer.status == 200
        found = text.count('<th scope="row">')
    behind = f"{found} on the page, slowest {max(runs):.3f} s"
    return Row(what, _GOAL, statistics.median(runs), behind, tuple(runs), "s")


async def writing(folder: Path) -> Row:
    """A check's observations with the index and without it, one after the other as a check adds
    them, each on disk before the next."""
    ratios, plain = [], MIGRATIONS[:-1]
    for turn in range(5):
        without = await _written(folder / f"without-{turn}.db", plain)
        ratios.append(await _written(folder / f"with-{turn}.db", MIGRATIONS) / without)
    behind = "200 observations, each committed before the next"
    return Row("a check's writes against none indexed", 1.2, statistics.median(ratios), behind,
               tuple(ratios))  # fmt: skip


async def _written(path: Path, migrations: tuple[tuple[str, str], ...]) -> float:
    async with await Store.open(path, migrations) as store:
        begun = await store.begin_check(context(), Origin("mina"), "bench", NOW, 600.0)
        lines = [f"64 bytes from 10.82.10.12: icmp_seq={n} ttl=57 time=1.{n} ms" for n in range(15)]
        started = time.perf_counter()
        for number in range(200):
            await store.add_observation(begun.check_id, raw(number, *lines))
        return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pages", description=__doc__)
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="use this record, made if missing"
    )
    parser.add_argument("--incidents", type=int, default=INCIDENTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = arguments.keep or Path(folder) / "large.db"
        if not path.exists():
            begun = time.perf_counter()
            asyncio.run(_made(path))
            fill(path, arguments.incidents, EACH)
            seconds, size = time.perf_counter() - begun, path.stat().st_size / 1e9
            print(f"{arguments.incidents} incidents, {arguments.incidents * EACH} observations:"
                  f" {size:.2f} GB, written in {seconds:.0f} s\n")  # fmt: skip
        rows = [*asyncio.run(reading(path)), asyncio.run(writing(Path(folder)))]
    print(table(rows))


async def _made(path: Path) -> None:
    await (await Store.open(path)).close()


if __name__ == "__main__":
    main()
