"""What came late says so, in its reader's language (pure): a verdict is read as of now."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.slack.model import Post
from bot.words import Voice
from probes.model import Message

LATE_SECONDS = 60.0
"""What was ready longer ago is marked."""
_MOST_BLOCKS = 50
_MOST_ELEMENTS = 10  # of a context block
_MOST_TEXT = 4_000  # of an edit; a post may be longer


def marked(post: Post, mark: str) -> Post:
    """The message with its mark, within Slack's limits (facts/slack.md, Limits)."""
    if not post.blocks:
        text = f"{post.text}\n{mark}" if post.text else mark
        return replace(post, text=text) if len(text) <= _MOST_TEXT else post
    element = {"type": "mrkdwn", "text": mark}
    *before, last = post.blocks
    if len(post.blocks) < _MOST_BLOCKS:
        return replace(post, blocks=(*post.blocks, {"type": "context", "elements": [element]}))
    if last.get("type") == "context" and len(last["elements"]) < _MOST_ELEMENTS:
        last = {**last, "elements": [*last["elements"], element]}
        return replace(post, blocks=(*before, last))
    return post  # there is no room: what was to be said goes before when


def mark_of(ready: float, now: float, lang: str, *, refused: bool) -> str | None:
    """The mark of what was ready then (epoch seconds) and is said now; None: it is in time.

    refused: an attempt failed before. Else it waited for us, and Slack is not to blame.
    """
    if now - ready <= LATE_SECONDS:
        return None
    code = "late.not-taken" if refused else "late.waited"
    return Voice(lang)(code, late=_length(now - ready), when=_when(ready))


def _length(seconds: float) -> Message:
    hours, minutes = divmod(int(seconds // 60), 60)
    if hours:
        return Message("late.hours", {"hours": hours, "minutes": minutes})
    return Message("late.minutes", {"minutes": minutes})


def _when(ready: float) -> str:
    """Slack shows it in the reader's zone; the words after the bar are for other clients."""
    plain = datetime.fromtimestamp(ready, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(ready)}^{{date_num}} {{time}}|{plain}>"
