"""A process that delivers what waits in a record, until nothing does: for tests that kill it.

python -m tests.slack.deliverer RECORD API_URL TOKEN TEAM
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.api import SlackApi
from bot.slack.outbox import Outbox
from bot.slack.pace import Pace
from storage.outbox import Delivery
from storage.store import Store
from tests.slack.delivering import SECONDS, Haste


async def deliver(record: Path, url: str, token: str, team: str) -> None:
    haste = Haste()
    async with aiohttp.ClientSession() as session, await Store.open(record) as store:
        client = AsyncWebClient(token, url, session=session)
        client.retry_handlers = []
        api, pace = SlackApi(client, team, SECONDS), Pace(haste.now, haste.sleep)
        outbox = Outbox(store, api, pace, _given_up, haste.now, haste.sleep)
        running = asyncio.create_task(outbox.run())
        while (await outbox.depth()).waiting and not running.done():  # noqa: ASYNC110 - it is known on disk alone
            await asyncio.sleep(0.02)
        running.cancel()
        await asyncio.wait([running])


async def _given_up(delivery: Delivery, error: str) -> None:
    print("given up:", delivery.say.key, error)


if __name__ == "__main__":
    asyncio.run(deliver(Path(sys.argv[1]), *sys.argv[2:5]))
