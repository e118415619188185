"""One hypothesis a cause; where nothing was heard, none knows anything."""

from __future__ import annotations

import pytest

from probes.hypotheses import HYPOTHESES
from probes.model import Cause
from tests.unit.evidence import (
    Heard,
)
from tests.unit.hypotheses.finding import (
    UNKNOWN,
    finding,
)


def test_every_cause_has_one_hypothesis_in_the_order_of_layers() -> None:
    assert [h.cause for h in HYPOTHESES] == list(Cause)


@pytest.mark.parametrize("cause", list(Cause))
def test_where_nothing_was_heard_nothing_is_known(cause: Cause) -> None:
    assert finding(cause, Heard()).stance is UNKNOWN
