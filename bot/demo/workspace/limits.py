"""What Slack takes as blocks, messages and views, and what it refuses (pure).

Each function answers with what is wrong, as `sentence [json-pointer:/path]` (the form of Slack's
`response_metadata.messages`), nothing where all is in order. Block types that the stand-in does
not know are refused, also those few newer ones that Slack would take.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bot.demo.workspace.composition import (
    ANYTHING,
    BLOCK_ID,
    RICH_TEXT,
    either_text,
    plain,
)
from bot.demo.workspace.elements import (
    IMAGE,
    IN_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    PICTURE_PARTS,
    PICTURE_SOURCES,
    picture_source,
)
from bot.demo.workspace.model import Json
from bot.demo.workspace.schema import (
    Also,
    ByType,
    Choice,
    Either,
    Flag,
    ListOf,
    Rule,
    Shape,
    Text,
    typed,
    wrong,
)

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_TOGETHER = 12_000
MESSAGE_TEXT = 40_000
TABLE_TOGETHER = 10_000  # the reference of the table block: the characters of all cells together
# The whole of a message's blocks: not documented. Slack refused one markdown block of more than
# 13,297 characters, and 45 blocks with 11,341, and took 50 blocks with 9,597 (bolt-js issues 2509
# and 2867): a sum of the text with 72 for each block fits all of these.
_BLOCKS_TOGETHER = 13_369
_EACH_BLOCK = 72
_METADATA_BYTES = 8_000  # [mem] the documentation of message metadata: 8 KB

_OWN: dict[str, Rule] = {"block_id": BLOCK_ID}
_CELL = ByType(
    {
        "raw_text": typed("raw_text", {"text": Text(TABLE_TOGETHER)}),
        "raw_number": typed("raw_number", {"value": ANYTHING, "text": Text(255)}),
        "rich_text": RICH_TEXT,
    }
)
_COLUMN = Shape({}, {"align": Choice(("left", "center", "right")), "is_wrapped": Flag()})
_SECTION = typed(
    "section",
    {},
    {
        **_OWN,
        "text": either_text(3000),
        "fields": ListOf(either_text(2000), 10),
        "accessory": Either(ByType(IN_SECTION)),
        "expand": Flag(),
    },
)
_IMAGE = typed("image", PICTURE_PARTS, {**_OWN, **PICTURE_SOURCES, "title": plain(2000)})
_CONTEXT_PART = ByType({"image": IMAGE, **{k: either_text(3000) for k in ("plain_text", "mrkdwn")}})


def _has_words(block: Json, at: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield wrong("missing required field: text", at)


_ACTIONS = typed("actions", {"elements": ListOf(Either(ByType(IN_ACTIONS)), 25)}, _OWN)
_ANYWHERE: dict[str, Rule] = {
    "section": Also(_SECTION, _has_words),
    "divider": typed("divider", {}, _OWN),
    "image": Also(_IMAGE, picture_source),
    "actions": _ACTIONS,
    "context": typed("context", {"elements": ListOf(_CONTEXT_PART, 10)}, _OWN),
    "header": typed("header", {"text": plain(150)}, _OWN),
    "rich_text": RICH_TEXT,
    "input": typed(
        "input",
        {"label": plain(2000), "element": Either(ByType(IN_INPUT))},
        {**_OWN, "hint": plain(2000), "optional": Flag(), "dispatch_action": Flag()},
    ),
}
_IN_MESSAGE: dict[str, Rule] = {
    **_ANYWHERE,
    "markdown": typed("markdown", {"text": Text(MARKDOWN_TOGETHER)}, _OWN),
    "table": typed(
        "table",
        {"rows": ListOf(ListOf(_CELL, 20), 100)},
        {**_OWN, "column_settings": ListOf(_COLUMN, 20)},
    ),
}
_MESSAGE = ListOf(ByType(_IN_MESSAGE), MESSAGE_BLOCKS, least=0)
_VIEW_PARTS: dict[str, Rule] = {
    "private_metadata": Text(3000, least=0),
    "callback_id": Text(255, least=0),
    "external_id": Text(255, least=0),
}
_VIEW_LIST = ListOf(ByType(_ANYWHERE), VIEW_BLOCKS, least=0)
_MODAL = typed(
    "modal",
    {"title": plain(24), "blocks": _VIEW_LIST},
    {
        **_VIEW_PARTS,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": Flag(),
        "notify_on_close": Flag(),
        "submit_disabled": Flag(),
    },
)
_HOME = typed("home", {"blocks": _VIEW_LIST}, _VIEW_PARTS)
_METADATA = Shape({"event_type": Text(255), "event_payload": ANYTHING}, {"entities": ANYTHING})


def message_mistakes(blocks: object) -> list[str]:
    """What is wrong with a message's blocks."""
    mistakes = list(_MESSAGE(blocks, "/blocks"))
    return mistakes or list(_across(_dicts(blocks), "/blocks"))


