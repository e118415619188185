"""What Slack knows of people and channels: kept for a while, asked once, failing closed."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from bot.slack.api import SlackApi
from bot.slack.failures import Busy, Down, Refused, SlackFailure, Unsure
from bot.slack.model import Person, Room
from bot.slack.people import People, Slack

ALICE = Person("U1", "alice", "ko", "Asia/Seoul", foreign=False)
ROOM = Room("C1", "backup", member=True, private=False, direct=False, shared=False)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Workspace:
    """Answers what it is told to, counts, and waits while `open` is not set."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.known: dict[str, Person | Room | tuple[str, ...]] = {"U1": ALICE, "C1": ROOM}
        self.failure: BaseException | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def _answer(self, key: str) -> Person | Room | tuple[str, ...]:
        self.asked[key] += 1
        await self.open.wait()
        if self.failure:
            raise self.failure
        if key not in self.known:
            raise Refused("not_found")
        return self.known[key]

    async def person(self, user: str) -> Person:
        found = await self._answer(user)
        assert isinstance(found, Person)
        return found

    async def room(self, channel: str) -> Room:
        found = await self._answer(channel)
        assert isinstance(found, Room)
        return found

    async def rooms(self) -> tuple[Room, ...]:
        await self._answer("C1")
        return tuple(one for one in self.known.values() if isinstance(one, Room))

    async def group_members(self, group: str) -> tuple[str, ...]:
        found = await self._answer(group)
        assert isinstance(found, tuple)
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def workspace() -> Workspace:
    return Workspace()


@pytest.fixture
def people(workspace: Workspace, clock: Clock) -> People:
    return People(workspace, clock)


def test_the_web_api_answers_these_questions() -> None:
    asked: type[Slack] = SlackApi  # held by mypy
    assert {"person", "room", "group_members"} <= set(dir(asked))


async def test_an_answer_is_kept_for_its_time(
    people: People, workspace: Workspace, clock: Clock
) -> None:
    for clock.now in (0.0, 1.0, 599.0):
        assert await people.person("U1") == ALICE
    assert workspace.asked["U1"] == 1
    workspace.known["U1"] = replace(ALICE, lang="en")
    clock.now = 600.0
    assert (await people.person("U1")).lang == "en"
    assert workspace.asked["U1"] == 2


async def test_an_empty_group_is_kept_too(people: People, workspace: Workspace) -> None:
    workspace.known["S1"] = ()
    for _ in range(3):
        assert await people.groups_of("U1", ["S1"]) == frozenset()
    assert workspace.asked["S1"] == 1


async def test_groups_of_a_person(people: People, workspace: Workspace) -> None:
    workspace.known |= {"S1": ("U1", "U2"), "S2": ("U2",), "S3": ("U1",)}
    assert await people.groups_of("U1", ("S1", "S2", "S3", "U1")) == {"S1", "S3"}
    assert workspace.asked["U1"] == 0, "a user is no group"


async def test_one_group_that_is_gone_takes_no_other_along(
    people: People, workspace: Workspace
) -> None:
    workspace.known["S1"] = ("U1",)
    assert await people.groups_of("U1", ["S0GONE", "S1"]) == {"S1"}


async def test_many_ask_at_once_and_slack_is_asked_once(
    people: People, workspace: Workspace
) -> None:
    workspace.open.clear()
    waiting = [asyncio.create_task(people.person("U1")) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.sleep(0)
    workspace.open.set()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [ALICE] * 19
    assert workspace.asked["U1"] == 1


NO_ANSWER = [Busy(30.0), Unsure("TimeoutError"), Down("ClientConnectorError")]
ABOUT_US = Refused("token_revoked")


@pytest.mark.parametrize("failure", [*NO_ANSWER, ABOUT_US, Refused("user_not_found")])
async def test_who_is_not_known_is_foreign(
    people: People, workspace: Workspace, failure: SlackFailure
) -> None:
    workspace.failure = failure
    assert await people.person("U1") == Person("U1", "U1", None, None, foreign=True)
    assert await people.groups_of("U1", ["S1"]) == frozenset()
    room = await people.room("C1")
    assert (room.id, room.member, room.shared, room.direct) == ("C1", False, True, False)
    assert (await people.room("D1")).direct


@pytest.mark.parametrize("failure", NO_ANSWER)
async def test_what_is_not_known_is_not_kept(
    people: People, workspace: Workspace, failure: SlackFailure
) -> None:
    workspace.failure = failure
    assert (await people.person("U1")).foreign
    workspace.failure = None
    assert await people.person("U1") == ALICE


@pytest.mark.parametrize("failure", [*NO_ANSWER, ABOUT_US])
async def test_an_older_answer_stands_in_for_a_while(
    people: People, workspace: Workspace, clock: Clock, failure: SlackFailure
) -> None:
    workspace.known["S1"] = ("U1",)
    await people.person("U1")
    await people.room("C1")
    await people.groups_of("U1", ["S1"])
    workspace.failure = failure
    clock.now = 599.0
    assert await people.groups_of("U1", ["S1"]) == {"S1"}
    clock.now = 600.0
    assert await people.groups_of("U1", ["S1"]) == frozenset()
    clock.now = 3599.0
    assert await people.person("U1") == ALICE
    assert await people.room("C1") == ROOM
    clock.now = 3600.0
    assert (await people.person("U1")).foreign
    assert not (await people.room("C1")).member


async def test_a_no_of_slack_ends_what_was_kept(
    people: People, workspace: Workspace, clock: Clock
) -> None:
    await people.room("C1")
    clock.now = 300.0
    workspace.failure = Refused("channel_not_found")  # we were taken out of it
    assert not (await people.room("C1")).member
    workspace.failure = Down("ClientConnectorError")
    assert not (await people.room("C1")).member


async def test_whoever_invites_us_asks_again_at_once(people: People, workspace: Workspace) -> None:
    workspace.known["C1"] = replace(ROOM, member=False)
    assert not (await people.room("C1")).member
    workspace.known["C1"] = ROOM
    assert (await people.room("C1")).member


async def test_a_room_that_was_left_is_not_remembered_as_ours(
    people: People, workspace: Workspace, clock: Clock
) -> None:
    await people.room("C1")
    clock.now = 300.0
    workspace.known["C1"] = replace(ROOM, member=False)
    assert not (await people.room("C1")).member
    workspace.failure = Down("ClientConnectorError")
    assert not (await people.room("C1")).member


async def test_a_mistake_of_ours_is_not_taken_for_slack_s(
    people: People, workspace: Workspace
) -> None:
    workspace.failure = KeyError("user")
    with pytest.raises(KeyError):
        await people.person("U1")
    workspace.failure = None
    assert await people.person("U1") == ALICE


async def test_memory_is_bounded_by_an_hour_s_people(workspace: Workspace, clock: Clock) -> None:
    people = People(workspace, clock)
    for number in range(500):
        workspace.known[f"U{number}"] = replace(ALICE, id=f"U{number}")
        await people.person(f"U{number}")
        clock.now += 60.0
    assert len(people._people._answers) == 60


async def test_a_channel_is_found_by_its_name_or_its_id() -> None:
    slack, clock = Workspace(), Clock()
    people = People(slack, clock)
    assert await people.named(f"#{ROOM.name}") == ROOM
    assert await people.named("C1") == ROOM
    assert not (await people.named("#no-such-channel")).member
    slack.failure = Down("ConnectionError")
    assert await people.named(f"#{ROOM.name}") == ROOM, "it was kept"
    assert not (await People(slack, clock).named(f"#{ROOM.name}")).member
