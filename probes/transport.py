"""The port behind which all remote I/O lies: one command, one endpoint, one deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from probes.model import Command, GapKind, Line, Transcript


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a command could not be run at all."""

    kind: GapKind
    detail: str


class Transport(Protocol):
    """Runs commands at endpoints. Implementations never raise for what a network does."""

    async def run(
        self,
        endpoint_id: str,
        command: Command,
        *,
        deadline: float,
        enough: Callable[[Line], bool] = lambda _line: False,
        stop: asyncio.Event | None = None,
    ) -> Transcript | Failure:
        """Run one command at one endpoint.

        deadline: seconds over everything: connecting, opening the channel, running.
        enough: called with each line as it arrives; True ends the command (End.STOPPED).
        stop: when set, the command is ended and what it had printed is returned (End.STOPPED).
        When the caller is cancelled the remote command is ended and its channel closed
        before the cancellation goes on.
        """
        ...

    def set_patience(self, patient: bool) -> None:
        """Bear a silent line: it may be the very block that is studied (design.md)."""
        ...

    async def close(self) -> None:
        """End what runs, close every connection; bounded in time."""
        ...
