"""A transport that answers with what hosts once printed: a recorded incident, replayed.

Each command is looked up by its endpoint and words (the payload's xid apart, which names the
check that sent it), in the order recorded. The transcripts keep their own times, which fit
each other: nothing is judged by today's clock.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from pathlib import Path

from probes.inventory import Inventory
from probes.model import Command, Context, Evidence, GapKind, Line, Pair, Transcript
from probes.transport import Failure

_PAYLOAD = re.compile(r"^80[0-9a-f]{6}[0-9a-f]{8}")
Key = tuple[str, tuple[str, ...]]


def _key(endpoint: str, argv: tuple[str, ...]) -> Key:
    return endpoint, tuple(_PAYLOAD.sub("payload", word) for word in argv if len(word) < 400)


class Replay:
    """Answers once for each recorded command. `before` is awaited ahead of every command."""

    def __init__(
        self,
        evidence: Evidence,
        before: Callable[[str, Command], Awaitable[None]] | None = None,
    ) -> None:
        self._answers: dict[Key, deque[Transcript]] = defaultdict(deque)
        for o in evidence.observations:
            self._answers[_key(o.source, o.transcript.argv)].append(o.transcript)
        self._before = before
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.closed = False

    async def run(
        self,
        endpoint_id: str,
        command: Command,
        *,
        deadline: float,
        enough: Callable[[Line], bool] = lambda _line: False,
        stop: asyncio.Event | None = None,
    ) -> Transcript | Failure:
        del deadline
        self.asked.append((endpoint_id, command.argv))
        if self._before is not None:
            await self._before(endpoint_id, command)
        answers = self._answers[_key(endpoint_id, command.argv)]
        if not answers:
            return Failure(GapKind.NOT_AVAILABLE, "not recorded")
        answer = answers.popleft()
        for line in answer.lines:
            if enough(line) or (stop is not None and stop.is_set()):
                break
        return answer

    def set_patience(self, patient: bool) -> None:
        del patient

    async def close(self) -> None:
        self.closed = True


def inventory_of(context: Context, pair: Pair | None = None) -> Inventory:
    """The inventory that a recorded check was made with."""
    sites = {site.name: site for site in (context.near, context.far, *context.other_sites)}
    return Inventory(Path("sites.toml"), sites, context.segments, (pair or context.pair,), {})
