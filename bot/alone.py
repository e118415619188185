"""The front of a `serve` without Slack: webhooks are taken, checks run, pages show them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from slack_bolt.async_app import AsyncApp

from bot.desk import Desk
from bot.response import Quiet, Response
from bot.slack.connection import Connection


class Alone:
    """Nobody is told anything; what failed jobs start runs all the same."""

    def __init__(self, desk: Desk, response: Response) -> None:
        self._desk, self._response = desk, response
        self._task: asyncio.Task[None] | None = None

    def register(self, app: AsyncApp) -> None:
        """There is no app to listen with."""

    async def start(self, connection: Connection | None) -> None:
        """Begin what is due, and go on."""
        del connection  # there is none
        quiet = Quiet(self._desk)
        self._task = asyncio.create_task(self._response.run(quiet.begin, quiet.over))

    async def close(self, grace: float) -> None:
        """Interrupt what runs, within `grace` seconds."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._desk.close(grace)
