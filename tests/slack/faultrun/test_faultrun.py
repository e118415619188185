"""A small fault run in the normal tests; `make faults` is the whole one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slack.faultrun.run import Plan, fault_run, table
from tests.slack.office import no_proxy

pytestmark = pytest.mark.usefixtures("no_proxy")
__all__ = ["no_proxy"]


@pytest.mark.parametrize("http", [False, True], ids=["socket", "http"])
async def test_a_small_fault_run(tmp_path: Path, http: bool) -> None:
    found = await fault_run(Plan(actions=20, kills=1, seed=3, http=http), tmp_path)
    print(table(found))
    assert found.wrong == {}
    assert found.counts["final verdicts in their thread"] > 0
    assert found.counts["Slack said: acknowledged"] >= 20
    assert any(name.startswith("fault: ") for name in found.counts)
