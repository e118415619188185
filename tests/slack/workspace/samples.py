"""Blocks, and for each limit one that is at it and one that is over it."""

from __future__ import annotations

from typing import Any

Made = dict[str, Any]


def plain(n: int) -> Made:
    return {"type": "plain_text", "text": "x" * n}


def mrkdwn(n: int) -> Made:
    return {"type": "mrkdwn", "text": "x" * n}


def section(n: int = 1, **more: object) -> Made:
    return {"type": "section", "text": mrkdwn(n), **more}


def button(**more: Any) -> Made:
    return {"type": "button", "action_id": "go", "text": plain(2), **more}


def actions(*elements: Made, **more: object) -> Made:
    return {"type": "actions", "elements": list(elements), **more}


def option(text: int = 3, value: int = 3) -> Made:
    return {"text": plain(text), "value": "v" * value}


def select(**more: Any) -> Made:
    return actions({"type": "static_select", "action_id": "s", "options": [option()], **more})


def table(rows: int, columns: int, cell: int = 1) -> Made:
    row = [{"type": "raw_text", "text": "x" * cell}] * columns
    return {"type": "table", "rows": [row] * rows}


def confirm(**more: Any) -> Made:
    dialog = {"title": plain(1), "text": plain(1), "confirm": plain(1), "deny": plain(1), **more}
    return actions(button(confirm=dialog))


def context(*elements: Made) -> Made:
    return {"type": "context", "elements": list(elements)}


def image(alt: int = 1, url: int = 30) -> Made:
    return {"type": "image", "image_url": "https://x/".ljust(url, "x"), "alt_text": "x" * alt}


def groups(*listed: Made) -> Made:
    element = {"type": "static_select", "action_id": "s", "option_groups": list(listed)}
    return actions(element)


FIELD: Made = {"type": "plain_text_input", "action_id": "a"}


def ask(**more: Any) -> Made:
    return {"type": "input", "label": plain(3), "element": FIELD, **more}


def bullets(indent: int) -> Made:
    line = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
    listed = {"type": "rich_text_list", "style": "bullet", "elements": [line], "indent": indent}
    return {"type": "rich_text", "elements": [listed]}


