"""Whatever an app or a person sends, the workspace answers as Slack would, and never breaks."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.demo.workspace import limits
from bot.demo.workspace.api.call import Args, Call
from bot.demo.workspace.api.table import METHODS
from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.messages import with_ids
from bot.demo.workspace.model import SlackError
from bot.demo.workspace.person import Person
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import MANIFEST
from tests.slack.workspace.samples import AT_AND_OVER

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)
KINDS = ("section", "actions", "context", "table", "image", "input", "rich_text", "header", "text")
KEYS = ("type", "text", "elements", "fields", "rows", "element", "block_id", "options", "label")
# Objects that look enough like blocks to get deep into the rules.
BLOCKISH = st.recursive(
    st.sampled_from(KINDS) | st.text(max_size=5) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)
NAMES = (
    "channel",
    "channel_id",
    "ts",
    "thread_ts",
    "message_ts",
    "timestamp",
    "text",
    "blocks",
    "metadata",
    "view",
    "view_id",
    "trigger_id",
    "user",
    "users",
    "user_id",
    "usergroup",
    "name",
    "limit",
    "cursor",
    "oldest",
    "latest",
    "types",
    "files",
    "filename",
    "length",
    "title",
    "type",
    "link",
    "topic",
)


def workspace_with_a_message() -> tuple[Workspace, Courier, list[str]]:
    workspace = Workspace(rates=Rates.roomy(), file_seconds=0)
    workspace.install_app(MANIFEST)
    mina = workspace.add_user("Mina Park")
    channel = workspace.add_channel("backup", [mina])
    ts = workspace.new_ts()
    channel.messages[ts] = {"ts": ts, "text": "x", "bot_id": workspace.installed().bot_id}
    return workspace, Courier(workspace), [channel.id, ts, mina.id]


@given(st.lists(JSON | BLOCKISH, max_size=4) | JSON)
def test_the_rules_name_what_is_wrong_with_anything(blocks: Any) -> None:
    for mistake in limits.message_mistakes(blocks):
        assert mistake.endswith("]")
        assert " [json-pointer:/blocks" in mistake
    limits.view_mistakes({"type": "modal", "blocks": blocks})
    limits.metadata_mistakes(blocks)
    limits.blocks_too_long(blocks)


@given(st.lists(st.sampled_from([at for _, at, *_ in AT_AND_OVER]), max_size=4))
def test_what_is_taken_once_is_taken_again_with_its_ids(blocks: list[Any]) -> None:
    if limits.message_mistakes(blocks):
        return
    kept = with_ids(blocks, Workspace())
    assert limits.message_mistakes(kept) == []
    assert all(block["block_id"] for block in kept)


def _with_ids(given_args: dict[str, Any], real: list[str]) -> dict[str, Any]:
    """The numbers 0 to 2 become a real channel, message and person."""
    return {
        name: real[value] if isinstance(value, int) and value in (0, 1, 2) else value
        for name, value in given_args.items()
    }


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(METHODS)),
    st.dictionaries(st.sampled_from(NAMES), JSON | BLOCKISH | st.integers(0, 2), max_size=6),
)
def test_a_method_answers_or_refuses_whatever_it_is_given(
    method: str, given_args: dict[str, Any]
) -> None:
    async def run() -> None:
        workspace, courier, real = workspace_with_a_message()
        call = Call(
            method, Args(_with_ids(given_args, real)), workspace, workspace.installed(), courier
        )
        with suppress(SlackError):
            json.dumps(await METHODS[method].handler(call))
        await workspace.close()

    asyncio.run(run())


@given(st.text(max_size=60))
def test_typed_text_can_not_make_markup(text: str) -> None:
    async def run() -> str:
        workspace, courier, (channel, _, user) = workspace_with_a_message()
        await Person(courier, user).type(channel, " " + text)
        await workspace.close()
        return str(list(workspace.channels[channel].messages.values())[-1]["text"])

    said = asyncio.run(run())
    for opened in said.split("<")[1:]:
        assert opened.startswith(("@", "#", "!"))
    unescaped = said.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert unescaped == " " + text
