"""`POST /hooks/NAME`: a job's event, checked, matched, on disk, and only then acknowledged.

Laws kept here: nothing that a sender says names a host or a site (law 5: the rule that matched
does); 202 means on disk (law 8). Whatever is sent, the answer is never a 500.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from aiohttp import web
from pydantic import ValidationError
from pydantic_core import from_json

from bot.incidents.life import decide
from bot.webhooks import FORMATS
from bot.webhooks.auth import refusal
from bot.webhooks.event import JobEvent, digest
from bot.webhooks.gate import Gate
from bot.words import Voice
from probes.inventory import Hook, IncidentSettings, Inventory
from storage.errors import StoreError
from storage.job_model import Arrival, Decision, Target
from storage.jobs import Kept
from storage.store import Store

Json = Any
OnIncident = Callable[[str, Decision], None]
"""Told of each new event that belongs to an incident, after both are on disk. Must not wait."""

_log = structlog.get_logger(__name__)
_READ_SECONDS = 10.0
_AGAIN_SECONDS = 5.0
_STATUS = {
    "intake.unknown": 404,
    "intake.slow": 408,
    "intake.too-large": 413,
    "intake.not-json": 415,
    "intake.unreadable": 422,
    "intake.broken": 422,
    "intake.too-many": 429,
    "intake.not-kept": 503,
}


class Refused(Exception):  # noqa: N818 - it is what happened
    """The delivery is not taken. code: of words; again: seconds after which to send it again."""

    def __init__(self, code: str, again: float | None = None, **params: str | int) -> None:
        super().__init__(code)
        self.code, self.again, self.params = code, again, params


class Intake:
    """The route's work, for all hooks of an inventory. secrets: by hook name."""

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        secrets: Mapping[str, str],
        voice: Voice,
        on_incident: OnIncident | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._secrets, self._voice = store, secrets, voice
        self._hooks, self._settings = inventory.hooks, inventory.incidents
        self._on_incident, self._clock = on_incident, clock
        self._gates = {name: Gate(hook.per_minute) for name, hook in inventory.hooks.items()}

    async def take(self, request: web.Request) -> web.Response:
        """Answer one delivery: 202, or a problem in words."""
        try:
            return await self._within_bounds(self._hook(request.match_info["name"]), request)
        except Refused as refused:
            return self._problem(refused)
        except StoreError as error:
            _log.error("a job's event was not kept", error=str(error))
            return self._problem(Refused("intake.not-kept", _AGAIN_SECONDS))
        except Exception:  # noqa: BLE001 - never a 500: the sender keeps it and comes again
            _log.exception("a delivery broke the intake")
            return self._problem(Refused("intake.not-kept", _AGAIN_SECONDS))

    def _hook(self, name: str) -> Hook:
        if hook := self._hooks.get(name):
            return hook
        raise Refused("intake.unknown")

    async def _within_bounds(self, hook: Hook, request: web.Request) -> web.Response:
        gate = self._gates[hook.name]
        if gate.full:
            raise Refused("intake.too-many", 1.0)
        gate.inside += 1
        try:
            async with gate.places:
                body = await _body(request)
                self._authenticate(hook, request, body)
                if seconds := gate.wait(self._clock()):
                    raise Refused("intake.too-many", seconds)
                return await self._keep(hook, _events(hook, request, body))
        finally:
            gate.inside -= 1

    def _authenticate(self, hook: Hook, request: web.Request, body: bytes) -> None:
        tokens = request.query.getall("token", [])
        secret, now = self._secrets[hook.name], self._clock()
        if code := refusal(hook, request.headers, tokens, body, secret, now):
            _log.warning("a delivery was refused", hook=hook.name, why=code, remote=request.remote)
            raise Refused(code)

    async def _keep(self, hook: Hook, events: Sequence[JobEvent]) -> web.Response:
        now = self._clock()
        arrivals = [arrival(hook, event, now, self._settings) for event in events]
        kept = await self._store.jobs.take_in(
            arrivals, lambda known, came: decide(known, came, self._settings)
        )
        for one in kept:
            self._tell(one)
        return web.json_response(_answer(kept), status=202)

    def _tell(self, kept: Kept) -> None:
        if self._on_incident and kept.incident_id and kept.decision:
            try:
                self._on_incident(kept.incident_id, kept.decision)
            except Exception:  # noqa: BLE001 - it is kept, and the sender is not at fault
                _log.exception("nobody heard of an event", job_event=kept.event_id)

    def _problem(self, refused: Refused) -> web.Response:
        status = _STATUS.get(refused.code, 401)
        words = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,  # as RFC 9457 wants it for about:blank
            "status": status,
            "detail": self._voice(refused.code, **refused.params),
        }
        headers = {"Retry-After": str(ceil(refused.again))} if refused.again else {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return web.json_response(
            words, status=status, headers=headers, content_type="application/problem+json"
        )


def arrival(hook: Hook, event: JobEvent, now: float, settings: IncidentSettings) -> Arrival:
    """An event as it is kept: whose pair it is, and when it happened on our clock (a sender's
    clock that is ahead of ours counts as now)."""
    at = now if event.at is None else min(event.at, now)
    return Arrival(
        key=event.key(hook.name, now),
        hook=hook.name,
        job=event.job,
        status=event.status,
        at=at,
        began=at if event.started is None else min(event.started, at),
        ended=now if event.finished is None else at,
        received=now,
        fingerprint=digest(_fingerprint(event, settings)),
        target=target(hook, event),
        by=event.by,
        message=event.message,
        body={
            "sender_id": event.id,
            "started": event.started,
            "finished": event.finished,
            "labels": dict(event.labels),
            "severity": event.severity,
        },
        raw=event.raw,
    )


def target(hook: Hook, event: JobEvent) -> Target | None:
    """The pair of the first rule that fits; None: no rule does."""
    for rule in hook.match:
        labels = rule.labels.items()
        if fnmatchcase(event.job, rule.job) and all(
            name in event.labels and fnmatchcase(event.labels[name], pattern)
            for name, pattern in labels
        ):
            pair = rule.pair
            return Target(pair.id, pair.near, pair.far, rule.severity, rule.channel)
    return None


def _fingerprint(event: JobEvent, settings: IncidentSettings) -> list[str | None]:
    return [event.job if name == "job" else event.labels.get(name) for name in settings.fingerprint]


async def _body(request: web.Request) -> bytes:
    """The raw body. Nobody holds a place by sending slowly; compressed bodies are not read, for
    senders sign what they meant to send."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused("intake.not-json")
    try:
        async with asyncio.timeout(_READ_SECONDS):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused("intake.too-large") from None
    except TimeoutError:
        raise Refused("intake.slow") from None
    except Exception:  # noqa: BLE001 - however a body can break, it is the sender's
        raise Refused("intake.broken") from None


def _events(hook: Hook, request: web.Request, body: bytes) -> tuple[JobEvent, ...]:
    kind = request.content_type
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused("intake.not-json")
    try:
        payload = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise Refused("intake.broken") from None
    try:
        return FORMATS[hook.format](payload)
    except ValidationError as invalid:
        raise Refused(
            "intake.unreadable", mistakes=_mistakes(invalid), format=hook.format
        ) from None


def _mistakes(invalid: ValidationError) -> str:
    """Where and what, without what was said: an answer must not echo a sender's text."""
    found = invalid.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in found[:5])


def _answer(kept: Sequence[Kept]) -> dict[str, Json]:
    """The contract's answer for the first event; a delivery that holds several names them all."""
    each = [
        {"event": one.event_id, "incident": one.incident_id, "duplicate": one.duplicate}
        for one in kept
    ]
    first: dict[str, Json] = {"event": None, "incident": None, "duplicate": False}
    if each:
        first = {**each[0], "duplicate": all(one["duplicate"] for one in each)}
    return first if len(each) == 1 else {**first, "events": each}
