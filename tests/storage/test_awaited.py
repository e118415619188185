"""What somebody waits for is on disk before what checks have handed in earlier."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from storage.database import Database, Rows


async def test_an_acknowledgement_waits_for_no_check(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "record.db")
    taken, release, order = threading.Event(), threading.Event(), list[str]()

    def hold(_rows: Rows) -> None:
        taken.set()
        release.wait(5)

    def note(name: str) -> Callable[[Rows], None]:
        return lambda _rows: order.append(name)

    first = asyncio.create_task(database.write(hold))
    assert await asyncio.to_thread(taken.wait, 5)
    names = [f"heard {number}" for number in range(100)]
    heard = [asyncio.create_task(database.write(note(name))) for name in names]
    await asyncio.sleep(0)
    asked = asyncio.create_task(database.write(note("asked"), awaited=True))
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(first, asked, *heard)
    await database.close()
    assert order == ["asked", *names]
