"""What a person does in the workspace, and what they are shown for it.

Each act answers `{"ok": true, "ms": …}` (how long the app took to acknowledge) or
`{"ok": false, "error": …}` in the words that Slack shows.
"""

from __future__ import annotations

import re
import uuid

from bot.demo.workspace import inputs, messages, payloads, responses
from bot.demo.workspace.api import views
from bot.demo.workspace.api.marks import react
from bot.demo.workspace.deliveries import Ack, Courier
from bot.demo.workspace.model import Channel, Json, ResponseUrl, SlackError, User, View
from bot.demo.workspace.state import Workspace

_TROUBLE = "We had some trouble connecting. Try again?"
_LINK = re.compile(r"(?<![<|])https?://[^\s<>|]+")
_REFERENCE = re.compile(r"&lt;([@#!][A-Za-z0-9^|_.-]+)&gt;")


class Person:
    """One person's acts."""

    def __init__(self, courier: Courier, user: str) -> None:
        self._courier = courier
        self._workspace: Workspace = courier.workspace
        self.user: User = self._workspace.users[user]

    async def type(self, channel_id: str, text: str, thread: str = "") -> Json:
        """Sends what stands in the field below a channel or a thread."""
        channel = self._channel(channel_id)
        if text.startswith("/"):
            return await self._command(channel, text, thread)
        if channel.is_archived:
            return _refused("is_archived")
        if thread and thread not in channel.messages:
            return _refused("thread_not_found")
        author = {"user": self.user.id, "client_msg_id": str(uuid.uuid4())}
        said = {"text": self._mentioned(_escaped(text))}
        message = messages.post(self._courier, channel, author, said, thread)
        return {"ok": True, "ms": 0.0, "ts": message["ts"]}

    async def _command(self, channel: Channel, line: str, thread: str) -> Json:
        command, _, text = line.partition(" ")
        offered = {c["command"]: c for c in self._workspace.installed().commands}
        if command not in offered:
            return _refused(f"{command} is not a valid command.")
        if thread:  # [mem] facts/slack.md: slash commands do not work in threads
            return _refused(f"{command} is not supported in threads. Sorry!")
        text = _escaped(text.strip())
        if offered[command].get("should_escape"):
            text = self._with_ids(text)
        payload = payloads.slash_command(self._workspace, self.user, channel, command, text)
        ack = await self._courier.hand_over("slash_commands", payload)
        if not ack.ok:
            return _refused(f'{command} failed with the error "{ack.error}"')
        return self._take_words(ack, channel, command)

    def _take_words(self, ack: Ack, channel: Channel, command: str) -> Json:
        """Shows what the app said in the ack itself."""
        if ack.payload and (ack.payload.get("text") or ack.payload.get("blocks")):
            url = ResponseUrl("", channel.id, self.user.id, self._workspace.clock.now())
            try:
                responses.say(self._courier, url, ack.payload)
            except SlackError as error:
                return _refused(f'{command} failed with the error "{error.code}"')
        return _acked(ack)

    async def press(
        self,
        channel_id: str,
        ts: str,
        block_id: str,
        action_id: str,
        selected: object = None,
    ) -> Json:
        """Presses a button, or chooses in a select or a menu, of a message."""
        channel = self._channel(channel_id)
        message = self._message(channel, ts)
        element = inputs.find(message.get("blocks", []), block_id, action_id)
        if element is None:
            return _refused("there is no such element")
        values = self._workspace.inputs.setdefault(
            (self.user.id, ts), inputs.initial(message["blocks"])
        )
        action = self._action(element, block_id, selected, values)
        payload = payloads.press_in_message(
            self._workspace, self.user, channel, message, action, values
        )
        return _acked(await self._courier.hand_over("interactive", payload))

    async def press_in_view(
        self,
        view_id: str,
        block_id: str,
        action_id: str,
        selected: object = None,
        given: Json | None = None,
    ) -> Json:
        """The same in a modal or the Home; `given` is what its fields hold at that moment."""
        view = self._view(view_id)
        blocks = view.definition["blocks"]
        element = inputs.find(blocks, block_id, action_id)
        if element is None:
            return _refused("there is no such element")
        values = inputs.merged(blocks, given or {})
        action = self._action(element, block_id, selected, values)
        payload = payloads.press_in_view(self._workspace, self.user, view, action, values)
        return _acked(await self._courier.hand_over("interactive", payload))

    async def submit(self, view_id: str, given: Json) -> Json:
        """Submits a modal: `{"errors": {block: words}}` where it stays open for a mistake."""
        view = self._view(view_id)
        blocks = view.definition["blocks"]
        values = inputs.merged(blocks, given)
        errors = inputs.refused(blocks, values)
        if errors:
            return self._stay(view, errors)
        payload = payloads.submission(self._workspace, self.user, view, values)
        ack = await self._courier.hand_over("interactive", payload)
        if not ack.ok:
            return _refused(_TROUBLE)
        try:
            return self._respond(view, ack)
        except SlackError:
            return _refused(_TROUBLE)

    def _respond(self, view: View, ack: Ack) -> Json:
        """Does what the ack of a submission says; by default the modal closes."""
        answer = ack.payload or {}
        match answer.get("response_action"):
            case "errors":
                blocks = [b for b in view.definition["blocks"] if b["type"] == "input"]
                if not set(answer["errors"]) <= {block["block_id"] for block in blocks}:
                    raise SlackError("invalid_arguments")
                return self._stay(view, answer["errors"])
            case "update":
                definition = views.checked(self._workspace, answer["view"])
                views.replace(self._workspace, view, definition)
            case "push":
                definition = views.checked(self._workspace, answer["view"])
                views.show(self._workspace, self.user.id, definition, view)
            case "clear":
                self._close(views.stacked(self._workspace, self.user.id))
            case _:
                self._close([view])
        return _acked(ack)

    def dismiss(self, view_id: str) -> Json:
        """Closes a modal without submitting it."""
        view = self._view(view_id)
        self._close([view])
        if view.definition.get("notify_on_close"):
            payload = payloads.closed(self._workspace, self.user, view, cleared=False)
            self._workspace.spawn(self._tell(payload))
        return {"ok": True}

    async def shortcut(self, callback_id: str, channel_id: str = "", ts: str = "") -> Json:
        """A shortcut of the app: on a message where one is named, else a global one."""
        kind = "message" if ts else "global"
        offered = self._workspace.installed().shortcuts
        if not any(s["callback_id"] == callback_id and s["type"] == kind for s in offered):
            return _refused("there is no such shortcut")
        if ts:
            channel = self._channel(channel_id)
            message = self._message(channel, ts)
            payload = payloads.message_shortcut(
                self._workspace, self.user, channel, message, callback_id
            )
        else:
            payload = payloads.global_shortcut(self._workspace, self.user, callback_id)
        return _acked(await self._courier.hand_over("interactive", payload))

    def react(self, channel_id: str, ts: str, name: str) -> Json:
        channel = self._channel(channel_id)
        message = self._message(channel, ts)
        try:
            react(message, name, self.user.id)
        except SlackError as error:
            return _refused(error.code)
        self._workspace.changed(channel.id)
        self._event(
            "reaction_added",
            {
                "user": self.user.id,
                "reaction": name,
                "item": {"type": "message", "channel": channel.id, "ts": ts},
                "item_user": message.get("user"),
            },
        )
        return {"ok": True}

    def open_home(self) -> Json:
        """Opens the app's Home."""
        channel = self._workspace.direct(self.user.id)
        home = self._workspace.homes.get(self.user.id)
        event: Json = {"user": self.user.id, "channel": channel.id, "tab": "home"}
        if home is not None:
            event["view"] = payloads.shown_view(self._workspace, home, {})
        self._event("app_home_opened", event)
        return {"ok": True}

    def _event(self, kind: str, event: Json) -> None:
        if kind in self._workspace.installed().events:
            self._courier.announce({"type": kind, "event_ts": self._workspace.new_ts(), **event})

    def _action(self, element: Json, block_id: str, selected: object, values: Json) -> Json:
        """The act as the payload carries it; what is chosen goes into `values` too."""
        action = {**element, "block_id": block_id, "action_ts": self._workspace.new_ts()}
        for part in ("options", "option_groups"):
            action.pop(part, None)
        if element["type"] != "button":
            state = inputs.chosen(element, selected)
            action |= state
            if block_id in values:
                values[block_id][element["action_id"]] = state
        return action

    async def _tell(self, payload: Json) -> None:
        await self._courier.hand_over("interactive", payload)

    def _stay(self, view: View, errors: dict[str, str]) -> Json:
        view.errors = errors
        self._workspace.changed(None)
        return {"errors": errors}

    def _close(self, closing: list[View]) -> None:
        for view in closing:
            self._workspace.views.pop(view.id, None)
        self._workspace.changed(None)

    def _channel(self, channel_id: str) -> Channel:
        channel = self._workspace.channels.get(channel_id)
        if channel is None:
            raise SlackError("channel_not_found")
        if self.user.id not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def _message(self, channel: Channel, ts: str) -> Json:
        mine = [m for m in self._workspace.ephemerals if m["for_user"] == self.user.id]
        for message in [*channel.messages.values(), *mine]:
            if message["ts"] == ts:
                return message
        raise SlackError("message_not_found")

    def _view(self, view_id: str) -> View:
        home = self._workspace.homes.get(self.user.id)
        view = self._workspace.views.get(view_id)
        if view is None and home is not None and home.id == view_id:
            return home
        if view is None or view.user != self.user.id:
            raise SlackError("view_not_found")
        return view

    def _with_ids(self, text: str) -> str:
        """People, channels and links as a command with `should_escape` gets them."""
        known = {f"@{u.name}": f"<@{u.id}|{u.name}>" for u in self._workspace.users.values()}
        for channel in self._workspace.channels.values():
            if channel.kind == "public":
                known[f"#{channel.name}"] = f"<#{channel.id}|{channel.name}>"
        for typed in sorted(known, key=len, reverse=True):
            text = re.sub(rf"(?<![\w<|]){re.escape(typed)}(?![\w|>-])", known[typed], text)
        return _LINK.sub(r"<\g<0>>", text)

    def _mentioned(self, text: str) -> str:
        """`@handle` becomes a mention, as Slack's field makes it while one types."""
        for user in sorted(self._workspace.users.values(), key=lambda u: -len(u.name)):
            text = re.sub(rf"(?<![\w<])@{re.escape(user.name)}\b", f"<@{user.id}>", text)
        return text


def _escaped(text: str) -> str:
    """Typed text as Slack passes it on: `& < >` escaped, references to people and channels kept."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _REFERENCE.sub(r"<\1>", escaped)


def _acked(ack: Ack) -> Json:
    return {"ok": True, "ms": ack.ms} if ack.ok else _refused(ack.error or "")


def _refused(error: str) -> Json:
    return {"ok": False, "error": error}
