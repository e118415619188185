"""The bot's process under a test: started, killed, started again over the same record."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from tests.slack.faultrun.runner import Setup
from tests.slack.office import PROXIES, Office

ROOT = Path(__file__).parents[3]
_UP_SECONDS = 20.0


class BotProcess:
    """One bot; `starts` counts how often it was started."""

    def __init__(self, office: Office, folder: Path, **setup: Any) -> None:
        self.office, self.folder = office, folder
        self.db, self.sends = folder / "bot.db", folder / "sends"
        self.log = folder / "bot.log"
        self.starts = 0
        tokens = office.tokens
        self._setup = Setup(
            db=str(self.db),
            sends=str(self.sends),
            api_url=office.running.api_url,
            bot_token=tokens.bot,
            app_token=tokens.app,
            signing_secret=tokens.signing_secret,
            **setup,
        )
        self._process: Process | None = None

    @property
    def up(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, dies: str = "") -> None:
        """Start it, and wait until it hears Slack. dies: at which moment it kills itself."""
        self.starts += 1
        path = replace(self._setup, dies=dies).write(self.folder / "setup.json")
        command = (sys.executable, "-m", "tests.slack.faultrun.runner", str(path))
        env = {k: v for k, v in os.environ.items() if k not in PROXIES}
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *command, cwd=ROOT, env=env, stdout=log, stderr=log
            )
        async with asyncio.timeout(_UP_SECONDS):
            while not await self._hears():
                if not self.up:
                    raise AssertionError(self.log.read_text()[-3000:])
                await asyncio.sleep(0.05)

    async def died(self) -> None:
        """It has ended by itself."""
        assert self._process is not None
        async with asyncio.timeout(30):
            await self._process.wait()
        await self._let_go()

    async def kill(self) -> None:
        """SIGKILL: nothing of it runs on."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int | None:
        """SIGTERM, and its exit status."""
        await self._end(signal.SIGTERM)
        return self._process.returncode if self._process else None

    async def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self.up:
            self._process.send_signal(how)
            async with asyncio.timeout(20):
                await self._process.wait()
        await self._let_go()

    async def _let_go(self) -> None:
        """Its sockets end with it, as soon as the workspace notices."""
        sockets = self.office.running.courier.sockets
        async with asyncio.timeout(5):
            while sockets.count:  # noqa: ASYNC110 - the workspace tells nobody
                await asyncio.sleep(0.01)

    async def _hears(self) -> bool:
        if not self._setup.http:
            return self.office.running.courier.sockets.count > 0
        url = f"http://127.0.0.1:{self._setup.http}/readyz"
        try:
            async with aiohttp.ClientSession() as http, http.get(url) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def process(office: Office, folder: Path, **setup: Any) -> AsyncIterator[BotProcess]:
    """One that is ended with the test."""
    bot = BotProcess(office, folder, **setup)
    try:
        yield bot
    finally:
        await bot.kill()


def free_port() -> int:
    """A port that nobody has now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
