"""A workspace with an app, two people and a channel, on loopback."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace.model import Channel, Tokens, User
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.server import Running, start
from bot.demo.workspace.state import Workspace

SCOPES = (
    "commands",
    "chat:write",
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "channels:manage",
    "groups:read",
    "groups:history",
    "groups:write",
    "im:write",
    "im:history",
    "files:write",
    "users:read",
    "usergroups:read",
    "reactions:read",
    "reactions:write",
    "pins:write",
    "bookmarks:write",
)
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "replcheck"},
    "features": {
        "bot_user": {"display_name": "replcheck"},
        "slash_commands": [
            {"command": "/replcheck", "description": "Checks a pair", "usage_hint": "NEAR FAR"}
        ],
        "shortcuts": [
            {
                "name": "Check this",
                "type": "message",
                "callback_id": "check_this",
                "description": "Checks the pair that the message names",
            }
        ],
    },
    "oauth_config": {"scopes": {"bot": list(SCOPES)}},
    "settings": {
        "event_subscriptions": {
            "bot_events": ["app_mention", "app_home_opened", "message.im", "reaction_added"]
        },
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


def manifest_without(*scopes: str) -> dict[str, Any]:
    """The manifest with fewer scopes, and without the events that need them."""
    manifest = copy.deepcopy(MANIFEST)
    kept = [scope for scope in SCOPES if scope not in scopes]
    manifest["oauth_config"]["scopes"]["bot"] = kept
    manifest["settings"]["event_subscriptions"]["bot_events"] = []
    return manifest


@dataclass
class Scene:
    """What most tests start from."""

    workspace: Workspace
    running: Running
    tokens: Tokens
    mina: User
    alex: User
    channel: Channel

    def client(self, token: str = "") -> AsyncWebClient:
        return AsyncWebClient(token=token or self.tokens.bot, base_url=self.running.api_url)


async def scene(workspace: Workspace, manifest: dict[str, Any] | None = None) -> Scene:
    tokens = workspace.install_app(manifest or MANIFEST)
    mina = workspace.add_user("Mina Park", "ko-KR", "Asia/Seoul")
    alex = workspace.add_user("Alex Reed", "en-US", "Europe/London")
    channel = workspace.add_channel("backup-incidents", [mina, alex])
    return Scene(workspace, await start(workspace), tokens, mina, alex, channel)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def here() -> AsyncIterator[Scene]:
    """A workspace on the wall's clock, with limits that no test meets by accident."""
    made = await scene(Workspace(rates=Rates.roomy(), file_seconds=0.01))
    yield made
    await made.running.close()
