"""What takes the processor for longer than an acknowledgement may wait: judging, drawing, telling.

One thread for all of it. Python runs one thread at a time, so more of them would be no faster, and
the event loop would wait behind each of them for its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_THREAD = ThreadPoolExecutor(1, thread_name_prefix="thinking")


async def think(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What pure `work` returns or raises, while the event loop goes on. In order of asking."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, lambda: work(*args, **kwargs))
