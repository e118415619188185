"""The report of one check: the verdict first, then why, then all else (law 10: words by code).

It is made from the contract's document, and from the evidence for the drawing of the path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.terminal.path import drawing
from bot.terminal.safe import plain
from bot.words import Voice, titles_of
from probes.model import Evidence

Document = Mapping[str, Any]

_STYLE = {"healthy": "bold green", "fault": "bold red", "inconclusive": "bold yellow"}
_MOST_CITED = 8
_MOST_LINES = 10


def print_report(console: Console, document: Document, evidence: Evidence, lang: str) -> None:
    """Print the whole report; 80 columns are enough."""
    voice = Voice(lang, titles_of(evidence.context))
    path = drawing(evidence, document["location"], voice, console.width - 2)
    console.print(_headline(document, voice))
    _section(console, voice("report.path"), list(path))
    _section(console, voice("report.evidence"), list(_evidence(document, voice)))
    _section(console, voice("report.ruled-out"), list(_by_stance(document, "refuted", voice)))
    _section(console, voice("report.undecided"), list(_by_stance(document, "unknown", voice)))
    _section(console, voice("report.gaps"), list(_gaps(document, voice)))
    _section(console, voice("report.advice"), list(_advice(document, voice)))
    console.print()
    console.print(plain(voice("report.record", incident=document["incident"])), style="dim")


def _section(console: Console, title: str, body: Sequence[RenderableType]) -> None:
    if body:
        console.print()
        console.print(Text(title.upper(), style="bold"))
        console.print(Padding(Group(*body), (0, 0, 0, 1)))


# --- the verdict --------------------------------------------------------------------------


def _headline(document: Document, voice: Voice) -> Group:
    outcome = document["outcome"]
    title = Text(voice(f"outcome.{outcome}"), style=_STYLE[outcome])
    if document["cause"]:
        title.append(f": {voice('cause.' + document['cause'])}")
    if document["stopped"]:
        title.append(f" ({voice('report.stopped')})", style="bold yellow")
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for label, words in _facts(document, voice):
        facts.add_row(Text(label, style="dim"), plain(words))
    return Group(title, plain(document["summary"]), Text(), facts)


def _facts(document: Document, voice: Voice) -> Iterator[tuple[str, str]]:
    if document["confidence"]:
        yield voice("report.how-sure"), voice(f"confidence.{document['confidence']}")
    if document["location"]:
        yield voice("report.where"), where(document["location"], voice)
    if document["also"]:
        also = ", ".join(voice(f"cause.{cause}") for cause in document["also"])
        yield voice("report.also"), also
    yield voice("report.trigger"), trigger(document["trigger"], voice)
    yield voice("report.check"), f"{document['check']}, {document['started']}"
    times = {"seconds": document["seconds"], "verdict": document["seconds_to_verdict"]}
    yield voice("report.took"), voice("report.took-seconds", **times)


def where(location: Mapping[str, Any], voice: Voice) -> str:
    """The place in words; at a boundary both owners are named."""
    if location["host"]:
        return voice("where.host", host=location["host"])
    segment = voice.title(location["segment"]) if location["segment"] else voice("where.unknown")
    if not location["between"]:
        return segment
    first, second = (end or voice("where.unseen") for end in location["between"][:2])
    ends = voice("where.between", first=first, second=second)
    if location["boundary"]:
        owners = " / ".join(voice.title(owner) for owner in location["owners"])
        return voice("where.boundary", segment=segment, ends=ends, owners=owners)
    return voice("where.within", segment=segment, ends=ends)


def trigger(report: Mapping[str, Any], voice: Voice) -> str:
    """What was sent, and what it did."""
    if not report["sent"]:
        reason = report["not_sent_reason"]
        return voice(f"not-sent.{reason}") if reason else voice("not-sent.none")
    words = voice("trigger.sent", service=report["service"] or "?", port=report["port"] or 0)
    if report["blocked"] or report["traffic"]:
        blocked = voice(f"blocked.{report['blocked'] or 'unknown'}")
        traffic = voice(f"traffic.{report['traffic'] or 'unknown'}")
        words += "; " + voice("trigger.blocked", blocked=blocked, traffic=traffic)
    if report["quarantine_seconds"] is not None:
        words += "; " + voice("trigger.lasted", seconds=report["quarantine_seconds"])
    elif report["quarantine_at_least"] is not None:
        words += "; " + voice("trigger.lasts", seconds=report["quarantine_at_least"])
    return words


# --- why ----------------------------------------------------------------------------------


def _evidence(document: Document, voice: Voice) -> Iterator[RenderableType]:
    """The lines that the supported findings rest on; of a healthy pair, the flows'."""
    by_id = {item["id"]: item for item in document["evidence"]}
    supported = [f for f in document["findings"] if f["stance"] == "supported"]
    for finding in supported:
        yield plain(f"{voice('cause.' + finding['cause'])}: {finding['why']}", style="bold")
        yield from _cited(finding["evidence"], by_id, voice)
    for flow in document["flows"] if not supported else ():
        words = _flow(flow, voice)
        if flow["required"] and flow["result"] == "ok":
            yield plain(words, style="bold")
            yield from _cited(flow["evidence"], by_id, voice)
        else:
            cited = f" [{', '.join(flow['evidence'])}]" if flow["evidence"] else ""
            yield plain(words + cited)


