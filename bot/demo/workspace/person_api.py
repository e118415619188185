"""The person's API: what a browser, or a test, does as one of the people. No part of Slack."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.faults import Fault
from bot.demo.workspace.model import Json, SlackError
from bot.demo.workspace.person import Person
from bot.demo.workspace.person_view import seen
from bot.demo.workspace.state import Workspace

Act = Callable[[Person, Json], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class PersonApi:
    """Answers `/_/…`."""

    workspace: Workspace
    courier: Courier

    def routes(self) -> list[web.RouteDef]:
        acts = {
            "type": _type,
            "press": _press,
            "submit": _submit,
            "dismiss": _dismiss,
            "shortcut": _shortcut,
            "react": _react,
            "home": _home,
        }
        return [
            web.get("/_/state", self.state),
            web.get("/_/stream", self.stream),
            web.get("/_/calls", self.calls),
            web.get("/_/deliveries", self.deliveries),
            web.get("/_/faults", self.faults),
            web.post("/_/faults", self.set_faults),
            *(web.post(f"/_/{name}", self._doing(act)) for name, act in acts.items()),
        ]

    async def state(self, request: web.Request) -> web.Response:
        user = self.workspace.users.get(request.query.get("as", ""))
        if user is None:
            return web.json_response({"ok": False, "error": "user_not_found"}, status=404)
        return web.json_response(seen(self.workspace, user, request.query.get("channel", "")))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: one for every change, the present number at once."""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        changes = self.workspace.watch()
        change: Json = {"seq": self.workspace.seq, "channel": None}
        try:
            while True:
                await response.write(f"data: {json.dumps(change)}\n\n".encode())
                change = await changes.get()
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            self.workspace.unwatch(changes)

    async def calls(self, _request: web.Request) -> web.Response:
        return web.json_response({"calls": self.workspace.calls})

    async def deliveries(self, _request: web.Request) -> web.Response:
        return web.json_response({"deliveries": self.workspace.deliveries})

    async def faults(self, _request: web.Request) -> web.Response:
        return web.json_response({"faults": self.workspace.faults.shown()})

    async def set_faults(self, request: web.Request) -> web.Response:
        """Sets faults; `faults` says in which shape."""
        asked: Json = await request.json()
        faults, sockets = self.workspace.faults, self.courier.sockets
        try:
            adding = [Fault(**fault) for fault in asked.get("add", ())]
        except (TypeError, ValueError) as mistake:
            return web.json_response({"ok": False, "error": str(mistake)}, status=400)
        if asked.get("clear"):
            faults.clear()
        if "seed" in asked:
            faults.seed(asked["seed"])
        faults.add(*adding)
        match asked.get("sockets"):
            case "drop":
                sockets.drop()
            case "half_open":
                sockets.half_open()
            case "refresh":
                self.workspace.spawn(sockets.refresh())
        return web.json_response({"ok": True, "faults": faults.shown()})

    def _doing(self, act: Act) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            asked: Json = await request.json()
            if asked.get("as") not in self.workspace.users:
                return web.json_response({"ok": False, "error": "user_not_found"})
            person = Person(self.courier, asked["as"])
            try:
                return web.json_response(await act(person, asked))
            except SlackError as refusal:
                return web.json_response({"ok": False, "error": refusal.code})
            except KeyError as missing:
                error = f"the request has no {missing}"
                return web.json_response({"ok": False, "error": error}, status=400)

        return answer


async def _type(person: Person, asked: Json) -> Json:
    return await person.type(asked["channel"], asked["text"], asked.get("thread_ts") or "")


async def _press(person: Person, asked: Json) -> Json:
    block_id, action_id, selected = asked["block_id"], asked["action_id"], asked.get("selected")
    if asked.get("view_id"):
        given = asked.get("values")
        return await person.press_in_view(asked["view_id"], block_id, action_id, selected, given)
    return await person.press(asked["channel"], asked["ts"], block_id, action_id, selected)


async def _submit(person: Person, asked: Json) -> Json:
    return await person.submit(asked["view_id"], asked.get("values", {}))


async def _dismiss(person: Person, asked: Json) -> Json:
    return person.dismiss(asked["view_id"])


async def _shortcut(person: Person, asked: Json) -> Json:
    channel, ts = asked.get("channel") or "", asked.get("ts") or ""
    return await person.shortcut(asked["callback_id"], channel, ts)


async def _react(person: Person, asked: Json) -> Json:
    return person.react(asked["channel"], asked["ts"], asked["name"])


async def _home(person: Person, _asked: Json) -> Json:
    return person.open_home()
