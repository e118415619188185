"""What the app is sent when a person does something, field for field as Slack sends it."""

from __future__ import annotations

from bot.demo.workspace.model import Channel, Json, ResponseUrl, Trigger, User, View
from bot.demo.workspace.state import Workspace

# What a payload calls a channel that its reader might not be in.
_CHANNEL_NAMES = {"private": "privategroup", "im": "directmessage", "mpim": "privategroup"}


def slash_command(
    workspace: Workspace, user: User, channel: Channel, command: str, text: str
) -> Json:
    app = workspace.installed()
    return {
        "token": app.verification_token,
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": _CHANNEL_NAMES.get(channel.kind, channel.name),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": new_response_url(workspace, user, channel),
        "trigger_id": new_trigger(workspace, user),
    }


def press_in_message(
    workspace: Workspace, user: User, channel: Channel, message: Json, action: Json, values: Json
) -> Json:
    container = {
        "type": "message",
        "message_ts": message["ts"],
        "channel_id": channel.id,
        "is_ephemeral": bool(message.get("is_ephemeral")),
    }
    if "thread_ts" in message:
        container["thread_ts"] = message["thread_ts"]
    # Slack does not send an ephemeral message back with what is pressed in it.
    shown = {} if container["is_ephemeral"] else {"message": message}
    return {
        "type": "block_actions",
        **_common(workspace, user),
        "container": container,
        "channel": _channel(channel),
        **shown,
        "state": {"values": values},
        "response_url": new_response_url(workspace, user, channel, message),
        "actions": [action],
    }


def press_in_view(workspace: Workspace, user: User, view: View, action: Json, values: Json) -> Json:
    return {
        "type": "block_actions",
        **_common(workspace, user),
        "container": {"type": "view", "view_id": view.id},
        "view": shown_view(workspace, view, values),
        "actions": [action],
    }


def submission(workspace: Workspace, user: User, view: View, values: Json) -> Json:
    return {
        "type": "view_submission",
        **_common(workspace, user),
        "view": shown_view(workspace, view, values),
        "response_urls": _response_urls(workspace, user, view, values),
    }


def closed(workspace: Workspace, user: User, view: View, *, cleared: bool) -> Json:
    payload = _common(workspace, user)
    del payload["trigger_id"]
    return {
        "type": "view_closed",
        **payload,
        "view": shown_view(workspace, view, {}),
        "is_cleared": cleared,
    }


def message_shortcut(
    workspace: Workspace, user: User, channel: Channel, message: Json, callback_id: str
) -> Json:
    return {
        "type": "message_action",
        **_common(workspace, user),
        "callback_id": callback_id,
        "action_ts": workspace.new_ts(),
        "channel": _channel(channel),
        "message_ts": message["ts"],
        "message": message,
        "response_url": new_response_url(workspace, user, channel, message),
    }


def global_shortcut(workspace: Workspace, user: User, callback_id: str) -> Json:
    return {
        "type": "shortcut",
        **_common(workspace, user),
        "callback_id": callback_id,
        "action_ts": workspace.new_ts(),
    }


def shown_view(workspace: Workspace, view: View, values: Json) -> Json:
    """A view as Slack returns and delivers it: the app's definition, and what Slack adds."""
    app = workspace.installed()
    return {
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "submit": None,
        "close": None,
        **view.definition,
        "id": view.id,
        "team_id": workspace.team_id,
        "app_id": app.id,
        "app_installed_team_id": workspace.team_id,
        "bot_id": app.bot_id,
        "hash": view.hash,
        "root_view_id": view.root_id,
        "previous_view_id": view.previous_id,
        "state": {"values": values},
    }


def new_trigger(workspace: Workspace, user: User) -> str:
    """A trigger_id, good once and for 3 seconds."""
    secret = workspace.new_id("")
    made = workspace.clock.now()
    trigger = Trigger(f"{int(made)}.{workspace.team_id[1:]}.{secret}", user.id, made)
    workspace.triggers[trigger.id] = trigger
    return trigger.id


def new_response_url(
    workspace: Workspace, user: User, channel: Channel, message: Json | None = None
) -> str:
    """An address for answers to one command or press, good 5 times and for 30 minutes."""
    url = ResponseUrl(workspace.new_id("W"), channel.id, user.id, workspace.clock.now())
    if message is not None:
        url.message_ts = message["ts"]
        url.thread_ts = message.get("thread_ts")
    workspace.response_urls[url.id] = url
    return f"{workspace.base_url}/response/{url.id}"


def _common(workspace: Workspace, user: User) -> Json:
    app = workspace.installed()
    return {
        "user": {
            "id": user.id,
            "username": user.name,
            "name": user.name,
            "team_id": workspace.team_id,
        },
        "api_app_id": app.id,
        "token": app.verification_token,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": new_trigger(workspace, user),
    }


def _channel(channel: Channel) -> Json:
    return {"id": channel.id, "name": _CHANNEL_NAMES.get(channel.kind, channel.name)}


def _response_urls(workspace: Workspace, user: User, view: View, values: Json) -> list[Json]:
    """Addresses for the conversations chosen where the app asked for `response_url_enabled`."""
    found: list[Json] = []
    for block in view.definition["blocks"]:
        element = block.get("element", {})
        if not element.get("response_url_enabled"):
            continue
        state = values.get(block["block_id"], {}).get(element["action_id"], {})
        chosen = state.get("selected_conversation") or state.get("selected_channel")
        if chosen in workspace.channels:
            url = new_response_url(workspace, user, workspace.channels[chosen])
            found.append(
                {
                    "block_id": block["block_id"],
                    "action_id": element["action_id"],
                    "channel_id": chosen,
                    "response_url": url,
                }
            )
    return found
