"""The conversations methods but for reading messages."""

from __future__ import annotations

import re

from bot.demo.workspace.api.call import Call
from bot.demo.workspace.model import SCOPE_FAMILY, Channel, ChannelKind, Json, SlackError

_TYPES: dict[str, ChannelKind] = {
    "public_channel": "public",
    "private_channel": "private",
    "im": "im",
    "mpim": "mpim",
}
_NAME = re.compile(r"[\w-]+")
_LONGEST_NAME = 80
_LONGEST_TOPIC = 250


async def info(call: Call) -> Json:
    channel = call.channel()
    call.need(f"{channel.scope_family}:read")
    shown = _shown(call, channel)
    if call.args.flag("include_num_members"):
        shown["num_members"] = len(channel.members)
    return {"channel": shown}


async def list_all(call: Call) -> Json:
    """The channels of the asked-for types, in pages; private ones only where the app is in."""
    wanted: list[ChannelKind] = []
    for name in (call.args.text("types") or "public_channel").split(","):
        kind = _TYPES.get(name.strip())
        if kind is None:
            raise SlackError("invalid_types")
        call.need(f"{SCOPE_FAMILY[kind]}:read")
        wanted.append(kind)
    found = [c for c in call.workspace.channels.values() if c.kind in wanted and _seen(call, c)]
    if call.args.flag("exclude_archived"):
        found = [channel for channel in found if not channel.is_archived]
    start = call.args.number("cursor", 0, 10**9)
    end = start + call.args.number("limit", 100, 1000)
    return {
        "channels": [_shown(call, channel) for channel in found[start:end]],
        "response_metadata": {"next_cursor": str(end) if end < len(found) else ""},
    }


async def members(call: Call) -> Json:
    channel = call.channel()
    call.need(f"{channel.scope_family}:read")
    start = call.args.number("cursor", 0, 10**9)
    end = start + call.args.number("limit", 100, 1000)
    return {
        "members": channel.members[start:end],
        "response_metadata": {"next_cursor": str(end) if end < len(channel.members) else ""},
    }


async def open_direct(call: Call) -> Json:
    """The direct messages with one person, or with several."""
    people = [p for p in call.args.text("users").split(",") if p]
    if not people:
        raise SlackError("users_list_not_supplied")
    if any(person not in call.workspace.users for person in people):
        raise SlackError("user_not_found")
    call.need("im:write" if len(people) == 1 else "mpim:write")
    if len(people) == 1:
        return {"channel": {"id": call.workspace.direct(people[0]).id}}
    together = sorted({*people, call.app.bot_user})
    for channel in call.workspace.channels.values():
        if channel.kind == "mpim" and sorted(channel.members) == together:
            return {"channel": {"id": channel.id}}
    name = "mpdm-" + "--".join(call.workspace.users[p].name for p in together) + "-1"
    return {"channel": {"id": call.workspace.open_channel(name, "mpim", together).id}}


async def create(call: Call) -> Json:
    private = call.args.flag("is_private")
    call.need("groups:write" if private else "channels:manage")
    name = call.args.required("name", "invalid_name_required")
    _refuse_name(name)
    if any(channel.name == name for channel in call.workspace.channels.values()):
        raise SlackError("name_taken")
    kind: ChannelKind = "private" if private else "public"
    channel = call.workspace.open_channel(name, kind, [call.app.bot_user])
    return {"channel": _shown(call, channel)}


async def invite(call: Call) -> Json:
    channel = _managed(call, "write.invites")
    people = [p for p in call.args.text("users").split(",") if p]
    if not people:
        raise SlackError("no_user")
    if any(person not in call.workspace.users for person in people):
        raise SlackError("user_not_found")
    if call.app.bot_user in people:
        raise SlackError("cant_invite_self")
    if set(people) & set(channel.members):
        raise SlackError("already_in_channel")
    channel.members.extend(people)
    call.workspace.changed(channel.id)
    return {"channel": _shown(call, channel)}


async def set_topic(call: Call) -> Json:
    channel = _managed(call, "write.topic")
    topic = call.args.text("topic")
    if len(topic) > _LONGEST_TOPIC:
        raise SlackError("too_long")
    channel.topic = topic
    call.workspace.changed(channel.id)
    return {"channel": _shown(call, channel)}


async def join(call: Call) -> Json:
    channel = call.channel()
    if channel.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    if call.app.bot_user not in channel.members:
        channel.members.append(call.app.bot_user)
        call.workspace.changed(channel.id)
    return {"channel": _shown(call, channel)}


def _managed(call: Call, narrow: str) -> Channel:
    """The channel, where the app may change it: by the wide scope, or the narrow one for this."""
    channel = call.channel()
    wide = "channels:manage" if channel.kind == "public" else f"{channel.scope_family}:write"
    call.need(wide, f"{channel.scope_family}:{narrow}")
    call.need_member(channel)
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def _refuse_name(name: str) -> None:
    """Lower case, digits, hyphens and underscores, at most 80 (facts/slack.md, Limits)."""
    if len(name) > _LONGEST_NAME:
        raise SlackError("invalid_name_maxlength")
    if not _NAME.fullmatch(name) or name != name.lower():
        raise SlackError("invalid_name_specials")
    if not name.strip("-_"):
        raise SlackError("invalid_name_punctuation")


def _seen(call: Call, channel: Channel) -> bool:
    return channel.kind == "public" or call.app.bot_user in channel.members


def _shown(call: Call, channel: Channel) -> Json:
    shown: Json = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_private": channel.kind != "public",
        "is_ext_shared": channel.is_ext_shared,
        "is_shared": channel.is_ext_shared,
        "is_org_shared": False,
        "is_member": call.app.bot_user in channel.members,
        "context_team_id": call.workspace.team_id,
    }
    if channel.kind == "im":
        shown["user"] = next((m for m in channel.members if m != call.app.bot_user), "")
        return shown
    topic = {"value": channel.topic, "creator": channel.creator, "last_set": channel.created}
    return {
        **shown,
        "name": channel.name,
        "name_normalized": channel.name,
        "creator": channel.creator,
        "topic": topic,
    }
