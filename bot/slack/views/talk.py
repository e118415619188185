"""What is answered to a command, mostly to one person alone: help, mistakes, lists, refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol

from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.command import (
    Ask,
    Command,
    Freeze,
    Help,
    Incidents,
    Mistake,
    Status,
    Stop,
    Summary,
    Unfreeze,
    typed,
)
from bot.slack.markup import Marked, bold, code, joined, lines, link, mention, moment
from bot.slack.model import Post, Reader
from bot.slack.views.speech import Speech
from probes.model import Context, Message, Pair

Json = Any
_MOST_PAIRS, _MOST_RUNNING, _MOST_INCIDENTS = 10, 10, 30


class Running(Protocol):
    """A check that runs, as the record has it. started: epoch seconds."""

    @property
    def id(self) -> str: ...
    @property
    def asked_by(self) -> str: ...
    @property
    def started(self) -> float: ...
    @property
    def context(self) -> Context: ...


class Frozen(Protocol):
    """No trigger at this site (None: at any) since then, and who said so."""

    @property
    def site(self) -> str | None: ...
    @property
    def at(self) -> float: ...
    @property
    def by(self) -> str: ...


class Waiting(Protocol):
    """What is still to be said in Slack, and since when the oldest of it waits."""

    @property
    def waiting(self) -> int: ...
    @property
    def oldest(self) -> float | None: ...


# --- how to ask ---------------------------------------------------------------------------


def help_text(pairs: Sequence[Pair], reader: Reader) -> Post:
    """Every command, with a call that works here."""
    speech = Speech(reader)
    head = speech.plain("slack-talk.help-head")
    body = [
        blocks.section(lines([bold(head), speech("slack-talk.help-what")])),
        *_taught(_calls(pairs), speech),
        *_pairs(pairs, speech),
        blocks.context(speech("slack-talk.help-threads")),
    ]
    return blocks.post(head, body)


def usage(mistake: Mistake, reader: Reader) -> Post:
    """What is wrong with a call, and the right one. Sites by the names that are typed."""
    speech = Speech(replace(reader, titles={}))
    wrong = speech(mistake.message.code, **mistake.message.params)
    said = [wrong]
    if mistake.call not in wrong:
        said.append(speech("slack-talk.right-call", call=code(mistake.call)))
    return blocks.post(joined(said), [blocks.section(lines(said))])


def _calls(pairs: Sequence[Pair]) -> dict[str, Command]:
    calls: dict[str, Command] = {}
    if pairs:
        near, far = pairs[0].near, pairs[0].far
        calls = {
            "ask": Ask(near, far),
            "ask-no": Ask(near, far, "no"),
            "ask-yes": Ask(near, far, "yes"),
        }
    calls |= {"stop": Stop(), "status": Status(), "incidents": Incidents(), "summary": Summary()}
    site = pairs[0].near if pairs else None
    return calls | {"freeze": Freeze(site), "unfreeze": Unfreeze(site), "help": Help()}


def _taught(calls: Mapping[str, Command], speech: Speech) -> Iterator[Block]:
    said = (
        joined([code(typed(call)), speech(f"slack-help.{name}")], "\n")
        for name, call in calls.items()
    )
    yield blocks.section(joined(said, "\n"))


def _pairs(pairs: Sequence[Pair], speech: Speech) -> Iterator[Block]:
    if not pairs:
        yield blocks.section(speech("slack-talk.no-pairs"))
        return
    said = [
        joined(["• ", code(f"{pair.near} {pair.far}"), " ", speech.pair(pair.near, pair.far)], "")
        for pair in pairs[:_MOST_PAIRS]
    ]
    if len(pairs) > _MOST_PAIRS:
        said.append(speech("slack-talk.more-pairs", count=len(pairs) - _MOST_PAIRS))
    yield blocks.section(lines([bold(speech.plain("slack-talk.pairs")), *said]))


# --- what goes on -------------------------------------------------------------------------


def already_running(check: Running, at: str | None, reader: Reader) -> Post:
    """at: the address of its root message, where Slack could say it."""
    speech = Speech(reader, check.context)
    pair = speech.pair(check.context.pair.near, check.context.pair.far)
    words = speech("slack-talk.already", pair=pair, check=check.id, by=mention(check.asked_by),
                   at=moment(check.started))  # fmt: skip
    follow = [link(at, speech.plain("slack-talk.follow"))] if at else []
    return blocks.post(words, [blocks.section(joined([words, *follow]))])


def which_to_stop(running: Sequence[Running], reader: Reader) -> Post:
    """None or several run here."""
    speech = Speech(reader)
    if not running:
        return _short(speech("slack-talk.nothing-runs"))
    head = speech("slack-talk.which", call=code(typed(Stop(running[0].id))))
    return blocks.post(head, [blocks.section(lines([head, *_each(running, speech)]))])


def status(
    *,
    running: Sequence[Running],
    freezes: Sequence[Frozen],
    triggers: int,
    waiting: Waiting,
    reader: Reader,
) -> Post:
    """triggers: how many were sent in the last 24 hours."""
    speech = Speech(reader)
    head = speech.plain("slack-talk.status-head", running=len(running), triggers=triggers)
    said = [bold(head), *_each(running, speech)]
    said += [_freeze(freeze, speech) for freeze in freezes] or [speech("slack-talk.no-freeze")]
    if waiting.waiting and waiting.oldest is not None:
        since = moment(waiting.oldest)
        said.append(speech("slack-talk.waiting", count=waiting.waiting, at=since))
    else:
        said.append(speech("slack-talk.all-said"))
    return blocks.post(head, [blocks.section(lines(said))])


def frozen(site: str | None, by: str, reader: Reader) -> Post:
    speech = Speech(reader)
    return _short(speech("slack-talk.frozen", where=_where(site, speech), by=mention(by)))


def unfrozen(site: str | None, by: str, reader: Reader) -> Post:
    speech = Speech(reader)
    return _short(speech("slack-talk.unfrozen", where=_where(site, speech), by=mention(by)))


def _each(running: Sequence[Running], speech: Speech) -> Iterator[Marked]:
    for check in running[:_MOST_RUNNING]:
        own = Speech(speech.reader, check.context)
        pair = own.pair(check.context.pair.near, check.context.pair.far)
        by, at = mention(check.asked_by), moment(check.started)
        yield own("slack-talk.runs", pair=pair, check=check.id, by=by, at=at)
    if len(running) > _MOST_RUNNING:
        yield speech("slack-talk.more-run", count=len(running) - _MOST_RUNNING)


def _freeze(freeze: Frozen, speech: Speech) -> Marked:
    by, at = mention(freeze.by), moment(freeze.at)
    return speech("slack-talk.is-frozen", where=_where(freeze.site, speech), by=by, at=at)


def _where(site: str | None, speech: Speech) -> str:
    return speech.title(site) if site else speech.plain("slack-talk.everywhere")


# --- the record ---------------------------------------------------------------------------


def incidents(found: Sequence[Mapping[str, Json]], reader: Reader) -> Post:
    """The newest of the contract's `incidents list`, as a table."""
    speech = Speech(reader)
    if not found:
        return _short(speech("cli.no-incidents"))
    shown = list(reversed(found))[:_MOST_INCIDENTS]
    open_ = sum(incident["state"] != "closed" for incident in found)
    head = speech.plain("slack-talk.incidents", count=len(found), open=open_)
    columns = [speech.plain(f"incident.{c}") for c in ("id", "pair", "state", "cause", "opened")]
    rows = [_incident(incident, speech) for incident in shown]
    body = [blocks.section(bold(head)), blocks.table(columns, rows), *_record(shown[0], speech)]
    return blocks.post(head, body, last=1)


