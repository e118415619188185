"""What a person sees at a moment: the answer of `GET /_/state`."""

from __future__ import annotations

from dataclasses import asdict

from bot.demo.workspace.model import Channel, Json, User
from bot.demo.workspace.payloads import shown_view
from bot.demo.workspace.state import Workspace


def seen(workspace: Workspace, user: User, channel_id: str) -> Json:
    """Everything that one person's window shows with this channel open (none: the first)."""
    mine = [c for c in workspace.channels.values() if user.id in c.members]
    channel = next((c for c in mine if c.id == channel_id), mine[0] if mine else None)
    app = workspace.app
    return {
        "me": asdict(user),
        "users": [asdict(u) for u in workspace.users.values()],
        "groups": [{"id": g.id, "handle": g.handle} for g in workspace.groups.values()],
        "channels": [_channel(workspace, c, user) for c in mine],
        "channel": channel.id if channel else None,
        **_messages(workspace, user, channel),
        "views": _views(workspace, user),
        "home": _home(workspace, user),
        "commands": app.commands if app else [],
        "shortcuts": app.shortcuts if app else [],
        "seq": workspace.seq,
    }


def _messages(workspace: Workspace, user: User, channel: Channel | None) -> Json:
    if channel is None:
        return {"messages": [], "threads": {}, "ephemerals": []}
    shown = []
    threads: dict[str, list[Json]] = {}
    for message in channel.top_level():
        thread = channel.thread(message["ts"])
        shown.append({**message, "reply_count": len(thread) - 1})
        if len(thread) > 1:
            threads[message["ts"]] = thread
    return {
        "messages": shown,
        "threads": threads,
        "ephemerals": [
            m
            for m in workspace.ephemerals
            if m["for_user"] == user.id and m["channel"] == channel.id
        ],
    }


def _channel(workspace: Workspace, channel: Channel, user: User) -> Json:
    name = channel.name
    if channel.kind == "im":
        others = [workspace.users[m].real_name for m in channel.members if m != user.id]
        name = others[0] if others else user.real_name
    return {
        "id": channel.id,
        "name": name,
        "is_private": channel.kind == "private",
        "is_im": channel.kind == "im",
        "is_ext_shared": channel.is_ext_shared,
        "is_archived": channel.is_archived,
        "members": channel.members,
        "topic": channel.topic,
        "pins": channel.pins,
        "bookmarks": channel.bookmarks,
    }


def _views(workspace: Workspace, user: User) -> list[Json]:
    return [
        {**shown_view(workspace, view, {}), "errors": view.errors}
        for view in workspace.views.values()
        if view.user == user.id
    ]


def _home(workspace: Workspace, user: User) -> Json | None:
    view = workspace.homes.get(user.id)
    return shown_view(workspace, view, {}) if view else None
