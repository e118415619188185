"""Messages: where an app may post, threads, metadata, edits, what is for one person's eyes."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.slack.workspace.conftest import Scene

SAID = {"event_type": "replcheck_said", "event_payload": {"key": "c12:root"}}


async def refused(call: Any) -> str:
    """The code with which a call is refused."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_an_app_posts_only_where_it_is(here: Scene) -> None:
    client = here.client()
    outside = here.workspace.add_channel("outside", [here.mina], with_app=False)
    hidden = here.workspace.add_channel("hidden", [here.mina], private=True, with_app=False)
    closed = here.workspace.add_channel("closed", [here.mina])
    closed.is_archived = True

    assert await refused(client.chat_postMessage(channel=outside.id, text="x")) == "not_in_channel"
    gone = "channel_not_found"
    assert await refused(client.chat_postMessage(channel=hidden.id, text="x")) == gone
    assert await refused(client.chat_postMessage(channel="C0NOWHERE", text="x")) == gone
    assert await refused(client.chat_postMessage(channel=closed.id, text="x")) == "is_archived"
    assert outside.messages == {}


async def test_a_channel_is_named_by_id_or_name_and_a_person_by_id(here: Scene) -> None:
    client = here.client()
    by_name = await client.chat_postMessage(channel="#backup-incidents", text="x")
    assert by_name["channel"] == here.channel.id
    direct = await client.chat_postMessage(channel=here.mina.id, text="x")
    assert direct["channel"].startswith("D")
    again = await client.conversations_open(users=here.mina.id)
    assert again["channel"]["id"] == direct["channel"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": "no json"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "nothing"}]}, "invalid_blocks"),
        ({"text": "x", "metadata": "no json"}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
        ({"text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
    ],
)
async def test_a_message_that_slack_would_refuse_is_refused_whole(
    here: Scene, said: dict[str, Any], code: str
) -> None:
    call = here.client().api_call("chat.postMessage", json={"channel": here.channel.id, **said})
    assert await refused(call) == code
    assert here.channel.messages == {}


async def test_the_place_of_a_mistake_is_answered_as_slack_answers_it(here: Scene) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    with pytest.raises(SlackApiError) as caught:
        await here.client().chat_postMessage(channel=here.channel.id, text="x", blocks=blocks)
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/0/text]",
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ]


async def test_blocks_that_are_each_in_order_can_be_too_long_together(here: Scene) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}] * 5
    call = here.client().chat_postMessage(channel=here.channel.id, text="x", blocks=blocks)
    assert await refused(call) == "msg_blocks_too_long"


