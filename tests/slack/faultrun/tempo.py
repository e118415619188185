"""The bot at a quicker pace: the same waits, shorter, for workspaces without Slack's limits.

What is waited for is not left out: a post is still looked for before it is sent again, a check that
nobody runs any more is still found by its lease.
"""

from __future__ import annotations

import importlib

import pytest

QUICK: dict[str, float] = {
    "bot.check.LEASE": 1.5,
    "bot.slack.checks.SWEEP_SECONDS": 0.2,
    "bot.slack.courier.SETTLE_SECONDS": 0.25,
    "bot.slack.live.EDIT_SECONDS": 0.2,
    "bot.slack.outbox._LONGEST_PAUSE": 0.4,
    "bot.slack.pace.POST_SECONDS": 0.01,
    "bot.slack.pace.EDITS_SECONDS": 0.5,
    "bot.slack.pace.LIVE_EDITS": 1000,
}
"""Module-level numbers, each in seconds but the last."""


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
