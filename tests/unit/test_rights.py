"""Who may do what in Slack; whatever is not known counts against the one who asks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rights import (
    Denied,
    detail_of,
    language_of,
    may_ask,
    may_send,
    may_stop,
    may_unfreeze,
)
from bot.slack.model import Person, Room
from bot.words import LANGUAGES, say
from probes.inventory import ChannelSettings, SlackSettings
from probes.model import Pair

PAIR = Pair("seoul", "busan", "avamar-datadomain")
ONLY_THERE = replace(PAIR, ask_from=("#backup-incidents", "C0BYID"))
LISTED = replace(PAIR, may_trigger=("U01ALICE", "S0ONCALL"))

ROOM = Room("C01", "backup-incidents", member=True, private=False, direct=False, shared=False)
OTHER = replace(ROOM, id="C02", name="general")
DIRECT = Room("D01", "", member=True, private=True, direct=True, shared=False)
UNKNOWN = Room("C01", "", member=False, private=True, direct=False, shared=True)

ALICE = Person("U01ALICE", "alice", "en", "Asia/Seoul", foreign=False)
BOB = Person("U02BOB", "bob", "ko", "Asia/Seoul", foreign=False)
GUEST = Person("U03GUEST", "guest", None, None, foreign=True)


def reason(denied: Denied | None) -> str | None:
    """The code; its words must be there in every language."""
    if denied is None:
        return None
    for lang in LANGUAGES:
        assert say(denied.message, lang)
    return denied.message.code


@pytest.mark.parametrize(
    ("pair", "room", "why"),
    [
        (PAIR, ROOM, None),
        (PAIR, DIRECT, None),
        (PAIR, replace(ROOM, shared=True), None),
        (PAIR, replace(ROOM, member=False), "right.not-member"),
        (PAIR, replace(DIRECT, member=False), "right.not-with-you"),
        (PAIR, UNKNOWN, "right.not-member"),
        (ONLY_THERE, ROOM, None),
        (ONLY_THERE, replace(OTHER, id="C0BYID"), None),
        (ONLY_THERE, OTHER, "right.ask-from"),
        (ONLY_THERE, DIRECT, "right.ask-from"),
        (ONLY_THERE, replace(DIRECT, name="backup-incidents"), "right.ask-from"),
        (ONLY_THERE, replace(OTHER, shared=True), "right.not-here"),
        (ONLY_THERE, UNKNOWN, "right.not-here"),
    ],
)
def test_where_it_may_be_asked(pair: Pair, room: Room, why: str | None) -> None:
    assert reason(may_ask(pair, room)) == why


def test_a_shared_room_is_not_told_our_channels() -> None:
    denied = may_ask(ONLY_THERE, replace(OTHER, shared=True))
    assert denied is not None
    assert "backup-incidents" not in repr(denied)
    open_room = may_ask(ONLY_THERE, OTHER)
    assert open_room is not None
    assert "#backup-incidents, C0BYID" in say(open_room.message)


@pytest.mark.parametrize(
    ("pair", "person", "groups", "room", "why"),
    [
        (PAIR, BOB, (), ROOM, None),
        (PAIR, GUEST, (), ROOM, "right.foreign"),
        (PAIR, BOB, (), replace(ROOM, member=False), "right.not-member"),
        (replace(ONLY_THERE), BOB, (), OTHER, "right.ask-from"),
        (LISTED, ALICE, (), ROOM, None),
        (LISTED, BOB, (), ROOM, "right.not-listed"),
        (LISTED, BOB, ("S0ONCALL",), ROOM, None),
        (LISTED, BOB, ("S0OTHER",), ROOM, "right.not-listed"),
        (LISTED, replace(ALICE, foreign=True), (), replace(ROOM, shared=True), None),
        (LISTED, GUEST, ("S0ONCALL",), ROOM, "right.foreign"),
        (replace(LISTED, trigger="no"), ALICE, ("S0ONCALL",), ROOM, "right.trigger-off"),
        (replace(LISTED, trigger="yes"), BOB, (), ROOM, "right.not-listed"),
    ],
)
def test_who_may_send(
    pair: Pair, person: Person, groups: tuple[str, ...], room: Room, why: str | None
) -> None:
    assert reason(may_send(pair, person, groups, room)) == why


_WHO = st.sampled_from(["U01ALICE", "U02BOB", "W03"])
_GROUPS = st.frozensets(st.sampled_from(["S0ONCALL", "S0OTHER"]))
_PAIRS = st.builds(
    Pair,
    near=st.just("seoul"),
    far=st.just("busan"),
    profile=st.just("avamar-datadomain"),
    trigger=st.sampled_from(["yes", "ask", "no"]),
    ask_from=st.lists(st.sampled_from(["#general", "C01", "C09"]), max_size=2).map(tuple),
    may_trigger=st.lists(_WHO | st.sampled_from(["S0ONCALL", "S0OTHER"]), max_size=3).map(tuple),
)
_ROOMS = st.builds(
    Room,
    st.sampled_from(["C01", "C02", "D01"]),
    st.sampled_from(["general", "other", ""]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
_PEOPLE = st.builds(
    Person, _WHO, st.just("x"), st.sampled_from(["en", "ko", None]), st.none(), st.booleans()
)


@given(_PAIRS, _PEOPLE, _GROUPS, _ROOMS)
def test_what_may_be_sent_at_all(
    pair: Pair, person: Person, groups: frozenset[str], room: Room
) -> None:
    """The law said the other way round: a yes always has its ground."""
    if may_send(pair, person, groups, room) is not None:
        return
    assert pair.trigger != "no"
    by_name = person.id in pair.may_trigger
    by_group = bool(groups & set(pair.may_trigger)) and not person.foreign
    by_default = not pair.may_trigger and not person.foreign and may_ask(pair, room) is None
    assert by_name or by_group or by_default


@given(_PAIRS, _PEOPLE, _GROUPS, _ROOMS)
def test_knowing_less_never_allows_more(
    pair: Pair, person: Person, groups: frozenset[str], room: Room
) -> None:
    stranger = replace(person, foreign=True, lang=None)
    nowhere = replace(room, name="", member=False, shared=True)
    if may_send(pair, stranger, (), nowhere) is None:
        assert may_send(pair, person, groups, room) is None
    if may_ask(pair, nowhere) is None:
        assert may_ask(pair, room) is None
    if may_stop(stranger, nowhere, "C01") is None:
        assert may_stop(person, room, "C01") is None


def test_anyone_may_stop_what_they_see() -> None:
    assert may_stop(BOB, OTHER, "C01") is None
    assert may_stop(BOB, DIRECT, None) is None
    assert may_stop(GUEST, ROOM, "C01") is None
    assert reason(may_stop(GUEST, OTHER, "C01")) == "right.stop-elsewhere"
    assert reason(may_stop(GUEST, OTHER, None)) == "right.stop-elsewhere"


def test_a_freeze_is_lifted_by_our_own() -> None:
    assert may_unfreeze(BOB) is None
    assert reason(may_unfreeze(GUEST)) == "right.unfreeze"


HIDING = SlackSettings("ko", {"#backup-incidents": ChannelSettings("roles", "en")})


@pytest.mark.parametrize(
    ("room", "settings", "detail"),
    [
        (ROOM, SlackSettings(), "addresses"),
        (ROOM, HIDING, "roles"),
        (OTHER, HIDING, "addresses"),
        (DIRECT, HIDING, "addresses"),
        (UNKNOWN, SlackSettings(), "roles"),
        (replace(ROOM, shared=True), SlackSettings(), "roles"),
        (
            replace(ROOM, shared=True),
            SlackSettings(None, {"C01": ChannelSettings("addresses")}),
            "roles",
        ),
        (
            ROOM,  # said twice and differently: less is shown
            SlackSettings(None, {**HIDING.channels, "C01": ChannelSettings("addresses")}),
            "roles",
        ),
    ],
)
def test_what_a_room_is_shown(room: Room, settings: SlackSettings, detail: str) -> None:
    assert detail_of(room, settings) == detail


@pytest.mark.parametrize(
    ("room", "person", "settings", "lang"),
    [
        (ROOM, BOB, HIDING, "en"),  # the channel's
        (OTHER, ALICE, HIDING, "ko"),  # the default
        (OTHER, BOB, SlackSettings(), "ko"),  # whoever asked
        (OTHER, None, SlackSettings(), "en"),
        (OTHER, GUEST, SlackSettings(), "en"),
        (DIRECT, ALICE, HIDING, "en"),  # its reader's
        (DIRECT, GUEST, HIDING, "ko"),
        (
            ROOM,  # the ID's before the name's
            BOB,
            SlackSettings(None, {**HIDING.channels, "C01": ChannelSettings(language="ko")}),
            "ko",
        ),
    ],
)
def test_the_language_of_a_room(
    room: Room, person: Person | None, settings: SlackSettings, lang: str
) -> None:
    assert language_of(room, person, settings) == lang
