"""What a workspace holds: people, channels, files, views and the installed app."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "im", "mpim"]
# How the scopes of the conversations methods call the four kinds of channel.
SCOPE_FAMILY: dict[ChannelKind, str] = {
    "public": "channels",
    "private": "groups",
    "im": "im",
    "mpim": "mpim",
}


class SlackError(Exception):
    """A refusal in Slack's words: its code, and what goes into the answer beside it."""

    def __init__(self, code: str, **extra: object) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


@dataclass(slots=True)
class User:
    id: str
    name: str
    real_name: str
    locale: str
    tz: str
    is_bot: bool = False


@dataclass(slots=True)
class Group:
    """A user group, as `@oncall` is one."""

    id: str
    handle: str
    members: tuple[str, ...]


@dataclass(slots=True)
class Channel:
    """A conversation; `messages` are kept in Slack's own shape, by ts, in the order posted."""

    id: str
    name: str
    kind: ChannelKind
    creator: str
    created: int
    members: list[str] = field(default_factory=list)
    topic: str = ""
    is_archived: bool = False
    is_ext_shared: bool = False
    messages: dict[str, Json] = field(default_factory=dict)
    pins: list[str] = field(default_factory=list)
    bookmarks: list[Json] = field(default_factory=list)

    @property
    def scope_family(self) -> str:
        return SCOPE_FAMILY[self.kind]

    def thread(self, root: str) -> list[Json]:
        """The root and its replies, oldest first."""
        return [m for ts, m in self.messages.items() if root in (ts, m.get("thread_ts"))]

    def top_level(self) -> list[Json]:
        """What the channel itself shows, oldest first."""
        return [m for ts, m in self.messages.items() if m.get("thread_ts", ts) == ts]


@dataclass(slots=True)
class File:
    """An upload: addressed, then filled, then completed."""

    id: str
    name: str
    length: int
    alt_txt: str | None
    ticket: str
    title: str = ""
    mimetype: str = "application/octet-stream"
    content: bytes | None = None
    completed: bool = False


@dataclass(slots=True)
class View:
    """An open modal, or a person's Home: `definition` is what the app sent."""

    id: str
    user: str
    definition: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class ResponseUrl:
    """Where an app may answer one command or press: 5 times in 30 minutes (facts/slack.md)."""

    id: str
    channel: str
    user: str
    made: float
    message_ts: str | None = None
    thread_ts: str | None = None
    uses: int = 0


@dataclass(slots=True)
class Trigger:
    """What lets an app open one modal, within 3 seconds (facts/slack.md)."""

    id: str
    user: str
    made: float
    used: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an installed app is given."""

    bot: str
    app: str
    signing_secret: str


@dataclass(slots=True)
class App:
    """The installed app, as its manifest says."""

    id: str
    name: str
    bot_id: str
    bot_user: str
    scopes: tuple[str, ...]
    app_scopes: tuple[str, ...]
    tokens: Tokens
    verification_token: str
    commands: list[Json]
    shortcuts: list[Json]
    events: tuple[str, ...]
    socket_mode: bool
    interactive: bool
    urls: dict[str, str]
