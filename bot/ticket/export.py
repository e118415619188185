"""An incident's record and evidence → the ticket, in the form that was asked for (pure)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from bot.ticket import as_json
from bot.ticket.make import ticket
from bot.ticket.model import Section, Ticket, said
from bot.ticket.page import markdown, plain
from probes.diagnosis import judge
from probes.model import Evidence, Message

Record = Mapping[str, Any]
FORMS = ("md", "text", "json")


def of_incident(
    record: Record, evidence: Mapping[str, Evidence], zones: Sequence[ZoneInfo]
) -> Ticket | None:
    """The ticket of the newest check that has something to ask of a device's owner, judged by
    today's rules; else the newest check's own, which says why there is none. None where the
    incident has no check. What later checks found stands in it."""
    newest: Ticket | None = None
    later: list[tuple[str, str]] = []
    for check in reversed(record["checks"]):
        verdict = judge(evidence[check["id"]])
        made = ticket(evidence[check["id"]], verdict, record["id"], check["triggers"], tuple(zones))
        if made.device:
            return _with_later(made, later)
        later.append((check["id"], str(verdict.outcome)))
        newest = newest or made
    return newest


def written(made: Ticket, form: str, lang: str) -> str:
    """md, text or json (FORMS), ending with a newline."""
    if form == "json":
        return json.dumps(as_json.document(made, lang), ensure_ascii=False, indent=2) + "\n"
    return plain(made, lang) if form == "text" else markdown(made, lang)


def _with_later(made: Ticket, later: Sequence[tuple[str, str]]) -> Ticket:
    statements = tuple(
        said("ticket-page.later", check=check, outcome=Message(f"outcome.{outcome}"))
        for check, outcome in reversed(later)
    )
    return replace(made, first=(*made.first, Section("later", statements)))
