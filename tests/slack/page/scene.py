"""What the page's tests start from: a workspace on loopback, two people, and an app that posts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.demo.workspace.model import Channel, User
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.server import Running, start
from bot.demo.workspace.state import Workspace

MANIFEST: dict[str, Any] = {
    "display_information": {"name": "replcheck"},
    "features": {
        "bot_user": {"display_name": "replcheck"},
        "slash_commands": [
            {
                "command": "/replcheck",
                "description": "Finds out why data does not replicate",
                "usage_hint": "NEAR FAR",
            },
            {"command": "/repeat", "description": "Says it again", "usage_hint": "TEXT"},
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
    "oauth_config": {
        "scopes": {"bot": ["commands", "chat:write", "files:write", "users:read", "im:write"]}
    },
    "settings": {"interactivity": {"is_enabled": True}, "socket_mode_enabled": True},
}


@dataclass(frozen=True)
class Scene:
    """mina reads Korean in Seoul, alex English in London; both are in `channel`, mina alone in
    `private`."""

    workspace: Workspace
    running: Running
    client: AsyncWebClient
    app_token: str
    mina: User
    alex: User
    channel: Channel
    private: Channel

    async def post(self, text: str = "", thread: str = "", **said: Any) -> str:
        """Posts as the app; the message's ts."""
        if thread:
            said["thread_ts"] = thread
        text = text or "replcheck"
        sent = await self.client.chat_postMessage(channel=self.channel.id, text=text, **said)
        return str(sent["ts"])

    async def update(self, ts: str, text: str = "replcheck", **said: Any) -> None:
        await self.client.chat_update(channel=self.channel.id, ts=ts, text=text, **said)

    async def upload(self, name: str, content: bytes, **said: Any) -> None:
        await self.client.files_upload_v2(
            channel=self.channel.id, filename=name, content=content, **said
        )


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    """A workspace with limits that no test of the page meets by accident."""
    workspace = Workspace(rates=Rates.roomy(), file_seconds=0.01)
    tokens = workspace.install_app(MANIFEST)
    mina = workspace.add_user("Mina Park", "ko-KR", "Asia/Seoul")
    alex = workspace.add_user("Alex Reed", "en-US", "Europe/London")
    topic = "Replication between Seoul and Busan"
    channel = workspace.add_channel("backup-incidents", [mina, alex], topic=topic)
    private = workspace.add_channel("storage-team", [mina], private=True)
    running = await start(workspace)
    client = AsyncWebClient(token=tokens.bot, base_url=running.api_url)
    try:
        yield Scene(workspace, running, client, tokens.app, mina, alex, channel, private)
    finally:
        await running.close()
