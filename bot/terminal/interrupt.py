"""Ctrl-C: the first one stops the check in good order, a second one gives up at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class GivenUp(Exception):  # noqa: N818 - it is what the person did
    """The second Ctrl-C."""


async def stoppable(
    work: Callable[[asyncio.Event], Coroutine[Any, Any, T]], on_stop: Callable[[], None]
) -> T:
    """Run `work` with a stop event that the first signal sets. Raises GivenUp at the second,
    when the work was cancelled; a third one kills the process as it does any other."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    task = loop.create_task(work(stop))

    def heard() -> None:
        if stop.is_set():
            restore()
            task.cancel()
            return
        stop.set()
        on_stop()

    def restore() -> None:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

    for number in _SIGNALS:
        loop.add_signal_handler(number, heard)
    try:
        return await task
    except asyncio.CancelledError:
        if task.cancelled() and stop.is_set():
            raise GivenUp from None
        raise
    finally:
        restore()
