"""The chat methods: post, post for one person's eyes, update, delete, permalink."""

from __future__ import annotations

from bot.demo.workspace import messages
from bot.demo.workspace.api.call import Call
from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.model import Channel, Json, SlackError

# Shorter than for a new message: Slack's reference of chat.update, and people's reports
# (seratch/ChatGPT-in-Slack issue 102).
_UPDATED_TEXT = 4000


async def post_message(call: Call) -> Json:
    channel = _addressed(call)
    outside = call.app.bot_user not in channel.members
    if outside and (channel.kind != "public" or "chat:write.public" not in call.app.scopes):
        raise SlackError("not_in_channel")
    _open(channel)
    said = messages.content(call.args, call.workspace)
    thread = _thread(call, channel)
    author = messages.bot_author(call.workspace)
    message = messages.post(call.courier, channel, author, said, thread)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


async def post_ephemeral(call: Call) -> Json:
    channel = _addressed(call)
    call.need_member(channel)
    _open(channel)
    user = call.args.required("user", "user_not_in_channel")
    if user not in channel.members:
        raise SlackError("user_not_in_channel")
    said = messages.content(call.args, call.workspace)
    author = messages.bot_author(call.workspace)
    message = ephemeral(call.courier, channel, user, author, said, call.args.text("thread_ts"))
    return {"message_ts": message["ts"]}


async def update(call: Call) -> Json:
    channel = call.channel()
    message = _own(call, channel, "cant_update_message")
    _open(channel)
    # What is not sent again stays, blocks too: an empty list takes them away (Slack's reference).
    said = messages.content(call.args, call.workspace)
    if len(said["text"]) > _UPDATED_TEXT:
        raise SlackError("msg_too_long")
    message |= said
    message["edited"] = {"user": call.app.bot_user, "ts": call.workspace.new_ts()}
    call.workspace.changed(channel.id)
    return {
        "channel": channel.id,
        "ts": message["ts"],
        "text": message["text"],
        "message": message,
    }


async def delete(call: Call) -> Json:
    channel = call.channel()
    message = _own(call, channel, "cant_delete_message")
    del channel.messages[message["ts"]]
    call.workspace.changed(channel.id)
    return {"channel": channel.id, "ts": message["ts"]}


async def get_permalink(call: Call) -> Json:
    channel = call.channel()
    ts = call.args.required("message_ts", "message_not_found")
    if ts not in channel.messages:
        raise SlackError("message_not_found")
    permalink = f"{call.workspace.base_url}/archives/{channel.id}/p{ts.replace('.', '')}"
    root = channel.messages[ts].get("thread_ts", ts)
    if root != ts:
        permalink += f"?thread_ts={root}&cid={channel.id}"
    return {"channel": channel.id, "permalink": permalink}


def ephemeral(
    courier: Courier, channel: Channel, user: str, author: Json, said: Json, thread: str
) -> Json:
    """Shows a message to one person alone; it can't be updated, and no history has it."""
    workspace = courier.workspace
    message: Json = {
        "type": "message",
        "ts": workspace.new_ts(),
        **author,
        **said,
        "is_ephemeral": True,
        "channel": channel.id,
        "for_user": user,
    }
    if thread:
        message["thread_ts"] = thread
    workspace.ephemerals.append(message)
    workspace.changed(channel.id)
    return message


def _addressed(call: Call) -> Channel:
    """The channel named by id, by `#name`, or by a person's id (their direct messages)."""
    workspace = call.workspace
    name = call.args.required("channel", "channel_not_found")
    if name in workspace.users:
        return workspace.direct(name)
    for channel in workspace.channels.values():
        if channel.kind == "public" and channel.name == name.removeprefix("#"):
            return channel
    return call.channel()


def _open(channel: Channel) -> None:
    if channel.is_archived:
        raise SlackError("is_archived")


def _thread(call: Call, channel: Channel) -> str:
    thread = call.args.text("thread_ts")
    if not thread:
        return ""
    root = channel.messages.get(thread)
    if root is None:
        raise SlackError("thread_not_found")
    return str(root.get("thread_ts", thread))


def _own(call: Call, channel: Channel, code: str) -> Json:
    """The app's own message named by ts; SlackError `code` for someone else's."""
    message = channel.messages.get(call.args.required("ts", "message_not_found"))
    if message is None:
        raise SlackError("message_not_found")
    if message.get("bot_id") != call.app.bot_id:
        raise SlackError(code)
    return message
