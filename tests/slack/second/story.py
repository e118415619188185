"""`python -m tests.slack.second.story FOLDER`: the bot against local-slack, from a command to the
recovery; prints what was seen as JSON. Run in a network namespace that has nothing but loopback.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.desk import Desk
from bot.response import Response
from bot.slack import connection as connections
from bot.slack.front import Front
from bot.words import Voice
from storage.store import Store
from tests.golden import incidents
from tests.slack.office import FAST, running
from tests.slack.second.other import BOT_USER, CHANNEL, TOKENS, Json, Other, other, words
from tests.unit.replay import Replay, inventory_of


@asynccontextmanager
async def bot(folder: Path) -> AsyncIterator[Store]:
    """As `serve` wires it; only the hosts are a recorded incident's."""
    evidence = incidents.load("account")
    inventory = inventory_of(evidence.context)
    async with await Store.open(folder / "bot.db") as store, connections.session() as http:
        desk = Desk(store, inventory, lambda _: Replay(evidence))
        front = Front(store, desk, Voice(), Response(store))
        connection = await connections.connect(TOKENS, http, front.register, FAST)
        await front.start(connection)
        await connection.open()
        try:
            with running(connection):
                yield store
        finally:
            await connection.close(1.0)
            await front.close(2.0)


async def live(there: Other, store: Store) -> Json:
    """The story, and after it what a person does with the verdict."""
    await there.command("busan seoul")
    question = await there.until(lambda m: "replcheck:send" in words(m))
    await there.press(question, "send")
    consent = await there.dialog()
    await there.submit()
    await there.until(lambda m: "replcheck:acknowledge" in words(m))
    root = await there.until(lambda m: "replcheck:rerun" in words(m))
    await there.press(root, "acknowledge")
    await there.until(lambda m: "Acknowledged by" in words(m))
    await there.press(root, "share")
    share = await there.dialog()
    await there.submit(selected_conversation=CHANNEL)
    await there.until(lambda m: "Replication is broken" in words(m))
    await there.command("busan soul")
    await there.until(lambda m: "Did you mean" in words(m))
    await there.says(f"<@{BOT_USER}> help")
    await there.until(lambda m: "/replcheck freeze" in words(m))
    return {
        "dialogs": [consent, share],
        "messages": await there.messages(),
        "log": await there.log(),
        "record": await store.incident("i1"),
    }


async def main(folder: Path) -> None:
    async with other(folder) as there, bot(folder) as store:
        print(json.dumps(await live(there, store)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
