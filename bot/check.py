"""The story: one check from request to verdict, top to bottom.

Begin it in the record (or join the one that runs) → loop: what to ask next, on disk what is
about to be sent, ask it, keep what came → judge → keep the verdict → watch the recovery →
judge again → say what is left behind → end it in the record.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bot.consent import refusal
from bot.document import document
from bot.exposure import consent_question
from bot.recorder import Recorder
from bot.request import Began, CheckRequest, CheckResult, Consent, ConsentQuestion, Judged
from bot.residues import residues
from bot.thinking import think
from probes.catalog import CATALOG, by_name
from probes.diagnosis import judge
from probes.events import Event
from probes.experiment import next_plan
from probes.inventory import Inventory
from probes.model import Ask, Context, Evidence, Flow, NotSent, Pair, Phase, Plan, Transcript
from probes.readings import Reading
from probes.scene import Scene
from probes.scheduler import PlanResult, run_plan
from probes.transport import Transport
from storage.store import Origin, Store

Listener = Callable[[Event | Began | Judged], None]
AskConsent = Callable[[ConsentQuestion], Awaitable[Consent | None]]

LEASE = 12.0
"""Seconds that a check holds its pair without a sign of life; renewed at a third of it."""
PROBES = {probe.name: probe for probe in CATALOG}


async def run_check(
    request: CheckRequest,
    inventory: Inventory,
    store: Store,
    transport_factory: Callable[[Context], Transport],
    *,
    listener: Listener,
    ask_consent: AskConsent,
    stop: asyncio.Event,
    lang: str,
) -> CheckResult:
    """One whole check, or the one that runs already, followed to its end. Raises StoreError
    where the record can't be kept: then nothing is sent."""
    began = await begin(request, inventory, store)
    listener(began)
    if began.joined:
        return await _follow(store, began.check, lang, stop)
    return await conduct(
        began,
        request,
        store,
        transport_factory,
        listener=listener,
        ask_consent=ask_consent,
        stop=stop,
        lang=lang,
    )


async def begin(request: CheckRequest, inventory: Inventory, store: Store) -> Began:
    """Put the check on record, or join the one that runs. Raises StoreError, NoSuchPair."""
    context = await _context(request, inventory, store)
    origin = Origin(request.asked_by, request.key, request.place)
    holder = f"{socket.gethostname()}:{os.getpid()}"
    begun = await store.begin_check(context, origin, holder, time.time(), LEASE)
    if not begun.joined:
        mark = _mark(begun.check_id, context.started)
        context = replace(context, check=begun.check_id, xid=mark)
        await store.set_context(begun.check_id, context, time.time())
    return Began(begun.check_id, begun.incident_id, begun.joined, context)


async def conduct(
    began: Began,
    request: CheckRequest,
    store: Store,
    transport_factory: Callable[[Context], Transport],
    *,
    listener: Listener,
    ask_consent: AskConsent,
    stop: asyncio.Event,
    lang: str,
) -> CheckResult:
    """Run a check that `begin` began, to its end. Raises StoreError."""
    check = _Check(request, began, store, ask_consent, listener, stop, lang)
    transport = transport_factory(began.context)
    try:
        async with _lease_held(store, began.check, stop):
            await check.experiment(transport)
            return await check.end()
    finally:
        await transport.close()


async def _context(request: CheckRequest, inventory: Inventory, store: Store) -> Context:
    pair = inventory.pair(request.near, request.far)
    now = time.time()
    ends = (pair.near, pair.far)
    sent = await store.last_triggers(pair.id)
    frozen = bool(await store.freezes.standing(ends))
    by_machine = next((trigger.at for trigger in sent if not trigger.by_person), None)
    return Context(
        check="",
        pair=pair,
        near=inventory.sites[pair.near],
        far=inventory.sites[pair.far],
        segments=tuple(inventory.segments),
        other_sites=tuple(site for name, site in inventory.sites.items() if name not in ends),
        started=now,
        not_sent=refusal(request, pair, by_machine, now, frozen=frozen),
        watch_seconds=request.watch_seconds,
    )


