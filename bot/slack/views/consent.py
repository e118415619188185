"""May the trigger be sent? The question in the thread, the dialog before it counts, the answer.

Law 9: who may is asked by name; a yes says what it can do to the pair and for how long, and what
the source has open to that site right now, before anybody presses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.exposure import Exposed
from bot.request import ConsentQuestion, Sending
from bot.slack import blocks
from bot.slack.markup import Marked, bold, joined, lines, marked, mention, moment
from bot.slack.model import Dialog, Post, Press, Reader
from bot.slack.views.buttons import PREFIX, row
from bot.slack.views.speech import Speech
from bot.terminal.phrases import sending_words
from probes.readings import Socket

SEND = PREFIX + "send"
"""The dialog's callback_id."""

_MOST_OPEN = 20


def question(ask: ConsentQuestion, reader: Reader, may: Sequence[str], incident: str = "") -> Post:
    """For the thread. may: the users and groups that may send it; none: whoever may ask for a
    check. incident: what the buttons carry beside the check."""
    speech = Speech(reader)
    head = speech.plain("slack-consent.head")
    whom = joined(map(mention, may)) if may else speech("slack-consent.anyone")
    body = [
        blocks.section(lines([bold(head), speech("slack-consent.why")])),
        blocks.section(lines(_sent(ask, speech))),
        blocks.section(speech("slack-consent.risk")),
        blocks.section(speech("slack-consent.who", who=whom)),
        *row(("send", "decline"), ask.check, incident, speech),
    ]
    return blocks.post(joined([head, whom]), body)


def answered(
    ask: ConsentQuestion,
    press: Press | None,
    reader: Reader,
    *,
    yes: bool,
    frozen: Press | None = None,
) -> Post:
    """In the question's place, without its buttons: what became of it. press: who answered and
    when, None where nobody did. frozen: who switched the trigger off meanwhile."""
    speech = Speech(reader)
    ended = "frozen" if frozen else "nobody" if press is None else "sent" if yes else "declined"
    words = speech.plain(f"slack-consent.{ended}")
    said = [bold(words), *_pressed(frozen or press, speech), _route(ask, speech)]
    return blocks.post(words, [blocks.section(lines(said))])


def dialog(ask: ConsentQuestion, shown: Exposed, reader: Reader, private_metadata: str) -> Dialog:
    """What a yes does, said where it is given. shown: what else the source has open there."""
    speech = Speech(reader)
    body = [
        blocks.section(lines([bold(speech.plain("slack-consent.what")), *_sent(ask, speech)])),
        blocks.section(lines([bold(speech.plain("slack-consent.may-do")), *_risks(speech)])),
        blocks.section(lines(_open_now(shown, speech))),
        blocks.context(speech("slack-consent.on-record")),
    ]
    return blocks.dialog(
        speech.plain("slack-consent.title"),
        body,
        SEND,
        private_metadata,
        close=speech.plain("slack-consent.close"),
        submit=speech.plain("slack-consent.submit"),
    )


def _pressed(press: Press | None, speech: Speech) -> Iterator[Marked]:
    if press is not None:
        yield speech("slack-consent.pressed", by=mention(press.by), at=moment(press.at))


def _risks(speech: Speech) -> Iterator[Marked]:
    for code in ("hour", "every-flow", "nobody-knows"):
        yield joined(["• ", speech(f"slack-consent.{code}")], "")


def _sent(ask: ConsentQuestion, speech: Speech) -> Iterator[Marked]:
    """From where to where, and each connection that a yes allows."""
    yield _route(ask, speech)
    for sending in ask.sendings:
        yield joined(["• ", _sending(sending, speech)], "")


def _route(ask: ConsentQuestion, speech: Speech) -> Marked:
    ends = {"source": speech.title(ask.source), "target": speech.title(ask.target)}
    return speech("slack-consent.route", **ends)


def _sending(sending: Sending, speech: Speech) -> Marked:
    if speech.roles:
        return speech("slack-consent.some-call", bytes=sending.bytes)
    return marked(sending_words(sending, speech.voice))


def _open_now(shown: Exposed, speech: Speech) -> Iterator[Marked]:
    """A device that quarantines a source cuts these too."""
    yield bold(speech.plain("slack-consent.open-now"))
    if shown.at is None:
        yield speech("slack-consent.not-looked")
    elif not shown.sockets:
        yield speech("slack-consent.none-open", at=moment(shown.at))
    else:
        yield speech("slack-consent.seen", at=moment(shown.at), count=len(shown.sockets))
        if not speech.roles:
            yield from _each(shown.sockets, speech)


def _each(sockets: Sequence[Socket], speech: Speech) -> Iterator[Marked]:
    for socket in sockets[:_MOST_OPEN]:
        peer, local = f"{socket.peer}:{socket.peer_port}", socket.local_port
        yield speech("slack-consent.one", local=local, peer=peer, state=socket.state)
    if len(sockets) > _MOST_OPEN:
        yield speech("slack-consent.more-open", count=len(sockets) - _MOST_OPEN)
