"""An app's manifest → the installed app, refused where Slack would refuse it (pure but for ids)."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from bot.demo.workspace.model import App, Json, Tokens

# [mem] Slack's documentation of each event and feature.
_EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "pin_added": "pins:read",
    "file_shared": "files:read",
    "member_joined_channel": "channels:read",
}
_HEX = "0123456789abcdef"


def app_of(
    manifest: Mapping[str, Any],
    new_id: Callable[[str], str],
    dice: random.Random,
    url: str | None,
) -> App:
    """The app that the manifest describes; ValueError names what Slack would refuse."""
    features: Json = manifest.get("features", {})
    settings: Json = manifest.get("settings", {})
    scopes = tuple(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ()))
    commands = list(features.get("slash_commands", ()))
    shortcuts = list(features.get("shortcuts", ()))
    events = tuple(settings.get("event_subscriptions", {}).get("bot_events", ()))
    _refuse_missing_scopes(scopes, commands, shortcuts, events)
    _refuse_long(manifest, commands, shortcuts)
    secret = _secret(dice, 32)
    name = manifest["display_information"]["name"]
    app_id = new_id("A")
    return App(
        id=app_id,
        name=features.get("bot_user", {}).get("display_name", name),
        bot_id=new_id("B"),
        bot_user=new_id("U"),
        scopes=scopes,
        app_scopes=("connections:write",),
        tokens=Tokens(
            f"xoxb-{_digits(dice)}-{_digits(dice)}-{_secret(dice, 24)}",
            f"xapp-1-{app_id}-{_digits(dice)}-{_secret(dice, 64)}",
            secret,
        ),
        verification_token=_secret(dice, 24),
        commands=commands,
        shortcuts=shortcuts,
        events=events,
        socket_mode=bool(settings.get("socket_mode_enabled", False)) and url is None,
        interactive=bool(settings.get("interactivity", {}).get("is_enabled", False)),
        urls=_urls(settings, commands, url),
    )


def _refuse_missing_scopes(
    scopes: tuple[str, ...], commands: list[Json], shortcuts: list[Json], events: tuple[str, ...]
) -> None:
    if (commands or shortcuts) and "commands" not in scopes:
        raise ValueError("manifest: slash commands and shortcuts need the scope commands")
    for event in events:
        needed = _EVENT_SCOPES.get(event)
        if needed is not None and needed not in scopes:
            raise ValueError(f"manifest: the event {event} needs the scope {needed}")


def _refuse_long(manifest: Mapping[str, Any], commands: list[Json], shortcuts: list[Json]) -> None:
    """Each text within the limit of Slack's reference of manifests, and none missing."""
    about: Json = manifest["display_information"]
    texts = [("name", about["name"], 35), ("description", about.get("description", "-"), 140)]
    for command in commands:
        texts.append((command["command"], command.get("description", ""), 2000))
        texts.append((f"{command['command']} usage_hint", command.get("usage_hint", "-"), 1000))
    for shortcut in shortcuts:
        texts.append((f"{shortcut['callback_id']} name", shortcut.get("name", ""), 24))
        texts.append((shortcut["callback_id"], shortcut.get("description", ""), 150))
    for what, text, most in texts:
        if not 0 < len(text) <= most:
            raise ValueError(f"manifest: {what}: has {len(text)} characters, not 1 to {most}")


def _urls(settings: Json, commands: list[Json], url: str | None) -> dict[str, str]:
    """Where each kind of delivery goes over HTTP."""
    of_command = next((c["url"] for c in commands if c.get("url")), "")
    return {
        "slash_commands": url or of_command,
        "interactive": url or settings.get("interactivity", {}).get("request_url", ""),
        "events_api": url or settings.get("event_subscriptions", {}).get("request_url", ""),
    }


def _secret(dice: random.Random, length: int) -> str:
    return "".join(dice.choices(_HEX, k=length))


def _digits(dice: random.Random) -> str:
    return str(dice.randrange(10**12, 10**13))
