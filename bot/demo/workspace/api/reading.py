"""conversations.history and conversations.replies."""

from __future__ import annotations

from bot.demo.workspace.api.call import Call
from bot.demo.workspace.messages import public
from bot.demo.workspace.model import Channel, Json, SlackError

_MOST = 999


async def history(call: Call) -> Json:
    """The channel's own messages, newest first."""
    channel = _readable(call)
    found = [_with_replies(channel, message) for message in channel.top_level()]
    return _page(call, found[::-1])


async def replies(call: Call) -> Json:
    """A thread, its root first."""
    channel = _readable(call)
    message = channel.messages.get(call.args.required("ts", "thread_not_found"))
    if message is None:
        raise SlackError("thread_not_found")
    root = str(message.get("thread_ts", message["ts"]))
    thread = channel.thread(root)
    return _page(call, [_with_replies(channel, m) if m["ts"] == root else m for m in thread])


def _readable(call: Call) -> Channel:
    channel = call.channel()
    call.need(f"{channel.scope_family}:history")
    call.need_member(channel)
    return channel


def _with_replies(channel: Channel, message: Json) -> Json:
    answers = channel.thread(message["ts"])[1:]
    if not answers:
        return message
    return {
        **message,
        "reply_count": len(answers),
        "latest_reply": answers[-1]["ts"],
        "reply_users": list(dict.fromkeys(str(m.get("user")) for m in answers)),
    }


def _page(call: Call, found: list[Json]) -> Json:
    """What lies between `oldest` and `latest`, so many at a time."""
    args = call.args
    oldest, latest = args.text("oldest") or "0", args.text("latest") or "9" * 12
    after = _moment(oldest, "invalid_ts_oldest")
    before = _moment(latest, "invalid_ts_latest")
    inclusive = args.flag("inclusive")

    def between(message: Json) -> bool:
        ts = str(message["ts"])
        root = message.get("thread_ts") == ts and call.method == "conversations.replies"
        if ts in (oldest, latest):
            return inclusive or root
        return root or after < float(ts) < before

    found = [message for message in found if between(message)]
    start = args.number("cursor", 0, 10**9)
    end = start + args.number("limit", 100, _MOST)
    metadata = args.flag("include_all_metadata")
    more = end < len(found)
    return {
        "messages": [public(message, metadata=metadata) for message in found[start:end]],
        "has_more": more,
        "response_metadata": {"next_cursor": str(end) if more else ""},
    }


def _moment(ts: str, code: str) -> float:
    try:
        return float(ts)
    except ValueError:
        raise SlackError(code) from None