def view_mistakes(view: object) -> list[str]:
    """What is wrong with a view."""
    mistakes = list(ByType({"modal": _MODAL, "home": _HOME})(view, "/view"))
    if mistakes or not isinstance(view, dict):
        return mistakes
    blocks = _dicts(view["blocks"])
    mistakes = list(_across(blocks, "/view/blocks"))
    asks = any(block["type"] == "input" for block in blocks)
    if view["type"] == "modal" and asks and "submit" not in view:
        mistakes.append(wrong("missing required field: submit", "/view"))
    return mistakes


def metadata_mistakes(metadata: object) -> list[str]:
    """What is wrong with a message's metadata."""
    mistakes = list(_METADATA(metadata, "/metadata"))
    if not mistakes and isinstance(metadata, dict):
        if not isinstance(metadata["event_payload"], dict):
            mistakes.append(wrong("must be an object", "/metadata/event_payload"))
        elif len(json.dumps(metadata).encode()) > _METADATA_BYTES:
            mistakes.append(wrong(f"must be less than {_METADATA_BYTES} bytes", "/metadata"))
    return mistakes


def blocks_too_long(blocks: object) -> bool:
    """Whether Slack answers `msg_blocks_too_long`, though each block by itself is in order."""
    listed = _dicts(blocks)
    return sum(map(_characters, listed)) + _EACH_BLOCK * len(listed) > _BLOCKS_TOGETHER


def _across(blocks: list[Json], at: str) -> Iterator[str]:
    """What only all blocks together can get wrong."""
    seen: set[str] = set()
    for n, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id and block_id in seen:
            yield wrong(f"`block_id` {block_id} already exists", f"{at}/{n}/block_id")
        seen.add(block_id or "")
        yield from _repeated_actions(block, f"{at}/{n}")
    tables = [n for n, block in enumerate(blocks) if block["type"] == "table"]
    if len(tables) > 1:
        yield wrong("only one table allowed", f"{at}/{tables[1]}")
    for n in tables:
        if _characters(blocks[n]["rows"]) > TABLE_TOGETHER:
            yield wrong(f"must be less than {TABLE_TOGETHER + 1} characters", f"{at}/{n}/rows")
    marked = [block for block in blocks if block["type"] == "markdown"]
    if sum(len(block["text"]) for block in marked) > MARKDOWN_TOGETHER:
        yield wrong(f"must be less than {MARKDOWN_TOGETHER + 1} characters", at)


def _repeated_actions(block: Json, at: str) -> Iterator[str]:
    seen: set[str] = set()
    for n, element in enumerate(block.get("elements", ()) if block["type"] == "actions" else ()):
        action_id = element.get("action_id")
        if action_id and action_id in seen:
            yield wrong(f"`action_id` {action_id} already exists", f"{at}/elements/{n}/action_id")
        seen.add(action_id or "")


def _characters(value: object) -> int:
    """The characters of every `text` in a block."""
    if isinstance(value, list):
        return sum(map(_characters, value))
    if not isinstance(value, dict):
        return 0
    text = value.get("text")
    own = len(text) if isinstance(text, str) else 0
    return own + sum(_characters(v) for k, v in value.items() if not isinstance(v, str))


def _dicts(blocks: object) -> list[Json]:
    return (
        [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    )
