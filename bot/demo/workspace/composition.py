"""What blocks are made of: text, options, confirm dialogs, and rich text (pure rules).

Limits: Slack's reference of composition objects; cross-checked in the tests against slack_sdk's
models where those know the limit.
"""

from __future__ import annotations

from bot.demo.workspace.schema import (
    ByType,
    Choice,
    Either,
    Flag,
    ListOf,
    Number,
    Rule,
    Shape,
    Text,
    anything,
    typed,
)


def plain(most: int, least: int = 1) -> Rule:
    """A plain_text object."""
    return typed("plain_text", {"text": Text(most, least)}, {"emoji": Flag()})


def _mrkdwn(most: int) -> Rule:
    return typed("mrkdwn", {"text": Text(most)}, {"verbatim": Flag()})


def either_text(most: int) -> Rule:
    """A plain_text or mrkdwn object."""
    return Either(ByType({"plain_text": plain(most), "mrkdwn": _mrkdwn(most)}))


ACTION_ID = Text(255)
BLOCK_ID = Text(255, least=0)
PLACEHOLDER = plain(150)
URL = Text(3000)
CONFIRM = Shape(
    {"title": plain(100), "text": either_text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": Choice(("primary", "danger"))},
)
OPTION = Shape(
    {"text": either_text(75), "value": Text(150)},
    {"description": either_text(75), "url": URL},
)
_OPTION_GROUP = Shape({"label": plain(75), "options": ListOf(OPTION, 100)})
OPTIONS: dict[str, Rule] = {
    "options": ListOf(OPTION, 100),
    "option_groups": ListOf(_OPTION_GROUP, 100),
}
SLACK_FILE = Shape({}, {"id": Text(255), "url": URL})

_STYLE = Shape(
    {},
    {name: Flag() for name in ("bold", "italic", "strike", "code", "underline", "highlight")},
)
_STYLED: dict[str, Rule] = {"style": _STYLE}
_INLINE = ByType(
    {
        "text": typed("text", {"text": Text(40_000)}, _STYLED),
        "link": typed("link", {"url": URL}, {"text": Text(40_000), "unsafe": Flag(), **_STYLED}),
        "emoji": typed("emoji", {"name": Text(255)}, {"unicode": Text(255), **_STYLED}),
        "user": typed("user", {"user_id": Text(255)}, _STYLED),
        "usergroup": typed("usergroup", {"usergroup_id": Text(255)}, _STYLED),
        "channel": typed("channel", {"channel_id": Text(255)}, _STYLED),
        "broadcast": typed("broadcast", {"range": Choice(("here", "channel", "everyone"))}),
        "date": typed(
            "date",
            {"timestamp": Number(), "format": Text(255)},
            {"url": URL, "fallback": Text(255), **_STYLED},
        ),
        "color": typed("color", {"value": Text(255)}),
    }
)
_INLINES = ListOf(_INLINE, 10_000, least=0)
_BORDER: dict[str, Rule] = {"border": Number(0, 1)}
_SECTION = typed("rich_text_section", {"elements": _INLINES})
_LIST = typed(
    "rich_text_list",
    {"style": Choice(("bullet", "ordered")), "elements": ListOf(_SECTION, 10_000)},
    {"indent": Number(0, 8), "offset": Number(), **_BORDER},
)
_PREFORMATTED = typed(
    "rich_text_preformatted", {"elements": _INLINES}, {"language": Text(255), **_BORDER}
)
_QUOTE = typed("rich_text_quote", {"elements": _INLINES}, _BORDER)
RICH_TEXT = typed(
    "rich_text",
    {
        "elements": ListOf(
            ByType(
                {
                    "rich_text_section": _SECTION,
                    "rich_text_list": _LIST,
                    "rich_text_preformatted": _PREFORMATTED,
                    "rich_text_quote": _QUOTE,
                }
            ),
            10_000,
        )
    },
    {"block_id": BLOCK_ID},
)
DISPATCH_CONFIG = Shape(
    {"trigger_actions_on": ListOf(Choice(("on_enter_pressed", "on_character_entered")), 2)}
)
CONVERSATION_FILTER = Shape(
    {},
    {
        "include": ListOf(Choice(("im", "mpim", "private", "public")), 4),
        "exclude_external_shared_channels": Flag(),
        "exclude_bot_users": Flag(),
    },
)
ANYTHING: Rule = anything
