"""The run of tests/webhooks/run.py, small: `make intake-run` is the whole of it."""

from __future__ import annotations

from pathlib import Path

from tests.webhooks.run import Plan, run


async def test_a_bot_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    plan = Plan(failures=60, deliveries=600, kills=3, seed=7)
    counts, wrong = await run(plan, tmp_path)
    assert not wrong
    assert (
        counts["failures on record"] == counts["different ones"] == counts["in an incident"] == 60
    )
    assert counts["the file"] == "ok"
