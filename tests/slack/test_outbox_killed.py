"""Killed without warning, again and again, while Slack misbehaves: each thing stands there once."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from asyncio.subprocess import DEVNULL
from collections import Counter
from pathlib import Path

import pytest

from bot.demo.workspace.faults import Fault
from bot.demo.workspace.rates import Rates
from bot.slack.model import Attachment, Place
from bot.slack.outbox import edit_of, file_of, post_of
from storage.outbox import Say
from storage.store import Store
from tests.slack.delivering import key_of, words
from tests.slack.office import Office, office

CHECKS, FINDINGS = 6, 6
KILLS = 12
MOST_SECONDS = 120.0
SAID = ("chat.postMessage", "files.completeUploadExternal")
FAULTS = [
    ("chat.postMessage", "reset", 0.10, True),
    ("chat.postMessage", "reset", 0.05, False),
    ("chat.postMessage", "hang", 0.05, True),
    ("chat.postMessage", "error500", 0.05, True),
    ("chat.postMessage", "error503", 0.05, False),
    ("chat.postMessage", "ratelimited", 0.10, False),
    ("files.*", "reset", 0.10, True),
    ("files.*", "ratelimited", 0.10, False),
    ("upload", "reset", 0.10, True),
    ("chat.update", "error500", 0.20, True),
    ("conversations.*", "error503", 0.20, False),
    ("conversations.*", "ratelimited", 0.10, False),
]


@pytest.mark.slow
async def test_killed_again_and_again_each_key_stands_once_and_in_order(tmp_path: Path) -> None:
    dice = random.Random(7)
    async with office(rates=Rates.roomy(), file_seconds=0.005) as here:
        here.running.workspace.faults.add(
            *(Fault(on, do, None, chance, 0.35, after) for on, do, chance, after in FAULTS)  # type: ignore[arg-type]
        )
        channels = [here.channel] + [
            here.running.workspace.add_channel(f"more-{n}", [here.person]) for n in range(2)
        ]
        record = tmp_path / "r.db"
        said = {channel.id: list(story(channel.id, n)) for n, channel in enumerate(channels)}
        async with await Store.open(record) as store:
            for says in said.values():
                await store.outbox.say(says, time.time())
        kills = await deliver_under_fire(here, record, dice)
        await asyncio.sleep(0.1)
        for channel in channels:
            messages = list(channel.messages.values())
            keys = [key for message in messages if (key := key_of(message))]
            posts = [say.key for say in said[channel.id] if say.kind == "post"]
            assert keys == posts, "each once, and in order"
            files = Counter(file["name"] for m in messages for file in m.get("files", ()))
            wanted = [say.body["name"] for say in said[channel.id] if say.kind == "file"]
            assert files == Counter(wanted)
            roots = [m for m in messages if (key_of(m) or "").endswith(":root")]
            assert {m["text"] for m in roots} == {"verdict"}
            threads = {m["ts"]: m["thread_ts"] for m in messages if m.get("thread_ts")}
            assert set(threads.values()) <= {m["ts"] for m in roots}
        struck = Counter(call["fault"] for call in here.running.workspace.calls if "fault" in call)
        print(f"{sum(map(len, said.values()))} things, {kills} kills, faults: {dict(struck)}")
        assert kills == KILLS
        assert {"reset", "hang", "error500", "ratelimited"} <= set(struck)


def story(channel: str, n: int) -> list[Say]:
    """What several checks say, one after the other."""
    place = Place(channel, "U1", "en", "addresses")
    says: list[Say] = []
    for check in (f"c{n}-{m}" for m in range(CHECKS)):
        root = f"{check}:root"
        file = Attachment(f"{check}.txt", "output", b"line\n" * 100)
        says += [
            post_of(root, place, words("running")),
            *(
                post_of(f"{check}:{m}", place, words(f"finding {m}"), thread=root)
                for m in range(FINDINGS)
            ),
            file_of(f"{check}:file", place, file, thread=root),
            post_of(f"{check}:reply", place, words("reply"), thread=root),
            edit_of(f"{check}:end", place, words("verdict"), of=root),
        ]
    return says


async def deliver_under_fire(here: Office, record: Path, dice: random.Random) -> int:
    """Start the deliverer, kill it after a few calls, and again; at last let it finish."""
    running, workspace = here.running, here.running.workspace
    target = (str(record), running.api_url, here.tokens.bot, workspace.team_id)
    kills = 0

    def sent() -> int:
        return sum(call["method"] in SAID for call in workspace.calls)

    async with asyncio.timeout(MOST_SECONDS):
        while True:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.slack.deliverer", *target), stdout=DEVNULL
            )
            try:
                goal = sent() + dice.randint(3, 12) if kills < KILLS else 10**9
                while process.returncode is None and sent() < goal:  # noqa: ASYNC110 - a call tells nobody
                    await asyncio.sleep(dice.uniform(0, 0.004))
            finally:
                if process.returncode is None:
                    process.kill()
                    kills += 1
                code = await process.wait()
            if code == 0:
                return kills
            assert code == -9
