"""Deliveries to the app: commands, presses and events, over Socket Mode or signed HTTP.

A command or a press is delivered once, and the person is told if no ack comes within 3 seconds. An
event is tried again at once, after a minute and after five (facts/slack.md, Limits), under the
same event_id.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

import aiohttp

from bot.demo.workspace.clock import within
from bot.demo.workspace.faults import Fault
from bot.demo.workspace.model import App, Json
from bot.demo.workspace.sockets import NotConnectedError, Sockets
from bot.demo.workspace.state import Workspace

Kind = Literal["slash_commands", "interactive", "events_api"]
_NOT_INTERACTIVE = "This app is not configured to handle interactive responses."
_RETRY_AFTER = (0.0, 60.0, 300.0)


@dataclass(frozen=True, slots=True)
class Ack:
    """What came of a delivery; `error` is how Slack names the failure to the person."""

    ok: bool
    error: str | None
    payload: Json | None
    ms: float


class Courier:
    """Carries deliveries to the installed app."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.sockets = Sockets(workspace)
        self._http: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def hand_over(self, kind: Kind, payload: Json) -> Ack:
        """Delivers a command or a press, and waits for the ack."""
        if kind == "interactive" and not self.workspace.installed().interactive:
            return Ack(False, _NOT_INTERACTIVE, None, 0.0)
        return await self._with_faults(kind, _envelope(kind, payload), (kind,))

    def announce(self, event: Json) -> None:
        """Delivers an event beside the caller, where the app has subscribed to it."""
        self.workspace.spawn(self._announce(event))

    async def _announce(self, event: Json) -> None:
        payload = self._callback(event)
        names = ("events_api", f"event:{event['type']}")
        reason = ""
        for attempt, pause in enumerate((0.0, *_RETRY_AFTER)):
            await self.workspace.clock.sleep(pause)
            envelope = _envelope("events_api", payload)
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
            ack = await self._with_faults("events_api", envelope, names)
            if ack.ok:
                return
            reason = "timeout" if ack.error == "operation_timeout" else "http_error"

    def _callback(self, event: Json) -> Json:
        workspace, app = self.workspace, self.workspace.installed()
        return {
            "token": app.verification_token,
            "team_id": workspace.team_id,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": workspace.new_id("Ev"),
            "event_time": int(workspace.clock.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": workspace.team_id,
                    "user_id": app.bot_user,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": self._shared(event),
        }

    def _shared(self, event: Json) -> bool:
        channel = self.workspace.channels.get(event.get("channel", ""))
        return channel is not None and channel.is_ext_shared

    async def _with_faults(self, kind: Kind, envelope: Json, names: tuple[str, ...]) -> Ack:
        faults = self.workspace.faults
        late = faults.strike(("late",), *names)
        if late is not None:
            await self.workspace.clock.sleep(late.seconds)
        ack = await self._once(kind, envelope)
        again = faults.strike(("repeat",), *names)
        if again is not None:
            self.workspace.spawn(self._repeat(kind, envelope, again))
        if faults.strike(("lost_ack",), *names) is not None:
            return Ack(False, "operation_timeout", None, ack.ms)
        return ack

    async def _repeat(self, kind: Kind, envelope: Json, fault: Fault) -> None:
        await self.workspace.clock.sleep(fault.seconds)
        await self._once(kind, envelope)

    async def _once(self, kind: Kind, envelope: Json) -> Ack:
        """One attempt, written down in the workspace's log of deliveries."""
        workspace = self.workspace
        entry: Json = {"at": workspace.clock.now(), **envelope}
        workspace.deliveries.append(entry)
        app = workspace.installed()
        began = time.perf_counter()
        send = self.sockets.send(envelope) if app.socket_mode else self._post(app, kind, envelope)
        try:
            answer = await within(workspace.clock, workspace.ack_seconds, send)
        except TimeoutError:
            ack = Ack(False, "operation_timeout", None, _since(began))
        except (NotConnectedError, aiohttp.ClientError):
            ack = Ack(False, "dispatch_failed", None, _since(began))
        else:
            ack = Ack(True, None, answer, _since(began))
        entry |= {"ok": ack.ok, "error": ack.error, "answer": ack.payload, "ms": ack.ms}
        return ack

    async def _post(self, app: App, kind: Kind, envelope: Json) -> Json | None:
        """One signed request; aiohttp.ClientError where the app does not answer 200."""
        body, headers = _request(kind, envelope)
        stamp = str(int(self.workspace.clock.now()))
        headers |= {
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(app.tokens.signing_secret, stamp, body),
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        }
        if self._http is None:
            self._http = aiohttp.ClientSession()
        url = app.urls[kind]
        async with self._http.post(url, data=body, headers=headers) as response:
            response.raise_for_status()
            text = await response.text()
        return _answer(text)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The v0 signature: HMAC-SHA256 over `v0:timestamp:body`."""
    base = f"v0:{stamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def _envelope(kind: Kind, payload: Json) -> Json:
    return {
        "envelope_id": str(uuid.uuid4()),
        "type": kind,
        "accepts_response_payload": kind != "events_api",
        "payload": payload,
    }


def _request(kind: Kind, envelope: Json) -> tuple[bytes, dict[str, str]]:
    """The body and headers that say over HTTP what the envelope says over a socket."""
    payload = envelope["payload"]
    if kind == "events_api":
        headers = {"Content-Type": "application/json"}
        if envelope.get("retry_attempt"):
            timed_out = envelope["retry_reason"] == "timeout"
            headers["X-Slack-Retry-Num"] = str(envelope["retry_attempt"])
            headers["X-Slack-Retry-Reason"] = "http_timeout" if timed_out else "http_error"
        return json.dumps(payload).encode(), headers
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return urlencode(fields).encode(), headers


def _answer(text: str) -> Json | None:
    """The body of an ack: JSON, or plain words for the person who typed a command."""
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else None


def _since(began: float) -> float:
    return round((time.perf_counter() - began) * 1000, 1)
