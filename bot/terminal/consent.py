"""May the trigger be sent? Asked of the person at the terminal, who is told what may happen.

Law 9 is kept here: no answer, an end of input and a stop all mean no.
"""

from __future__ import annotations

import asyncio
import sys

from rich.console import Console

from bot.request import ConsentQuestion
from bot.terminal.phrases import sending_words
from bot.terminal.safe import plain
from bot.words import Voice

_YES = {"y", "yes", "예", "네"}


def can_ask() -> bool:
    """Only a person at a terminal can be asked: the question and the answer both need one."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def show(console: Console, question: ConsentQuestion, voice: Voice) -> None:
    """What would be sent, from where to where, and what it may do."""
    route = voice(
        "consent.route",
        source=question.source,
        target=question.target,
        port=question.port,
        service=question.service,
    )
    console.print()
    console.print(plain(voice("consent.header"), style="bold"))
    console.print(plain(route))
    for sending in question.sendings:
        console.print(plain(f"  - {sending_words(sending, voice)}"))
    console.print(plain(voice("consent.blocks"), style="yellow"))
    console.print(plain(voice("consent.question"), style="bold"), end="")


async def said_yes(stop: asyncio.Event) -> bool:
    """Wait for one line on standard input, or for the stop, which is a no."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str] = loop.create_future()
    loop.add_reader(sys.stdin.fileno(), _take_line, line)
    stopped = loop.create_task(stop.wait())
    stopped.add_done_callback(lambda _: line.done() or line.cancel())
    try:
        return (await line).strip().lower() in _YES
    except asyncio.CancelledError:
        if stop.is_set():
            return False
        raise
    finally:
        loop.remove_reader(sys.stdin.fileno())
        stopped.cancel()


def _take_line(line: asyncio.Future[str]) -> None:
    if not line.done():
        line.set_result(sys.stdin.readline())