# What is taken, what is one over it, where Slack points and the limit that it names.
AT_AND_OVER = [
    ("section text", section(3000), section(3001), "/blocks/0/text/text", 3001),
    (
        "section field",
        section(fields=[mrkdwn(2000)]),
        section(fields=[mrkdwn(2001)]),
        "/blocks/0/fields/0/text",
        2001,
    ),
    (
        "section fields",
        section(fields=[mrkdwn(1)] * 10),
        section(fields=[mrkdwn(1)] * 11),
        "/blocks/0/fields",
        10,
    ),
    (
        "header",
        {"type": "header", "text": plain(150)},
        {"type": "header", "text": plain(151)},
        "/blocks/0/text/text",
        151,
    ),
    (
        "actions",
        actions(*[button(action_id=f"a{n}") for n in range(25)]),
        actions(*[button(action_id=f"a{n}") for n in range(26)]),
        "/blocks/0/elements",
        25,
    ),
    (
        "button text",
        actions(button(text=plain(75))),
        actions(button(text=plain(76))),
        "/blocks/0/elements/0/text/text",
        76,
    ),
    (
        "button value",
        actions(button(value="v" * 2000)),
        actions(button(value="v" * 2001)),
        "/blocks/0/elements/0/value",
        2001,
    ),
    (
        "button url",
        actions(button(url="u" * 3000)),
        actions(button(url="u" * 3001)),
        "/blocks/0/elements/0/url",
        3001,
    ),
    (
        "accessibility label",
        actions(button(accessibility_label="l" * 75)),
        actions(button(accessibility_label="l" * 76)),
        "/blocks/0/elements/0/accessibility_label",
        76,
    ),
    (
        "action_id",
        actions(button(action_id="a" * 255)),
        actions(button(action_id="a" * 256)),
        "/blocks/0/elements/0/action_id",
        256,
    ),
    (
        "block_id",
        section(block_id="b" * 255),
        section(block_id="b" * 256),
        "/blocks/0/block_id",
        256,
    ),
    (
        "context elements",
        context(*[mrkdwn(1)] * 10),
        context(*[mrkdwn(1)] * 11),
        "/blocks/0/elements",
        10,
    ),
    ("image alt text", image(2000), image(2001), "/blocks/0/alt_text", 2001),
    ("image address", image(url=3000), image(url=3001), "/blocks/0/image_url", 3001),
    ("table rows", table(100, 2), table(101, 2), "/blocks/0/rows", 100),
    ("table columns", table(2, 20), table(2, 21), "/blocks/0/rows/0", 20),
    ("table cells", table(10, 10, 100), table(10, 10, 101), "/blocks/0/rows", 10_001),
    (
        "markdown",
        {"type": "markdown", "text": "x" * 12_000},
        {"type": "markdown", "text": "x" * 12_001},
        "/blocks/0/text",
        12_001,
    ),
    (
        "options",
        select(options=[option()] * 100),
        select(options=[option()] * 101),
        "/blocks/0/elements/0/options",
        100,
    ),
    (
        "option text",
        select(options=[option(75)]),
        select(options=[option(76)]),
        "/blocks/0/elements/0/options/0/text/text",
        76,
    ),
    (
        "option value",
        select(options=[option(1, 150)]),
        select(options=[option(1, 151)]),
        "/blocks/0/elements/0/options/0/value",
        151,
    ),
    (
        "placeholder",
        select(placeholder=plain(150)),
        select(placeholder=plain(151)),
        "/blocks/0/elements/0/placeholder/text",
        151,
    ),
    (
        "overflow",
        actions({"type": "overflow", "action_id": "o", "options": [option()] * 5}),
        actions({"type": "overflow", "action_id": "o", "options": [option()] * 6}),
        "/blocks/0/elements/0/options",
        5,
    ),
    (
        "dialog title",
        confirm(title=plain(100)),
        confirm(title=plain(101)),
        "/blocks/0/elements/0/confirm/title/text",
        101,
    ),
    (
        "dialog text",
        confirm(text=plain(300)),
        confirm(text=plain(301)),
        "/blocks/0/elements/0/confirm/text/text",
        301,
    ),
    (
        "dialog refusal",
        confirm(deny=plain(30)),
        confirm(deny=plain(31)),
        "/blocks/0/elements/0/confirm/deny/text",
        31,
    ),
    (
        "option description",
        select(options=[{**option(), "description": plain(75)}]),
        select(options=[{**option(), "description": plain(76)}]),
        "/blocks/0/elements/0/options/0/description/text",
        76,
    ),
    (
        "group label",
        groups({"label": plain(75), "options": [option()]}),
        groups({"label": plain(76), "options": [option()]}),
        "/blocks/0/elements/0/option_groups/0/label/text",
        76,
    ),
    (
        "groups",
        groups(*[{"label": plain(1), "options": [option()]}] * 100),
        groups(*[{"label": plain(1), "options": [option()]}] * 101),
        "/blocks/0/elements/0/option_groups",
        100,
    ),
    (
        "context text",
        context(mrkdwn(3000)),
        context(mrkdwn(3001)),
        "/blocks/0/elements/0/text",
        3001,
    ),
    (
        "image title",
        {**image(), "title": plain(2000)},
        {**image(), "title": plain(2001)},
        "/blocks/0/title/text",
        2001,
    ),
    (
        "table column settings",
        {**table(1, 1), "column_settings": [{"align": "right"}] * 20},
        {**table(1, 1), "column_settings": [{"align": "right"}] * 21},
        "/blocks/0/column_settings",
        20,
    ),
    ("input label", ask(label=plain(2000)), ask(label=plain(2001)), "/blocks/0/label/text", 2001),
    ("input hint", ask(hint=plain(2000)), ask(hint=plain(2001)), "/blocks/0/hint/text", 2001),
    (
        "checkboxes",
        actions({"type": "checkboxes", "action_id": "c", "options": [option()] * 10}),
        actions({"type": "checkboxes", "action_id": "c", "options": [option()] * 11}),
        "/blocks/0/elements/0/options",
        10,
    ),
    (
        "radio buttons",
        actions({"type": "radio_buttons", "action_id": "r", "options": [option()] * 10}),
        actions({"type": "radio_buttons", "action_id": "r", "options": [option()] * 11}),
        "/blocks/0/elements/0/options",
        10,
    ),
    ("list indent", bullets(8), bullets(9), "/blocks/0/elements/0/indent", 8),
    (
        "most characters",
        ask(element={**FIELD, "max_length": 3000}),
        ask(element={**FIELD, "max_length": 3001}),
        "/blocks/0/element/max_length",
        3000,
    ),
    (
        "dialog button",
        confirm(confirm=plain(30)),
        confirm(confirm=plain(31)),
        "/blocks/0/elements/0/confirm/confirm/text",
        31,
    ),
]
