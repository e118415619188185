"""The root message while a check runs: what is done, what is being done, whom it waits for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bot.request import JOB
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.markup import Marked, bold, joined, lines, marked, mention, moment
from bot.slack.model import Post, Reader
from bot.slack.progress import Progress, Step
from bot.slack.views.answers import answer, asked
from bot.slack.views.buttons import row
from bot.slack.views.speech import Speech

_MOST_STEPS, _MOST_HOSTS, _MOST_GAPS = 12, 4, 3


def running(progress: Progress, asked_by: str, reader: Reader) -> Post:
    """Nothing in it grows old by itself: what still goes on is shown by when it began."""
    speech = Speech(reader)
    pair = speech.pair(progress.near, progress.far)
    title = speech.plain(
        "slack-live.stopping" if progress.stop else "slack-live.checking", pair=pair
    )
    body = [
        blocks.header(title),
        blocks.context(_asked_by(progress, asked_by, speech)),
        blocks.section(lines(_steps(progress, speech))),
        *_section(speech("slack-live.came-back"), _came_back(progress, speech)),
        *_section(None, _waits_for(progress, speech)),
        *([] if progress.stop else row(("stop",), progress.check, progress.incident, speech)),
    ]
    return blocks.post(f"{title} · {_now(progress, speech)}", body)


def _asked_by(progress: Progress, asked_by: str, speech: Speech) -> Marked:
    check, at = progress.check, moment(progress.started)
    if asked_by.startswith(JOB):
        job = marked(asked_by.removeprefix(JOB))
        return speech("slack-live.job-failed", job=job, check=check, at=at)
    words = speech("slack-live.asked-by", by=mention(asked_by), check=check, at=at)
    return joined([words, speech("slack-live.joined")]) if progress.joined else words


def _steps(progress: Progress, speech: Speech) -> Iterator[str]:
    """One line a step; of very many the newest."""
    if not progress.steps:
        yield speech("slack-live.begins")
    left = len(progress.steps) - _MOST_STEPS
    if left > 0:
        yield speech("slack-live.earlier", count=left)
    for step in progress.steps[-_MOST_STEPS:]:
        yield _step(step, speech)


def _step(step: Step, speech: Speech) -> Marked:
    name = bold(_name(step, speech))
    if step.seconds is None:
        words = speech(
            "slack-live.running", at=moment(step.began), done=_done(step), asks=step.asks
        )
    elif step.complete:
        words = speech("slack-live.done", seconds=step.seconds, answered=step.answered)
    else:
        words = speech("slack-live.cut-short", seconds=step.seconds, answered=step.answered)
    sign = "▸" if step.seconds is None else "✓" if step.complete else "✗"
    parts = [f"{sign} ", name, ": ", words]
    if step.gaps:
        parts += [", ", speech("slack-live.gaps", count=step.gaps)]
    return joined(parts, "")


def _done(step: Step) -> int:
    return min(step.asks, step.answered + step.gaps)


def _name(step: Step, speech: Speech) -> str:
    """The step by its own name where it has one; else its phase, and whose message it is about.
    Services are codes, and are left out where a channel may not see any."""
    own = f"slack-step.{step.name.replace(':', '-')}"
    phase = speech.plain(f"slack-phase.{step.phase}")
    detail = "" if speech.roles else step.name.partition(":")[2].replace(":", " ")
    return speech.voice.or_else(own, f"{phase} ({detail})" if detail else phase)


def _came_back(progress: Progress, speech: Speech) -> Iterator[str]:
    for observation in progress.latest:
        yield f"• {asked(observation, speech)}: {answer(observation, speech)}"
    counted = Counter((gap.source, gap.kind) for gap in progress.gaps)
    for (source, kind), count in counted.most_common(_MOST_GAPS):
        words = speech.plain(f"gap.{kind}")
        host = speech.title(source)
        yield speech("slack-live.gap", host=host, what=words, count=count)


def _waits_for(progress: Progress, speech: Speech) -> Iterator[str]:
    if progress.waits is not None:
        yield speech("slack-live.waits-consent", at=moment(progress.waits))
    elif progress.stop:
        by, at = mention(progress.stop.by), moment(progress.stop.at)
        yield speech("slack-live.stop-asked", by=by, at=at)
    elif progress.step and progress.step.open:
        hosts = dict.fromkeys(speech.title(ask.source) for ask in progress.step.open)
        who = speech.listed(hosts, _MOST_HOSTS)
        yield speech("slack-live.waits-for", hosts=who, count=len(progress.step.open))
    if progress.waits is None and progress.step and progress.step.intrusive:
        yield speech("slack-live.intrusive")


def _section(title: Marked | None, body: Iterator[str]) -> list[Block]:
    found = list(body)
    if not found:
        return []
    return [blocks.section(lines([bold(title), *found] if title else found))]


def _now(progress: Progress, speech: Speech) -> str:
    if progress.waits is not None:
        return speech.plain("slack-live.waits-short")
    step = progress.step or (progress.steps[-1] if progress.steps else None)
    if step is None:
        return speech.plain("slack-live.begins")
    return speech.plain(f"slack-phase.{step.phase}")
