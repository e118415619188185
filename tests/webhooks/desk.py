"""An intake as `serve` has it, on loopback, and senders who sign."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer

from bot.intake import Intake, OnIncident
from bot.web import Troubles, web_app
from bot.words import Voice
from probes.inventory import Hook, IncidentSettings, Inventory, MatchRule
from probes.model import Pair
from storage.store import Store

Json = Any
NOW = 1_795_000_000.0
SECRET = "a secret of this test"
SEOUL = Pair("seoul", "busan", "avamar-datadomain")
JEJU = Pair("jeju", "busan", "avamar-datadomain")


def rule(pair: Pair = SEOUL, job: str = "repl-seoul-*", **labels: str) -> MatchRule:
    return MatchRule(pair, job, labels, "#backup-incidents", "major")


def hook(name: str = "avamar", **changes: Json) -> Hook:
    given: dict[str, Json] = {
        "format": "generic",
        "auth": "hmac",
        "secret": "HOOK_SECRET",
        "require_timestamp": False,
        "per_minute": 60_000,
        "match": (rule(),),
    }
    return Hook(name=name, **(given | changes))


def inventory(*hooks: Hook, settings: IncidentSettings = IncidentSettings()) -> Inventory:  # noqa: B008
    return Inventory(
        path=Path("sites.toml"),
        sites={},
        segments=(),
        pairs=(SEOUL, JEJU),
        hooks={one.name: one for one in hooks},
        incidents=settings,
    )


def signed(body: bytes, secret: str = SECRET, at: int | None = None) -> dict[str, str]:
    """The headers of the contract's signature, with a timestamp or without."""
    text = body if at is None else str(at).encode() + b"." + body
    found = hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Replcheck-Signature": f"sha256={found}"}
    return headers if at is None else headers | {"X-Replcheck-Timestamp": str(at)}


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Sender:
    """Whoever posts to the hooks."""

    client: TestClient[Any, Any]
    store: Store
    clock: Clock
    intake: Intake

    async def post(
        self, payload: Json, name: str = "avamar", headers: Mapping[str, str] | None = None
    ) -> ClientResponse:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        given = signed(body) if headers is None else headers
        return await self.client.post(f"/hooks/{name}", data=body, headers=given)

    async def tell(self, job: str = "repl-seoul-1", **said: Json) -> dict[str, Json]:
        """Post a generic event, which must be taken."""
        answer = await self.post({"job": job, "status": "failed", **said})
        assert answer.status == 202, await answer.text()
        told: dict[str, Json] = await answer.json()
        return told


async def _no_troubles() -> Troubles:
    return {}


@asynccontextmanager
async def sending(
    path: Path,
    *hooks: Hook,
    settings: IncidentSettings = IncidentSettings(),  # noqa: B008
    on_incident: OnIncident | None = None,
) -> AsyncIterator[Sender]:
    """The web application of `serve` with these hooks over a record at `path`."""
    clock = Clock()
    all_hooks = hooks or (hook(),)
    async with await Store.open(path) as store:
        intake = Intake(
            store,
            inventory(*all_hooks, settings=settings),
            {one.name: SECRET for one in all_hooks},
            Voice("en"),
            on_incident,
            clock,
        )
        async with TestClient(TestServer(web_app(None, _no_troubles, intake))) as client:
            yield Sender(client, store, clock, intake)
