"""reactions.add, pins.add and bookmarks.add."""

from __future__ import annotations

from bot.demo.workspace.api.call import Call
from bot.demo.workspace.model import Json, SlackError

_MOST_BOOKMARKS = 100


async def add_reaction(call: Call) -> Json:
    channel = call.channel()
    message = channel.messages.get(call.args.required("timestamp", "no_item_specified"))
    if message is None:
        raise SlackError("message_not_found")
    call.need_member(channel)
    react(message, call.args.required("name", "invalid_name"), call.app.bot_user)
    call.workspace.changed(channel.id)
    return {}


async def add_pin(call: Call) -> Json:
    channel = call.channel()
    call.need_member(channel)
    ts = call.args.required("timestamp", "no_item_specified")
    if ts not in channel.messages:
        raise SlackError("message_not_found")
    if ts in channel.pins:
        raise SlackError("already_pinned")
    channel.pins.append(ts)
    call.workspace.changed(channel.id)
    return {}


async def add_bookmark(call: Call) -> Json:
    channel = call.channel("channel_id")
    call.need_member(channel)
    kind = call.args.required("type")
    if kind != "link":
        raise SlackError("invalid_bookmark_type")
    if len(channel.bookmarks) >= _MOST_BOOKMARKS:
        raise SlackError("too_many_bookmarks")
    bookmark = {
        "id": call.workspace.new_id("Bk"),
        "channel_id": channel.id,
        "title": call.args.required("title"),
        "link": call.args.required("link", "invalid_link"),
        "emoji": call.args.text("emoji"),
        "type": kind,
    }
    channel.bookmarks.append(bookmark)
    call.workspace.changed(channel.id)
    return {"bookmark": bookmark}


def react(message: Json, name: str, user: str) -> None:
    """Adds one person's reaction; SlackError `already_reacted` the second time."""
    reactions: list[Json] = message.setdefault("reactions", [])
    for reaction in reactions:
        if reaction["name"] == name:
            if user in reaction["users"]:
                raise SlackError("already_reacted")
            reaction["users"].append(user)
            reaction["count"] += 1
            return
    reactions.append({"name": name, "users": [user], "count": 1})
