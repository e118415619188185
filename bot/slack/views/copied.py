"""A copy succeeded: the incident of a failed job is over."""

from __future__ import annotations

from bot.slack import blocks
from bot.slack.markup import bold, joined, moment
from bot.slack.model import Post, Reader
from bot.slack.views.speech import Speech


def copied(
    incident: str, pair: tuple[str, str], opened: float, closed: float, reader: Reader
) -> Post:
    """For the thread: nothing but a copy that succeeded says this (contract.md, `healthy`). Times
    are epoch seconds."""
    speech = Speech(reader)
    head = speech.plain("copied.head", pair=speech.pair(*pair))
    since, until = moment(opened), moment(closed)
    words = speech("copied.closed", incident=incident, since=since, until=until)
    return blocks.post(head, [blocks.section(joined([bold(head), words]))])
