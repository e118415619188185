"""A connection and its first command: ours against asyncssh as it comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from statistics import median

import asyncssh

from probes.model import Command, Endpoint, Transcript
from probes.ssh import SshTransport
from tests.bench import fresh
from tests.bench.table import Row
from tests.lab.spec import NEAR_AVAMAR

RUNS = 15


def measure() -> Iterator[Row]:
    """Both by turns, so that what else the machine does falls on both."""
    with fresh.healthy() as context:
        ours, stock = asyncio.run(_by_turns(context.endpoint(NEAR_AVAMAR)))
    ratio = median(ours) / median(stock)
    behind = f"{median(ours) * 1000:.0f} ms / {median(stock) * 1000:.0f} ms, {RUNS} times by turns"
    runs = tuple(a / b for a, b in zip(ours, stock, strict=True))
    yield Row("login and first command / stock asyncssh", 0.65, ratio, behind, runs)


async def _by_turns(endpoint: Endpoint) -> tuple[list[float], list[float]]:
    pairs = [(await _ours(endpoint), await _stock(endpoint)) for _again in range(RUNS)]
    ours, stock = zip(*pairs, strict=True)
    return list(ours), list(stock)


async def _ours(endpoint: Endpoint) -> float:
    began = time.monotonic()
    transport = SshTransport([endpoint])
    try:
        result = await transport.run(endpoint.id, Command(("true",)), deadline=10)
        took = time.monotonic() - began
    finally:
        await transport.close()
    if not isinstance(result, Transcript) or not result.ok:
        raise RuntimeError(f"the login failed: {result}")
    return took


async def _stock(endpoint: Endpoint) -> float:
    access = endpoint.ssh
    assert access is not None
    began = time.monotonic()
    async with asyncssh.connect(
        access.host,
        access.port,
        username=access.user,
        client_keys=[str(access.key)],
        known_hosts=str(access.known_hosts),
    ) as connection:
        await connection.run("true", check=True)
        return time.monotonic() - began
