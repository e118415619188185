"""The calls to Slack that we make, in our own words.

Each is made once, bounded in time, and ends well or in one of the four types of
`bot.slack.failures`; whether to try again is the caller's to know. The client comes without the
SDK's retry handlers: they repeat a post that may stand already.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from functools import partial
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.failures import Unsure, answer_of_response_url, answer_of_upload, told
from bot.slack.model import Attachment, Dialog, Person, Post, Room
from bot.words import LANGUAGES

Json = Any

_SECONDS = 10.0  # for one call
_UPLOAD_SECONDS = 60.0  # for a file's bytes
_PAGE = 200
_PAGES = 25  # the most that one question reads
_CLOCKS_APART = 300.0  # seconds that Slack's clock and ours may differ by
_KINDS = "public_channel,private_channel"
SAID = "replcheck_said"


class SlackApi:
    """Slack, for one workspace. team: the workspace's id (`auth.test` tells it).

    Everything raises Refused, Busy, Unsure or Down."""

    def __init__(self, client: AsyncWebClient, team: str, seconds: float = _SECONDS) -> None:
        self._client = client
        self._team = team
        self._seconds = seconds

    # --- what is said -----------------------------------------------------------------

    async def post(self, channel: str, post: Post, key: str, thread_ts: str | None = None) -> str:
        """Post it, marked with its key. Returns Slack's name for it (its ts)."""
        sent = await self._call(
            self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread_ts,
                metadata={"event_type": SAID, "event_payload": {"key": key}},
                unfurl_links=False,
                unfurl_media=False,
                **_words(post),
            )
        )
        return str(sent["ts"])

    async def edit(self, channel: str, ts: str, post: Post) -> None:
        """Show this instead. Its key stays with the message: Slack keeps metadata that an
        edit does not name."""
        blocks = list(post.blocks)  # none: an empty list takes those of before away
        await self._call(
            self._client.chat_update(channel=channel, ts=ts, text=post.text, blocks=blocks)
        )

    async def whisper(
        self, channel: str, user: str, post: Post, thread_ts: str | None = None
    ) -> None:
        """Show it to one person, until they load the channel anew."""
        await self._call(
            self._client.chat_postEphemeral(
                channel=channel, user=user, thread_ts=thread_ts, **_words(post)
            )
        )

    async def respond(self, response_url: str, post: Post, *, replace: bool = False) -> None:
        """Answer a command or a press, to that person alone; 5 times in 30 minutes
        (facts/slack.md, Limits), then Refused. replace: instead of the answer pressed on."""
        client = AsyncWebhookClient(
            response_url,
            session=self._client.session,
            proxy=self._client.proxy,
            ssl=self._client.ssl,
            retry_handlers=[],
        )
        body = {**_words(post), "response_type": "ephemeral", "replace_original": replace}
        with told():
            async with asyncio.timeout(self._seconds):
                answer = await client.send_dict(body)
        answer_of_response_url(answer.status_code, answer.headers, answer.body)

    # --- files ------------------------------------------------------------------------

    async def upload(self, attachment: Attachment) -> str:
        """Bring the bytes to Slack, where nobody sees them yet. Returns the file's id."""
        place = await self._call(
            self._client.files_getUploadURLExternal(
                filename=attachment.name,
                length=len(attachment.content),
                alt_txt=attachment.alt_text or None,
            )
        )
        session = self._client.session
        if session is None:
            raise RuntimeError("give the client a session: uploads share it")
        with told():
            async with (
                asyncio.timeout(_UPLOAD_SECONDS),
                session.post(
                    str(place["upload_url"]),
                    data=attachment.content,
                    proxy=self._client.proxy,
                    ssl=self._client.ssl or True,
                ) as answer,
            ):
                answer_of_upload(answer.status, answer.headers)
        return str(place["file_id"])

    async def share(
        self,
        channel: str,
        file_id: str,
        title: str,
        comment: str = "",
        thread_ts: str | None = None,
    ) -> None:
        """Show an uploaded file. Slack posts it a little later, and does not say as what."""
        await self._call(
            self._client.files_completeUploadExternal(
                files=[{"id": file_id, "title": title}],
                channel_id=channel,
                initial_comment=comment or None,
                thread_ts=thread_ts,
            )
        )

    # --- what was said ----------------------------------------------------------------

    async def find_said(
        self, channel: str, thread_ts: str | None, key: str, since: float
    ) -> str | None:
        """The ts of our message with this key, if it stands there. since: epoch seconds."""
        async for message in self._messages(channel, thread_ts, since):
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == SAID and _payload(metadata).get("key") == key:
                return str(message["ts"])
        return None

    async def find_shared(
        self, channel: str, thread_ts: str | None, file_id: str, since: float
    ) -> str | None:
        """The ts of the message that shows this file, if it stands there."""
        async for message in self._messages(channel, thread_ts, since):
            if any(file.get("id") == file_id for file in message.get("files") or ()):
                return str(message["ts"])
        return None

    async def permalink(self, channel: str, ts: str) -> str:
        """The message's address, for people."""
        found = await self._call(self._client.chat_getPermalink(channel=channel, message_ts=ts))
        return str(found["permalink"])

    # --- dialogs ----------------------------------------------------------------------

    async def open_dialog(self, trigger_id: str, dialog: Dialog) -> str:
        """Open it, within 3 s of the press. Returns its view's id."""
        opened = await self._call(self._client.views_open(trigger_id=trigger_id, view=dialog.view))
        return str(opened["view"]["id"])

    async def update_dialog(self, view_id: str, dialog: Dialog) -> None:
        """Show this in an open dialog instead."""
        await self._call(self._client.views_update(view_id=view_id, view=dialog.view))

    # --- who and where ----------------------------------------------------------------

    async def person(self, user: str) -> Person:
        """Who it is."""
        found = await self._call(self._client.users_info(user=user, include_locale=True))
        return _person(found["user"], self._team)

    async def room(self, channel: str) -> Room:
        """Which channel it is."""
        found = await self._call(self._client.conversations_info(channel=channel))
        return _room(found["channel"])

    async def rooms(self) -> tuple[Room, ...]:
        """The channels that we see: the public ones, and the private ones that we are in."""
        found: list[Room] = []
        cursor = ""
        for _ in range(_PAGES):
            page = await self._call(
                self._client.conversations_list(
                    types=_KINDS, exclude_archived=True, limit=_PAGE, cursor=cursor
                )
            )
            found += [_room(channel) for channel in page["channels"]]
            if not (cursor := _next(page)):
                break
        return tuple(found)

    async def group_members(self, group: str) -> tuple[str, ...]:
        """The ids of a user group's people."""
        found = await self._call(self._client.usergroups_users_list(usergroup=group))
        return tuple(found["users"])

    async def direct(self, user: str) -> str:
        """The channel of our direct messages with somebody."""
        opened = await self._call(self._client.conversations_open(users=user))
        return str(opened["channel"]["id"])

    # ----------------------------------------------------------------------------------

    async def _messages(
        self, channel: str, thread_ts: str | None, since: float
    ) -> AsyncIterator[dict[str, Json]]:
        """What was posted in a thread, or in the channel itself, since then."""
        cursor, oldest = "", f"{since - _CLOCKS_APART:.6f}"
        history, replies = self._client.conversations_history, self._client.conversations_replies
        for _ in range(_PAGES):
            ask = partial(replies, ts=thread_ts) if thread_ts else history
            page = await self._call(
                ask(
                    channel=channel,
                    oldest=oldest,
                    limit=_PAGE,
                    cursor=cursor,
                    include_all_metadata=True,
                )
            )
            for message in page["messages"]:
                yield message
            if not (cursor := _next(page)):
                return

    async def _call(self, call: Awaitable[AsyncSlackResponse]) -> dict[str, Json]:
        with told():
            async with asyncio.timeout(self._seconds):
                answer = await call
        data = answer.data
        if not isinstance(data, dict):
            raise Unsure("no_answer_of_slack")
        return data


