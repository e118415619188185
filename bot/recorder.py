"""What the scheduler tells → the record. Writes are handed over as things happen, and waited
for before the check goes on: what was heard survives a kill (law 8)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from probes.events import Event, Heard, Landed, PlanEnded, PlanStarted
from probes.model import End, Gap, Observation, Tools, Transcript
from probes.readings import ToolsReading
from storage.codec import Raw
from storage.store import Store

HEAR_EVERY = 1.0
"""Seconds between two writes of what a command that still runs has printed so far."""


class Recorder:
    """A listener that keeps everything, and passes each event on."""

    def __init__(self, store: Store, check_id: str, onward: Callable[[Event], None]) -> None:
        self._store = store
        self._check = check_id
        self._onward = onward
        self._writes: set[asyncio.Task[Any]] = set()
        self._kept: dict[str, float] = {}
        self._failure: BaseException | None = None

    def __call__(self, event: Event) -> None:
        match event:
            case PlanStarted(plan=plan, at=at):
                begun = {"plan": plan.name, "phase": str(plan.phase)}
                self._write(self._store.add_event(self._check, "plan-started", begun, at))
            case Heard():
                self._heard(event)
            case Landed(outcome=outcome, transcript=transcript):
                self._landed(event, outcome, transcript)
            case PlanEnded(plan=plan, seconds=seconds):
                body: dict[str, str | float] = {"plan": plan.name, "seconds": round(seconds, 3)}
                if event.complete:
                    now = time.time()
                    self._write(self._store.add_event(self._check, "plan-ended", body, now))
        self._onward(event)

    async def settled(self) -> None:
        """Return when everything handed over is on disk. Raises StoreError if it can't be."""
        while self._writes:
            await asyncio.wait(self._writes)
        if self._failure is not None:
            raise self._failure

    def _heard(self, heard: Heard) -> None:
        """A command that runs long is kept as it speaks; LOST is what it is if nothing follows."""
        last = self._kept.setdefault(heard.observation, heard.started)
        now = time.time()
        if now - last < HEAR_EVERY:
            return
        self._kept[heard.observation] = now
        transcript = Transcript(
            heard.argv, heard.started, now - heard.started, End.LOST, None, tuple(heard.lines)
        )
        raw = Raw(heard.observation, heard.plan.name, heard.plan.phase, heard.ask, transcript, 0)
        self._write(self._store.hear(self._check, raw))

    def _landed(
        self, landed: Landed, outcome: Observation | Gap, transcript: Transcript | None
    ) -> None:
        if isinstance(outcome, Observation):
            self._write(self._store.add_observation(self._check, outcome))
            if isinstance(outcome.reading, ToolsReading):
                tools = Tools(outcome.reading.tools)
                now = time.time()
                self._write(self._store.add_tools(self._check, outcome.source, tools, now))
            return
        self._write(self._store.add_gap(self._check, outcome, time.time()))
        if transcript is not None:
            raw = Raw(landed.observation, landed.plan, outcome.phase, landed.ask, transcript, 0)
            self._write(self._store.add_observation(self._check, raw))

    def _write(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._writes.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: asyncio.Task[Any]) -> None:
        self._writes.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._failure = self._failure or task.exception()
