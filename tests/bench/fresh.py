"""A lab for one measurement, and what a check would begin with in it.

Each measurement has a lab of its own: routers answer a host six times at once and then once a
second (ICMP), so a second baseline right after the first would wait for hops that keep silent.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from probes.inventory import load
from probes.model import Context
from probes.ssh import SshTransport
from tests.lab.lab import Lab


@contextlib.contextmanager
def healthy() -> Iterator[Context]:
    """A healthy lab; its pair, as a check would begin it."""
    with tempfile.TemporaryDirectory() as folder, Lab() as lab:
        inventory = load(lab.write_inventory(Path(folder)))
        pair = inventory.pair("seoul", "busan")
        ends = inventory.sites[pair.near], inventory.sites[pair.far]
        yield Context("", pair, *ends, tuple(inventory.segments))


@contextlib.asynccontextmanager
async def logged_out(context: Context) -> AsyncIterator[SshTransport]:
    """Our transport before its first login."""
    transport = SshTransport(context.endpoints)
    try:
        yield transport
    finally:
        await transport.close()