def _words(post: Post) -> dict[str, Json]:
    return {"text": post.text, "blocks": list(post.blocks) or None}


def _payload(metadata: dict[str, Json]) -> dict[str, Json]:
    payload = metadata.get("event_payload")
    return payload if isinstance(payload, dict) else {}


def _next(page: dict[str, Json]) -> str:
    return str((page.get("response_metadata") or {}).get("next_cursor") or "")


def _person(user: dict[str, Json], team: str) -> Person:
    """Of another organisation: Slack says so, or the home team is neither ours nor one beside
    ours in the same enterprise."""
    lang = str(user.get("locale") or "").partition("-")[0]
    beside = (user.get("enterprise_user") or {}).get("teams") or ()
    foreign = user.get("team_id") != team and team not in beside
    return Person(
        id=str(user["id"]),
        name=_name(user),
        lang=lang if lang in LANGUAGES else None,
        zone=user.get("tz") or None,
        foreign=bool(user.get("is_stranger")) or foreign,
    )


def _name(user: dict[str, Json]) -> str:
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), user.get("real_name"), user.get("name"), user["id"])
    return str(next(name for name in names if name))


def _room(channel: dict[str, Json]) -> Room:
    """Shared: also where an invitation is out, and where Slack does not say (a direct message
    never says, and is ours)."""
    direct = bool(channel.get("is_im") or channel.get("is_mpim"))
    shared = channel.get("is_ext_shared", not direct) or channel.get("is_pending_ext_shared")
    return Room(
        id=str(channel["id"]),
        name=str(channel.get("name") or ""),
        member=bool(channel.get("is_member", direct)),
        private=bool(channel.get("is_private", True)),
        direct=direct,
        shared=bool(shared),
    )
