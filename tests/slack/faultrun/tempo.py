"""The bot at a quicker pace: the same waits, shorter, for workspaces without Slack's limits.

What is waited for is not left out: a post is still looked for before it is sent again, a check that
nobody runs any more is still found by its lease.
"""

from __future__ import annotations

import asyncio
import importlib

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api import SlackApi
from probes import scheduler

_pause = scheduler._pause


async def brief_pause(seconds: float, stop: asyncio.Event) -> None:
    """Hosts that are recorded have settled."""
    await _pause(seconds / 10, stop)


class ImpatientApi(SlackApi):
    """Gives a call up early."""

    def __init__(self, client: AsyncWebClient, team: str) -> None:
        super().__init__(client, team, 2.0)


QUICK: dict[str, object] = {
    "bot.check.LEASE": 1.5,
    "bot.slack.checks.SWEEP_SECONDS": 0.2,
    "bot.slack.courier.SETTLE_SECONDS": 0.25,
    "bot.slack.front.SlackApi": ImpatientApi,
    "bot.slack.live.EDIT_SECONDS": 0.2,
    "bot.slack.outbox._LONGEST_PAUSE": 0.4,
    "bot.slack.pace.EDITS_SECONDS": 0.5,
    "bot.slack.pace.LIVE_EDITS": 1000,
    "bot.slack.pace.POST_SECONDS": 0.01,
    "probes.scheduler._pause": brief_pause,
}
"""Names of modules' members, and what stands in for them; numbers are seconds, but for edits."""


def hasten() -> None:
    """For a process of its own."""
    for path, value in QUICK.items():
        module, _, name = path.rpartition(".")
        setattr(importlib.import_module(module), name, value)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test within this process."""
    for path, value in QUICK.items():
        monkeypatch.setattr(path, value)
