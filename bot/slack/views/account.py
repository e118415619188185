"""What a verdict says, part by part, for one reader: the messages are put together from these.

Everything is made from the verdict's codes, never from the document's sentences: those are in
one language, and may hold what a channel may not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.slack.markup import Marked, bold, joined, moment
from bot.slack.model import Reader, Told
from bot.slack.views.answers import answer, asked, when
from bot.slack.views.contrast import contrast, passes
from bot.slack.views.speech import Speech
from probes.model import Cause, Finding, Message, Observation, Outcome, Stance
from probes.scene import Scene

SIGN = {Outcome.FAULT: "⛔", Outcome.HEALTHY: "✅", Outcome.INCONCLUSIVE: "❔"}

# What people blame first is what they want to see ruled out first.
_SUSPECTS = (
    Cause.TRANSIT_FAULT,
    Cause.LOW_BANDWIDTH,
    Cause.PACKET_LOSS,
    Cause.PATH_MTU,
    Cause.SERVICE_DOWN,
    Cause.VERSION_INCOMPATIBLE,
    Cause.PORT_FILTERED,
)
_OF_THE_MESSAGE = (Cause.SOURCE_QUARANTINED, Cause.PAYLOAD_BLOCKED, Cause.RESET_INJECTED)
BETWEEN = " · "
"""Between causes: their names are clauses with commas of their own."""
_MOST_RULED_OUT, _MOST_UNDECIDED = 5, 4


def speech_for(told: Told, reader: Reader) -> Speech:
    return Speech(reader, told.result.evidence.context)


def outcome(told: Told, speech: Speech) -> str:
    """`FAULT`, in words; the sign beside it is never alone."""
    return speech.plain(f"outcome.{told.result.verdict.outcome}")


def headline(told: Told, speech: Speech) -> str:
    """The outcome, then what, or whom it is about."""
    verdict = told.result.verdict
    pair = told.result.evidence.context.pair
    what = speech.cause(verdict.cause) if verdict.cause else speech.pair(pair.near, pair.far)
    words = f"{SIGN[verdict.outcome]} {outcome(told, speech)}: {what}"
    if told.state == "stopped":
        return f"{words} ({speech.plain('report.stopped')})"
    if told.state == "interrupted":
        return f"{words} ({speech.plain('slack-verdict.cut-off')})"
    return words


def summary(told: Told, speech: Speech) -> str:
    """The one sentence. How sure it is is said in a word: what the word means stands below."""
    verdict = told.result.verdict
    params = dict(verdict.summary.params)
    if "sure" in params:
        params["sure"] = Message(f"slack-verdict.{verdict.confidence}")
    words = speech.message(Message(verdict.summary.code, params))
    return words or speech.plain("slack-verdict.see-record")


def leading(told: Told) -> Finding | None:
    verdict = told.result.verdict
    return next(
        (f for f in verdict.findings if f.cause == verdict.cause and f.stance is Stance.SUPPORTED),
        None,
    )


def of_stance(told: Told, stance: Stance) -> list[Finding]:
    return [f for f in told.result.verdict.findings if f.stance is stance]


def why(finding: Finding, speech: Speech) -> str:
    return speech.message(finding.why) or speech.plain("slack-verdict.see-record")


# --- why, in three lines ------------------------------------------------------------------


def reasons(told: Told, speech: Speech) -> Iterator[str]:
    """What is claimed, and the two answers that differ; at most three lines."""
    finding = leading(told)
    if finding is not None:
        yield why(finding, speech)
        shown = contrast(cited(told, finding.evidence))
        both = any(passes(o) is False for o in shown)
        yield from (_line(o, told, speech, name_it=both) for o in shown)
    elif told.result.verdict.outcome is Outcome.HEALTHY:
        yield from _answered(told, speech)
    else:
        yield from _open_questions(told, speech)


def cited(told: Told, ids: Sequence[str]) -> list[Observation]:
    """The observations of these ids, in the order in which they are cited."""
    by_id = {o.id: o for o in told.result.evidence.observations}
    return [by_id[i] for i in ids if i in by_id]


def _line(observation: Observation, told: Told, speech: Speech, *, name_it: bool) -> Marked:
    """name_it: say that it works or fails. An answer that came through can be the fault too (a
    service that says no): nothing is named then."""
    passed = passes(observation) if name_it else None
    code = {True: "slack-verdict.works", False: "slack-verdict.fails", None: "slack-verdict.reason"}
    return speech(
        code[passed],
        phase=when(observation, told.result.evidence.plans, speech),
        asked=asked(observation, speech),
        answer=answer(observation, speech),
        id=observation.id,
    )


def _answered(told: Told, speech: Speech) -> Iterator[Marked]:
    """Of a healthy pair: the calls that were answered."""
    for result in told.result.verdict.flows:
        if result.flow.required:
            first = cited(told, result.evidence)[:1]
            yield from (_line(o, told, speech, name_it=True) for o in first)


def _open_questions(told: Told, speech: Speech) -> Iterator[str]:
    unknown = sorted(of_stance(told, Stance.UNKNOWN), key=_remote)
    if unknown:
        names = speech.listed((speech.cause(f.cause) for f in unknown), _MOST_UNDECIDED, BETWEEN)
        yield speech.plain("slack-verdict.still-possible", causes=names)
    if told.result.verdict.gaps:
        yield speech.plain("slack-verdict.gaps", count=len(told.result.verdict.gaps))


def _remote(finding: Finding) -> tuple[bool, bool, bool]:
    """How far it is from what was seen: nearest is what observations speak of, and what only the
    replication's first message would show; last what no check asks."""
    return (
        finding.why.code == "unknown.not-built",
        not finding.evidence and finding.why.code != "need.not-tried",
        finding.cause not in _OF_THE_MESSAGE,
    )


