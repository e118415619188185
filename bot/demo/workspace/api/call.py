"""One call of the Web API: its arguments, read as the wire allows, and what it runs on."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.model import App, Channel, Json, SlackError
from bot.demo.workspace.state import Workspace

_TRUE = ("1", "true", "True")


class Args:
    """Arguments by name, from a query, a form or a JSON body: the same in every encoding."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.given = dict(given)

    def text(self, name: str, default: str = "") -> str:
        value = self.given.get(name)
        return default if value is None else str(value)

    def required(self, name: str, code: str = "invalid_arguments") -> str:
        """The argument's text; SlackError `code` where it is missing or empty."""
        value = self.text(name)
        if not value:
            message = f"[ERROR] missing required field: {name}"
            raise SlackError(code, response_metadata={"messages": [message]})
        return value

    def flag(self, name: str) -> bool:
        value = self.given.get(name)
        return value is True or str(value) in _TRUE

    def number(self, name: str, default: int, most: int) -> int:
        try:
            return min(int(self.text(name) or default), most)
        except ValueError:
            raise SlackError("invalid_arguments") from None

    def structure(self, name: str, code: str) -> Any:  # noqa: ANN401 - JSON of any shape
        """JSON, given as such or as text of it; None where absent; SlackError `code` if broken."""
        value = self.given.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise SlackError(code) from None


@dataclass(frozen=True, slots=True)
class Call:
    """A method call that has passed the door: its token, scopes and rate are in order."""

    method: str
    args: Args
    workspace: Workspace
    app: App
    courier: Courier

    def channel(self, name: str = "channel") -> Channel:
        """The channel named by id; SlackError `channel_not_found` where the app can't see it."""
        channel = self.workspace.channels.get(self.args.required(name, "channel_not_found"))
        if channel is None:
            raise SlackError("channel_not_found")
        if channel.kind != "public" and self.app.bot_user not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def need(self, *scopes: str) -> None:
        """SlackError `missing_scope` unless the app has one of these scopes."""
        if scopes and not set(scopes) & set(self.app.scopes):
            raise SlackError(
                "missing_scope", needed=",".join(scopes), provided=",".join(self.app.scopes)
            )

    def need_member(self, channel: Channel) -> None:
        if self.app.bot_user not in channel.members:
            raise SlackError("not_in_channel")


Handler = Callable[[Call], Awaitable[Json]]
