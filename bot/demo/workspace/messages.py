"""Messages: what an app may say, as a checked content, and how it gets into a channel."""

from __future__ import annotations

import copy
from typing import Any

from bot.demo.workspace import limits
from bot.demo.workspace.api.call import Args
from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.model import Channel, Json, SlackError
from bot.demo.workspace.state import Workspace

_EVENTS = {
    "public": ("channel", "message.channels"),
    "private": ("group", "message.groups"),
    "im": ("im", "message.im"),
    "mpim": ("mpim", "message.mpim"),
}


def content(args: Args, workspace: Workspace) -> Json:
    """What a message says: `text`, `blocks`, `metadata`, where given and within Slack's limits.

    SlackError `no_text`, `msg_too_long`, `invalid_blocks_format`, `invalid_blocks`,
    `msg_blocks_too_long`, `invalid_metadata_format`, `invalid_metadata_schema`.
    """
    said: Json = {"text": args.text("text")}
    blocks = args.structure("blocks", "invalid_blocks_format")
    if blocks is not None:
        said["blocks"] = checked_blocks(blocks, workspace)
    attachments = args.structure("attachments", "invalid_attachments")
    if attachments:
        said["attachments"] = attachments
    if not said["text"] and not said.get("blocks") and not attachments:
        raise SlackError("no_text")
    if len(said["text"]) > limits.MESSAGE_TEXT:
        raise SlackError("msg_too_long")
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is not None:
        said["metadata"] = _checked_metadata(metadata)
    return said


def checked_blocks(blocks: object, workspace: Workspace) -> list[Json]:
    """The blocks with an id each, as Slack stores them."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    refuse("invalid_blocks", limits.message_mistakes(blocks))
    if limits.blocks_too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks, workspace)


def with_ids(blocks: list[Json], workspace: Workspace) -> list[Json]:
    """Copies in which each block, and each element that acts, has an id."""
    kept = [copy.deepcopy(block) for block in blocks]
    for block in kept:
        if not block.get("block_id"):
            block["block_id"] = workspace.new_id("")[1:6]
        for element in elements_of(block):
            if element.get("type") != "image" and not element.get("action_id"):
                element["action_id"] = workspace.new_id("")[1:6]
    return kept


def elements_of(block: Json) -> list[Json]:
    """The elements of a block that a person can act on."""
    if block["type"] == "actions":
        return list(block["elements"])
    return [block[key] for key in ("accessory", "element") if key in block]


def refuse(code: str, mistakes: list[str]) -> None:
    """SlackError with the mistakes where Slack puts them; nothing where there is none."""
    if mistakes:
        raise SlackError(
            code,
            errors=mistakes,
            response_metadata={"messages": [f"[ERROR] {mistake}" for mistake in mistakes]},
        )


def post(courier: Courier, channel: Channel, author: Json, said: Json, thread: str = "") -> Json:
    """Puts a message into a channel, tells who looks on, and delivers its event."""
    workspace = courier.workspace
    ts = workspace.new_ts()
    message: Json = {"type": "message", "ts": ts, "team": workspace.team_id, **author, **said}
    if thread:
        message["thread_ts"] = thread
        root = channel.messages.get(thread)
        if root is not None:
            root["thread_ts"] = thread
    channel.messages[ts] = message
    workspace.changed(channel.id)
    announce(courier, channel, message)
    return message


def announce(courier: Courier, channel: Channel, message: Json) -> None:
    """The events of a new message, to an app that is there and has subscribed."""
    app = courier.workspace.app
    if app is None or app.bot_user not in channel.members:
        return
    kind, event = _EVENTS[channel.kind]
    base = {**message, "channel": channel.id, "event_ts": message["ts"]}
    if event in app.events:
        courier.announce({**base, "channel_type": kind})
    # Of a mention in a direct message Slack sends message.im alone.
    mentioned = f"<@{app.bot_user}>" in message["text"] and message.get("user") != app.bot_user
    if "app_mention" in app.events and mentioned and channel.kind != "im":
        courier.announce({**base, "type": "app_mention"})


def bot_author(workspace: Workspace) -> Json:
    app = workspace.installed()
    profile = {"id": app.bot_id, "name": app.name, "app_id": app.id, "team_id": workspace.team_id}
    return {
        "user": app.bot_user,
        "bot_id": app.bot_id,
        "app_id": app.id,
        "username": app.name,
        "bot_profile": profile,
    }


def public(message: Json, *, metadata: bool) -> Json:
    """A stored message as history answers it: its metadata only where asked for."""
    if metadata:
        return message
    return {key: value for key, value in message.items() if key != "metadata"}


def _checked_metadata(metadata: Any) -> Json:  # noqa: ANN401 - JSON of any shape
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    refuse("invalid_metadata_schema", limits.metadata_mistakes(metadata))
    return metadata