async def test_metadata_comes_back_only_where_asked_for(here: Scene) -> None:
    client = here.client()
    root = await client.chat_postMessage(channel=here.channel.id, text="x", metadata=SAID)
    channel, ts = here.channel.id, root["ts"]
    await client.chat_postMessage(channel=channel, thread_ts=ts, text="reply", metadata=SAID)

    plain = await client.conversations_history(channel=channel)
    assert "metadata" not in plain["messages"][0]
    found = await client.conversations_history(channel=channel, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == SAID
    plain = await client.conversations_replies(channel=channel, ts=ts)
    assert not any("metadata" in message for message in plain["messages"])
    found = await client.conversations_replies(channel=channel, ts=ts, include_all_metadata=True)
    assert [message["metadata"] for message in found["messages"]] == [SAID, SAID]


async def test_history_is_newest_first_without_replies_and_in_pages(here: Scene) -> None:
    client = here.client()
    sent = [
        (await client.chat_postMessage(channel=here.channel.id, text=f"{n}"))["ts"]
        for n in range(5)
    ]
    await client.chat_postMessage(channel=here.channel.id, text="reply", thread_ts=sent[0])
    first = await client.conversations_history(channel=here.channel.id, limit=2)
    assert [m["text"] for m in first["messages"]] == ["4", "3"]
    assert first["has_more"]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await client.conversations_history(channel=here.channel.id, cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["2", "1", "0"]
    assert rest["messages"][-1]["reply_count"] == 1
    since = await client.conversations_history(channel=here.channel.id, oldest=sent[2])
    assert [m["text"] for m in since["messages"]] == ["4", "3"]
    since = await client.conversations_history(
        channel=here.channel.id, oldest=sent[2], inclusive=True
    )
    assert [m["text"] for m in since["messages"]] == ["4", "3", "2"]


async def test_a_reply_to_a_reply_is_in_the_same_thread(here: Scene) -> None:
    client = here.client()
    root = (await client.chat_postMessage(channel=here.channel.id, text="root"))["ts"]
    one = await client.chat_postMessage(channel=here.channel.id, text="1", thread_ts=root)
    two = await client.chat_postMessage(channel=here.channel.id, text="2", thread_ts=one["ts"])
    assert two["message"]["thread_ts"] == root
    thread = await client.conversations_replies(channel=here.channel.id, ts=root)
    assert [message["text"] for message in thread["messages"]] == ["root", "1", "2"]


async def test_an_update_keeps_what_it_does_not_send(here: Scene) -> None:
    client = here.client()
    blocks = [{"type": "divider", "block_id": "line"}]
    sent = await client.chat_postMessage(
        channel=here.channel.id, text="x", blocks=blocks, metadata=SAID
    )
    await client.chat_update(channel=here.channel.id, ts=sent["ts"], text="y")
    message = here.channel.messages[sent["ts"]]
    assert (message["text"], message["blocks"], message["metadata"]) == ("y", blocks, SAID)
    await client.chat_update(channel=here.channel.id, ts=sent["ts"], text="z", blocks=[])
    assert message["blocks"] == []
    assert message["edited"]["user"] == here.workspace.installed().bot_user


async def test_an_app_changes_its_own_messages_alone(here: Scene) -> None:
    client = here.client()
    theirs = await here.running.person(here.mina.id).type(here.channel.id, "mine")
    args = {"channel": here.channel.id, "ts": theirs["ts"]}
    assert await refused(client.chat_update(**args, text="y")) == "cant_update_message"
    assert await refused(client.chat_delete(**args)) == "cant_delete_message"
    args["ts"] = "1.000000"
    assert await refused(client.chat_update(**args, text="y")) == "message_not_found"
    mine = (await client.chat_postMessage(channel=here.channel.id, text="x"))["ts"]
    args["ts"] = mine
    assert await refused(client.chat_update(**args, text="y" * 4001)) == "msg_too_long"
    await client.chat_update(**args, text="y" * 4000)
    await client.chat_delete(**args)
    assert mine not in here.channel.messages


async def test_what_is_for_one_persons_eyes_is_in_no_history(here: Scene) -> None:
    client = here.client()
    sent = await client.chat_postEphemeral(
        channel=here.channel.id, user=here.mina.id, text="only you"
    )
    assert sent["message_ts"]
    assert (await client.conversations_history(channel=here.channel.id))["messages"] == []
    call = client.chat_update(channel=here.channel.id, ts=sent["message_ts"], text="y")
    assert await refused(call) == "message_not_found"
    stranger = here.workspace.add_user("Stranger")
    call = client.chat_postEphemeral(channel=here.channel.id, user=stranger.id, text="x")
    assert await refused(call) == "user_not_in_channel"


async def test_escapes_are_kept_as_sent(here: Scene) -> None:
    text = "a &amp; b &lt;!channel&gt; <@U1>"
    sent = await here.client().chat_postMessage(channel=here.channel.id, text=text)
    assert here.channel.messages[sent["ts"]]["text"] == text


async def test_a_permalink_leads_to_the_thread(here: Scene) -> None:
    client = here.client()
    root = (await client.chat_postMessage(channel=here.channel.id, text="root"))["ts"]
    reply = await client.chat_postMessage(channel=here.channel.id, text="1", thread_ts=root)
    link = await client.chat_getPermalink(channel=here.channel.id, message_ts=reply["ts"])
    assert link["permalink"].endswith(f"?thread_ts={root}&cid={here.channel.id}")
    call = client.chat_getPermalink(channel=here.channel.id, message_ts="1.000000")
    assert await refused(call) == "message_not_found"


async def test_marks_are_made_once(here: Scene) -> None:
    client = here.client()
    ts = (await client.chat_postMessage(channel=here.channel.id, text="x"))["ts"]
    at = {"channel": here.channel.id, "timestamp": ts}
    await client.reactions_add(**at, name="eyes")
    assert await refused(client.reactions_add(**at, name="eyes")) == "already_reacted"
    await client.pins_add(**at)
    assert await refused(client.pins_add(**at)) == "already_pinned"
    await client.bookmarks_add(
        channel_id=here.channel.id, title="Record", type="link", link="https://example.org"
    )
    bot = here.workspace.installed().bot_user
    assert here.channel.messages[ts]["reactions"] == [{"name": "eyes", "users": [bot], "count": 1}]
    assert here.channel.pins == [ts]
    assert here.channel.bookmarks[0]["title"] == "Record"
    here.running.person(here.mina.id).react(here.channel.id, ts, "eyes")
    (reaction,) = here.channel.messages[ts]["reactions"]
    assert (reaction["users"], reaction["count"]) == ([bot, here.mina.id], 2)
