"""Each limit of blocks, messages and views: taken at it, refused over it, in Slack's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models import blocks as sdk

from bot.demo.workspace import limits
from tests.slack.workspace.samples import (
    AT_AND_OVER,
    Made,
    actions,
    button,
    mrkdwn,
    option,
    plain,
    section,
    select,
    table,
)


@pytest.mark.parametrize(("name", "at", "over", "pointer", "named"), AT_AND_OVER)
def test_a_block_is_taken_at_its_limit_and_refused_over_it(
    name: str, at: Made, over: Made, pointer: str, named: int
) -> None:
    assert limits.message_mistakes([at]) == [], name
    mistakes = limits.message_mistakes([over])
    sentence = next(m for m in mistakes if m.endswith(f"[json-pointer:{pointer}]"))
    assert str(named) in sentence


# Which of these slack_sdk's own models know: they refuse the same block.
KNOWN_TO_THE_SDK = (
    "section text",
    "markdown",
    "option text",
    "dialog refusal",
    "groups",
    "image title",
    "input label",
    "input hint",
    "section fields",
    "header",
    "actions",
    "button text",
    "button value",
    "button url",
    "accessibility label",
    "action_id",
    "block_id",
    "context elements",
    "image alt text",
    "image address",
    "options",
    "option value",
    "placeholder",
    "overflow",
    "dialog title",
    "dialog text",
    "dialog button",
)


def refused_by_the_sdk(block: Made) -> bool:
    try:
        found = sdk.Block.parse(block)
        assert found is not None
        found.validate_json()
        for element in [*getattr(found, "elements", []), *(getattr(found, "fields", None) or [])]:
            for part in (element, getattr(element, "confirm", None)):
                if part is not None:
                    part.validate_json()
            for choice in sdk.Option.parse_all(getattr(element, "options", None)) or []:
                choice.validate_json()
    except SlackObjectFormationError:
        return True
    return False


@pytest.mark.parametrize(("name", "at", "over", "pointer", "named"), AT_AND_OVER)
def test_slack_sdk_agrees_wherever_it_knows_the_limit(
    name: str, at: Made, over: Made, pointer: str, named: int
) -> None:
    del pointer, named
    assert not refused_by_the_sdk(at)
    assert refused_by_the_sdk(over) is (name in KNOWN_TO_THE_SDK)


def test_fifty_blocks_are_a_message_and_fifty_one_are_none() -> None:
    assert limits.message_mistakes([{"type": "divider"}] * 50) == []
    assert limits.message_mistakes([{"type": "divider"}] * 51) == [
        "no more than 50 items allowed [json-pointer:/blocks]"
    ]


def test_a_text_that_is_too_long_is_refused_word_for_word_as_slack_does() -> None:
    assert limits.message_mistakes([section(3001)]) == [
        "failed to match all allowed schemas [json-pointer:/blocks/0/text]",
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ]


@pytest.mark.parametrize(
    ("blocks", "mistake"),
    [
        ([{"type": "sectoin"}], "unsupported type: sectoin [json-pointer:/blocks/0/type]"),
        ([{"text": plain(1)}], "missing required field: type [json-pointer:/blocks/0]"),
        ([section(color="red")], "invalid additional property: color [json-pointer:/blocks/0]"),
        ([{"type": "section"}], "missing required field: text [json-pointer:/blocks/0]"),
        ([section(0)], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([actions()], "no less than 1 items allowed [json-pointer:/blocks/0/elements]"),
        (["text"], "must be an object [json-pointer:/blocks/0]"),
        (
            [{"type": "header", "text": mrkdwn(3)}],
            "must be a valid enum value [json-pointer:/blocks/0/text/type]",
        ),
        (
            [actions({"type": "plain_text_input", "action_id": "x"})],
            "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
        ),
        (
            [actions(button(style="green"))],
            "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            [section(block_id="one"), section(block_id="one")],
            "`block_id` one already exists [json-pointer:/blocks/1/block_id]",
        ),
        (
            [actions(button(), button())],
            "`action_id` go already exists [json-pointer:/blocks/0/elements/1/action_id]",
        ),
        ([table(1, 1), table(1, 1)], "only one table allowed [json-pointer:/blocks/1]"),
        (
            [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}],
            "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
        ),
        (
            [{"type": "markdown", "text": "x" * 6001}] * 2,
            "must be less than 12001 characters [json-pointer:/blocks]",
        ),
        (
            [{"type": "image", "alt_text": "a"}],
            "must define either `image_url` or `slack_file` [json-pointer:/blocks/0]",
        ),
        (
            [select(option_groups=[{"label": plain(1), "options": [option()]}])],
            "must define either `options` or `option_groups` [json-pointer:/blocks/0/elements/0]",
        ),
    ],
)
def test_what_slack_refuses_is_named_with_its_place(blocks: list[Any], mistake: str) -> None:
    assert mistake in limits.message_mistakes(blocks)


def test_rich_text_is_looked_into() -> None:
    preformatted = {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": "5 packets transmitted"}],
    }
    block = {"type": "rich_text", "elements": [preformatted]}
    assert limits.message_mistakes([block]) == []
    preformatted["elements"] = [{"type": "text", "text": "", "colour": "red"}]
    assert limits.message_mistakes([block]) == [
        "must be more than 0 characters [json-pointer:/blocks/0/elements/0/elements/0/text]",
        "invalid additional property: colour [json-pointer:/blocks/0/elements/0/elements/0]",
    ]


def test_all_blocks_together_are_taken_and_refused_where_people_met_it() -> None:
    """bolt-js issues 2509 and 2867: what Slack took, and what it refused."""
    assert not limits.blocks_too_long([section(9597 // 50)] * 50)
    assert not limits.blocks_too_long([section(2600)] * 4 + [section(2609)])
    assert limits.blocks_too_long([section(2600)] * 4 + [section(2610)])
    assert limits.blocks_too_long([section(11_341 // 45)] * 45)
    assert not limits.blocks_too_long([{"type": "markdown", "text": "x" * 12_000}])


def modal(**more: Any) -> Made:
    return {"type": "modal", "title": plain(5), "blocks": [{"type": "divider"}], **more}


@pytest.mark.parametrize(
    ("at", "over", "pointer"),
    [
        (modal(title=plain(24)), modal(title=plain(25)), "/view/title/text"),
        (modal(submit=plain(24)), modal(submit=plain(25)), "/view/submit/text"),
        (modal(close=plain(24)), modal(close=plain(25)), "/view/close/text"),
        (
            modal(private_metadata="m" * 3000),
            modal(private_metadata="m" * 3001),
            "/view/private_metadata",
        ),
        (modal(callback_id="c" * 255), modal(callback_id="c" * 256), "/view/callback_id"),
        (modal(external_id="e" * 255), modal(external_id="e" * 256), "/view/external_id"),
        (
            modal(blocks=[{"type": "divider"}] * 100),
            modal(blocks=[{"type": "divider"}] * 101),
            "/view/blocks",
        ),
    ],
)
def test_a_modal_is_taken_at_its_limit_and_refused_over_it(
    at: Made, over: Made, pointer: str
) -> None:
    assert limits.view_mistakes(at) == []
    (mistake,) = limits.view_mistakes(over)
    assert mistake.endswith(f"[json-pointer:{pointer}]")


def test_a_modal_that_asks_needs_a_button_to_submit() -> None:
    ask = {
        "type": "input",
        "label": plain(3),
        "element": {"type": "plain_text_input", "action_id": "a"},
    }
    assert limits.view_mistakes(modal(blocks=[ask], submit=plain(3))) == []
    assert limits.view_mistakes(modal(blocks=[ask])) == [
        "missing required field: submit [json-pointer:/view]"
    ]


def test_tables_and_markdown_belong_into_messages_alone() -> None:
    assert limits.view_mistakes(modal(blocks=[table(1, 1)])) == [
        "unsupported type: table [json-pointer:/view/blocks/0/type]"
    ]


def test_a_home_has_no_title() -> None:
    assert limits.view_mistakes({"type": "home", "blocks": []}) == []
    assert limits.view_mistakes({"type": "home", "blocks": [], "title": plain(1)}) == [
        "invalid additional property: title [json-pointer:/view]"
    ]


def test_metadata_is_a_name_and_an_object_of_bounded_size() -> None:
    said = {"event_type": "replcheck_said", "event_payload": {"key": "c12:root"}}
    assert limits.metadata_mistakes(said) == []
    assert limits.metadata_mistakes({"event_type": "x", "event_payload": "y"}) == [
        "must be an object [json-pointer:/metadata/event_payload]"
    ]
    named = {"event_type": "e" * 255, "event_payload": {}}
    assert limits.metadata_mistakes(named) == []
    assert limits.metadata_mistakes({**named, "event_type": "e" * 256})


@pytest.mark.parametrize(("over", "taken"), [(0, True), (1, False)])
def test_metadata_is_8000_bytes_as_json(over: int, taken: bool) -> None:
    said = {"event_type": "t", "event_payload": {"key": ""}}
    room = 8000 - len(json.dumps(said))
    said["event_payload"] = {"key": "k" * (room + over)}
    assert (limits.metadata_mistakes(said) == []) is taken


def test_what_may_be_empty_is_taken_empty() -> None:
    empty = {"private_metadata": "", "callback_id": "", "external_id": ""}
    assert limits.view_mistakes(modal(**empty)) == []
    assert limits.message_mistakes([section(block_id="")]) == []
