"""The root's intermediate edits: one writer, newest state wins, and silence after the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.slack.api import SlackApi
from bot.slack.failures import Busy, Down, Refused, SlackFailure, Unsure
from bot.slack.live import EDIT_SECONDS, END_SECONDS, Live
from bot.slack.model import Post
from bot.slack.pace import LIVE_EDITS, LIVE_SECONDS, Pace
from storage.store import StoreError
from tests.slack.virtual import clock, run


@dataclass
class Edit:
    """One call of chat.update: what it said, when it began and, if it did, ended."""

    ts: str
    text: str
    began: float
    ended: float | None = None
    taken: bool = False


@dataclass
class Slack(SlackApi):
    """Takes a while for each edit, and fails where told to."""

    seconds: list[float] = field(default_factory=list)
    failures: list[SlackFailure | Exception | None] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    shown: dict[str, str] = field(default_factory=dict)

    async def edit(self, channel: str, ts: str, post: Post) -> None:
        del channel
        edit = Edit(ts, post.text, clock())
        self.edits.append(edit)
        try:
            await asyncio.sleep(self.seconds.pop(0) if self.seconds else 0.1)
            if failure := self.failures.pop(0) if self.failures else None:
                raise failure
            self.shown[ts] = post.text
            edit.taken = True
        finally:
            edit.ended = clock()


async def posted(key: str) -> str | None:
    return f"ts-{key}"


async def with_live(
    slack: Slack,
    story: Callable[[Live], Awaitable[None]],
    ts_of: Callable[[str], Awaitable[str | None]] = posted,
) -> None:
    live = Live(ts_of, slack, Pace(clock), clock)
    with capture_logs():
        running = asyncio.create_task(live.run())
        try:
            await story(live)
            assert not running.done(), "it is still at work"
        finally:
            running.cancel()
            await asyncio.wait([running])


FAILURES = (Busy(5), Busy(90), Unsure("x"), Down("x"), Refused("invalid_blocks"), TypeError("bug"))
SHOWS = st.lists(
    st.tuples(st.floats(0, 8), st.sampled_from(["c1:root", "c2:root"]), st.integers(0, 3)),
    max_size=20,
)


@settings(deadline=None)
@given(
    shows=SHOWS,
    seconds=st.lists(st.floats(0, 10), max_size=10),
    failures=st.lists(st.none() | st.sampled_from(FAILURES), max_size=6),
    rest=st.floats(0, 800),
)
def test_whatever_happens(
    shows: list[tuple[float, str, int]],
    seconds: list[float],
    failures: list[SlackFailure | Exception | None],
    rest: float,
) -> None:
    slack = Slack(seconds=[*seconds], failures=[*failures])
    last: dict[str, str] = {}
    quiet_since: dict[str, float] = {}

    async def story(live: Live) -> None:
        for gap, key, state in shows:
            await asyncio.sleep(gap)
            live.show(key, "C1", Post(str(state)))
            last[f"ts-{key}"] = str(state)
        await asyncio.sleep(rest)
        for key in ("c1:root", "c2:root"):
            asked = clock()
            await live.end(key)
            assert clock() - asked <= END_SECONDS
            quiet_since[f"ts-{key}"] = clock()
        live.show("c1:root", "C1", Post("too late"))
        await asyncio.sleep(100)

    run(with_live(slack, story))
    for ts, ended in quiet_since.items():
        mine = [edit for edit in slack.edits if edit.ts == ts]
        assert all(e.began <= ended and e.ended is not None and e.ended <= ended for e in mine)
        assert all(b.began - a.began >= EDIT_SECONDS - 1e-6 for a, b in pairwise(mine))
        assert all(a.ended is not None and a.ended <= b.began for a, b in pairwise(mine))
        assert all((a.text, a.taken) != (b.text, True) for a, b in pairwise(mine) if a.taken)
        # After a while of calm it shows the last state, unless the last word was a refusal.
        if ts in last and rest > 300 and not failures:
            assert slack.shown[ts] == last[ts]


def test_the_newest_state_wins_and_what_lies_between_is_dropped() -> None:
    slack = Slack()

    async def story(live: Live) -> None:
        for n in range(100):
            live.show("c1:root", "C1", Post(str(n)))
            await asyncio.sleep(0.1)
        await asyncio.sleep(5)

    run(with_live(slack, story))
    assert slack.shown == {"ts-c1:root": "99"}
    assert len(slack.edits) <= 10 / EDIT_SECONDS + 2


def test_an_unchanged_picture_is_not_sent() -> None:
    slack = Slack()

    async def story(live: Live) -> None:
        for _ in range(10):
            live.show("c1:root", "C1", Post("same", ({"type": "divider"},)))
            await asyncio.sleep(4)

    run(with_live(slack, story))
    assert len(slack.edits) == 1


def test_a_root_that_is_not_posted_yet_is_held_and_then_shows_the_newest_state() -> None:
    slack, seen = Slack(), {"posted": False}

    async def ts_of(_: str) -> str | None:
        return "7.1" if seen["posted"] else None

    async def story(live: Live) -> None:
        live.show("c1:root", "C1", Post("first"))
        live.show("c1:root", "C1", Post("second"))
        await asyncio.sleep(20)
        assert not slack.edits
        seen["posted"] = True
        await asyncio.sleep(2)

    run(with_live(slack, story, ts_of))
    assert [(edit.ts, edit.text) for edit in slack.edits] == [("7.1", "second")]


def test_a_record_that_cannot_be_read_for_a_moment_stops_nothing() -> None:
    slack, asked = Slack(), [0]

    async def ts_of(_: str) -> str | None:
        asked[0] += 1
        if asked[0] < 3:
            raise StoreError("locked")
        return "7.1"

    async def story(live: Live) -> None:
        live.show("c1:root", "C1", Post("x"))
        await asyncio.sleep(5)

    run(with_live(slack, story, ts_of))
    assert slack.shown == {"7.1": "x"}


def test_under_429_edits_are_dropped_and_then_only_the_newest_is_sent() -> None:
    slack = Slack(failures=[Busy(40)])

    async def story(live: Live) -> None:
        live.show("c1:root", "C1", Post("0"))
        await asyncio.sleep(1)
        for n in range(1, 31):
            live.show("c1:root", "C1", Post(str(n)))
            live.show("c2:root", "C2", Post(str(n)))
            await asyncio.sleep(1)
        assert [edit.text for edit in slack.edits] == ["0"], "nobody edits: the limit is shared"
        await asyncio.sleep(40)

    run(with_live(slack, story))
    assert [edit.text for edit in slack.edits[1:]] == ["30", "30"]


def test_many_checks_share_the_budget_fairly() -> None:
    slack = Slack()

    async def story(live: Live) -> None:
        for n in range(600):
            for check in range(25):
                live.show(f"c{check}:root", f"C{check}", Post(str(n)))
            await asyncio.sleep(1)

    run(with_live(slack, story))
    counts = [sum(e.ts == f"ts-c{c}:root" for e in slack.edits) for c in range(25)]
    assert sum(counts) >= 0.9 * LIVE_EDITS * 600 / LIVE_SECONDS
    assert max(counts) - min(counts) <= 1


def test_the_end_waits_for_what_is_in_flight() -> None:
    """Else the check's last words might be overwritten by a state of before."""
    slack = Slack(seconds=[4.0])

    async def story(live: Live) -> None:
        live.show("c1:root", "C1", Post("x"))
        await asyncio.sleep(1)
        begun = clock()
        await live.end("c1:root")
        assert clock() - begun == pytest.approx(3)
        assert slack.edits[0].taken

    run(with_live(slack, story))


