"""A copy succeeded: the incident of a failed job is over."""

from __future__ import annotations

from bot.slack import blocks
from bot.slack.markup import bold, joined, moment
from bot.slack.model import Post, Reader
from bot.slack.views.speech import Speech
from storage.store import Followed


def copied(incident: Followed, reader: Reader) -> Post:
    """For the thread: nothing but a copy that succeeded says this (contract.md, `healthy`)."""
    speech = Speech(reader)
    pair = speech.pair(incident.near, incident.far)
    head = speech.plain("copied.head", pair=pair)
    since, until = moment(incident.opened), moment(incident.closed or incident.opened)
    words = speech("copied.closed", incident=incident.id, since=since, until=until)
    return blocks.post(head, [blocks.section(joined([bold(head), words]))])
