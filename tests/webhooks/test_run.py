"""The run of tests/webhooks/run.py, small: `make intake-run` is the whole of it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.webhooks.run import Plan, inventory, run


async def test_a_bot_that_is_killed_loses_and_doubles_nothing(tmp_path: Path) -> None:
    plan = Plan(failures=60, deliveries=600, kills=3, seed=7)
    counts, wrong = await run(plan, tmp_path)
    assert not wrong
    assert (
        counts["failures on record"] == counts["different ones"] == counts["in an incident"] == 60
    )
    assert counts["the file"] == "ok"


async def test_serve_does_not_start_while_a_hook_has_no_secret(tmp_path: Path) -> None:
    hidden = ("SLACK_", "HOOK_")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", "from bot.entry import main; main()", "serve"]
    options = ["--config", str(inventory(tmp_path)), "--db", str(tmp_path / "replcheck.db")]
    child = await asyncio.create_subprocess_exec(
        *command, *options, env=environ, cwd=tmp_path, stderr=asyncio.subprocess.PIPE
    )
    _, told = await child.communicate()
    assert child.returncode == 2
    assert "HOOK_SECRET" in told.decode()
    assert not (tmp_path / "replcheck.db").exists()