def _mark(check_id: str, started: float) -> int:
    """The RPC xid that names this check in a capture: 32 bits, the same for the same check."""
    digest = hashlib.sha256(f"{check_id} {started}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


@asynccontextmanager
async def _lease_held(store: Store, check_id: str, stop: asyncio.Event) -> AsyncIterator[None]:
    """Renew the lease while the check runs; one that lost it stops, and sends nothing more."""

    async def renew() -> None:
        held = True
        while held:
            await asyncio.sleep(LEASE / 3)
            held = await store.renew_lease(check_id, time.time(), LEASE)
        stop.set()

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()


class _Check:
    """One running check: its evidence grows plan by plan."""

    def __init__(
        self,
        request: CheckRequest,
        began: Began,
        store: Store,
        ask_consent: AskConsent,
        listener: Listener,
        stop: asyncio.Event,
        lang: str,
    ) -> None:
        self.request = request
        self.store = store
        self.began = began
        self.ask_consent = ask_consent
        self.listener = listener
        self.stop = stop
        self.lang = lang
        self.evidence = Evidence(began.context)
        self.recorder = Recorder(store, began.check, listener)
        self.offsets: dict[str, float] = {}
        self.ids = (f"o{number}" for number in itertools.count(1))
        self.consent = _given(request, began.context.pair)
        self.verdict_after: float | None = None

    async def experiment(self, transport: Transport) -> None:
        """Ask, plan by plan, until nothing more can be learnt or somebody stops it."""
        while not self.stop.is_set() and (plan := await think(next_plan, self.evidence)):
            if plan.intrusive and not await self._may_send(plan):
                continue  # what may be asked has changed: plan again
            if plan.phase is Phase.RECOVERY and self.verdict_after is None and self.evidence.plans:
                await self._say_verdict(plan)
            transport.set_patience(plan.phase not in (Phase.BASELINE, Phase.LOCATE))
            result = await run_plan(
                plan,
                self.evidence.context,
                self.evidence.tools,
                transport,
                catalog=PROBES,
                next_id=lambda: next(self.ids),
                listener=self.recorder,
                stop=self.stop,
                offsets=self.offsets,
            )
            await self.recorder.settled()
            self._learn(plan, result)

    def _learn(self, plan: Plan, result: PlanResult) -> None:
        done = () if self.stop.is_set() else (plan.name,)
        self.offsets = dict(result.offsets)
        self.evidence = replace(
            self.evidence,
            observations=(*self.evidence.observations, *result.observations),
            gaps=(*self.evidence.gaps, *result.gaps),
            plans=(*self.evidence.plans, *done),
            tools=result.tools,
        )

    # --- what is sent -----------------------------------------------------------------

    async def _may_send(self, plan: Plan) -> bool:
        """Consent first, then on disk what is about to be sent (laws 8 and 9)."""
        check = self.began.check
        self.consent = self.consent or await self.ask_consent(
            consent_question(self.evidence, self._flow(plan))
        )
        if self.consent is None:
            await self._forbid(NotSent.NO_CONSENT)
            return False
        if not await self.store.renew_lease(check, time.time(), LEASE):
            self.stop.set()
            return False
        if not any(name.startswith(("control:", "trigger:")) for name in self.evidence.plans):
            await self.store.record_consent(check, self.consent.by, self.consent.how, time.time())
        by_person = self.request.by_person
        for ask in plan.main:
            what = self._what(ask)
            if not await self.store.record_trigger(
                check, plan.name, what, time.time(), by_person=by_person
            ):
                await self._forbid(NotSent.NOT_PERMITTED)
                return False
        return True

    async def _forbid(self, why: NotSent) -> None:
        context = replace(self.evidence.context, not_sent=why)
        self.evidence = replace(self.evidence, context=context)
        await self.store.set_context(self.began.check, context, time.time())

    def _flow(self, plan: Plan) -> Flow:
        service = plan.name.split(":")[1]
        return next(f for f in Scene(self.evidence).flows if f.service == service)

    def _what(self, ask: Ask) -> dict[str, Any]:
        payload = bytes.fromhex(str(ask.params["payload"]))
        context = self.evidence.context
        source, target = context.endpoint(ask.source), context.endpoint(ask.target or "")
        return {
            "from": f"{ask.source} {source.address}",
            "to": f"{ask.target} {target.address_for(source.site)}",
            "port": ask.params["port"],
            "message": ask.params["message"],
            "bytes": len(payload),
            "sha256": hashlib.sha256(payload).hexdigest(),
            "xid": f"{context.xid:08x}",
        }

    # --- what is said -----------------------------------------------------------------

    def _judged(self, *, stopped: bool) -> CheckResult:
        verdict = judge(self.evidence)
        now = time.time()
        started = self.evidence.context.started
        told = document(
            self.evidence,
            verdict,
            started=started,
            seconds=now - started,
            seconds_to_verdict=self.verdict_after or now - started,
            stopped=stopped,
            incident=self.began.incident,
            lang=self.lang,
        )
        return CheckResult(told, self.evidence, verdict)

    async def _say_verdict(self, plan: Plan) -> None:
        """Before the recovery is watched: the verdict as it stands. A pair that was dark from
        the start is watched before it is judged."""
        if plan.name == "watch":
            return
        self.verdict_after = time.time() - self.evidence.context.started
        result = await think(self._judged, stopped=False)
        await self.store.save_verdict(self.began.check, result.document, time.time())
        self.listener(Judged(result))

    async def end(self) -> CheckResult:
        """The last verdict, what was left behind, and the end of the check, all on disk."""
        stopped = self.stop.is_set()
        if self.verdict_after is None:
            self.verdict_after = time.time() - self.evidence.context.started
        result = await think(self._judged, stopped=stopped)
        for endpoint, what in residues(self.evidence):
            await self.store.record_residue(self.began.check, endpoint, what, time.time())
        await self.store.save_verdict(self.began.check, result.document, time.time())
        await self.store.finish_check(self.began.check, time.time(), stopped=stopped)
        return result


def _given(request: CheckRequest, pair: Pair) -> Consent | None:
    """The consent that needs no question: the asker's own word, or the inventory's for machines."""
    if request.by_person:
        return Consent(request.asked_by, request.agreed) if request.trigger == "yes" else None
    return Consent(request.asked_by, "trigger_from_hooks") if pair.trigger_from_hooks else None


async def _follow(store: Store, check: str, lang: str, stop: asyncio.Event) -> CheckResult:
    """Another process checks this pair: its verdict is ours too (one check of a pair at a time).

    Stopping here stops following; the check itself belongs to whoever began it.
    """
    while (record := await store.check(check)).state == "running" and not stop.is_set():
        await store.interrupt_orphans(time.time())
        await asyncio.sleep(0.5)
    evidence = await store.load_evidence(check, parse)
    verdict = judge(evidence)
    told = record.verdict or document(
        evidence,
        verdict,
        started=record.started,
        seconds=time.time() - record.started,
        seconds_to_verdict=time.time() - record.started,
        stopped=True,
        incident=record.incident_id,
        lang=lang,
    )
    if stop.is_set():
        told = {**told, "stopped": True}
    return CheckResult(told, evidence, verdict)


def parse(ask: Ask, transcript: Transcript) -> Reading:
    """A stored answer as today's parser reads it; raises Unparsed."""
    return by_name(ask.probe).parse(ask, transcript)
