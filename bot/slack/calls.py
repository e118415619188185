"""The commands that may be typed in Slack, how each is typed, and what may be wrong with one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.slack.typed import key
from probes.model import Message

CALL = "/replcheck"
_DAYS = 7
GREETINGS = ("replcheck", "check")
"""In front they only call the bot: `@bot /replcheck seoul busan`, `check seoul busan`."""
LATER = "explain"


@dataclass(frozen=True, slots=True)
class Ask:
    """Check a pair; near and far as the inventory has them. trigger: what was said about it."""

    near: str
    far: str
    trigger: Literal["yes", "no"] | None = None


@dataclass(frozen=True, slots=True)
class Help:
    pass


@dataclass(frozen=True, slots=True)
class Status:
    pass


@dataclass(frozen=True, slots=True)
class Stop:
    """check: its id; None: the one that runs here."""

    check: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """site: None is every site."""

    site: str | None = None


@dataclass(frozen=True, slots=True)
class Unfreeze:
    """site: None is every site."""

    site: str | None = None


@dataclass(frozen=True, slots=True)
class Incidents:
    pass


@dataclass(frozen=True, slots=True)
class Summary:
    """Of the last so many days."""

    days: int = _DAYS


Command = Ask | Help | Status | Stop | Freeze | Unfreeze | Incidents | Summary

VERBS: dict[str, Command] = {
    "help": Help(),
    "status": Status(),
    "stop": Stop(),
    "freeze": Freeze(),
    "unfreeze": Unfreeze(),
    "incidents": Incidents(),
    "summary": Summary(),
}
"""The words that a command begins with, and what each means alone."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """message: what is wrong; some of its parameters are what was typed. call: a right call."""

    message: Message
    call: str


def typed(command: Command) -> str:
    """The call that means this command."""
    match command:
        case Ask(near, far, trigger):
            option = f" --trigger {trigger}" if trigger else ""
            return f"{CALL} {_site(near)} {_site(far)}{option}"
        case Stop(check) if check:
            return f"{CALL} stop {check}"
        case Freeze(site) | Unfreeze(site) if site:
            return f"{CALL} {type(command).__name__.lower()} {_site(site)}"
        case Summary(days):
            return f"{CALL} summary {days}d"
    return f"{CALL} {type(command).__name__.lower()}"


def mistake(code: str, right: Command, **params: str | int) -> Mistake:
    """What is wrong, and the call that would have been right."""
    return Mistake(Message(f"command.{code}", params), typed(right))


def _site(name: str) -> str:
    """A site that is called like a command is meant where it stands in quotes."""
    return f'"{name}"' if key(name) in (*VERBS, *GREETINGS, LATER) else name
