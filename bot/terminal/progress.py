"""The check as it goes on: each phase, and each answer as it lands, on standard error.

On a terminal, what is still being asked stands below what has landed; elsewhere there is one
plain line an answer. Nobody has to guess what happens: every line says who was asked what.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from bot.request import Began, Judged
from bot.terminal.phrases import answer, gap, question
from bot.terminal.safe import plain
from bot.words import Voice
from probes.events import Asked, Event, Landed, PlanEnded, PlanStarted
from probes.model import Ask, Gap, Plan
from storage.redact import redact

_MOST_WAITING = 6  # more open questions than this are counted, so that the screen stays still


class Progress:
    """A listener for the scheduler's events; also a context manager, for the live lines."""

    def __init__(self, console: Console, voice: Voice) -> None:
        self._console = console
        self._voice = voice
        self._asked: dict[int, tuple[Ask, float]] = {}
        self._live: Live | None = None

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live = Live(
                console=self._console,
                get_renderable=self._waiting,
                refresh_per_second=4,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    @contextmanager
    def paused(self) -> Iterator[Console]:
        """Nothing is redrawn while a person is asked something."""
        self.__exit__()
        try:
            yield self._console
        finally:
            self.__enter__()

    def __call__(self, event: Event | Began | Judged) -> None:
        match event:
            case PlanStarted(plan=plan):
                self._started(plan)
            case Asked(ask=ask):
                self._asked[id(ask)] = (ask, time.monotonic())
            case Landed():
                self._landed(event)
            case Judged(result=result):
                self.say(str(result.document["summary"]), "bold")
            case PlanEnded(plan=plan, seconds=seconds):
                self._asked.clear()
                ended = self._voice("progress.ended", plan=plan.name, seconds=seconds)
                self.say(ended, "dim")

    def say(self, words: str, style: str = "") -> None:
        """One line between the answers."""
        self._print(plain(words, style))

    def _print(self, line: Text) -> None:
        """Folded on a terminal; elsewhere a line is a line, however long."""
        self._console.print(line, soft_wrap=not self._console.is_terminal)

    def _started(self, plan: Plan) -> None:
        phase = self._voice(f"phase.{plan.phase}")
        hosts = len({ask.source for ask in (*plan.main, *plan.beside)})
        asks = len(plan.main) + len(plan.beside)
        words = self._voice("progress.started", phase=phase, plan=plan.name, asks=asks, hosts=hosts)
        self.say(words, "bold")
        if plan.intrusive:
            self.say(self._voice("progress.intrusive"), "yellow")

    def _landed(self, landed: Landed) -> None:
        self._asked.pop(id(landed.ask), None)
        outcome = landed.outcome
        if isinstance(outcome, Gap):
            sign, words, style = "?", gap(outcome, self._voice), "yellow"
        else:
            sign, words, style = "·", answer(outcome, self._voice), ""
        took = f"  {landed.transcript.seconds:.1f} s" if landed.transcript else ""
        line = Text("  ").append(sign, style=style).append(" ")
        line.append_text(plain(f"{self._who(landed.ask)}: "))
        line.append_text(plain(_one_line(words), style=style))
        self._print(line.append(took, style="dim"))

    def _who(self, ask: Ask) -> str:
        target = f" → {ask.target}" if ask.target else ""
        return f"{ask.source}{target} {question(ask, self._voice)}"

    def _waiting(self) -> Group:
        """What is being asked now, the oldest question first."""
        asked, now = list(self._asked.values()), time.monotonic()
        lines = [
            plain(f"  … {self._who(ask)}  {now - since:.0f} s", style="dim")
            for ask, since in asked[:_MOST_WAITING]
        ]
        if len(asked) > _MOST_WAITING:
            more = self._voice("progress.more", count=len(asked) - _MOST_WAITING)
            lines.append(plain(f"  … {more}", style="dim"))
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Group(*lines)


def _one_line(words: str, most: int = 160) -> str:
    """A host's words may have many lines, and be long."""
    flat = redact(" ".join(words.split()))
    return flat if len(flat) <= most else flat[: most - 1] + "…"
