"""One check's conversation while it runs: its root message, its question, its verdict.

The root is edited in place by `live`; what must not be lost goes through the outbox.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.request import Began, CheckResult, Consent, ConsentQuestion, Judged
from bot.slack.live import Live
from bot.slack.model import Place, Post, Press
from bot.slack.outbox import Outbox, edit_of, post_of
from bot.slack.progress import Progress, after, answered, asked, stopping
from bot.slack.telling import Teller, root_key
from bot.slack.views import consent
from bot.slack.views.running import running
from probes.events import Event
from storage.store import Store

ANSWER_SECONDS = 300.0
"""How long a check waits for an answer to its question. Its pair is held meanwhile; whoever
comes later presses the same button, and the check runs again with what it allows."""
_RENDER_SECONDS = 1.0
"""Views cost more than events: however many come, the picture is made once in this time."""


class Conversation:
    """The desk's Watcher for a check that was asked in Slack."""

    def __init__(
        self,
        began: Began,
        place: Place,
        store: Store,
        outbox: Outbox,
        live: Live,
        teller: Teller,
        over: Callable[[str], None],
        asked_by: str,
    ) -> None:
        self.check = began.check
        self._incident = began.incident
        self.question: ConsentQuestion | None = None
        self._place = place
        self._asked_by = asked_by
        self._store, self._outbox, self._live, self._teller = store, outbox, live, teller
        self._over = over
        self._pair = began.context.pair
        self._progress = after(Progress(), began, began.context.started)
        self._changed = asyncio.Event()
        self._answer: asyncio.Future[tuple[Press, bool]] | None = None
        self._stopped: Press | None = None
        self._painting: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None

    async def began(self) -> None:
        """The root message, before anything else is said."""
        key, post = root_key(self.check), await self._picture()
        await self._outbox.say(post_of(key, self._place, post, thread_ts=self._place.thread))
        self._painting = asyncio.create_task(self._paint())

    def heard(self, event: Event | Began | Judged) -> None:
        """Keep what happened for the next picture; the verdict is told at once."""
        self._now(after(self._progress, event, time.time()))
        if isinstance(event, Judged):
            self._telling = asyncio.create_task(self._tell(event.result))

    async def may_send(self, question: ConsentQuestion) -> Consent | None:
        """Ask in the thread, and wait for whoever may answer. Where our process ends meanwhile, the
        question stays: its buttons work for whoever presses next."""
        self._now(asked(self._progress, time.time()))
        self.question = question
        self._answer = asyncio.get_running_loop().create_future()
        await self._ask(question)
        press: Press | None = None
        yes = False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                press, yes = await self._answer
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            if self._stopped:
                await self._show_answer(question, self._stopped, yes=False)
            raise
        finally:
            self.question = None
        await self._show_answer(question, press, yes=yes)
        self._now(answered(self._progress, time.time(), yes=yes))
        return Consent(press.by, "pressed Send in Slack") if press and yes else None

    async def _ask(self, question: ConsentQuestion) -> None:
        reader, may = await self._teller.reader(self._place), self._pair.may_trigger
        words = consent.question(question, reader, may, self._incident)
        key = f"{self.check}:question"
        await self._outbox.say(post_of(key, self._place, words, thread=root_key(self.check)))

    async def _show_answer(
        self, question: ConsentQuestion, press: Press | None, *, yes: bool
    ) -> None:
        reader = await self._teller.reader(self._place)
        words = consent.answered(question, press, reader, yes=yes)
        key = f"{self.check}:question"
        await self._outbox.say(edit_of(f"{key}:answered", self._place, words, of=key))

    def answer(self, press: Press, *, yes: bool) -> bool:
        """Somebody answered. False: nothing is being asked now, or it was answered before."""
        if self.question is None or self._answer is None or self._answer.done():
            return False
        self._answer.set_result((press, yes))
        return True

    def stop_asked(self, by: str) -> None:
        """Somebody wants it stopped; it takes a moment."""
        self._stopped = Press(by, time.time())
        self._now(stopping(self._progress, self._stopped))

    async def ended(self) -> None:
        """No picture more; the last word, out of the record."""
        try:
            await self._stop_painting()
            if self._telling:
                await asyncio.wait([self._telling])
            await self._teller.end(self.check)
        finally:
            self._over(self.check)

    def _now(self, progress: Progress) -> None:
        if progress is not self._progress:
            self._progress = progress
            self._changed.set()

    async def _tell(self, result: CheckResult) -> None:
        await self._stop_painting()
        await self._teller.before_the_watch(self.check, result)

    async def _stop_painting(self) -> None:
        if self._painting:
            self._painting.cancel()
        await self._live.end(root_key(self.check))

    async def _paint(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._live.show(root_key(self.check), self._place.channel, await self._picture())
            await asyncio.sleep(_RENDER_SECONDS)

    async def _picture(self) -> Post:
        reader = await self._teller.reader(self._place)
        return running(self._progress, self._asked_by, reader)
