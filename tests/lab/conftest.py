"""Checks for the tests of this folder: they start with the first of its tests and run beside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.checking import Call, Checked, Runner
from tests.lab.needs import missing


@pytest.fixture(scope="session", autouse=True)
def runner(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runner]:
    """Runs the calls of all selected tests."""
    calls = [call for item in request.session.items if (call := _call(item))]
    runs = Runner([] if missing() else calls, lambda call: tmp_path_factory.mktemp(str(call)))
    yield runs
    runs.close()


def _call(item: pytest.Item) -> Call | None:
    parameters = (
        item.callspec.params
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        else {}
    )
    call = parameters.get("call")
    return call if isinstance(call, Call) else None


@pytest.fixture
def checked(call: Call, runner: Runner) -> Checked:
    """The result of the test's own call."""
    return runner[call]
