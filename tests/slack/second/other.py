"""local-slack, a stand-in for Slack from npm, as a process, and one of its people.

It listens on all interfaces, so it runs in a network namespace of its own; `missing` says why it
can't. Its gaps: no limits, no 429, no scopes, no metadata, no locale, no user groups, triggers that
never grow old. What agrees with it is right about the wire; strictness is our own workspace's.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.secrets import SlackTokens

Json = Any
HERE = Path(__file__).parent
PROGRAM = HERE / "node_modules/local-slack-linux-x64/bin/local-slack"
ASKER, CHANNEL, BOT_USER = "U0MINA", "C0BACKUP", "U0REPLCHECK"
URL = "http://127.0.0.1:3000"
TOKENS = SlackTokens("xoxb-second", "xapp-second", "", f"{URL}/api/")
_WORKSPACE = {
    "workspace": {"name": "Second", "domain": "second", "teamId": "T0SECOND"},
    "apps": [
        {
            "appId": "A0REPLCHECK",
            "botUserId": BOT_USER,
            "botName": "replcheck",
            "botToken": TOKENS.bot,
            "appToken": TOKENS.app,
        }
    ],
    "users": [{"id": ASKER, "name": "mina", "real_name": "Mina Park", "tz": "Asia/Seoul"}],
    "channels": [{"id": CHANNEL, "name": "backup-incidents", "members": [ASKER, BOT_USER]}],
}
_INSTALL_SECONDS, _START_SECONDS = 120, 15.0


def missing() -> str:
    """Why it can't run here, in words; empty if it can. Installs it, by the lock, where it is
    not there: a prebuilt program, and none of the package's scripts is run."""
    if os.uname().machine != "x86_64" or os.uname().sysname != "Linux":
        return "local-slack is built for Linux on x86-64 only"
    if os.geteuid() != 0:
        return "local-slack listens on all interfaces: it needs a network namespace, and that root"
    if PROGRAM.exists():
        return ""
    if not shutil.which("npm"):
        return "npm is not installed (apt-get install npm)"
    return _install()


def _install() -> str:
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command, cwd=HERE, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"npm did not install local-slack within {_INSTALL_SECONDS} s"
    said = [line for line in done.stderr.splitlines() if " warn " not in line]
    return "" if PROGRAM.exists() else f"npm can't install local-slack: {' '.join(said)[:300]}"


@dataclass
class Other:
    """It runs; what its one person does and sees."""

    http: aiohttp.ClientSession
    window: aiohttp.ClientWebSocketResponse
    dialogs: list[Json] = field(default_factory=list)
    """Every state of the stack of open dialogs, the newest last."""

    async def command(self, text: str) -> None:
        """Types /replcheck; returns once it was acknowledged, or after 5 s."""
        asked = {"channel": CHANNEL, "user": ASKER, "command": "/replcheck", "text": text}
        await self._post("command", asked)

    async def says(self, text: str) -> None:
        await self._post("message", {"channel": CHANNEL, "user": ASKER, "text": text})

    async def press(self, message: Json, name: str) -> None:
        """Presses a button of a message, by the end of its action."""
        action = next(e for e in elements(message) if e.get("action_id") == f"replcheck:{name}")
        asked = {"channel": CHANNEL, "messageTs": message["ts"], "user": ASKER, "action": action}
        await self._post("interact", asked)

    async def submit(self, **chosen: str) -> None:
        """Sends off the open dialog; chosen: what its one input is set to, in Slack's shape."""
        view = await self.dialog()
        inputs = [block for block in view["blocks"] if block["type"] == "input"]
        values = {
            block["block_id"]: {
                block["element"]["action_id"]: {"type": block["element"]["type"], **chosen}
            }
            for block in inputs
        }
        await self.window.send_json({"t": "view_submit", "user": ASKER, "values": values})

    async def messages(self) -> list[Json]:
        """The channel's, threads too, in order."""
        found = (await self._get(f"messages/{CHANNEL}"))["messages"]
        return list(found)

    async def log(self) -> list[Json]:
        """What went to and came from the bot."""
        return list((await self._get("log"))["log"])

    async def until(self, holds: Callable[[Json], object], seconds: float = 30.0) -> Json:
        """The first message for which it holds."""
        async with asyncio.timeout(seconds):
            while True:
                for message in await self.messages():
                    if holds(message):
                        return message
                await asyncio.sleep(0.05)

    async def dialog(self, seconds: float = 10.0) -> Json:
        """The dialog that stands open, as soon as one does."""
        async with asyncio.timeout(seconds):
            while not (self.dialogs and self.dialogs[-1]):  # noqa: ASYNC110 - nobody wakes us
                await asyncio.sleep(0.05)
        return self.dialogs[-1][-1]

    async def listen(self) -> None:
        """Keep what its page is told, until cancelled."""
        async for said in self.window:
            event = json.loads(said.data)
            if event["t"] == "view":
                self.dialogs.append(event["stack"])

    async def _post(self, what: str, asked: Json) -> None:
        async with self.http.post(f"{URL}/_control/{what}", json=asked) as answer:
            answer.raise_for_status()

    async def _get(self, what: str) -> Json:
        async with self.http.get(f"{URL}/_control/{what}") as answer:
            return await answer.json()


@asynccontextmanager
async def other(folder: Path) -> AsyncIterator[Other]:
    """Start it in this network namespace, with one person, one channel and our app."""
    config = folder / "workspace.json"
    config.write_text(json.dumps(_WORKSPACE))
    words = ("--config", str(config), "--port", "3000", "--base-host", "127.0.0.1")
    process = await asyncio.create_subprocess_exec(
        PROGRAM, *words, "--files-dir", str(folder), stdout=subprocess.DEVNULL
    )
    try:
        async with aiohttp.ClientSession() as http:
            await _answers(http)
            async with http.ws_connect(f"{URL.replace('http', 'ws')}/ui", max_msg_size=0) as window:
                found = Other(http, window)
                listening = asyncio.create_task(found.listen())
                yield found
                listening.cancel()
    finally:
        process.kill()
        await process.wait()


async def _answers(http: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            try:
                async with http.get(f"{URL}/_control/state") as answer:
                    return answer.raise_for_status()
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


def elements(message: Json) -> Iterable[Json]:
    """What can be pressed in a message, each with its block's id."""
    for block in message.get("blocks", ()):
        for element in block.get("elements", ()):
            yield {**element, "block_id": block.get("block_id")}


def words(message: Json) -> str:
    """All that a message says: its text and its blocks."""
    return json.dumps([message.get("text"), message.get("blocks")], ensure_ascii=False)
