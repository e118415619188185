"""Channels and people: what an app may see, make and change."""

from __future__ import annotations

from typing import Any

import pytest

from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import Scene, manifest_without, scene
from tests.slack.workspace.test_chat import refused


async def test_a_channel_is_described_as_it_is(here: Scene) -> None:
    shared = here.workspace.add_channel("partners", [here.mina], shared=True, topic="with B")
    found = (await here.client().conversations_info(channel=shared.id))["channel"]
    assert (found["name"], found["is_ext_shared"], found["is_private"]) == ("partners", True, False)
    assert (found["topic"]["value"], found["is_member"]) == ("with B", True)
    assert "num_members" not in found
    more = await here.client().conversations_info(channel=shared.id, include_num_members=True)
    assert more["channel"]["num_members"] == 2


async def test_private_channels_are_listed_where_the_app_is_in(here: Scene) -> None:
    inside = here.workspace.add_channel("inside", [here.mina], private=True)
    here.workspace.add_channel("outside", [here.mina], private=True, with_app=False)
    client = here.client()
    public = await client.conversations_list()
    assert [c["id"] for c in public["channels"]] == [here.channel.id]
    private = await client.conversations_list(types="private_channel")
    assert [c["id"] for c in private["channels"]] == [inside.id]
    assert await refused(client.conversations_list(types="secret")) == "invalid_types"
    assert await refused(client.conversations_list(types="mpim")) == "missing_scope"


async def test_lists_come_in_pages(here: Scene) -> None:
    for n in range(5):
        here.workspace.add_channel(f"more-{n}")
    client = here.client()
    names: list[str] = []
    cursor = ""
    for _ in range(3):
        page = await client.conversations_list(limit=2, cursor=cursor)
        names += [c["name"] for c in page["channels"]]
        cursor = page["response_metadata"]["next_cursor"]
    assert cursor == ""
    assert names == ["backup-incidents", *(f"more-{n}" for n in range(5))]


async def test_a_private_channel_needs_the_scope_of_its_kind() -> None:
    without = manifest_without("groups:read")
    here = await scene(Workspace(rates=Rates.roomy()), without)
    hidden = here.workspace.add_channel("hidden", [here.mina], private=True)
    assert await refused(here.client().conversations_info(channel=hidden.id)) == "missing_scope"
    await here.running.close()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("backup-incidents", "name_taken"),
        ("Backup", "invalid_name_specials"),
        ("two words", "invalid_name_specials"),
        ("a.b", "invalid_name_specials"),
        ("--", "invalid_name_punctuation"),
        ("n" * 81, "invalid_name_maxlength"),
        ("", "invalid_name_required"),
    ],
)
async def test_a_wrong_name_is_refused_in_its_own_words(here: Scene, name: str, code: str) -> None:
    assert await refused(here.client().conversations_create(name=name)) == code


async def test_an_incident_channel_is_made_filled_and_named(here: Scene) -> None:
    client = here.client()
    for name in ("n" * 80, "복제-사고"):
        assert (await client.conversations_create(name=name))["channel"]["is_member"]
    made = await client.conversations_create(name="inc-1", is_private=True)
    channel = made["channel"]["id"]
    both = f"{here.mina.id},{here.alex.id}"
    await client.conversations_invite(channel=channel, users=both)
    again = client.conversations_invite(channel=channel, users=here.mina.id)
    assert await refused(again) == "already_in_channel"
    nobody = client.conversations_invite(channel=channel, users="U0NOBODY")
    assert await refused(nobody) == "user_not_found"
    me = here.workspace.installed().bot_user
    assert await refused(client.conversations_invite(channel=channel, users=me)) == (
        "cant_invite_self"
    )
    await client.conversations_setTopic(channel=channel, topic="t" * 250)
    over = client.conversations_setTopic(channel=channel, topic="t" * 251)
    assert await refused(over) == "too_long"
    members = (await client.conversations_members(channel=channel))["members"]
    assert members == [me, here.mina.id, here.alex.id]


