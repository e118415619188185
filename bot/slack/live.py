"""A running check's root message, edited in place: the newest state wins, and what lies between
may be dropped.

At most one edit of a message in 3 s, none that changes nothing, and only where the workspace's
edits have room (`Pace`); those who waited longest come first. Nothing here must be kept: a check's
last words go through the outbox, after `end`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf

import structlog

from bot.slack.api import SlackApi
from bot.slack.failures import Busy, Refused, SlackFailure
from bot.slack.model import Post
from bot.slack.pace import Pace
from storage.store import StoreError

EDIT_SECONDS = 3.0
"""Between two edits of a message."""
END_SECONDS = 15.0
"""How long `end` waits for an edit in flight: longer than a call may take."""
_LOOK_SECONDS = 1.0  # how often a message that can't be edited yet is looked at again
_TICK = 0.05  # seconds; clocks are not exact
_LONGEST_PAUSE = 30.0  # between attempts that fail
_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Root:
    """wanted: what is to be shown; shown: what Slack shows for certain; due: not before then."""

    channel: str
    wanted: Post
    shown: Post | None = None
    ts: str | None = None
    due: float = 0.0
    failures: int = 0
    flight: asyncio.Task[None] | None = None


class Live:
    """The one writer of roots while their checks run. ts_of: Slack's name for a message by its
    key, None while it is not posted. clock: monotonic seconds, the event loop's."""

    def __init__(
        self,
        ts_of: Callable[[str], Awaitable[str | None]],
        api: SlackApi,
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ts_of = ts_of
        self._api = api
        self._pace = pace
        self._clock = clock
        self._roots: dict[str, _Root] = {}  # in the order in which they were edited
        self._ended: set[str] = set()  # a short key a check, for as long as we run
        self._changed = asyncio.Event()

    def show(self, key: str, channel: str, post: Post) -> None:
        """Show this from now on, as soon as may be. Nothing happens after `end`."""
        if key in self._ended:
            return
        root = self._roots.setdefault(key, _Root(channel, post))
        root.wanted = post
        self._changed.set()

    async def end(self, key: str) -> None:
        """When this returns no edit of this message is in flight, and none will come."""
        self._ended.add(key)
        root = self._roots.pop(key, None)
        if root is None or root.flight is None:
            return
        # Its answer is worth waiting for: a call that is cut off may still be carried out, over
        # the check's last words.
        flight = root.flight
        await asyncio.wait([flight], timeout=END_SECONDS)
        flight.cancel()
        await asyncio.wait([flight])

    async def run(self) -> None:
        """Edit what is to be edited, until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                for key, root in self._waiting():
                    if await self._may_edit(key, root):
                        self._roots[key] = self._roots.pop(key)  # to the end of the row
                        root.flight = group.create_task(self._edit(key, root, root.wanted))
                await self._sleep()

    def _waiting(self) -> list[tuple[str, _Root]]:
        """What may be edited now; whoever was edited longest ago stands first in the row."""
        now = self._clock()
        return [(key, root) for key, root in self._roots.items() if _stale(root, now)]

    async def _may_edit(self, key: str, root: _Root) -> bool:
        """Its message is posted, its check has not ended meanwhile, and there is room. Where not,
        it keeps its place in the row."""
        if root.ts is None:
            root.ts = await self._posted_as(key)
        return root.ts is not None and key in self._roots and self._pace.try_live_edit()

    async def _posted_as(self, key: str) -> str | None:
        try:
            return await self._ts_of(key)
        except StoreError as error:
            _log.error("the outbox can't be read", key=key, error=str(error))
            return None

    async def _edit(self, key: str, root: _Root, post: Post) -> None:
        root.due = self._clock() + EDIT_SECONDS
        try:
            await self._api.edit(root.channel, root.ts or "", post)
        except SlackFailure as failure:
            self._failed(key, root, post, failure)
        except Exception as error:  # noqa: BLE001 - a bug in one picture must not stop the others
            _log.error("bug: it can't be shown", key=key, error=type(error).__name__)
            root.shown = post
        else:
            root.shown, root.failures = post, 0
        finally:
            root.flight = None
            self._changed.set()

    def _failed(self, key: str, root: _Root, post: Post, failure: SlackFailure) -> None:
        """What Slack shows now is not known, so the newest state is sent again, later; but a
        state that Slack refuses is passed over."""
        _log.warning("not shown", key=key, error=failure.reason)
        root.failures += 1
        pause = min(_LONGEST_PAUSE, EDIT_SECONDS * 2.0 ** min(root.failures, 8))
        root.due = self._clock() + pause
        root.shown = post if isinstance(failure, Refused) else None
        if isinstance(failure, Busy):
            self._pace.rest("edit", root.channel, failure.retry_after)

    async def _sleep(self) -> None:
        """Until something is shown or answered, or the next edit is due."""
        now = self._clock()
        stale = [root for root in self._roots.values() if _stale(root, inf)]
        # What is due already found no room, or is not posted yet.
        pauses = [max(r.due - now, _TICK) if r.due > now else _LOOK_SECONDS for r in stale]
        pause = min(pauses, default=None)
        try:
            async with asyncio.timeout(pause):
                await self._changed.wait()
        except TimeoutError:
            return


def _stale(root: _Root, now: float) -> bool:
    return root.flight is None and root.wanted != root.shown and root.due <= now
