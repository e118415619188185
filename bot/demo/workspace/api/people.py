"""users.info, users.list, usergroups.list and usergroups.users.list."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.demo.workspace.api.call import Call
from bot.demo.workspace.model import Group, Json, SlackError, User


async def info(call: Call) -> Json:
    user = call.workspace.users.get(call.args.required("user", "user_not_found"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": _shown(call, user)}


async def list_all(call: Call) -> Json:
    """Everyone, in pages where `limit` is given."""
    people = list(call.workspace.users.values())
    start = call.args.number("cursor", 0, 10**9)
    end = start + call.args.number("limit", 1000, 1000)
    return {
        "members": [_shown(call, user) for user in people[start:end]],
        "response_metadata": {"next_cursor": str(end) if end < len(people) else ""},
    }


async def groups(call: Call) -> Json:
    with_users = call.args.flag("include_users")
    found = [_group(call, group, users=with_users) for group in call.workspace.groups.values()]
    return {"usergroups": found}


async def group_members(call: Call) -> Json:
    group = call.workspace.groups.get(call.args.required("usergroup", "no_such_subteam"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.members)}


def _shown(call: Call, user: User) -> Json:
    """A person; without `include_locale` the answer has no key `locale` at all."""
    zone = datetime.now(ZoneInfo(user.tz)).utcoffset()
    shown: Json = {
        "id": user.id,
        "team_id": call.workspace.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": False,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": int(zone.total_seconds()) if zone else 0,
        "profile": {"real_name": user.real_name, "display_name": user.real_name},
        "is_bot": user.is_bot,
        "is_app_user": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
    }
    if call.args.flag("include_locale"):
        shown["locale"] = user.locale
    return shown


def _group(call: Call, group: Group, *, users: bool) -> Json:
    shown: Json = {
        "id": group.id,
        "team_id": call.workspace.team_id,
        "is_usergroup": True,
        "name": group.handle,
        "handle": group.handle,
        "date_delete": 0,
        "user_count": len(group.members),
    }
    return {**shown, "users": list(group.members)} if users else shown
