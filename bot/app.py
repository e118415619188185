"""The only place where parts are wired together: the record, the SSH client, the story."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.check import AskConsent, Listener, parse, run_check
from bot.document import iso
from bot.recall import recall
from bot.request import CheckRequest, CheckResult
from probes.inventory import Inventory
from probes.model import Context, Evidence
from probes.ssh import SshTransport
from storage.store import Store

Json = Any


async def check(
    request: CheckRequest,
    inventory: Inventory,
    db: Path,
    *,
    listener: Listener,
    ask_consent: AskConsent,
    stop: asyncio.Event,
    lang: str,
) -> CheckResult:
    """One check over SSH, kept in the record. Raises StoreError."""
    async with await Store.open(db) as store:
        return await run_check(
            request,
            inventory,
            store,
            _over_ssh,
            listener=listener,
            ask_consent=ask_consent,
            stop=stop,
            lang=lang,
        )


async def incidents(db: Path) -> list[dict[str, Json]]:
    """The contract's `incidents list --json`."""
    async with await Store.open(db) as store:
        return await store.list_incidents()


async def incident(db: Path, incident_id: str) -> dict[str, Json]:
    """The contract's `incidents show ID --json`. Raises StoreError if there is none."""
    async with await Store.open(db) as store:
        return await store.incident(incident_id)


async def audit(db: Path, last: int) -> list[dict[str, Json]]:
    """The newest entries of the audit trail, oldest of them first; `at` in ISO 8601."""
    async with await Store.open(db) as store:
        trail = await store.audit.trail(last)
    return [{**asdict(entry), "at": iso(entry.at)} for entry in trail]


async def evidence_of(db: Path, record: Mapping[str, Json]) -> dict[str, Evidence]:
    """What each check of an incident's record has learnt, by the check's id."""
    async with await Store.open(db) as store:
        ids = [check["id"] for check in record["checks"]]
        return {check_id: await store.load_evidence(check_id, parse) for check_id in ids}


async def judged_again(
    db: Path, check_id: str, lang: str
) -> tuple[CheckResult, dict[str, Json] | None]:
    """Today's verdict on a stored check, and the stored one. Nothing is asked or written."""
    async with await Store.open(db) as store:
        record, result = await recall(store, check_id, lang)
    return result, record.verdict


def _over_ssh(context: Context) -> SshTransport:
    return SshTransport(context.endpoints)