def test_the_end_is_bounded_even_where_a_call_never_ends() -> None:
    slack = Slack(seconds=[1e6])

    async def story(live: Live) -> None:
        live.show("c1:root", "C1", Post("x"))
        await asyncio.sleep(1)
        begun = clock()
        await live.end("c1:root")
        assert clock() - begun == pytest.approx(END_SECONDS)
        assert slack.edits[0].ended is not None, "it is no longer in flight"

    run(with_live(slack, story))


def test_while_slack_is_down_it_asks_more_and_more_seldom_and_comes_back() -> None:
    slack = Slack(failures=[Down("x")] * 8)

    async def story(live: Live) -> None:
        live.show("c1:root", "C1", Post("x"))
        await asyncio.sleep(400)

    run(with_live(slack, story))
    gaps = [b.began - a.began for a, b in pairwise(slack.edits)]
    assert gaps == sorted(gaps)
    assert 25 < max(gaps) < 35
    assert slack.shown == {"ts-c1:root": "x"}


def test_a_state_that_slack_refuses_is_passed_over() -> None:
    slack = Slack(failures=[Refused("invalid_blocks")])

    async def story(live: Live) -> None:
        live.show("c1:root", "C1", Post("bad"))
        await asyncio.sleep(60)
        live.show("c1:root", "C1", Post("good"))
        await asyncio.sleep(60)

    run(with_live(slack, story))
    assert [edit.text for edit in slack.edits] == ["bad", "good"]
