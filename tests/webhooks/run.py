"""`python -m tests.webhooks.run`: senders that lose no patience against a bot that is killed.

1,000 failures are delivered 10,000 times, shuffled, late, again and again, some forged, to
`replcheck serve` as a process, which is killed (SIGKILL) at 20 random moments. A sender repeats
what was not answered, as they do. In the end the record must hold each failure once, in exactly
one incident; nothing that was acknowledged may be missing, nothing forged be there.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.ssh.sshd import free_port
from tests.webhooks.desk import signed

Json = Any
SECRET = "a secret of the run"
PAIRS = 10
SENDERS = 32
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is sent, how often it is killed. seed: the same run again."""

    failures: int
    deliveries: int
    kills: int
    seed: int


@dataclass(slots=True)
class Outcome:
    """What was answered. told: by failure, the events and incidents that answers named."""

    statuses: Counter[int] = field(default_factory=Counter)
    again: int = 0
    kills: int = 0
    told: dict[str, set[tuple[str, str | None]]] = field(default_factory=dict)
    news: Counter[str] = field(default_factory=Counter)


def inventory(folder: Path) -> Path:
    """Ten sites that replicate to one, and a hook for all of them."""
    lines = []
    for n, name in enumerate([*(f"s{n}" for n in range(PAIRS)), "busan"], 1):
        lines += [f"[sites.{name}.endpoints.avamar]", 'kind = "avamar"', f'address = "10.9.{n}.1"']
    for n in range(PAIRS):
        lines += ["[[pairs]]", f'near = "s{n}"', 'far = "busan"', 'profile = "avamar-datadomain"']
    lines += ["[hooks.avamar]", 'format = "generic"', 'auth = "hmac"', 'secret = "env:HOOK_SECRET"']
    for n in range(PAIRS):
        lines += ["[[hooks.avamar.match]]", f'job = "repl-s{n}-*"', f'near = "s{n}"']
        lines += ['far = "busan"']
    path = folder / "sites.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def deliveries(plan: Plan, now: float) -> list[tuple[dict[str, Json], bool]]:
    """What is sent, and whether it is forged. A twentieth of it is; the failures are of the last
    30 days; a success of each pair lies in the middle of them."""
    chance = random.Random(plan.seed)
    events: list[dict[str, Json]] = [
        {
            "id": f"f{n}",
            "job": f"repl-s{n % PAIRS}-{n % 3}",
            "status": "failed",
            "finished": now - chance.uniform(0, 30 * 86_400),
            "message": f"could not open connection, attempt {n}",
        }
        for n in range(plan.failures)
    ]
    forged = plan.deliveries // 20
    sent = [(chance.choice(events) | {"id": f"forged{n}"}, True) for n in range(forged)]
    sent += [(event, False) for event in events]
    sent += [
        ({**events[n], "id": f"s{n}", "status": "succeeded", "finished": now - 15 * 86_400}, False)
        for n in range(PAIRS)
    ]
    sent += [(chance.choice(events), False) for _ in range(plan.deliveries - len(sent))]
    chance.shuffle(sent)
    return sent


class Bot:
    """`replcheck serve` as a process, on loopback."""

    def __init__(self, folder: Path) -> None:
        self.db = folder / "replcheck.db"
        self.base = f"http://127.0.0.1:{free_port()}"
        self.up = asyncio.Event()
        self._config, self._log = inventory(folder), folder / "serve.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start it, and wait until it answers."""
        hidden = {name: "" for name in os.environ if name.startswith("SLACK_")}
        listen = self.base.removeprefix("http://")
        environ = os.environ | hidden | {"HOOK_SECRET": SECRET, "REPLCHECK_LISTEN": listen}
        command = [sys.executable, "-c", "from bot.entry import main; main()", "serve"]
        options = ["--config", str(self._config), "--db", str(self.db)]
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, *options, env=environ, stdout=log, stderr=log
            )
        until = time.monotonic() + _START_SECONDS
        while not await self._answers(session):
            if self._process.returncode is not None or time.monotonic() > until:
                raise RuntimeError(self._log.read_text())
            await asyncio.sleep(0.05)
        self.up.set()

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.base}/healthz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def end(self, how: signal.Signals) -> None:
        """Send it a signal, and wait for its end."""
        self.up.clear()
        if self._process and self._process.returncode is None:
            self._process.send_signal(how)
            await self._process.wait()


