"""Does Slack take it? Two opinions: the local workspace's limits, and slack_sdk's own models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.demo.workspace.limits import blocks_too_long, message_mistakes, view_mistakes
from bot.slack.model import Dialog, Post

Json = Any


def check_post(post: Post) -> None:
    blocks = list(post.blocks)
    assert message_mistakes(blocks) == []
    assert not blocks_too_long(blocks)
    assert 0 < len(post.text) <= 40_000
    assert_known(blocks)


def check_dialog(dialog: Dialog) -> None:
    assert view_mistakes(dialog.view) == []
    assert len(json.dumps(dialog.view).encode()) < 250_000
    view = View(**dialog.view)
    view.validate_json()
    assert_known(dialog.view["blocks"])


def assert_known(blocks: list[Json]) -> None:
    """Each block is of a kind that the SDK knows, within the limits that it knows, and none of
    our keys is dropped by it."""
    for block in blocks:
        parsed = Block.parse(block)
        assert parsed is not None, block
        parsed.validate_json()
        assert parsed.to_dict().keys() == block.keys()


def texts(value: Json) -> Iterator[str]:
    """Every string that Slack or an app of another organisation may read in it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def mrkdwn(value: Json) -> Iterator[str]:
    """The texts in which Slack looks for mentions and links."""
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value["text"]
        for item in value.values():
            yield from mrkdwn(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from mrkdwn(item)
