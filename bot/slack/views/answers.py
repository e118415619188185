"""What came back, in few words: the same phrases as on the terminal, less what a channel may
not see."""

from __future__ import annotations

from collections.abc import Sequence

from bot.slack.views.speech import Speech
from bot.terminal import phrases
from probes.model import Observation
from probes.readings import Answer, ExchangeReading, KnockReading, TraceReading


def who(source: str, target: str | None, speech: Speech) -> str:
    return speech.title(source) + (f" → {speech.title(target)}" if target else "")


def asked(observation: Observation, speech: Speech) -> str:
    """`A → B, ping`; a message that was sent is named by its answer."""
    ends = who(observation.source, observation.target, speech)
    if isinstance(observation.reading, ExchangeReading):
        return ends
    return f"{ends}, {_probe(observation, speech)}"


def when(observation: Observation, plans: Sequence[str], speech: Speech) -> str:
    """The phase in words. What a pair that was dark at the start said then is not said at idle;
    plans: the check's, by name."""
    again = "baseline:again"
    if observation.plan == again:
        return speech.plain("slack-phase.afterwards")
    if observation.plan == "baseline" and again in plans:
        return speech.plain("slack-phase.start")
    return speech.plain(f"slack-phase.{observation.phase}")


def answer(observation: Observation, speech: Speech) -> str:
    """One line. In a channel for roles only readings whose phrase holds no address or port."""
    if _control_taken(observation):
        return speech.plain("slack.control-taken")
    if not speech.roles:
        return " ".join(phrases.answer(observation, speech.voice).split())
    match observation.reading:
        case TraceReading(reached=reached):
            return speech.plain("slack.trace-whole" if reached else "slack.trace-cut")
        case KnockReading(rows=rows):
            kinds = dict.fromkeys(speech.plain(f"knock.{row.result}") for row in rows)
            return ", ".join(kinds)
    if observation.probe not in _WITHOUT_PLACES:
        return speech.plain("reading.other")
    return " ".join(phrases.answer(observation, speech.voice).split())


_WITHOUT_PLACES = (
    "ping", "exchange", "sweep", "sockets", "counters", "clock", "joblog", "throughput"
)  # fmt: skip


def _control_taken(observation: Observation) -> bool:
    """Nobody answers a control; whoever closes after it has read it, and that is what it is for."""
    match observation.reading:
        case ExchangeReading(message="control", answer=Answer.CLOSED):
            return True
    return False


def _probe(observation: Observation, speech: Speech) -> str:
    if speech.roles:
        return speech.voice.or_else(f"probe.{observation.probe}", observation.probe)
    return phrases.question(observation.ask, speech.voice)