def summary(found: Sequence[Mapping[str, Json]], since: float, reader: Reader) -> Post:
    """What happened since then (epoch seconds), for a manager: each pair in a line. What was
    asked about and had no fault counts in no summary (contract.md)."""
    speech = Speech(reader)
    counted = [i for i in found if i.get("counts", True) and _epoch(i["opened"]) >= since]
    head = speech("slack-talk.summary-head", count=len(counted), since=moment(since))
    pairs = Counter((incident["near"], incident["far"]) for incident in counted)
    said = [_of_pair(near, far, counted, speech) for (near, far), _ in pairs.most_common()]
    body = [blocks.section(lines([bold(head), *(said or [speech("slack-talk.summary-none")])]))]
    return blocks.post(head, body)


def _incident(incident: Mapping[str, Json], speech: Speech) -> tuple[str, ...]:
    """Opened in UTC: a table's cells can't show a reader's own zone."""
    cause = speech.cause(incident["cause"]) if incident["cause"] else "–"
    opened = str(incident["opened"])[:16].replace("T", " ") + " UTC"
    pair, state = speech.pair(incident["near"], incident["far"]), f"state.{incident['state']}"
    return str(incident["id"]), pair, speech.plain(state), cause, opened


def _of_pair(near: str, far: str, counted: Sequence[Mapping[str, Json]], speech: Speech) -> Marked:
    mine = [i for i in counted if (i["near"], i["far"]) == (near, far)]
    open_ = sum(incident["state"] != "closed" for incident in mine)
    causes = dict.fromkeys(speech.cause(i["cause"]) for i in mine if i["cause"])
    words = speech.listed(causes, 3) or speech.plain("slack-talk.no-cause")
    return speech(
        "slack-talk.summary-pair",
        pair=speech.pair(near, far),
        count=len(mine),
        open=open_,
        causes=words,
    )


def _record(incident: Mapping[str, Json], speech: Speech) -> Iterator[Block]:
    yield blocks.context(speech("slack-state.record", incident=str(incident["id"])))


def _epoch(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


# --- no -----------------------------------------------------------------------------------


def refused(why: Message, reader: Reader, see: str | None = None) -> Post:
    """Why not, privately, and what would help. Of the parameters `by` is a user's id, and `at`
    a moment in epoch seconds. see: the address of what there is instead."""
    speech = Speech(reader)
    words = speech(why.code, **dict(_shown(why)))
    follow = [link(see, speech.plain("slack-talk.follow"))] if see else []
    return blocks.post(words, [blocks.section(joined([words, *follow]))])


def _shown(why: Message) -> Iterator[tuple[str, str | int | float | Message]]:
    for name, value in why.params.items():
        if name == "by":
            yield name, mention(str(value))
        elif name == "at" and isinstance(value, int | float):
            yield name, moment(value)
        else:
            yield name, value


def _short(words: Marked) -> Post:
    return blocks.post(words, [blocks.section(words)])
