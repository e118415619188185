"""The record for a person at a terminal: incidents, one incident, what judging again changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.terminal.report import print_report, where
from bot.terminal.safe import plain
from bot.words import Voice
from probes.model import Evidence

Record = Mapping[str, Any]

# What a reader of the timeline does not need: each answer stands in its check's evidence.
QUIET = ("observed", "gap", "tools", "context", "plan-started")
_LONGEST_DETAIL = 80


def print_incidents(console: Console, found: Sequence[Record], voice: Voice) -> None:
    """One line an incident."""
    if not found:
        console.print(voice("cli.no-incidents"))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("id", "pair", "state", "opened", "cause", "checks"):
        table.add_column(voice(f"incident.{column}"), overflow="fold")
    for row in found:
        cause = voice(f"cause.{row['cause']}") if row["cause"] else "-"
        pair = f"{row['near']} → {row['far']}"
        state = voice(f"state.{row['state']}")
        checks = ", ".join(row["checks"])
        table.add_row(*map(plain, (row["id"], pair, state, row["opened"], cause, checks)))
    console.print(table)


def print_audit(console: Console, trail: Sequence[Record], voice: Voice) -> None:
    """One line an entry: when, who, where, what, what came of it, with its details."""
    if not trail:
        console.print(voice("audit.empty"))
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in ("at", "who", "place", "what", "outcome", "details"):
        table.add_column(voice(f"audit.{column}"), overflow="fold")
    for entry in trail:
        details = ", ".join(f"{k}={v}" for k, v in entry["body"].items() if k != "delivery")
        cells = (entry["at"], entry["who"], entry["place"], entry["what"], entry["outcome"])
        table.add_row(*map(plain, (*cells, details)))
    console.print(table)


def print_incident(
    console: Console, record: Record, evidence: Mapping[str, Evidence], lang: str
) -> None:
    """What happened in order, then each check's report."""
    voice = Voice(lang)
    head = voice("incident.title", id=record["id"], near=record["near"], far=record["far"])
    console.print(plain(f"{head} ({voice('state.' + record['state'])})", style="bold"))
    for line in timeline(record, voice):
        console.print(plain(f"  {line}"))
    for check in record["checks"]:
        console.print()
        console.rule(plain(voice("incident.verdict", id=check["id"])), align="left")
        if check["state"] == "interrupted":
            console.print(plain(voice("incident.interrupted")), style="bold yellow")
        if check["verdict"]:
            print_report(console, check["verdict"], evidence[check["id"]], lang)
        else:
            console.print(voice("incident.none-yet"))


def timeline(record: Record, voice: Voice) -> Iterator[str]:
    """One line an event: when, of which check, what."""
    for event in record["timeline"]:
        if event["kind"] not in QUIET:
            what = voice.or_else(f"event.{event['kind']}", event["kind"])
            details = ", ".join(_details(event["body"]))
            words = f"{event['at']}  {event['check'] or '-'}  {what}"
            yield f"{words} ({details})" if details else words


def print_changes(console: Console, before: Record | None, now: Record, voice: Voice) -> None:
    """What today's rules say otherwise than the stored verdict did."""
    console.print()
    changes = list(changed(before or {}, now, voice))
    console.print(voice("cli.changed-some" if changes else "cli.changed-none"), style="bold")
    for what, was, is_now in changes:
        console.print(plain(voice("cli.changed", what=what, before=was, now=is_now)))


def changed(before: Record, now: Record, voice: Voice) -> Iterator[tuple[str, str, str]]:
    """What differs: the verdict's own keys, and the stance of each finding."""
    for key in ("outcome", "cause", "confidence"):
        if before.get(key) != now[key]:
            yield key, str(before.get(key) or "-"), str(now[key] or "-")
    places = [where(d["location"], voice) if d.get("location") else "-" for d in (before, now)]
    if places[0] != places[1]:
        yield "location", places[0], places[1]
    stances = {finding["cause"]: finding["stance"] for finding in before.get("findings", ())}
    for finding in now["findings"]:
        was = stances.pop(finding["cause"], "-")
        if was != finding["stance"]:
            yield finding["cause"], was, finding["stance"]
    for cause, was in stances.items():
        yield cause, was, "-"


def _details(body: Mapping[str, Any]) -> Iterator[str]:
    """What an event says of itself, without what only machines compare."""
    for key, value in body.items():
        if isinstance(value, Mapping):
            yield from _details(value)
        elif value not in (None, "") and key not in ("sha256", "xid", "by_person"):
            text = f"{key}: {value}"
            yield text if len(text) <= _LONGEST_DETAIL else text[: _LONGEST_DETAIL - 1] + "…"
