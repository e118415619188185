"""Rate limits: kept before Slack has to say so, and honoured where it does."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.slack.pace import (
    EDITS,
    EDITS_SECONDS,
    LIVE_EDITS,
    LIVE_SECONDS,
    POST_SECONDS,
    Method,
    Pace,
)
from tests.slack.virtual import clock, run


def test_posts_and_files_are_a_second_apart_in_each_channel() -> None:
    kinds: list[Method] = ["post", "file", "post", "file"]

    async def main() -> tuple[list[float], float]:
        pace, begun = Pace(clock), clock()
        at = []
        for kind in kinds:
            await pace.turn(kind, "C1")
            at.append(clock() - begun)
        last = clock()
        await pace.turn("post", "C2")
        return at, clock() - last

    at, elsewhere = run(main())
    assert at == pytest.approx([0, 1, 2, 3], abs=0.1)
    assert all(b - a >= POST_SECONDS for a, b in pairwise(at))
    assert elsewhere == 0


def test_a_rest_holds_its_method_in_its_channel_alone() -> None:
    async def main() -> dict[str, float]:
        pace, begun = Pace(clock), clock()
        pace.rest("post", "C1", 30)
        turns: list[tuple[Method, str]]
        turns = [("post", "C2"), ("edit", "C1"), ("look", "C1"), ("post", "C1")]
        waited = {}
        for method, channel in turns:
            await pace.turn(method, channel)
            waited[f"{method} {channel}"] = clock() - begun
        return waited

    waited = run(main())
    assert waited.pop("post C1") == pytest.approx(30, abs=0.1)
    assert set(waited.values()) == {0}


@example([("final", 0.0)] * 120)
@example([("live", 0.1), ("final", 0.1)] * 150)
@given(st.lists(st.tuples(st.sampled_from(["final", "live"]), st.floats(0, 5)), max_size=300))
def test_edits_never_exceed_the_workspaces_budget_and_final_ones_find_room(
    asked: list[tuple[str, float]],
) -> None:
    """Whatever is asked and when: no minute holds more edits than Slack's, no ten seconds more
    live ones than theirs, and a final one waits only where final ones took the budget."""

    async def main() -> tuple[list[float], list[float]]:
        pace = Pace(clock)
        live: list[float] = []
        final: list[float] = []
        for kind, gap in asked:
            await asyncio.sleep(gap)
            if kind == "live":
                live += [clock()] if pace.try_live_edit() else []
                continue
            begun = clock()
            await pace.turn("edit", "C1")
            recent = [at for at in final if at > begun - EDITS_SECONDS]
            live_share = LIVE_EDITS * EDITS_SECONDS / LIVE_SECONDS
            assert clock() == begun or len(recent) >= EDITS - live_share - LIVE_EDITS
            final.append(clock())
        return live, final

    live, final = run(main())
    assert _most_within(EDITS_SECONDS, live + final) <= EDITS
    assert _most_within(LIVE_SECONDS, live) <= LIVE_EDITS


def test_live_edits_stop_while_slack_rests_any_edit() -> None:
    async def main() -> tuple[bool, bool, bool]:
        pace = Pace(clock)
        before = pace.try_live_edit()
        pace.rest("edit", "C7", 12)
        during = pace.try_live_edit()
        await asyncio.sleep(12)
        return before, during, pace.try_live_edit()

    assert run(main()) == (True, False, True)


def test_who_waits_for_the_same_channel_is_served_one_at_a_time() -> None:
    async def main() -> Counter[float]:
        pace, at = Pace(clock), Counter[float]()

        async def post() -> None:
            await pace.turn("post", "C1")
            at[round(clock(), 3)] += 1

        await asyncio.gather(*(post() for _ in range(10)))
        return at

    at = run(main())
    assert set(at.values()) == {1}
    assert max(at) - min(at) >= 9 * POST_SECONDS


def _most_within(seconds: float, times: list[float]) -> int:
    return max((sum(at - seconds < t <= at for t in times) for at in times), default=0)