async def send_all(plan: Plan, bot: Bot, sent: list[tuple[dict[str, Json], bool]]) -> Outcome:
    """Deliver everything until it is answered, while the bot is killed again and again."""
    outcome, waiting = Outcome(), iter(sent)
    chance = random.Random(plan.seed + 1)
    moments = sorted(chance.sample(range(len(sent) // 20, len(sent)), plan.kills), reverse=True)
    dead_until_restart = asyncio.Lock()

    async def sender(session: aiohttp.ClientSession) -> None:
        for event, is_forged in waiting:
            while not await _deliver(session, bot, outcome, event, is_forged):
                outcome.again += 1
                await bot.up.wait()
            if moments and outcome.statuses.total() >= moments[-1]:
                moments.pop()
                await asyncio.sleep(chance.uniform(0, 0.02))  # not at the same place in its work
                async with dead_until_restart:
                    await bot.end(signal.SIGKILL)
                    outcome.kills += 1
                    await bot.start(session)

    async with aiohttp.ClientSession() as session:
        await bot.start(session)
        try:
            await asyncio.gather(*(sender(session) for _ in range(SENDERS)))
        finally:
            await bot.end(signal.SIGTERM)
    return outcome


async def _deliver(
    session: aiohttp.ClientSession,
    bot: Bot,
    outcome: Outcome,
    event: dict[str, Json],
    is_forged: bool,
) -> bool:
    """One attempt; False: no answer came."""
    body = json.dumps(event).encode()
    headers = signed(body, "another secret" if is_forged else SECRET)
    try:
        async with session.post(f"{bot.base}/hooks/avamar", data=body, headers=headers) as answer:
            told = await answer.json(content_type=None)
    except (aiohttp.ClientError, ConnectionError):
        return False
    outcome.statuses[answer.status] += 1
    if answer.status == 202:
        outcome.told.setdefault(event["id"], set()).add((told["event"], told["incident"]))
        outcome.news[event["id"]] += not told["duplicate"]
    return True


def wrongs(plan: Plan, db: Path, outcome: Outcome) -> Iterator[str]:
    """What does not hold, a sentence each."""
    forged = plan.deliveries // 20
    if outcome.statuses != Counter({202: plan.deliveries - forged, 401: forged}):
        yield f"answers: {dict(outcome.statuses)}"
    if outcome.kills != plan.kills:
        yield f"killed {outcome.kills} times"
    yield from _wrong_on_record(plan, db, outcome)
    if several := [one for one, names in outcome.told.items() if len(names) > 1]:
        yield f"answered with several events or incidents: {several[:5]}"
    if news := [one for one, times in outcome.news.items() if times > 1]:
        yield f"said to be new twice: {news[:5]}"


def _wrong_on_record(plan: Plan, db: Path, outcome: Outcome) -> Iterator[str]:
    with closing(sqlite3.connect(db)) as record:
        rows = record.execute(
            "SELECT number, incident_id, json_extract(body, '$.sender_id'), status FROM jobs"
        ).fetchall()
        marks = record.execute(
            "SELECT json_extract(body, '$.event'), incident_id FROM events WHERE kind = 'job-event'"
        ).fetchall()
    ids = Counter(sender_id for _, _, sender_id, _ in rows)
    expected = {f"f{n}" for n in range(plan.failures)} | {f"s{n}" for n in range(PAIRS)}
    if lost := expected - ids.keys():
        yield f"lost: {sorted(lost)[:5]}"
    if strange := ids.keys() - expected:
        yield f"forged or made up: {sorted(strange)[:5]}"
    if doubled := [one for one, times in ids.items() if times > 1]:
        yield f"on record twice: {doubled[:5]}"
    if homeless := [one for _, i, one, status in rows if status == "failed" and not i]:
        yield f"in no incident: {homeless[:5]}"
    held = {(f"e{number}", incident) for number, incident, _, _ in rows if incident}
    if sorted(held) != sorted(marks):
        yield "the incidents' timelines do not hold each event exactly once"
    if not {(e, i) for names in outcome.told.values() for e, i in names if i} <= held:
        yield "an answer named what is not on record"


def counts(db: Path, outcome: Outcome) -> dict[str, Json]:
    """What there is to print."""
    with closing(sqlite3.connect(db)) as record:
        one = "SELECT count(*), count(DISTINCT key), count(incident_id) FROM jobs WHERE status = ?"
        failed = record.execute(one, ("failed",)).fetchone()
        incidents = record.execute("SELECT state, count(*) FROM incidents GROUP BY 1").fetchall()
        sound = record.execute("PRAGMA integrity_check").fetchone()[0]
    return {
        "answers": dict(sorted(outcome.statuses.items())),
        "sent again, for no answer came": outcome.again,
        "killed": outcome.kills,
        "failures on record": failed[0],
        "different ones": failed[1],
        "in an incident": failed[2],
        "incidents": dict(incidents),
        "the file": sound,
    }


async def run(plan: Plan, folder: Path) -> tuple[dict[str, Json], list[str]]:
    """The counts, and what does not hold."""
    bot = Bot(folder)
    outcome = await send_all(plan, bot, deliveries(plan, time.time()))
    return counts(bot.db, outcome), list(wrongs(plan, bot.db, outcome))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.webhooks.run", description=__doc__)
    for name, default in (("failures", 1000), ("deliveries", 10_000), ("kills", 20)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    plan = Plan(**vars(parser.parse_args()))
    print(plan, flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found, wrong = asyncio.run(run(plan, Path(folder)))
    for name, value in found.items():
        print(f"{name:32} {value}")
    print(f"{'seconds':32} {time.monotonic() - began:.1f}")
    print("\n".join(wrong) or "nothing lost, nothing doubled, each failure in exactly one incident")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
