"""The buttons: what each is called, what it carries, and which of them asks first.

Names and values stay as they are for ever: a button of an old message must work (the issue's
"Buttons"). Only what disturbs somebody is in danger style, and it says so in words too.
"""

from __future__ import annotations

from typing import Literal

from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.views.speech import Speech

Name = Literal["stop", "send", "decline", "rerun", "evidence", "share", "acknowledge", "close"]

PREFIX = "replcheck:"
ASKS_FIRST: tuple[Name, ...] = ("stop", "close")
DISTURBS: tuple[Name, ...] = ("stop", "send")


def button(name: Name, check: str, incident: str, speech: Speech) -> Block:
    """One button of a check. A press on what disturbs or ends something is asked once more."""
    ids = {"check": check, "incident": incident} if incident else {"check": check}
    return blocks.button(
        speech.plain(f"slack-button.{name}"),
        PREFIX + name,
        blocks.value_of(**ids),
        speech.plain(f"slack-button.{name}-what", check=check),
        style="danger" if name in DISTURBS else None,
        confirm=_confirm(name, speech) if name in ASKS_FIRST else None,
    )


def row(names: tuple[Name, ...], check: str, incident: str, speech: Speech) -> list[Block]:
    """All of them in one block, or none."""
    return blocks.actions(*(button(name, check, incident, speech) for name in names))


def _confirm(name: Name, speech: Speech) -> Block:
    return blocks.confirm(
        speech.plain(f"slack-button.{name}-title"),
        speech.plain(f"slack-button.{name}-means"),
        speech.plain(f"slack-button.{name}"),
        speech.plain("slack-button.back"),
        danger=name in DISTURBS,
    )
