"""Every listener stands behind this guard: what goes wrong in it is logged with its ids, and
whoever asked hears of it.

The app runs with `process_before_response`: Slack's acknowledgement goes out when the listener
returns, for events too, so that what was asked is on disk first (law 8). A listener is short
for that reason: it writes, acknowledges and wakes a worker; it never waits for Slack.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs

from bot.words import Voice

Json = Any
Listener = Callable[[AsyncArgs], Awaitable[None]]

_log = structlog.get_logger(__name__)
_ANSWER_SECONDS = 2.0


def guarded(listener: Listener, voice: Voice) -> Listener:
    """The listener, as it may be handed to bolt: `app.command("/replcheck")(guarded(f, voice))`.

    An exception after the acknowledgement can't erase it (facts/slack.md, pitfall 1). Before
    it, the person reads privately that nothing was kept; an event is left unacknowledged, so
    that Slack delivers it again.
    """

    async def run(args: AsyncArgs) -> None:
        try:
            await listener(args)
        except Exception:
            _log.exception("a listener failed", acked=_acked(args), **ids(args.body))
            if _acked(args):
                return
            if args.body.get("type") == "event_callback":
                raise
            await _say_nothing_was_kept(args, voice("serve.kept"))

    return run


def ids(body: Mapping[str, Json]) -> dict[str, str]:
    """What a log line may hold of a request: who, where, which; never a word that was typed."""
    event = body.get("event") or {}
    found = {
        "type": body.get("type") or body.get("command"),
        "event_type": event.get("type"),
        "event_id": body.get("event_id"),
        "team": body.get("team_id") or (body.get("team") or {}).get("id"),
        "user": body.get("user_id") or (body.get("user") or {}).get("id") or event.get("user"),
        "channel": (
            body.get("channel_id") or (body.get("channel") or {}).get("id") or event.get("channel")
        ),
        "callback": body.get("callback_id") or (body.get("view") or {}).get("callback_id"),
        "action": ", ".join(str(a.get("action_id")) for a in body.get("actions") or ()),
    }
    return {name: str(value) for name, value in found.items() if value}


def _acked(args: AsyncArgs) -> bool:
    return args.ack.response is not None


async def _say_nothing_was_kept(args: AsyncArgs, words: str) -> None:
    """Privately, in the way that this kind of request can be answered."""
    if "command" in args.body:
        await args.ack(text=words, response_type="ephemeral")
        return
    if args.body.get("type") == "view_submission":
        inputs = [b for b in args.body["view"]["blocks"] if b.get("type") == "input"]
        if inputs:
            await args.ack(response_action="errors", errors={inputs[0]["block_id"]: words})
            return
    await args.ack()
    if args.body.get("response_url"):
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                await args.respond(words, response_type="ephemeral", replace_original=False)
        except Exception:  # noqa: BLE001 - nothing more can be tried
            _log.exception("nor could it be said", **ids(args.body))
