"""A small app behind the workspace: notes what reaches it, opens the modal that tests fill."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from tests.slack.page.scene import Scene

Json = dict[str, Any]


def words(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str) -> Json:
    return {"text": words(text), "value": text.lower()}


def button(text: str, action: str, **more: object) -> Json:
    return {"type": "button", "action_id": action, "text": words(text), "value": "c12", **more}


def acts(*elements: Json) -> list[Json]:
    return [{"type": "actions", "block_id": "acts", "elements": list(elements)}]


def asked(block: str, label: str, element: Json, **more: Any) -> Json:
    """An input block; its element's action is named as the block."""
    element = {"action_id": block, **element}
    return {"type": "input", "block_id": block, "label": words(label), "element": element, **more}


def modal(*blocks: Json, title: str = "Share the summary") -> Json:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": words(title),
        "submit": words("Share"),
        "close": words("Cancel"),
        "blocks": list(blocks),
    }


@dataclass
class App:
    """heard: the payloads, in order. view: what a press of a button named "open" opens. answer:
    what a submission is acked with; slow: acks of presses wait for it."""

    heard: list[Json] = field(default_factory=list)
    view: Json = field(default_factory=dict)
    answer: Json = field(default_factory=dict)
    slow: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, condition: Callable[[Json], bool], seconds: float = 5.0) -> Json:
        """The first payload for which the condition holds; TimeoutError where none comes."""
        async with asyncio.timeout(seconds):
            while True:
                for payload in self.heard:
                    if condition(payload):
                        return payload
                await asyncio.sleep(0.01)

    async def action(self, action_id: str) -> Json:
        """The action of this id, as it arrives."""
        payload = await self.until(
            lambda each: any(a["action_id"] == action_id for a in each.get("actions", ()))
        )
        return dict(next(a for a in payload["actions"] if a["action_id"] == action_id))

    async def submitted(self) -> Json:
        """A submission's values, by block."""
        payload = await self.until(lambda each: each.get("type") == "view_submission")
        values: Json = payload["view"]["state"]["values"]
        return {block: next(iter(actions.values())) for block, actions in values.items()}


@asynccontextmanager
async def connected(here: Scene) -> AsyncIterator[App]:
    """The app over Socket Mode."""
    app = App()
    app.slow.set()
    handler: Any = AsyncSocketModeHandler(_bolt(here, app), here.app_token)
    await handler.connect_async()
    try:
        yield app
    finally:
        await handler.close_async()


def _bolt(here: Scene, app: App) -> AsyncApp:
    bolt = AsyncApp(client=here.client)

    @bolt.middleware
    async def _note(body: Json, next: Callable[[], Any]) -> None:  # noqa: A002 - Bolt's own name
        app.heard.append(body)
        await next()

    @bolt.command("/replcheck")
    async def _command(ack: Any, body: Json) -> None:
        await ack(f"Taken: {body['text']}")

    @bolt.action(re.compile(".*"))
    async def _action(ack: Any, body: Json, client: Any) -> None:
        await app.slow.wait()
        await ack()
        if body["actions"][0]["action_id"] == "open":
            await client.views_open(trigger_id=body["trigger_id"], view=app.view)

    @bolt.view("form")
    async def _view(ack: Any) -> None:
        await ack(**app.answer)

    @bolt.shortcut("check_this")
    async def _shortcut(ack: Any) -> None:
        await ack()

    return bolt