async def test_an_app_joins_public_channels_with_the_scope_for_it() -> None:
    manifest = manifest_without()
    manifest["oauth_config"]["scopes"]["bot"].append("channels:join")
    here = await scene(Workspace(rates=Rates.roomy()), manifest)
    outside = here.workspace.add_channel("outside", with_app=False)
    assert await refused(here.client().chat_postMessage(channel=outside.id, text="x")) == (
        "not_in_channel"
    )
    await here.client().conversations_join(channel=outside.id)
    await here.client().chat_postMessage(channel=outside.id, text="x")
    await here.running.close()


async def test_chat_write_public_posts_without_joining() -> None:
    manifest = manifest_without()
    manifest["oauth_config"]["scopes"]["bot"].append("chat:write.public")
    here = await scene(Workspace(rates=Rates.roomy()), manifest)
    outside = here.workspace.add_channel("outside", with_app=False)
    await here.client().chat_postMessage(channel=outside.id, text="x")
    assert len(outside.messages) == 1
    await here.running.close()


async def test_a_locale_is_there_only_where_asked_for(here: Scene) -> None:
    client = here.client()
    plain = (await client.users_info(user=here.mina.id))["user"]
    assert "locale" not in plain
    assert (plain["tz"], plain["tz_offset"]) == ("Asia/Seoul", 9 * 3600)
    asked = (await client.users_info(user=here.mina.id, include_locale=True))["user"]
    assert asked["locale"] == "ko-KR"
    everyone: list[dict[str, Any]] = (await client.users_list(include_locale=True))["members"]
    assert {user["locale"] for user in everyone} == {"ko-KR", "en-US"}
    assert await refused(client.users_info(user="U0NOBODY")) == "user_not_found"


async def test_user_groups_tell_their_people(here: Scene) -> None:
    oncall = here.workspace.add_group("oncall", [here.mina])
    client = here.client()
    (group,) = (await client.usergroups_list())["usergroups"]
    assert (group["id"], group["handle"]) == (oncall.id, "oncall")
    assert "users" not in group
    (group,) = (await client.usergroups_list(include_users=True))["usergroups"]
    assert group["users"] == [here.mina.id]
    found = await client.usergroups_users_list(usergroup=oncall.id)
    assert found["users"] == [here.mina.id]
    assert await refused(client.usergroups_users_list(usergroup="S0")) == "no_such_subteam"


@pytest.mark.parametrize(
    ("where", "part", "most"),
    [
        ("shortcuts", "name", 24),
        ("shortcuts", "description", 150),
        ("slash_commands", "description", 2000),
        ("slash_commands", "usage_hint", 1000),
        ("display_information", "name", 35),
        ("display_information", "description", 140),
    ],
)
def test_a_manifests_texts_have_room_for_so_many_characters(
    where: str, part: str, most: int
) -> None:
    manifest = manifest_without()
    place = manifest["display_information"]
    if where != "display_information":
        place = manifest["features"][where][0]
    place[part] = "x" * most
    Workspace().install_app(manifest)
    place[part] += "x"
    with pytest.raises(ValueError, match=f"has {most + 1} characters, not 1 to {most}"):
        Workspace().install_app(manifest)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scopes": ["chat:write"]}, "commands"),
        ({"scopes": ["commands", "chat:write"]}, "app_mentions:read"),
    ],
)
def test_a_manifest_without_a_scope_that_it_needs_is_refused(
    change: dict[str, list[str]], words: str
) -> None:
    manifest: dict[str, Any] = {
        "display_information": {"name": "x"},
        "features": {"slash_commands": [{"command": "/x", "description": "x"}]},
        "oauth_config": {"scopes": {"bot": change["scopes"]}},
        "settings": {"event_subscriptions": {"bot_events": ["app_mention"]}},
    }
    with pytest.raises(ValueError, match=f"the scope {words}"):
        Workspace().install_app(manifest)
