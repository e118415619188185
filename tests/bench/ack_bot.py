"""`python -m tests.bench.ack_bot FOLDER PAIRS`: `serve` with as many pairs as asked, whose hosts
answer what a recorded incident's hosts answered, and take as long as those did.

Everything but the SSH connections is the real thing: parsing, judging, the record, pictures, views,
outbox, Socket Mode. On SIGTERM it leaves FOLDER/lags.json: by how many milliseconds each of its
sleeps of 10 ms was late, which is what its event loop was blocked, or the machine was busy.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bot import logs
from bot.desk import Desk
from bot.response import Response
from bot.secrets import take
from bot.serve import serve
from bot.slack.front import Front
from bot.terminal.interrupt import stoppable
from bot.words import Voice
from probes.inventory import Inventory
from probes.model import Command, Context, Line, Site, Transcript
from probes.transport import Failure
from storage.store import Store
from tests.bench.lag import lags
from tests.golden import incidents
from tests.unit.replay import Replay

INCIDENT = "account"
_NUMBER = re.compile(r"\d+(?=/)")  # seoul07/avamar was recorded as seoul/avamar
_MISSING_SECONDS = 0.05  # a command that no host knows is answered at once


class Paced(Replay):
    """A recorded incident's hosts, as slow as they were."""

    async def run(
        self,
        endpoint_id: str,
        command: Command,
        *,
        deadline: float,
        enough: Callable[[Line], bool] = lambda _line: False,
        stop: asyncio.Event | None = None,
    ) -> Transcript | Failure:
        recorded = _NUMBER.sub("", endpoint_id)
        answer = await super().run(recorded, command, deadline=deadline, enough=enough, stop=stop)
        seconds = answer.seconds if isinstance(answer, Transcript) else _MISSING_SECONDS
        await asyncio.sleep(min(seconds, deadline))
        return answer


def names(number: int) -> tuple[str, str]:
    """The two sites of a pair."""
    return f"seoul{number:02}", f"busan{number:02}"


def inventory_of(recorded: Context, pairs: int) -> Inventory:
    """The recorded pair so many times, each between sites of its own."""
    sites: dict[str, Site] = {}
    declared = []
    for near, far in map(names, range(1, pairs + 1)):
        sites |= {near: _called(recorded.near, near), far: _called(recorded.far, far)}
        declared.append(replace(recorded.pair, near=near, far=far))
    return Inventory(Path("sites.toml"), sites, recorded.segments, tuple(declared), {})


def _called(site: Site, name: str) -> Site:
    endpoints = {role: replace(each, site=name) for role, each in site.endpoints.items()}
    return replace(site, name=name, title=name.capitalize(), endpoints=endpoints)


async def main(folder: Path, pairs: int, stop: asyncio.Event) -> None:
    evidence = incidents.load(INCIDENT)
    inventory = inventory_of(evidence.context, pairs)
    found: list[float] = []
    watching = asyncio.create_task(lags(found))
    async with await Store.open(folder / "bench.db") as store:
        desk = Desk(store, inventory, lambda _context: Paced(evidence))
        await serve(take(os.environ), store, Front(store, desk, Voice(), Response(store)), stop)
    watching.cancel()
    (folder / "lags.json").write_text(json.dumps(found))


if __name__ == "__main__":
    logs.to_stderr()
    asyncio.run(
        stoppable(lambda stop: main(Path(sys.argv[1]), int(sys.argv[2]), stop), lambda: None)
    )
