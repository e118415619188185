"""The parts of Block Kit that we use, each within Slack's limits however long its text is.

A message over a limit is refused whole, and silently for its readers (facts/slack.md, "Limits").
So text is cut at a word, tables and posts are folded, and what can't be cut (a button's value)
is an error where it is built, not where it is sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Literal

from bot.slack.markup import MORE, NOTHING, Marked, cut, harmless, marked
from bot.slack.model import Dialog, Post

Json = Any
Block = dict[str, Json]

MESSAGE_BLOCKS, MODAL_BLOCKS = 50, 100
MESSAGE_TEXT = 3_000  # Slack takes 40,000, and asks for 4,000 at the most
SECTION, FIELD, FIELDS, CONTEXT, CONTEXT_PARTS = 3_000, 2_000, 10, 2_000, 10
HEADER, BUTTON, VALUE, ACTION_ID, ACTIONS = 150, 75, 2_000, 255, 25
CONFIRM_TITLE, CONFIRM_TEXT, CONFIRM_BUTTON = 100, 300, 30
ROWS, COLUMNS, CELL, CELLS = 100, 20, 500, 7_000  # Slack: 10,000 in all cells together
OPTION, OPTION_VALUE, OPTIONS, PLACEHOLDER = 75, 150, 100, 150
LABEL, HINT = 2_000, 2_000
TITLE, SUBMIT, CALLBACK, METADATA = 24, 24, 255, 3_000

TOGETHER, EACH = 9_000, 48
"""A message's characters and blocks together, as far as was seen to pass: Slack refuses more
with `msg_blocks_too_long` and documents no number (bolt-js issues 2509 and 2867)."""


# --- text ---------------------------------------------------------------------------------


def plain(text: str, most: int) -> Block:
    """Text that Slack shows as it is: no marks, no mentions, no emoji codes."""
    return {"type": "plain_text", "text": cut(_some(harmless(text)), most), "emoji": False}


def mrkdwn(text: str, most: int) -> Block:
    """verbatim: names and addresses in it do not turn into links by themselves."""
    return {"type": "mrkdwn", "text": cut(_some(marked(text)), most), "verbatim": True}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(_line(text), HEADER)}


def section(text: str, accessory: Block | None = None) -> Block:
    found: Block = {"type": "section", "text": mrkdwn(text, SECTION)}
    return found if accessory is None else {**found, "accessory": accessory}


def fields(*texts: str) -> Block:
    """Short texts side by side; one below the other on a phone."""
    return {"type": "section", "fields": [mrkdwn(text, FIELD) for text in texts[:FIELDS]]}


def context(*texts: str) -> Block:
    """Small print."""
    elements = [mrkdwn(text, CONTEXT) for text in texts[:CONTEXT_PARTS]]
    return {"type": "context", "elements": elements}


def divider() -> Block:
    return {"type": "divider"}


def preformatted(text: str, most: int = SECTION) -> Block:
    """What a host printed: each line as it stands, nothing in it alive."""
    words = cut(_some(harmless(text)), most)
    inner = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": words}]}
    return {"type": "rich_text", "elements": [inner]}


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], more: str = MORE, numbers: int = 0
) -> Block:
    """Rows of raw text under a head; what goes over 100 rows or CELLS characters is
    left out, and the last row then says `more`. numbers: so many last columns stand right."""
    width = min(len(head), COLUMNS)
    kept = [_row(head, width)]
    last = _row([more], width)
    room = CELLS - _size(kept[0]) - _size(last)
    for number, row in enumerate(rows):
        made = _row(row, width)
        room -= _size(made)
        if room < 0 or (len(kept) == ROWS - 1 and number < len(rows) - 1):
            kept.append(last)
            break
        kept.append(made)
    align = ["left"] * (width - numbers) + ["right"] * numbers
    settings = [{"align": side, "is_wrapped": True} for side in align]
    return {"type": "table", "rows": kept, "column_settings": settings}


def _row(cells: Sequence[str], width: int) -> list[Block]:
    padded = [*cells[:width], *[""] * (width - len(cells))]
    texts = (cut(_some(harmless(_line(cell))), CELL) for cell in padded)
    return [{"type": "raw_text", "text": str(text)} for text in texts]


def _size(row: Sequence[Block]) -> int:
    return sum(len(cell["text"]) for cell in row)


# --- what is pressed ----------------------------------------------------------------------


def value_of(**keys: str | int) -> str:
    """A button's value: what was pressed on. Old messages keep theirs for ever, so keys are
    added and never changed."""
    return json.dumps(keys, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def button(
    label: str,
    action: str,
    value: str,
    accessible: str,
    *,
    style: Literal["primary", "danger"] | None = None,
    confirm: Block | None = None,
) -> Block:
    """accessible: what the button does, for who does not see what it belongs to. ValueError
    for a value or an action that Slack would not take: they can't be cut."""
    if not 0 < len(action) <= ACTION_ID or len(value) > VALUE:
        raise ValueError(f"no button can carry {action!r}: {value[:80]!r}")
    return {
        "type": "button",
        "text": plain(_line(label), BUTTON),
        "action_id": action,
        "value": value,
        "accessibility_label": cut(_some(harmless(_line(accessible))), BUTTON),
        **({"style": style} if style else {}),
        **({"confirm": confirm} if confirm else {}),
    }


