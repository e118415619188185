"""One incident as its page shows it: words and rows, made of the record (pure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.incidents.clock import Age
from bot.incidents.recurrence import DAYS
from bot.pages.evidence import Item, Step, steps
from bot.pages.render import span, utc
from bot.pages.timeline import Moment, Run, moment, timeline
from bot.picture.alt import alt_text
from bot.request import CheckResult
from bot.terminal.report import trigger, where
from bot.terminal.safe import printable
from bot.words import Voice
from probes.model import Evidence
from storage.codec import Raw
from storage.job_facts import Earlier
from storage.pages import Account, CheckHead

Document = Mapping[str, Any]

_MOST_CITED = 10
"""Observations of one finding whose lines stand open on the page and on paper."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was read for the check that the page tells in full. result: None without a verdict."""

    check: CheckHead
    result: CheckResult | None
    evidence: Evidence
    raws: tuple[Raw, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of the pair beside this incident. age: its last good copy's; rpo: how old
    that may be, in seconds. earlier: the pair's incidents of the last DAYS days, newest first;
    empty too where the reader may read this incident only."""

    age: Age | None
    rpo: float | None
    earlier: tuple[Earlier, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """Who has to do what."""

    owners: str
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding, and the observations that it rests on. shown: those whose lines stand with it."""

    cause: str
    why: str
    evidence: tuple[str, ...]
    shown: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The check's verdict in words."""

    outcome: str
    headline: str
    summary: str
    stopped: bool
    facts: tuple[tuple[str, str], ...]
    duties: tuple[Duty, ...]
    supported: tuple[Claim, ...]
    refuted: tuple[Claim, ...]
    undecided: tuple[Claim, ...]
    flows: tuple[Claim, ...]
    gaps: tuple[str, ...]
    picture: str


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """All that the template lays out."""

    account: Account
    title: str
    around: tuple[tuple[str, str], ...]
    earlier: tuple[Earlier, ...]
    shown: CheckHead | None
    verdict: Verdict | None
    running: CheckHead | None
    timeline: tuple[Moment | Run, ...]
    steps: tuple[Step, ...]
    others: tuple[CheckHead, ...]
    superseded: tuple[Moment, ...]
    newest: int


def incident_page(
    account: Account, shown: Shown | None, around: Around, voice: Voice
) -> IncidentPage:
    """The page of an incident. voice: with the titles of the shown check's sites."""
    result = shown.result if shown else None
    told = {o.id: o for o in shown.evidence.observations} if shown else {}
    head, check = account.head, shown.check if shown else None
    near, far = voice.title(head.near), voice.title(head.far)
    heard = steps(shown.raws, result.document if result else None, told, voice) if shown else []
    return IncidentPage(
        account=account,
        title=voice("incident.title", id=head.id, near=near, far=far),
        around=tuple(_around(account, around, voice)),
        earlier=around.earlier,
        shown=check,
        verdict=_verdict(result, heard, voice) if result else None,
        running=next((c for c in account.checks if c.state == "running"), None),
        timeline=tuple(timeline(account, check.id if check else None, told, voice)),
        steps=tuple(heard),
        superseded=_superseded(account, check, voice),
        others=tuple(c for c in reversed(account.checks) if c != check),
        newest=max((event.seq for event in account.events), default=0),
    )


def _superseded(account: Account, check: CheckHead | None, voice: Voice) -> tuple[Moment, ...]:
    """The check's verdicts before the one that counts: what was said while the recovery was
    still being watched."""
    said = [e for e in account.events if check and e.check_id == check.id and e.kind == "verdict"]
    return tuple(moment(event, None, {}, voice) for event in said[:-1])


def _around(account: Account, around: Around, voice: Voice) -> Iterator[tuple[str, str]]:
    if around.earlier:
        times = {"times": len(around.earlier) + 1, "days": DAYS}
        yield voice("page.repeated"), voice("page.repeated-times", **times)
    if around.age and account.head.closed is None:
        said = {"at": utc(around.age.last_good), "span": span(around.age.seconds, voice.lang)}
        if around.rpo is None:
            yield voice("page.last-copy"), voice("page.last-copy-of", **said)
            return
        said["limit"] = span(around.rpo, voice.lang)
        if around.age.exceeded_since is None:
            yield voice("page.last-copy"), voice("page.last-copy-within", **said)
        else:
            since = utc(around.age.exceeded_since)
            yield voice("page.last-copy"), voice("page.last-copy-late", since=since, **said)


def _verdict(result: CheckResult, heard: Sequence[Step], voice: Voice) -> Verdict:
    document = result.document
    items = {item.id: item for step in heard for item in step.items}
    cause = f"cause.{document['cause']}" if document["cause"] else ""
    return Verdict(
        outcome=document["outcome"],
        headline=voice(cause) if cause else "",
        summary=printable(document["summary"]),
        stopped=document["stopped"],
        facts=tuple(_facts(document, voice)),
        duties=tuple(_duties(document, voice)),
        supported=tuple(_claims(document, "supported", items, voice)),
        refuted=tuple(_claims(document, "refuted", {}, voice)),
        undecided=tuple(_claims(document, "unknown", {}, voice)),
        flows=tuple(_flows(document, voice)),
        gaps=tuple(_gaps(document, voice)),
        picture=alt_text(document, result.evidence, voice, "addresses"),
    )


def _facts(document: Document, voice: Voice) -> Iterator[tuple[str, str]]:
    if document["location"]:
        yield voice("report.where"), printable(where(document["location"], voice))
    if document["confidence"]:
        yield voice("report.how-sure"), voice(f"confidence.{document['confidence']}")
    if document["also"]:
        also = ", ".join(voice(f"cause.{cause}") for cause in document["also"])
        yield voice("report.also"), also
    yield voice("report.trigger"), printable(trigger(document["trigger"], voice))
    times = {"seconds": document["seconds"], "verdict": document["seconds_to_verdict"]}
    yield voice("report.took"), voice("report.took-seconds", **times)


def _duties(document: Document, voice: Voice) -> Iterator[Duty]:
    """What several have to do stands there once."""
    owners: dict[str, list[str]] = {}
    for advice in document["advice"]:
        owners.setdefault(advice["text"], []).append(voice.title(advice["owner"]))
    for text, titles in owners.items():
        yield Duty(", ".join(titles), printable(text))


def _claims(
    document: Document, stance: str, items: Mapping[str, Item], voice: Voice
) -> Iterator[Claim]:
    for finding in document["findings"]:
        if finding["stance"] == stance:
            cited = tuple(finding["evidence"])
            words = voice(f"cause.{finding['cause']}")
            yield Claim(words, printable(finding["why"]), cited, _various(cited, items))


def _various(cited: Sequence[str], items: Mapping[str, Item]) -> tuple[Item, ...]:
    """A few of many: of each question the first, then the second ones, so that none crowds out
    the others, in the order of citing."""
    seen: Counter[tuple[str, str]] = Counter()
    ranked: list[tuple[int, int, Item]] = []
    for place, item in enumerate(items[i] for i in cited if i in items and items[i].telling):
        ranked.append((seen[item.title, item.ends], place, item))
        seen[item.title, item.ends] += 1
    chosen = sorted(ranked, key=lambda each: each[:2])[:_MOST_CITED]
    return tuple(item for _, _, item in sorted(chosen, key=lambda each: each[1]))


def _flows(document: Document, voice: Voice) -> Iterator[Claim]:
    for flow in document["flows"]:
        ends = f"{voice.title(flow['from'])} → {voice.title(flow['to'])}"
        port = flow["port"] or "?"
        needed = voice("page.required" if flow["required"] else "page.not-required")
        words = f"{ends}, {port} ({flow['service']})"
        result = f"{voice('flow.' + flow['result'])} ({needed})"
        yield Claim(words, result, tuple(flow["evidence"]))


def _gaps(document: Document, voice: Voice) -> Iterator[str]:
    """Gaps of one kind at one host in one line: a host that is down leaves dozens."""
    alike: dict[tuple[str, str, str], Counter[str]] = {}
    for gap in document["gaps"]:
        probe = voice.or_else(f"probe.{gap['probe']}", gap["probe"])
        same = alike.setdefault((gap["from"], gap["gap"], gap["detail"]), Counter())
        same[probe] += 1
    for (source, kind, detail), probes in alike.items():
        named = ", ".join(f"{p} ×{n}" if n > 1 else p for p, n in probes.items())
        words = f"{voice.title(source)}: {named}: {voice('gap.' + kind)}"
        yield printable(f"{words}: {detail}" if detail else words)