def _flow(flow: Mapping[str, Any], voice: Voice) -> str:
    ends = {"source": flow["from"], "target": flow["to"], "port": flow["port"] or "?"}
    return voice("report.flow", result=voice(f"flow.{flow['result']}"), **ends)


def _cited(
    ids: Sequence[str], by_id: Mapping[str, Mapping[str, Any]], voice: Voice
) -> Iterator[RenderableType]:
    items = [by_id[i] for i in ids if i in by_id]
    shown = _various(items)
    for item in shown:
        yield item_block(item, voice)
    more = ", ".join(item["id"] for item in items if item not in shown)
    if more:
        yield plain(voice("report.more-evidence", ids=more), style="dim")


def _various(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A few of many: of each probe and asked host the first ones, so that none crowds out the
    others, in the order in which they are cited."""
    ranked: list[tuple[int, int]] = []
    seen: Counter[tuple[str, str]] = Counter()
    for position, item in enumerate(items):
        kind = (item["probe"], item["from"])
        ranked.append((seen[kind], position))
        seen[kind] += 1
    return [items[position] for _, position in sorted(sorted(ranked)[:_MOST_CITED], key=_second)]


def _second(pair: tuple[int, int]) -> int:
    return pair[1]


def item_block(item: Mapping[str, Any], voice: Voice) -> RenderableType:
    """One observation: who was asked, the command, and its lines with their numbers."""
    head = plain(f"{item['id']} {_asked(item, voice)}  ({voice('phase.' + item['phase'])})")
    command = plain(f"$ {item['command']}", style="dim")
    lines = Table.grid(padding=(0, 1))
    lines.add_column(justify="right", style="dim", no_wrap=True)
    lines.add_column(overflow="fold")
    numbered = list(zip(item["lines"], item["excerpt"].split("\n"), strict=False))
    for number, text in numbered[:_MOST_LINES]:
        lines.add_row(f"{number} │", plain(text))
    if len(numbered) > _MOST_LINES:
        lines.add_row("", Text(voice("report.more-lines", count=len(numbered) - _MOST_LINES)))
    return Padding(Group(head, command, lines), (0, 0, 0, 2))


def _asked(item: Mapping[str, Any], voice: Voice) -> str:
    who = item["from"] + (f" → {item['to']}" if item["to"] else "")
    return f"{voice.or_else('probe.' + item['probe'], item['probe'])} {who}"


def _by_stance(document: Document, stance: str, voice: Voice) -> Iterator[RenderableType]:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(ratio=2, overflow="fold")
    rows.add_column(ratio=5, overflow="fold")
    for finding in document["findings"]:
        if finding["stance"] == stance:
            cited = f" [{', '.join(finding['evidence'])}]" if finding["evidence"] else ""
            cause = voice(f"cause.{finding['cause']}")
            rows.add_row(plain(cause), plain(finding["why"] + cited))
    if rows.row_count:
        yield rows


def _gaps(document: Document, voice: Voice) -> Iterator[RenderableType]:
    """Gaps of one kind at one host in one line: a host that is down leaves dozens."""
    counted = Counter((gap["from"], gap["gap"], gap["detail"]) for gap in document["gaps"])
    for (source, kind, detail), count in counted.items():
        same = [g for g in document["gaps"] if (g["from"], g["gap"], g["detail"])
                == (source, kind, detail)]  # fmt: skip
        probes = dict.fromkeys(voice.or_else(f"probe.{g['probe']}", g["probe"]) for g in same)
        times = f" (×{count})" if count > len(probes) else ""
        words = f"{source}: {', '.join(probes)}{times}: {voice('gap.' + kind)}"
        yield plain(f"{words}: {detail}" if detail else words)


def _advice(document: Document, voice: Voice) -> Iterator[RenderableType]:
    rows = Table.grid(padding=(0, 2))
    rows.add_column(style="bold", overflow="fold", ratio=2)
    rows.add_column(overflow="fold", ratio=5)
    owners: dict[str, list[str]] = {}
    for advice in document["advice"]:
        owners.setdefault(advice["text"], []).append(voice.title(advice["owner"]))
    for text, titles in owners.items():  # what several have to do stands there once
        rows.add_row(plain(", ".join(titles)), plain(text))
    if rows.row_count:
        yield rows
