"""One incident as a Markdown document to hand on (pure).

What hosts printed stands in fences longer than any run of backticks in it, and every other
text is escaped, so that nothing in it can end its fence or become a heading, a link or HTML.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.terminal.record import timeline
from bot.terminal.report import trigger, where
from bot.terminal.safe import printable
from bot.words import Voice

Record = Mapping[str, Any]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&!])")


def markdown(record: Record, voice: Voice) -> str:
    """Summary first, then the timeline, the verdicts, and the evidence with its lines."""
    title = voice("incident.title", id=record["id"], near=record["near"], far=record["far"])
    lines = [f"# {text(title)}", "", *_facts(record, voice)]
    lines += ["", f"## {voice('incident.timeline')}", ""]
    lines += [f"- {text(line)}" for line in timeline(record, voice)]
    for check in record["checks"]:
        lines += ["", f"## {text(voice('incident.verdict', id=check['id']))}", ""]
        lines += _check(check, voice)
    return "\n".join(lines) + "\n"


def text(words: str) -> str:
    """Words as Markdown that shows exactly them."""
    return _SPECIAL.sub(r"\\\1", printable(" ".join(words.split())))


def fenced(lines: str) -> list[str]:
    """Raw lines in a fence that nothing in them can close."""
    longest = max((len(run) for run in re.findall(r"`+", lines)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence + "text", *map(printable, lines.split("\n")), fence]


def _facts(record: Record, voice: Voice) -> Iterator[str]:
    newest = next((c["verdict"] for c in reversed(record["checks"]) if c["verdict"]), None)
    yield f"## {voice('incident.summary')}"
    yield ""
    yield text(newest["summary"]) if newest else text(voice("incident.none-yet"))
    yield ""
    yield f"- {voice('incident.state')}: {text(voice('state.' + record['state']))}"
    yield f"- {voice('incident.opened')}: {record['opened']}"
    if record["closed"]:
        yield f"- {voice('incident.closed')}: {record['closed']}"
    if record["cause"]:
        yield f"- {voice('incident.cause')}: {text(voice('cause.' + record['cause']))}"


def _check(check: Record, voice: Voice) -> Iterator[str]:
    document = check["verdict"]
    if check["state"] == "interrupted":
        yield from (f"**{voice('incident.interrupted')}**", "")
    if not document:
        yield text(voice("incident.none-yet"))
        return
    yield f"**{voice('outcome.' + document['outcome'])}** {text(document['summary'])}"
    yield ""
    if document["confidence"]:
        words = text(voice(f"confidence.{document['confidence']}"))
        yield f"- {voice('report.how-sure')}: {words}"
    if document["location"]:
        yield f"- {voice('report.where')}: {text(where(document['location'], voice))}"
    yield f"- {voice('report.trigger')}: {text(trigger(document['trigger'], voice))}"
    yield f"- {voice('report.check')}: {document['check']}, {document['started']}"
    yield from _advice(document, voice)
    yield from _findings(document, voice)
    yield from _gaps(document, voice)
    yield from _evidence(document, voice)


def _advice(document: Record, voice: Voice) -> Iterator[str]:
    if document["advice"]:
        yield from ("", f"### {voice('report.advice')}", "")
    for advice in document["advice"]:
        yield f"- **{text(voice.title(advice['owner']))}**: {text(advice['text'])}"


def _findings(document: Record, voice: Voice) -> Iterator[str]:
    if document["findings"]:
        yield from ("", f"### {voice('incident.findings')}", "")
    for finding in document["findings"]:
        cited = f" ({', '.join(finding['evidence'])})" if finding["evidence"] else ""
        stance = voice(f"stance.{finding['stance']}")
        cause = text(voice(f"cause.{finding['cause']}"))
        yield f"- {stance}: {cause}: {text(finding['why'] + cited)}"


def _gaps(document: Record, voice: Voice) -> Iterator[str]:
    if document["gaps"]:
        yield from ("", f"### {voice('report.gaps')}", "")
    for gap in document["gaps"]:
        target = f" → {gap['to']}" if gap["to"] else ""
        words = f"{gap['from']}{target} {gap['probe']}: {voice('gap.' + gap['gap'])}"
        yield f"- {text(words)}" + (f": {text(gap['detail'])}" if gap["detail"] else "")


def _evidence(document: Record, voice: Voice) -> Iterator[str]:
    if document["evidence"]:
        yield from ("", f"### {voice('report.evidence')}")
    for item in document["evidence"]:
        target = f" → {item['to']}" if item["to"] else ""
        head = f"{item['id']} {item['probe']}: {item['from']}{target}"
        phase = voice(f"phase.{item['phase']}")
        yield from ("", f"#### {text(head)} ({text(phase)}, {item['started']})", "")
        numbered = zip(item["lines"], item["excerpt"].split("\n"), strict=False)
        shown = [f"$ {item['command']}", *(f"{number:>5}  {line}" for number, line in numbered)]
        yield from fenced("\n".join(shown))
