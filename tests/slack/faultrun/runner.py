"""The bot as a process of its own, for tests that kill it: `serve`, with recorded hosts.

`python -m tests.slack.faultrun.runner SETUP.json`. It can be told to kill itself (SIGKILL) at one
moment, by the name of what has just happened: see `MOMENTS`.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot import logs
from bot.desk import Desk
from bot.request import Judged
from bot.response import Response
from bot.secrets import Environment, SlackTokens
from bot.serve import serve
from bot.slack import conversation
from bot.slack.api import SlackApi
from bot.slack.conversation import Conversation
from bot.slack.front import Front
from bot.slack.telling import Teller
from bot.words import Voice
from probes.model import Command
from storage.outbox import Outbox
from storage.store import Store
from tests.slack.faultrun.sites import several
from tests.slack.faultrun.tempo import hasten
from tests.slack.office import FAST
from tests.unit.replay import Replay

MOMENTS = {
    "taken": (Front, "_act", False, None),
    "begun": (Conversation, "began", False, None),
    "answered": (Conversation, "_show_answer", False, None),
    "triggered": (Store, "record_trigger", True, "trigger:"),
    "ended": (Teller, "end", False, None),
}
"""Where, and whether before or after it; the last: only with a second argument that begins so.
Beside these: `judged`, `said KEY` (Slack took it, and it is noted), `posted KEY` (Slack took it,
and that is not noted yet)."""


@dataclass(frozen=True, slots=True)
class Setup:
    """All that the process is told. http: the port, where Slack sends requests; 0: Socket Mode.
    sends: a file that gets a line for every first message that leaves for a host."""

    db: str
    sends: str
    api_url: str
    bot_token: str
    app_token: str
    signing_secret: str
    http: int = 0
    pairs: int = 1
    dies: str = ""
    answer_seconds: float = 300.0

    def write(self, path: Path) -> Path:
        path.write_text(json.dumps(asdict(self)))
        return path


def main(path: str) -> None:
    setup = Setup(**json.loads(Path(path).read_text()))
    logs.to_stderr()
    hasten()
    conversation.ANSWER_SECONDS = setup.answer_seconds
    if setup.dies:
        _arrange(setup.dies)
    asyncio.run(_serve(setup))


async def _serve(setup: Setup) -> None:
    inventory, recorded = several("account", setup.pairs)
    sends = Path(setup.sends).open("a", buffering=1)  # noqa: SIM115, ASYNC230 - as long as we run

    async def before(endpoint: str, command: Command) -> None:
        sends.writelines(f"{endpoint} {word}\n" for word in command.argv if is_message(word))

    tokens = SlackTokens(
        setup.bot_token, "" if setup.http else setup.app_token, setup.signing_secret, setup.api_url
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with await Store.open(Path(setup.db)) as store:
        desk = Desk(store, inventory, lambda c: Replay(recorded[c.pair.id], before))
        environment = Environment(tokens, "127.0.0.1", setup.http)
        front = Front(store, desk, Voice("en"), Response(store))
        await serve(environment, store, front, stop, FAST)


def is_message(word: str) -> bool:
    """A first message of the replication in an argument, as hex: its xid names the check."""
    return len(word) >= 80 and word.startswith("80") and all(c in "0123456789abcdef" for c in word)


def _arrange(moment: str) -> None:
    name, _, key = moment.partition(" ")
    if name == "judged":
        _die_at_the_verdict()
    elif name == "said":
        _die(Outbox, "sent", after=True, only=lambda args: args[1] == key)
    elif name == "posted":
        _die(SlackApi, "post", after=True, only=lambda args: args[3] == key)
    else:
        where, what, after, begins = MOMENTS[name]
        _die(
            where, what, after=after, only=lambda args: begins is None or args[2].startswith(begins)
        )


def _die(where: type, what: str, *, after: bool, only: Callable[[tuple[Any, ...]], bool]) -> None:
    true: Callable[..., Awaitable[Any]] = getattr(where, what)

    async def deadly(*args: Any, **named: Any) -> Any:
        if only(args) and not after:
            _kill()
        result = await true(*args, **named)
        if only(args):
            _kill()
        return result

    setattr(where, what, deadly)


def _die_at_the_verdict() -> None:
    heard = Conversation.heard

    def deadly(self: Conversation, event: Any) -> None:
        if isinstance(event, Judged):
            _kill()
        heard(self, event)

    Conversation.heard = deadly  # type: ignore[method-assign]


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
