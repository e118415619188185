"""What must not be lost is said from disk: in order within a channel, each key once as far as
Slack allows it, and late rather than never (law 8).

A channel that is rate-limited or fails holds up no other. How one thing is sent, and found where
it may stand already, is `bot.slack.courier`'s.
"""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from collections.abc import Awaitable, Callable
from functools import partial

import structlog

from bot.slack.api import SlackApi
from bot.slack.courier import Courier
from bot.slack.failures import Busy, Refused, SlackFailure, Unsure
from bot.slack.model import Attachment, Place, Post
from bot.slack.pace import Method, Pace
from storage.outbox import Delivery, Depth, Say
from storage.store import Store, StoreError

GivenUp = Callable[[Delivery, str], Awaitable[None]]
"""Slack will never take this, and this is why: one of Slack's words, `never-posted` (an edit of
what is not there), or `bug:…`. Called again after a restart if we died meanwhile."""

_LONGEST_PAUSE = 30.0  # seconds, while Slack can't be reached
_LOOKS = 10
"""After so many failed attempts in a row (some minutes) it is sent though it can't be looked for:
reading a channel may fail for longer than writing to it."""
_GIVEN_UP_SECONDS = 30.0  # for whoever is told
_log = structlog.get_logger(__name__)


def post_of(
    key: str,
    place: Place,
    post: Post,
    *,
    thread: str | None = None,
    thread_ts: str | None = None,
) -> Say:
    """A message. thread: in the thread of the message with this key; thread_ts: in a thread by
    Slack's own name."""
    body = _body(place, post)
    return Say(key, "post", place.channel, body, thread=thread, thread_ts=thread_ts)


def edit_of(key: str, place: Place, post: Post, *, of: str) -> Say:
    """What the message with the key `of` shows from now on."""
    return Say(key, "edit", place.channel, _body(place, post), of=of)


def file_of(key: str, place: Place, file: Attachment, *, thread: str | None = None) -> Say:
    """A file, in the thread of the message with this key."""
    body = {
        "name": file.name,
        "title": file.title,
        "alt_text": file.alt_text,
        "comment": file.comment,
        "lang": place.lang,
    }
    return Say(key, "file", place.channel, body, thread=thread, content=file.content)


class Outbox:
    """Says things; `run` delivers them. One for a record: two would say everything twice.

    now: epoch seconds.
    """

    def __init__(
        self,
        store: Store,
        api: SlackApi,
        pace: Pace,
        on_given_up: GivenUp,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._room = store.outbox
        self._courier = Courier(store.outbox, api, pace, now, sleep)
        self._pace = pace
        self._on_given_up = on_given_up
        self._now = now
        self._sleep = sleep
        self._woken = asyncio.Event()

    async def say(self, *says: Say) -> None:
        """On disk when this returns, all or none; delivered in this order. A key that was said
        is passed over. Raises StoreError."""
        await self._room.say(says, self._now())
        self._woken.set()

    async def depth(self) -> Depth:
        """How much waits, and since when. Raises StoreError."""
        return await self._room.depth()

    async def run(self) -> None:
        """Deliver what waits on disk and all that is said, until cancelled; ends at once then,
        and what was in flight is looked for when this runs again."""
        busy: set[str] = set()
        async with asyncio.TaskGroup() as group:
            while True:
                self._woken.clear()
                for channel in await self._channels():
                    if channel not in busy:
                        busy.add(channel)
                        worker = group.create_task(self._deliver_all(channel))
                        worker.add_done_callback(partial(self._free, busy, channel))
                await self._woken.wait()

    def _free(self, busy: set[str], channel: str, _: asyncio.Task[None]) -> None:
        """A worker that has just seen its channel empty may have missed what was said meanwhile:
        its end is a reason to look again."""
        busy.discard(channel)
        self._woken.set()

    async def _channels(self) -> list[str]:
        failures = 0
        while True:
            try:
                return await self._room.channels()
            except StoreError as error:
                failures += 1
                _log.error("the outbox can't be read", error=str(error))
                await self._sleep(_pause(failures))

    async def _deliver_all(self, channel: str) -> None:
        """A channel's queue, first things first: what fails is tried again before what follows."""
        failures = 0
        while True:
            try:
                delivery = await self._room.next_in(channel)
                if delivery is None:
                    return
                failures = 0 if await self._deliver(delivery, failures) else failures + 1
            except StoreError as error:
                failures += 1
                _log.error("the outbox can't be kept", channel=channel, error=str(error))
            if failures:
                await self._sleep(_pause(failures))

    async def _deliver(self, delivery: Delivery, failures: int) -> bool:
        """One attempt, after so many that failed. False: it failed too; wait before the next."""
        unseen = False
        ts: str | None = None
        if delivery.unsure:
            try:
                ts = await self._courier.find(delivery)
            except SlackFailure as failure:
                unseen = True
                if failures < _LOOKS:
                    return await self._put_off(delivery, failure, "look", unsure=True)
        try:
            ts = ts or await self._courier.send(delivery)
        except SlackFailure as failure:
            return await self._not_sent(delivery, failure, unseen=unseen)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one must not hold up the others
            _log.error("bug: it can't be sent", key=delivery.say.key, error=_where(error))
            return await self._give_up(delivery, f"bug:{type(error).__name__}")
        await self._room.sent(delivery.say.key, ts, self._now())
        waited = round(self._now() - delivery.created, 3)
        _log.info("said", key=delivery.say.key, seconds=waited)
        return True

    async def _not_sent(self, delivery: Delivery, failure: SlackFailure, *, unseen: bool) -> bool:
        """unseen: an attempt of before may have succeeded, and could not be looked for."""
        if isinstance(failure, Refused) and not failure.waits_for_a_person:
            return await self._give_up(delivery, failure.reason)
        kind = delivery.say.kind
        unsure = kind != "edit" and (unseen or isinstance(failure, Unsure))
        return await self._put_off(delivery, failure, kind, unsure=unsure)

    async def _put_off(
        self, delivery: Delivery, failure: SlackFailure, method: Method, *, unsure: bool
    ) -> bool:
        """Keep it for another attempt. True: Slack said when that may be, and it is waited for."""
        say = delivery.say
        await self._room.failed(say.key, failure.reason, unsure=unsure)
        _log.warning("not said yet", key=say.key, error=failure.reason, unsure=unsure)
        if not isinstance(failure, Busy):
            return False
        self._pace.rest(method, say.channel, failure.retry_after)
        return True

    async def _give_up(self, delivery: Delivery, reason: str) -> bool:
        """Tell whoever wants to know, and pass on to what follows. True, always."""
        key = delivery.say.key
        _log.error("given up", key=key, channel=delivery.say.channel, error=reason)
        try:
            async with asyncio.timeout(_GIVEN_UP_SECONDS):
                await self._on_given_up(delivery, reason)
        except Exception as error:  # noqa: BLE001 - whoever is told must not hold up the others
            _log.error("nobody could be told", key=key, error=_where(error))
        await self._room.give_up(key, reason, self._now())
        return True


def _body(place: Place, post: Post) -> dict[str, object]:
    return {"text": post.text, "blocks": list(post.blocks), "lang": place.lang}


def _pause(failures: int) -> float:
    """Seconds before the next attempt, doubled each time; with jitter, so that channels do not
    knock together."""
    longest = min(_LONGEST_PAUSE, 0.5 * 2.0 ** min(failures, 10))
    return longest * random.uniform(0.5, 1)  # noqa: S311 - no secret hangs on it


def _where(error: Exception) -> str:
    """Which error, and where; never its text, which may hold what was to be said."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {where}"
