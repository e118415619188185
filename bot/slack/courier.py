"""How one thing is brought to Slack, so that it stands there once.

A post is noted on disk as begun before it is sent, and carries its key as metadata. One whose
attempt has no known end (no answer, or we died) is looked for by that key before it is sent again.
Edits may be sent twice. Everything raises one of `bot.slack.failures`, or StoreError.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.slack.api import SlackApi
from bot.slack.failures import Down, Refused, Unsure
from bot.slack.late import mark_of, marked
from bot.slack.model import Attachment, Post
from bot.slack.pace import Pace
from storage.outbox import Delivery, Say
from storage.outbox import Outbox as Room

SETTLE_SECONDS = 3.0
"""How long a post without a known end is given to appear before it is looked for: a call that hung
may still be carried out, and a shared file shows up later than Slack says so."""
_SHARES = 4  # so often a file's share is looked for before the file is brought anew
_BLOCKS_REFUSED = {
    "invalid_attachments",
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
}
_THREAD_GONE = {
    "cannot_reply_to_message",
    "invalid_thread_ts",
    "message_not_found",
    "thread_not_found",
}
_log = structlog.get_logger(__name__)


class Courier:
    """Sends what the outbox hands it, one at a time in each channel. now: epoch seconds."""

    def __init__(
        self,
        room: Room,
        api: SlackApi,
        pace: Pace,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._room = room
        self._api = api
        self._pace = pace
        self._now = now
        self._sleep = sleep

    async def find(self, delivery: Delivery) -> str | None:
        """Its ts, where an attempt without a known end has succeeded after all.

        Where Slack will never let us look (a scope is missing, we are not in the channel) it
        counts as not there and is sent again: a verdict that is lost is worse than one that
        stands twice.
        """
        say = delivery.say
        await self._sleep(SETTLE_SECONDS)
        await self._pace.turn("look", say.channel)
        thread = await self._thread_of(say)
        # Where its thread is gone, it went to the channel.
        for place in (thread, None) if thread else (None,):
            try:
                return await self._look(delivery, place)
            except Refused as refused:
                if refused.waits_for_a_person:
                    raise
                _log.warning("could not look", key=say.key, error=refused.reason)
        return None

    async def send(self, delivery: Delivery) -> str | None:
        """Send it. Returns its ts, where Slack tells it."""
        if delivery.say.kind == "post":
            return await self._post(delivery)
        if delivery.say.kind == "edit":
            await self._edit(delivery)
        else:
            await self._share(delivery)
        return None

    # ----------------------------------------------------------------------------------

    async def _look(self, delivery: Delivery, thread: str | None) -> str | None:
        say, since = delivery.say, delivery.created
        if delivery.file_id is not None:
            return await self._api.find_shared(say.channel, thread, delivery.file_id, since)
        return await self._api.find_said(say.channel, thread, say.key, since)

    async def _post(self, delivery: Delivery) -> str:
        say = delivery.say
        thread = await self._thread_of(say)
        await self._pace.turn("post", say.channel)
        await self._room.begin(say.key)
        post = self._post_in(delivery)
        try:
            return await self._api.post(say.channel, post, say.key, thread)
        except Refused as refused:
            if thread and refused.reason in _THREAD_GONE:
                # Somebody took the thread's first message away: the words are wanted all the same.
                _log.warning("said outside its thread", key=say.key, error=refused.reason)
                return await self._api.post(say.channel, post, say.key)
            text = _without_blocks(say, post, refused)
            return await self._api.post(say.channel, text, say.key, thread)

    async def _edit(self, delivery: Delivery) -> None:
        say = delivery.say
        ts = await self._room.ts_of(say.of) if say.of else None
        if ts is None:
            raise Refused("never-posted")
        await self._pace.turn("edit", say.channel)
        post = self._post_in(delivery)
        try:
            await self._api.edit(say.channel, ts, post)
        except Refused as refused:
            await self._api.edit(say.channel, ts, _without_blocks(say, post, refused))

    async def _share(self, delivery: Delivery) -> None:
        """Bring the file to Slack, note its name, then show it: what is noted can be looked for."""
        say = delivery.say
        file_id = delivery.file_id or await self._upload(say)
        thread = await self._thread_of(say)
        await self._pace.turn("file", say.channel)
        await self._room.begin(say.key)
        comment = self._post_in(delivery).text
        try:
            await self._api.share(say.channel, file_id, say.body["title"], comment, thread)
        except Refused as refused:
            if delivery.file_id is None or refused.waits_for_a_person:
                raise
            # Shown already and not to be seen yet, or lapsed: time tells which.
            if delivery.attempts < _SHARES:
                raise Unsure(refused.reason) from refused
            await self._room.uploaded(say.key, None)
            raise Down(refused.reason) from refused

    async def _upload(self, say: Say) -> str:
        body = say.body
        content, comment = say.content or b"", body["comment"]
        file = Attachment(body["name"], body["title"], content, body["alt_text"], comment)
        try:
            file_id = await self._api.upload(file)
        except Unsure as unsure:
            raise Down(unsure.reason) from unsure  # nobody can see it: nothing to look for
        await self._room.uploaded(say.key, file_id)
        return file_id

    async def _thread_of(self, say: Say) -> str | None:
        """The thread it belongs in. None also where the thread's first message was given up: what
        was to be read there is wanted all the same, and stands in the channel."""
        if say.thread is None:
            return say.thread_ts
        return await self._room.thread_of(say.thread)

    def _post_in(self, delivery: Delivery) -> Post:
        """What is to be shown, marked where it comes late."""
        body = delivery.say.body
        text = body["comment"] if delivery.say.kind == "file" else body["text"]
        post = Post(text, tuple(body.get("blocks", ())))
        refused = delivery.error is not None
        mark = mark_of(delivery.created, self._now(), body["lang"], refused=refused)
        return marked(post, mark) if mark else post


def _without_blocks(say: Say, post: Post, refused: Refused) -> Post:
    """Its text alone, where Slack refused its blocks: a bug in a view must not lose the words.
    Raises the refusal where it has another reason."""
    if refused.reason not in _BLOCKS_REFUSED or not post.blocks:
        raise refused
    _log.error("bug: Slack refused the blocks", key=say.key, error=refused.reason)
    return Post(post.text)
