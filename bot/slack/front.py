"""What people do in Slack → the inbox → what is done about it.

A listener keeps what came, on disk, acknowledges, and wakes nothing of Slack's own: the work is
done in tasks of ours, which a kill can't lose: what was kept and not done is done at the next
start (law 8). A redelivery has the same key and starts nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.web.async_client import AsyncWebClient

from bot.desk import Desk
from bot.pages.access import PagesAccess
from bot.response import Quiet, Response
from bot.slack.api import SlackApi
from bot.slack.checks import Checks
from bot.slack.connection import Connection, Identity
from bot.slack.guard import guarded
from bot.slack.live import Live
from bot.slack.orders import Orders
from bot.slack.outbox import Outbox
from bot.slack.pace import Pace
from bot.slack.people import People
from bot.slack.pressing import Pressing, value_of
from bot.slack.reporting import Reporting
from bot.slack.telling import Teller, place_of
from bot.slack.views.buttons import PREFIX
from bot.slack.visit import Ends, Visit
from bot.words import Voice
from storage.inbox import Taken
from storage.outbox import Delivery
from storage.store import Store

log = structlog.get_logger(__name__)
Json = Any
Handler = Callable[[Visit], Awaitable[dict[str, Json]]]

DIRECT = ":direct"
"""The end of the key of what could only be said to whoever asked."""
TOO_OLD_SECONDS = 600.0
"""What was asked while nobody listened is answered, not acted on, when it is older than this:
whoever asked has gone on."""


class Front:
    """The bot's face in Slack: `register` its listeners, `start` its work, `close` it."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        voice: Voice,
        response: Response,
        pages: PagesAccess = PagesAccess(),  # noqa: B008 - frozen
    ) -> None:
        self._store, self._desk, self._voice = store, desk, voice
        self._response = response
        self._pages = pages
        self._handlers: dict[str, Handler] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_hand: set[str] = set()
        self._ready = asyncio.Event()

    def register(self, app: AsyncApp) -> None:
        """Tell bolt what we listen to. The manifest names the same (a test holds them)."""
        app.command("/replcheck")(guarded(self._command, self._voice))
        app.event("app_mention")(guarded(self._mention, self._voice))
        app.shortcut("replcheck_message")(guarded(self._shortcut, self._voice))
        app.action(re.compile(f"^{PREFIX}"))(guarded(self._action, self._voice))
        app.view(re.compile(f"^{PREFIX}"))(guarded(self._submission, self._voice))

    async def start(self, connection: Connection | None) -> None:
        """Take up what was left, and go on. Raises ValueError without a connection."""
        if connection is None:
            raise ValueError("a front in Slack needs a connection")
        self._spawn(self._go_on(connection))

    async def _go_on(self, connection: Connection) -> None:
        """As soon as Slack has said who we are: without that nothing can be asked of it."""
        identity = await connection.authorised()
        self._wire(connection.client, identity)
        for work in (self._outbox.run(), self._live.run(), self._checks.run()):
            self._spawn(work)
        self._spawn(self._response.run(self._reporting.begin, self._reporting.over))
        self._take_up(await self._store.inbox.undone())
        self._ready.set()

    def _take_up(self, undone: Iterable[Taken]) -> None:
        """What was kept and not done; what has come since the start is in hand already."""
        for taken in undone:
            if taken.kind in self._handlers and taken.key not in self._in_hand:
                self._begin(taken, Ends())

    def _wire(self, client: AsyncWebClient, identity: Identity) -> None:
        store, inventory, pace = self._store, self._desk.inventory, Pace()
        self._api = api = SlackApi(client, identity.team_id)
        self._people = people = People(api, time.monotonic)
        self._outbox = outbox = Outbox(store, api, pace, self._undelivered)
        self._live = Live(store.outbox.ts_of, api, pace)
        teller = Teller(store, outbox, people, inventory, identity, self._pages)
        self._checks = Checks(store, self._desk, outbox, self._live, teller)
        self._reporting = Reporting(
            store, self._checks, outbox, people, teller, inventory, Quiet(self._desk)
        )
        orders = Orders(store, self._checks, outbox, people)
        pressing = Pressing(store, self._checks, orders, outbox, people, teller)
        self._handlers = {
            "typed": orders.typed,
            "pressed": pressing.pressed,
            "submitted": pressing.submitted,
            "shortcut": pressing.shortcut,
        }

    async def _undelivered(self, delivery: Delivery, why: str) -> None:
        """A verdict that Slack will never take in its place goes to whoever asked."""
        say = delivery.say
        check, _, what = say.key.partition(":")
        if what != "reply":
            return
        place = place_of(await self._store.check(check))
        if place and say.channel == place.channel:
            direct = await self._api.direct(place.user)
            told = replace(say, key=say.key + DIRECT, channel=direct, thread=None)
            await self._outbox.say(replace(told, thread_ts=None))
            log.warning("told in private", key=say.key, why=why)

    async def close(self, grace: float) -> None:
        """Interrupt what runs, say so while there is time, and end."""
        await self._desk.close(grace / 2)
        if self._ready.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(grace / 2):
                    await self._say_the_rest()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _say_the_rest(self) -> None:
        await self._checks.close()
        while (await self._outbox.depth()).waiting:  # noqa: ASYNC110 - the record tells nobody
            await asyncio.sleep(0.05)

    # --- listeners --------------------------------------------------------------------

    async def _command(self, args: AsyncArgs) -> None:
        body = args.body
        asked = {"text": body.get("text") or "", "user": body["user_id"]}
        asked["channel"] = body["channel_id"]
        await self._take_in(args, "typed", body["trigger_id"], asked)

    async def _mention(self, args: AsyncArgs) -> None:
        event = args.body["event"]
        if event.get("bot_id") or event.get("edited"):
            return
        asked = {name: event.get(name) for name in ("text", "user", "channel")}
        asked["thread"] = event.get("thread_ts")
        await self._take_in(args, "typed", args.body["event_id"], asked)

    async def _shortcut(self, args: AsyncArgs) -> None:
        body, message = args.body, args.body["message"]
        asked = {
            "text": message.get("text") or "",
            "user": body["user"]["id"],
            "channel": body["channel"]["id"],
            "thread": message.get("thread_ts") or message["ts"],
        }
        await self._take_in(args, "shortcut", body["trigger_id"], asked)

    async def _action(self, args: AsyncArgs) -> None:
        body, action = args.body, args.body["actions"][0]
        message = body.get("message") or {}
        view = body.get("view") or {}
        asked = {
            "action": action["action_id"],
            "value": action.get("value", ""),
            "user": body["user"]["id"],
            "channel": (body.get("channel") or {}).get("id")
            or value_of(view.get("private_metadata", "")).get("channel"),
            "thread": message.get("thread_ts"),
            "view": view.get("id"),
        }
        await self._take_in(args, "pressed", body["trigger_id"], asked)

    async def _submission(self, args: AsyncArgs) -> None:
        body, view = args.body, args.body["view"]
        metadata = value_of(view["private_metadata"])
        asked = {
            "callback": view["callback_id"],
            "metadata": view["private_metadata"],
            "values": view["state"]["values"],
            "user": body["user"]["id"],
            "channel": metadata.get("channel"),
            "thread": metadata.get("thread"),
        }
        await self._take_in(args, "submitted", view["id"], asked)

    async def _take_in(self, args: AsyncArgs, kind: str, key: str, asked: dict[str, Json]) -> None:
        """On disk, then acknowledged, then done. key: Slack's own name for the request, the same
        however often it is delivered; as a digest, since it also opens dialogs."""
        digest = hashlib.sha256(key.encode()).hexdigest()[:24]
        taken = Taken(f"{kind}:{digest}", kind, asked, time.time())
        fresh = await self._store.inbox.take_in(taken.key, kind, asked, taken.at)
        await args.ack()
        if fresh:
            self._begin(taken, Ends(args.body.get("response_url"), args.body.get("trigger_id")))

    # --- work -------------------------------------------------------------------------

    def _begin(self, taken: Taken, ends: Ends) -> None:
        self._in_hand.add(taken.key)
        self._spawn(self._act(taken, ends))

    async def _act(self, taken: Taken, ends: Ends) -> None:
        """Do what was asked, once; whatever goes wrong, whoever asked hears of it."""
        await self._ready.wait()
        visit = await self._visit(taken, ends)
        answer: dict[str, Json] = {}
        try:
            if ends.trigger_id is None and time.time() - taken.at > TOO_OLD_SECONDS:
                await visit.refuse("asked-while-down")
            else:
                answer = await self._handlers[taken.kind](visit)
                await visit.seen()
        except Exception:
            log.exception("what was asked could not be done", key=taken.key, kind=taken.kind)
            await visit.refuse("broken")
        await self._store.inbox.done_with(taken.key, answer, time.time())
        self._in_hand.discard(taken.key)

    async def _visit(self, taken: Taken, ends: Ends) -> Visit:
        body = taken.body
        person, room = await asyncio.gather(
            self._people.person(body["user"]), self._people.room(body["channel"])
        )
        inventory = self._desk.inventory
        return Visit(taken, ends, person, room, inventory, self._store, self._api)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception():
            log.error("a task of the front broke", exc_info=task.exception())