# --- the rest -----------------------------------------------------------------------------


def ruled_out(told: Told, speech: Speech) -> str | None:
    """What it is not: the usual suspects first, the others counted."""
    causes = [f.cause for f in of_stance(told, Stance.REFUTED)]
    if not causes:
        return None
    first = [cause for cause in _SUSPECTS if cause in causes]
    ordered = [*first, *(cause for cause in causes if cause not in first)]
    return speech.listed(map(speech.cause, ordered), _MOST_RULED_OUT, BETWEEN)


def advice(told: Told, speech: Speech) -> Iterator[Marked]:
    """Who has to do what; what several have to do stands there once."""
    owners: dict[str, list[str]] = {}
    for one in told.result.verdict.advice:
        words = speech.message(one.text) or speech.plain("slack-verdict.see-record")
        owners.setdefault(words, []).append(speech.title(one.owner))
    for words, titles in owners.items():
        yield joined(["• ", bold(", ".join(titles)), ": ", words], "")


def trigger(told: Told, speech: Speech) -> Marked:
    """What was sent, and what it did."""
    report = told.result.verdict.trigger
    if not report.sent:
        return speech(f"not-sent.{report.not_sent_reason or 'none'}")
    at = moment(report.at or told.result.evidence.context.started)
    if speech.roles or report.service is None or report.port is None:
        parts = [speech("slack-verdict.sent-plain", at=at)]
    else:
        parts = [speech("slack-verdict.sent", service=report.service, port=report.port, at=at)]
    if report.blocked or report.traffic:
        blocked = speech.plain(f"blocked.{report.blocked or 'unknown'}")
        traffic = speech.plain(f"traffic.{report.traffic or 'unknown'}")
        parts.append(speech("trigger.blocked", blocked=blocked, traffic=traffic))
    return joined(parts, "; ")


def recovered(told: Told, speech: Speech) -> str | None:
    """Does it pass again: after how long, or not within which time; None where it never stopped."""
    report = told.result.verdict.trigger
    window = Scene(told.result.evidence).window
    if report.quarantine_seconds is not None:
        return speech.plain("slack-verdict.passes-again", seconds=report.quarantine_seconds)
    if report.quarantine_at_least is None:
        return None
    if window is not None and window.ended is not None:
        return speech.plain("slack-verdict.came-back", seconds=report.quarantine_at_least)
    if told.state == "running":
        return speech.plain("slack-verdict.watching", seconds=report.quarantine_at_least)
    return speech.plain("slack-verdict.still-blocked", seconds=report.quarantine_at_least)
