"""The interactive elements of blocks (pure rules).

Limits: Slack's reference of block elements; cross-checked in the tests against slack_sdk's models.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.demo.workspace.composition import (
    ACTION_ID,
    CONFIRM,
    CONVERSATION_FILTER,
    DISPATCH_CONFIG,
    OPTION,
    OPTIONS,
    PLACEHOLDER,
    RICH_TEXT,
    SLACK_FILE,
    URL,
    plain,
)
from bot.demo.workspace.model import Json
from bot.demo.workspace.schema import (
    Also,
    Choice,
    Flag,
    ListOf,
    Number,
    Rule,
    Shape,
    Text,
    typed,
    wrong,
)

_COMMON: dict[str, Rule] = {"action_id": ACTION_ID}
_FOCUSED: dict[str, Rule] = {**_COMMON, "focus_on_load": Flag()}
_ASKING: dict[str, Rule] = {**_FOCUSED, "confirm": CONFIRM}
_SELECT: dict[str, Rule] = {**_ASKING, "placeholder": PLACEHOLDER}
_MANY: dict[str, Rule] = {"max_selected_items": Number(1)}
_ID = Text(255)
_IDS = ListOf(_ID, 100)
_RESPONSE: dict[str, Rule] = {"response_url_enabled": Flag()}
_TYPED: dict[str, Rule] = {
    **_FOCUSED,
    "placeholder": PLACEHOLDER,
    "initial_value": Text(3000, least=0),
    "dispatch_action_config": DISPATCH_CONFIG,
}
_DATE = Text(10, least=10)
_OPTIONS_10 = ListOf(OPTION, 10)


def _one_source(element: Json, at: str) -> Iterator[str]:
    """A static select has options, or groups of them, and not both."""
    if ("options" in element) == ("option_groups" in element):
        yield wrong("must define either `options` or `option_groups`", at)


def _picture_source(element: Json, at: str) -> Iterator[str]:
    if ("image_url" in element) == ("slack_file" in element):
        yield wrong("must define either `image_url` or `slack_file`", at)


_BUTTON = typed(
    "button",
    {"text": plain(75)},
    {
        **_COMMON,
        "url": URL,
        "value": Text(2000, least=0),
        "style": Choice(("primary", "danger")),
        "confirm": CONFIRM,
        "accessibility_label": Text(75),
    },
)
PICTURE_PARTS: dict[str, Rule] = {
    "alt_text": Text(2000),
}
PICTURE_SOURCES: dict[str, Rule] = {"image_url": URL, "slack_file": SLACK_FILE}
IMAGE = Also(typed("image", PICTURE_PARTS, PICTURE_SOURCES), _picture_source)
picture_source = _picture_source


def _select(kind: str, extra: dict[str, Rule]) -> Shape:
    return typed(kind, {}, {**_SELECT, **extra})


_SELECTS: dict[str, Rule] = {
    "static_select": Also(
        _select("static_select", {**OPTIONS, "initial_option": OPTION}), _one_source
    ),
    "multi_static_select": Also(
        _select(
            "multi_static_select",
            {**OPTIONS, **_MANY, "initial_options": ListOf(OPTION, 100)},
        ),
        _one_source,
    ),
    "users_select": _select("users_select", {"initial_user": _ID}),
    "multi_users_select": _select("multi_users_select", {**_MANY, "initial_users": _IDS}),
    "channels_select": _select("channels_select", {"initial_channel": _ID, **_RESPONSE}),
    "multi_channels_select": _select("multi_channels_select", {**_MANY, "initial_channels": _IDS}),
    "conversations_select": _select(
        "conversations_select",
        {
            "initial_conversation": _ID,
            "default_to_current_conversation": Flag(),
            "filter": CONVERSATION_FILTER,
            **_RESPONSE,
        },
    ),
    "multi_conversations_select": _select(
        "multi_conversations_select",
        {
            **_MANY,
            "initial_conversations": _IDS,
            "default_to_current_conversation": Flag(),
            "filter": CONVERSATION_FILTER,
        },
    ),
}
_PICKERS: dict[str, Rule] = {
    "datepicker": _select("datepicker", {"initial_date": _DATE}),
    "timepicker": _select("timepicker", {"initial_time": Text(5, least=5), "timezone": Text(255)}),
    "datetimepicker": typed("datetimepicker", {}, {**_ASKING, "initial_date_time": Number(10**9)}),
    "checkboxes": typed(
        "checkboxes", {"options": _OPTIONS_10}, {**_ASKING, "initial_options": _OPTIONS_10}
    ),
    "radio_buttons": typed(
        "radio_buttons", {"options": _OPTIONS_10}, {**_ASKING, "initial_option": OPTION}
    ),
}
_OVERFLOW = typed("overflow", {"options": ListOf(OPTION, 5)}, {**_COMMON, "confirm": CONFIRM})
_INPUTS: dict[str, Rule] = {
    "plain_text_input": typed(
        "plain_text_input",
        {},
        {
            **_TYPED,
            "multiline": Flag(),
            "min_length": Number(0, 3000),
            "max_length": Number(1, 3000),
        },
    ),
    "email_text_input": typed("email_text_input", {}, _TYPED),
    "url_text_input": typed("url_text_input", {}, _TYPED),
    "number_input": typed(
        "number_input",
        {"is_decimal_allowed": Flag()},
        {**_TYPED, "min_value": Text(255), "max_value": Text(255)},
    ),
    "rich_text_input": typed(
        "rich_text_input",
        {},
        {
            **_FOCUSED,
            "placeholder": PLACEHOLDER,
            "initial_value": RICH_TEXT,
            "dispatch_action_config": DISPATCH_CONFIG,
        },
    ),
    "file_input": typed(
        "file_input",
        {},
        {**_COMMON, "filetypes": ListOf(Text(50), 100), "max_files": Number(1, 10)},
    ),
}

# Which elements may stand where: Slack's reference, "works with block types".
IN_ACTIONS: dict[str, Rule] = {
    "button": _BUTTON,
    "overflow": _OVERFLOW,
    **_SELECTS,
    **_PICKERS,
    "rich_text_input": _INPUTS["rich_text_input"],
}
IN_SECTION: dict[str, Rule] = {
    "button": _BUTTON,
    "image": IMAGE,
    "overflow": _OVERFLOW,
    **_SELECTS,
    **_PICKERS,
}
IN_INPUT: dict[str, Rule] = {**_SELECTS, **_PICKERS, **_INPUTS}
