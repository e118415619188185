"""The workspace's state, kept in memory, and the helpers that build one."""

from __future__ import annotations

import asyncio
import random
import string
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from bot.demo.workspace.clock import Clock, WallClock
from bot.demo.workspace.faults import Faults
from bot.demo.workspace.install import app_of
from bot.demo.workspace.model import (
    App,
    Channel,
    ChannelKind,
    File,
    Group,
    Json,
    ResponseUrl,
    SlackError,
    Tokens,
    Trigger,
    User,
    View,
)
from bot.demo.workspace.rates import Rates

_ID_LETTERS = string.ascii_uppercase + string.digits
_SLACKBOT = "USLACKBOT"


class Workspace:
    """One team with its people and channels, and at most one installed app.

    `clock` rules every deadline; `seed` every choice by lot (ids, sockets, faults). `ack_seconds`
    is how long an app has to acknowledge, `file_seconds` how long a completed upload takes to
    show up in its channel.
    """

    def __init__(
        self,
        name: str = "Backup Operations",
        *,
        clock: Clock | None = None,
        seed: int = 1,
        rates: Rates | None = None,
        ack_seconds: float = 3.0,
        file_seconds: float = 0.3,
    ) -> None:
        self.name = name
        self.clock: Clock = clock or WallClock()
        self.random = random.Random(seed)  # noqa: S311 - a test's dice, nothing secret
        self.rates = rates or Rates()
        self.faults = Faults(self.random)
        self.ack_seconds = ack_seconds
        self.file_seconds = file_seconds
        self.team_id = self.new_id("T")
        self.domain = name.lower().replace(" ", "-")
        self.base_url = ""
        self.app: App | None = None
        self.users: dict[str, User] = {
            _SLACKBOT: User(_SLACKBOT, "slackbot", "Slackbot", "en-US", "UTC", is_bot=True)
        }
        self.groups: dict[str, Group] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self.ephemerals: list[Json] = []
        self.inputs: dict[tuple[str, str], Json] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.calls: list[Json] = []
        self.deliveries: list[Json] = []
        self.seq = 0
        self._last_micros = 0
        self._watchers: set[asyncio.Queue[Json]] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    def add_user(self, name: str, locale: str = "en-US", tz: str = "UTC") -> User:
        """A person; `name` is shown as it is, the handle is its lower-case form."""
        handle = name.lower().replace(" ", ".")
        user = User(self.new_id("U"), handle, name, locale, tz)
        self.users[user.id] = user
        return user

    def add_group(self, handle: str, members: Iterable[User]) -> Group:
        group = Group(self.new_id("S"), handle, tuple(user.id for user in members))
        self.groups[group.id] = group
        return group

    def add_channel(
        self,
        name: str,
        members: Iterable[User] = (),
        *,
        private: bool = False,
        shared: bool = False,
        topic: str = "",
        with_app: bool = True,
    ) -> Channel:
        """A channel with these people, and with the app's bot user where one is installed."""
        ids = [user.id for user in members]
        if with_app and self.app is not None:
            ids.append(self.app.bot_user)
        channel = self.open_channel(name, "private" if private else "public", ids)
        channel.is_ext_shared = shared
        channel.topic = topic
        return channel

    def open_channel(self, name: str, kind: ChannelKind, members: list[str]) -> Channel:
        prefix = "D" if kind == "im" else "C"
        creator = members[0] if members else _SLACKBOT
        created = int(self.clock.now())
        channel = Channel(self.new_id(prefix), name, kind, creator, created, list(members))
        self.channels[channel.id] = channel
        self.changed(channel.id)
        return channel

    def direct(self, user: str) -> Channel:
        """The conversation between the app's bot user and a person, opened where there is none."""
        bot = self.installed().bot_user
        for channel in self.channels.values():
            if channel.kind == "im" and set(channel.members) == {user, bot}:
                return channel
        return self.open_channel(user, "im", [user, bot])

    def install_app(self, manifest: Mapping[str, Any], *, url: str | None = None) -> Tokens:
        """Installs an app by its manifest; `url` overrules the manifest's request addresses.

        Raises ValueError where the manifest uses a feature without the scope that it needs, which
        Slack refuses at this point too.
        """
        app = app_of(manifest, self.new_id, self.random, url)
        self.app = app
        self.users[app.bot_user] = User(
            app.bot_user, app.name.lower(), app.name, "en-US", "UTC", is_bot=True
        )
        return app.tokens

    def installed(self) -> App:
        if self.app is None:
            raise SlackError("invalid_auth")
        return self.app

    def new_id(self, prefix: str) -> str:
        return prefix + "0" + "".join(self.random.choices(_ID_LETTERS, k=9))

    def new_ts(self) -> str:
        """A message's time: its id in a channel, never the same twice."""
        self._last_micros = max(self._last_micros + 1, int(self.clock.now() * 1_000_000))
        seconds, micros = divmod(self._last_micros, 1_000_000)
        return f"{seconds}.{micros:06d}"

    def changed(self, channel: str | None) -> None:
        """Tells everyone who looks on that something is to be fetched again."""
        self.seq += 1
        for watcher in self._watchers:
            watcher.put_nowait({"seq": self.seq, "channel": channel})

    def watch(self) -> asyncio.Queue[Json]:
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self._watchers.add(queue)
        return queue

    def unwatch(self, queue: asyncio.Queue[Json]) -> None:
        self._watchers.discard(queue)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs on beside the caller, until done or until the workspace is closed."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Ends what still runs beside."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