def confirm(title: str, text: str, yes: str, no: str, *, danger: bool = False) -> Block:
    """Asked by Slack itself before a press counts."""
    return {
        "title": plain(_line(title), CONFIRM_TITLE),
        "text": plain(text, CONFIRM_TEXT),
        "confirm": plain(_line(yes), CONFIRM_BUTTON),
        "deny": plain(_line(no), CONFIRM_BUTTON),
        **({"style": "danger"} if danger else {}),
    }


def actions(*buttons: Block) -> list[Block]:
    """A row of buttons; no block where there are none, since Slack refuses an empty one."""
    return [{"type": "actions", "elements": list(buttons[:ACTIONS])}] if buttons else []


def option(label: str, value: str) -> Block:
    """ValueError for a value that Slack would not take."""
    if not 0 < len(value) <= OPTION_VALUE:
        raise ValueError(f"no option can carry {value!r}")
    return {"text": plain(_line(label), OPTION), "value": value}


def ask(label: str, element: Block, block_id: str, hint: str = "") -> Block:
    """An input of a modal. block_id: the name under which the answer comes back."""
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(_line(label), LABEL),
        "element": element,
        **({"hint": plain(hint, HINT)} if hint else {}),
    }


# --- whole messages and modals ------------------------------------------------------------


def post(text: str, blocks: Sequence[Block], folded: str = MORE, last: int = 1) -> Post:
    """A message. text: what a notification says. folded: what stands where blocks had to be
    left out; the `last` ones (buttons) stay."""
    fitting = _folded(blocks, MESSAGE_BLOCKS, TOGETHER, folded, last)
    return Post(str(cut(_some(marked(text)), MESSAGE_TEXT)), tuple(with_ids(fitting)))


def dialog(
    title: str,
    blocks: Sequence[Block],
    callback: str,
    metadata: str,
    *,
    close: str,
    submit: str | None = None,
    folded: str = MORE,
) -> Dialog:
    """A modal. ValueError for metadata over 3,000 characters: it can't be cut."""
    if len(metadata) > METADATA or not 0 < len(callback) <= CALLBACK:
        raise ValueError(f"no modal can carry {callback!r}: {metadata[:80]!r}")
    view = {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": metadata,
        "title": plain(_line(title), TITLE),
        "close": plain(_line(close), SUBMIT),
        "blocks": with_ids(_folded(blocks, MODAL_BLOCKS, 100_000, folded, 1)),
        **({"submit": plain(_line(submit), SUBMIT)} if submit else {}),
    }
    return Dialog(view)


def with_ids(blocks: Sequence[Block]) -> list[Block]:
    """Names that are new whenever anything changed: Slack wants new ones with each update
    (facts/slack.md, "Limits"). The same picture gets the same names. Inputs keep theirs."""
    text = json.dumps(list(blocks), ensure_ascii=False, sort_keys=True)
    mark = hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]
    return [{"block_id": f"{mark}-{n}", **block} for n, block in enumerate(blocks)]


def _folded(
    blocks: Sequence[Block], most: int, together: int, words: str, last: int
) -> list[Block]:
    """The beginning and the last ones, as many as fit, and a line for what is left out."""
    if len(blocks) <= most and _weight(blocks) <= together:
        return list(blocks)
    end = list(blocks[len(blocks) - last :]) if last else []
    tail = [context(words), *end]
    room = together - _weight(tail)
    kept: list[Block] = []
    for block in blocks[: len(blocks) - len(end)]:
        room -= _weight([block])
        if room < 0 or len(kept) + len(tail) == most:
            break
        kept.append(block)
    return [*kept, *tail]


def _weight(blocks: Sequence[Block]) -> int:
    return sum(_characters(block) + EACH for block in blocks)


def _characters(value: Json) -> int:
    if isinstance(value, list):
        return sum(map(_characters, value))
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(_characters(v) for v in value.values() if not isinstance(v, str))


def _line(text: str) -> str:
    return " ".join(text.split())


def _some(text: str) -> str:
    """Slack refuses an empty text."""
    return text if text.strip() else (Marked(NOTHING) if isinstance(text, Marked) else NOTHING)
