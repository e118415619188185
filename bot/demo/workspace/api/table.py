"""Every method: what carries it out, which token and scopes it needs, and its rate limit.

Scopes and tiers are those of Slack's documentation of each method. Methods of the conversations
family have no scope here: which they need depends on the kind of channel, and they ask themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.demo.workspace.api import chat, conversations, files, link, marks, people, reading, views
from bot.demo.workspace.api.call import Handler


@dataclass(frozen=True, slots=True)
class Method:
    """`scopes`: one of them is needed; `tier`: a field of `rates.Rates`; `caller`: whose token."""

    handler: Handler
    tier: str
    scopes: tuple[str, ...] = ()
    caller: Literal["bot", "app"] = "bot"


METHODS: dict[str, Method] = {
    "auth.test": Method(link.auth_test, "special"),
    "apps.connections.open": Method(link.connections_open, "tier1", ("connections:write",), "app"),
    "chat.postMessage": Method(chat.post_message, "posts", ("chat:write",)),
    "chat.postEphemeral": Method(chat.post_ephemeral, "tier4", ("chat:write",)),
    "chat.update": Method(chat.update, "tier3", ("chat:write",)),
    "chat.delete": Method(chat.delete, "tier3", ("chat:write",)),
    "chat.getPermalink": Method(chat.get_permalink, "special"),
    "conversations.info": Method(conversations.info, "tier3"),
    "conversations.list": Method(conversations.list_all, "tier2"),
    "conversations.members": Method(conversations.members, "tier4"),
    "conversations.history": Method(reading.history, "tier3"),
    "conversations.replies": Method(reading.replies, "tier3"),
    "conversations.open": Method(conversations.open_direct, "tier3"),
    "conversations.create": Method(conversations.create, "tier2"),
    "conversations.invite": Method(conversations.invite, "tier3"),
    "conversations.setTopic": Method(conversations.set_topic, "tier2"),
    "conversations.join": Method(conversations.join, "tier3", ("channels:join",)),
    "users.info": Method(people.info, "tier4", ("users:read",)),
    "users.list": Method(people.list_all, "tier2", ("users:read",)),
    "usergroups.list": Method(people.groups, "tier2", ("usergroups:read",)),
    "usergroups.users.list": Method(people.group_members, "tier2", ("usergroups:read",)),
    "views.open": Method(views.open_modal, "tier4"),
    "views.push": Method(views.push, "tier4"),
    "views.update": Method(views.update, "tier4"),
    "views.publish": Method(views.publish, "tier4"),
    "files.getUploadURLExternal": Method(files.get_upload_url, "tier4", ("files:write",)),
    "files.completeUploadExternal": Method(files.complete_upload, "tier4", ("files:write",)),
    "reactions.add": Method(marks.add_reaction, "tier3", ("reactions:write",)),
    "pins.add": Method(marks.add_pin, "tier2", ("pins:write",)),
    "bookmarks.add": Method(marks.add_bookmark, "tier2", ("bookmarks:write",)),
}
