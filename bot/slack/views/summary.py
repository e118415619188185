"""A manager's version: what is broken, since when, whose it is, what happens next. No address,
port, code or jargon in it, whatever channel it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bot.slack import blocks
from bot.slack.markup import Marked, bold, joined, lines, moment
from bot.slack.model import Post, Reader, Told
from bot.slack.views import account
from bot.slack.views.speech import Speech
from probes.model import Outcome


def summary(told: Told, reader: Reader) -> Post:
    """One message, the same wherever it is shared."""
    speech = account.speech_for(told, replace(reader, detail="roles"))
    head, what = _head(told, speech), _what(told, speech)
    said = [joined([bold(label), words], ": ") for label, words in _said(told, speech)]
    incident = str(told.result.document["incident"])
    body = [
        blocks.header(head),
        blocks.section(what),
        blocks.section(lines(said)),
        blocks.context(speech("slack-manager.record", incident=incident)),
    ]
    return blocks.post(f"{head}. {what}", body)


def _head(told: Told, speech: Speech) -> str:
    verdict, pair = told.result.verdict, told.result.evidence.context.pair
    whom = speech.pair(pair.near, pair.far)
    return f"{account.SIGN[verdict.outcome]} " + speech.plain(
        f"slack-manager.{verdict.outcome}", pair=whom
    )


def _what(told: Told, speech: Speech) -> str:
    """What is broken, in words that need no network engineer."""
    verdict, pair = told.result.verdict, told.result.evidence.context.pair
    code = verdict.summary.code.partition(".")[2]  # the cause, or what was seen instead
    return speech.plain(f"managers.{code}", near=pair.near, far=pair.far)


def _said(told: Told, speech: Speech) -> Iterator[tuple[str, Marked]]:
    verdict = told.result.verdict
    started = datetime.fromisoformat(told.result.document["started"]).timestamp()
    since = "since" if verdict.outcome is Outcome.FAULT else "checked"
    yield speech.plain(f"slack-manager.{since}"), moment(started)
    if verdict.outcome is Outcome.FAULT:
        yield speech.plain("slack-manager.whose"), _whose(told, speech)
        yield speech.plain("slack-manager.sure"), speech(f"slack-manager.{verdict.confidence}")
    yield speech.plain("slack-manager.now"), _now(told, speech)
    yield speech.plain("slack-manager.next"), _next(told, speech)


def _whose(told: Told, speech: Speech) -> Marked:
    """At a boundary it is not proved which of the two it is."""
    owners = _owners(told, speech)
    location = told.result.verdict.location
    if location is None or location.segment is None:
        return speech("slack-manager.owners-unplaced", owners=", ".join(owners))
    if location.boundary and len(owners) > 1:
        return speech("slack-manager.owners-both", one=owners[0], other=owners[-1])
    return speech("slack-manager.owners", owners=", ".join(owners))


def _owners(told: Told, speech: Speech) -> list[str]:
    return list(dict.fromkeys(speech.title(one.owner) for one in told.result.verdict.advice))


def _now(told: Told, speech: Speech) -> Marked:
    """What it means for the copies, and how far people are with it."""
    effect = speech(f"slack-manager.effect-{told.result.verdict.outcome}")
    if told.closed or not told.incident_open:
        return joined([effect, speech("slack-manager.is-closed")])
    if told.acknowledged:
        return joined([effect, speech("slack-manager.is-acknowledged")])
    return effect


def _next(told: Told, speech: Speech) -> Marked:
    verdict = told.result.verdict
    owners = _owners(told, speech)
    if verdict.outcome is not Outcome.FAULT:
        return speech(f"slack-manager.next-{verdict.outcome}")
    return speech("slack-manager.next-fault", owners=", ".join(owners))
