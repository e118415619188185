"""The root message at its end, the short answer to whoever asked, and what comes later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.request import JOB
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.markup import Marked, bold, joined, lines, link, marked, mention, moment
from bot.slack.model import Post, Press, Reader, Told
from bot.slack.views import account
from bot.slack.views.buttons import Name, row
from bot.slack.views.speech import Speech
from probes.model import NotSent, Outcome


def verdict(told: Told, reader: Reader) -> Post:
    """What, where, how sure, why, what it is not, who does what; then the state and buttons."""
    speech = account.speech_for(told, reader)
    check, incident = _ids(told)
    head = account.headline(told, speech)
    body = [
        blocks.header(head),
        *_over(told, speech),
        blocks.section(account.summary(told, speech)),
        *_labelled(_facts(told, speech), speech),
        *_titled("slack-verdict.why", _bullets(account.reasons(told, speech)), speech),
        *_titled("slack-verdict.not", _ruled_out(told, speech), speech),
        *_known_already(told, speech),
        *_titled("report.advice", account.advice(told, speech), speech),
        *_titled("report.trigger", [*_trigger(told, speech)], speech),
        blocks.context(*_state(told, speech)),
        *row(_buttons(told, speech), check, incident, speech),
    ]
    text = f"{head}. {account.summary(told, speech)}"
    return blocks.post(text, body, speech("slack-verdict.folded", incident=incident))


def reply(told: Told, reader: Reader) -> Post:
    """One short message for whoever asked: an edited message notifies nobody."""
    speech = account.speech_for(told, reader)
    head, who = account.headline(told, speech), mention(told.asked_by)
    if told.asked_by.startswith(JOB):  # nobody asked, so nobody is called
        who = speech("slack-state.job", job=marked(told.asked_by.removeprefix(JOB)))
    said = [joined([who, bold(head)]), marked(account.summary(told, speech))]
    owners = dict.fromkeys(speech.title(one.owner) for one in told.result.verdict.advice)
    if owners:
        said.append(speech("slack-verdict.whose-turn", owners=", ".join(owners)))
    text = joined([f"{head}.", account.summary(told, speech), who])
    return blocks.post(text, [blocks.section(lines(said))])


def recovery(told: Told, reader: Reader) -> Post:
    """For the thread, once the watch is over."""
    speech = account.speech_for(told, reader)
    pair = told.result.evidence.context.pair
    words = account.recovered(told, speech) or speech.plain("slack-verdict.never-stopped")
    text = f"{speech.pair(pair.near, pair.far)}: {words}"
    return blocks.post(text, [blocks.section(joined([bold(words), _pair(told, speech)], "\n"))])


def interrupted(
    asked_by: str,
    check: str,
    incident: str,
    reader: Reader,
    had: Told | None,
    pair: tuple[str, str] | None = None,
) -> Post:
    """The root of a check that was cut off by a restart. had: the verdict that stood already.
    pair: near and far, for a check that had none."""
    if had is not None:
        return verdict(had, reader)
    speech = Speech(reader)
    whom = speech.pair(*pair) if pair else check
    head = speech.plain("slack-verdict.interrupted", pair=whom)
    said = [speech("slack-verdict.interrupted-means"), speech("slack-verdict.interrupted-sent")]
    body = [
        blocks.header(head),
        blocks.section(lines(said)),
        blocks.context(_asked_by(asked_by, check, incident, speech), _record(incident, speech)),
        *row(("rerun",), check, incident, speech),
    ]
    return blocks.post(f"{head}. {speech.plain('slack-verdict.interrupted-short')}", body)


# --- the parts of the root ----------------------------------------------------------------


def _facts(told: Told, speech: Speech) -> Iterator[tuple[str, str]]:
    found = told.result.verdict
    recovered = account.recovered(told, speech)
    if recovered:
        yield "slack-verdict.now", recovered
    if found.outcome is Outcome.FAULT:
        where = speech.where(found.location) if found.location else speech("where.unknown")
        yield "report.where", where
    if found.confidence:
        yield "report.how-sure", speech(f"confidence.{found.confidence}")
    if found.also:
        yield "report.also", account.BETWEEN.join(map(speech.cause, found.also))


def _labelled(facts: Iterable[tuple[str, str]], speech: Speech) -> list[Block]:
    """One under the other: two columns are too narrow on a phone."""
    said = [joined([bold(speech.plain(label)), words], ": ") for label, words in facts]
    return [blocks.section(lines(said))] if said else []


def _titled(label: str, said: Iterable[str], speech: Speech) -> list[Block]:
    every = list(said)
    return [blocks.section(lines([bold(speech.plain(label)), *every]))] if every else []


def _trigger(told: Told, speech: Speech) -> Iterator[Marked]:
    """What was sent; where nothing was, whether somebody may still press, or who forbade it."""
    report, pair = told.result.verdict.trigger, told.result.evidence.context.pair
    forbidden = report.not_sent_reason is NotSent.NOT_PERMITTED
    if forbidden and told.frozen:
        by, at = mention(told.frozen.by), moment(told.frozen.at)
        yield speech("slack-state.frozen", by=by, at=at)
    elif forbidden and pair.trigger != "no" and told.asked_by.startswith(JOB):
        yield speech("slack-state.offers-send")
    else:
        yield account.trigger(told, speech)


def _over(told: Told, speech: Speech) -> list[Block]:
    """A verdict that is past must not be read as of now."""
    if told.copied is None:
        return []
    return [blocks.section(bold(speech("slack-state.copied", at=moment(told.copied))))]


def _known_already(told: Told, speech: Speech) -> list[Block]:
    """A check that tried less than an earlier one must not read like an acquittal."""
    inconclusive = told.result.verdict.outcome is Outcome.INCONCLUSIVE
    if not inconclusive or told.incident_cause is None:
        return []
    cause = speech.plain(f"cause.{told.incident_cause}")
    return [blocks.section(bold(speech.plain("slack-state.known", cause=cause)))]


def _bullets(said: Iterable[str]) -> Iterator[Marked]:
    return (joined(["• ", words], "") for words in said)


def _ruled_out(told: Told, speech: Speech) -> list[str]:
    words = account.ruled_out(told, speech)
    return [words] if words else []


def _state(told: Told, speech: Speech) -> Iterator[Marked]:
    """Small print: whose check, when, and what people have done with it since."""
    check, incident = _ids(told)
    yield _asked_by(told.asked_by, check, incident, speech)
    yield _took(told, speech)
    presses = {
        "stopped-by": told.stopped_by,
        "acknowledged-by": told.acknowledged,
        "closed-by": told.closed,
    }
    yield from (_pressed(name, press, speech) for name, press in presses.items() if press)
    if told.rerun:
        yield speech("slack-state.rerun", check=told.rerun)
    yield _record(incident, speech)


def _pressed(name: str, press: Press, speech: Speech) -> Marked:
    return speech(f"slack-state.{name}", by=mention(press.by), at=moment(press.at))


def _asked_by(asked_by: str, check: str, incident: str, speech: Speech) -> Marked:
    if asked_by.startswith(JOB):
        job = marked(asked_by.removeprefix(JOB))
        return speech("slack-state.job-failed", job=job, check=check, incident=incident)
    return speech("slack-state.asked-by", by=mention(asked_by), check=check, incident=incident)


def _took(told: Told, speech: Speech) -> Marked:
    """When it was, and how long it took or takes."""
    at = moment(datetime.fromisoformat(told.result.document["started"]).timestamp())
    seconds = float(told.result.document["seconds_to_verdict"])
    return speech("slack-state.took", at=at, seconds=seconds)


def _record(incident: str, speech: Speech) -> Marked:
    if speech.reader.page:
        return link(speech.reader.page, speech.plain("slack-state.page", incident=incident))
    return speech("slack-state.record", incident=incident)


def _pair(told: Told, speech: Speech) -> Marked:
    pair = told.result.evidence.context.pair
    check, incident = _ids(told)
    return speech(
        "slack-state.about", pair=speech.pair(pair.near, pair.far), check=check, incident=incident
    )


def _ids(told: Told) -> tuple[str, str]:
    return str(told.result.document["check"]), str(told.result.document["incident"])


def _could_send(told: Told) -> bool:
    """It would have told more, and nobody said yes (a machine may not): whoever may can press."""
    report, found = told.result.verdict.trigger, told.result.verdict.outcome
    pair = told.result.evidence.context.pair
    unasked = report.not_sent_reason in (NotSent.NO_CONSENT, NotSent.NOT_PERMITTED)
    return found is Outcome.INCONCLUSIVE and unasked and pair.trigger != "no"


def _buttons(told: Told, speech: Speech) -> tuple[Name, ...]:
    """Those that apply now, the one that is needed most first."""
    open_ = told.incident_open and told.closed is None
    found = told.result.verdict.outcome is not Outcome.HEALTHY
    watched = told.state == "running"
    wanted: dict[Name, bool] = {
        "stop": watched,
        "send": not watched and told.rerun is None and _could_send(told),
        "acknowledge": open_ and found and told.acknowledged is None,
        "rerun": not watched and told.rerun is None,
        "evidence": not speech.roles,
        "share": True,
        "close": open_ and not watched,
    }
    return tuple(name for name, wants in wanted.items() if wants)
