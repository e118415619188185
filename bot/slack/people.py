"""Who somebody is, which channel this is, who is in a user group: asked of Slack, kept for a
while, and failing closed.

Rights hang on the answers (`bot/rights.py`), so where Slack does not say, the answer is the one
that allows and shows least. An answer that is not much too old is preferred to that: Slack that
does not answer for a minute must not take an on-call engineer's rights away. A no from Slack
itself (`channel_not_found`) is an answer, and ends what was kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import stamina
import structlog

from bot.slack.failures import Down, Refused, SlackFailure, Unsure
from bot.slack.model import Person, Room

log = structlog.get_logger(__name__)
T = TypeVar("T")


class Slack(Protocol):
    """What is asked of Slack; `bot.slack.api.SlackApi` is one. All raise SlackFailure."""

    async def person(self, user: str) -> Person: ...

    async def room(self, channel: str) -> Room: ...

    async def rooms(self) -> tuple[Room, ...]: ...

    async def group_members(self, group: str) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class _Lifetime:
    """Seconds. fresh: an answer is not asked for again. usable: it still stands in where Slack
    does not answer."""

    fresh: float
    usable: float


_PEOPLE = _Lifetime(600.0, 3600.0)
_ROOMS = _Lifetime(300.0, 3600.0)
_GROUPS = _Lifetime(120.0, 600.0)  # who leaves a group soon loses what it gave
_PATIENCE_SECONDS = 15.0


class People:
    """What Slack knows of people and channels. clock: seconds that only rise."""

    def __init__(self, api: Slack, clock: Callable[[], float]) -> None:
        self._people = _Kept(api.person, _unknown_person, _PEOPLE, clock)
        # A channel that we are not in is asked about again: whoever invites us asks again at once.
        self._rooms = _Kept(api.room, _unknown_room, _ROOMS, clock, lambda room: room.member)
        self._all_rooms = _Kept(lambda _every: api.rooms(), lambda _every: (), _ROOMS, clock, bool)
        self._groups = _Kept(api.group_members, lambda _group: (), _GROUPS, clock)

    async def person(self, user: str) -> Person:
        """Who it is; foreign, and without a language, where Slack does not say."""
        return await self._people.get(user)

    async def room(self, channel: str) -> Room:
        """Which channel it is; shared, and one that we are not in, where Slack does not say."""
        return await self._rooms.get(channel)

    async def named(self, channel: str) -> Room:
        """The channel of this name (`#backup`) or id; one that we are not in, where there is none
        that we see or Slack does not say."""
        if not channel.startswith("#"):
            return await self.room(channel)
        rooms = await self._all_rooms.get("")
        wanted = channel.removeprefix("#")
        return next((room for room in rooms if room.name == wanted), _unknown_room(channel))

    async def groups_of(self, user: str, among: Collection[str]) -> frozenset[str]:
        """Which of these have this user in them; other than user groups (`S…`) none do."""
        groups = sorted({group for group in among if group.startswith("S")})
        members = await asyncio.gather(*map(self._groups.get, groups))
        return frozenset(g for g, users in zip(groups, members, strict=True) if user in users)


class _Kept(Generic[T]):
    """Answers by key, with one question under way for each key, however many wait for it."""

    def __init__(
        self,
        ask: Callable[[str], Awaitable[T]],
        unknown: Callable[[str], T],
        lifetime: _Lifetime,
        clock: Callable[[], float],
        worth_keeping: Callable[[T], bool] = lambda _answer: True,
    ) -> None:
        self._ask, self._unknown, self._worth_keeping = ask, unknown, worth_keeping
        self._lifetime, self._clock = lifetime, clock
        self._answers: dict[str, tuple[float, T]] = {}
        self._asking: dict[str, asyncio.Task[T]] = {}

    async def get(self, key: str) -> T:
        if (kept := self._within(key, self._lifetime.fresh)) is not None:
            return kept
        if key not in self._asking:
            self._asking[key] = asyncio.create_task(self._ask_now(key))
        return await asyncio.shield(self._asking[key])  # one waiter that gives up ends no other

    async def _ask_now(self, key: str) -> T:
        asked = self._clock()
        try:
            answer = await self._ask_patiently(key)
        except SlackFailure as failure:
            return self._without_answer(key, failure)
        finally:
            del self._asking[key]
        self._drop_useless()
        self._answers.pop(key, None)
        if self._worth_keeping(answer):
            self._answers[key] = asked, answer
        return answer

    async def _ask_patiently(self, key: str) -> T:
        """Again where no answer came: one call that fails must not make a channel look like one
        that we are not in."""
        async for attempt in stamina.retry_context(
            on=(Unsure, Down),
            attempts=3,
            timeout=_PATIENCE_SECONDS,
            wait_initial=0.1,
            wait_max=0.5,
            wait_jitter=0.1,
        ):
            with attempt:
                return await self._ask(key)
        raise AssertionError("the last attempt returns or raises")

    def _without_answer(self, key: str, failure: SlackFailure) -> T:
        if isinstance(failure, Refused) and not failure.waits_for_a_person:
            self._answers.pop(key, None)
        kept = self._within(key, self._lifetime.usable)
        log.warning("slack did not say", about=key, reason=failure.reason, kept=kept is not None)
        return self._unknown(key) if kept is None else kept

    def _within(self, key: str, seconds: float) -> T | None:
        at, answer = self._answers.get(key, (0.0, None))
        return answer if answer is not None and self._clock() - at < seconds else None

    def _drop_useless(self) -> None:
        """Of everyone who ever wrote, only those of the last hour are held in memory."""
        oldest = self._clock() - self._lifetime.usable
        self._answers = {k: (at, a) for k, (at, a) in self._answers.items() if at > oldest}


def _unknown_person(user: str) -> Person:
    return Person(user, user, lang=None, zone=None, foreign=True)


def _unknown_room(channel: str) -> Room:
    direct = channel.startswith("D")
    return Room(channel, "", member=False, private=True, direct=direct, shared=True)
