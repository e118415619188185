"""A ticket for machines: `replcheck.ticket/1`, its facts beside the sentences (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from bot.document import command_line, iso
from bot.excerpt import excerpt
from bot.ticket.model import Dark, Section, Sent, Ticket, Tuple5
from bot.ticket.page import words_of
from bot.words import Voice, say, titles_of
from probes.model import Observation
from storage.redact import clean

SCHEMA = "replcheck.ticket/1"


def document(ticket: Ticket, lang: str) -> dict[str, Any]:
    """Times are ISO 8601 in UTC, durations seconds, bytes hexadecimal."""
    voice = Voice(lang, titles_of(ticket.context))
    told = {
        "schema": SCHEMA,
        "check": ticket.check,
        "incident": ticket.incident,
        "lang": lang,
        "for_device": ticket.device,
        "title": say(ticket.title, lang, voice.titles),
        "sent": _sent(ticket.sent) if ticket.sent else None,
        "tuples": [_tuple(view) for view in ticket.tuples],
        "dark": _dark(ticket.dark) if ticket.dark else None,
        "filters": dict(ticket.filters),
        "first": _sections(ticket.first, voice),
        "appendix": _sections(ticket.appendix, voice),
        "evidence": [_exhibit(observation) for observation in ticket.exhibits],
    }
    return cast(dict[str, Any], clean(told))


def _sections(sections: Sequence[Section], voice: Voice) -> list[dict[str, Any]]:
    return [
        {
            "section": section.code,
            "statements": [
                {
                    "code": statement.words.code,
                    "text": words_of(statement, voice),
                    "evidence": list(statement.evidence),
                    "literal": list(statement.literal),
                }
                for statement in section.statements
            ],
        }
        for section in sections
    ]


def _sent(sent: Sent) -> dict[str, Any]:
    return {
        "observation": sent.id,
        "from": sent.source,
        "to": sent.target,
        "service": sent.service,
        "message": sent.message,
        "at": iso(sent.at),
        "host_clock": None if sent.stamped is None else iso(sent.stamped),
        "bytes": len(sent.payload),
        "payload": sent.payload.hex(),
        "sha256": sent.sha256,
        "xid": f"0x{sent.xid:08x}",
    }


def _tuple(view: Tuple5) -> dict[str, Any]:
    return {
        "seen_by": view.side,
        "protocol": "tcp",
        "source": str(view.source),
        "source_port": view.port,
        "destination": str(view.target),
        "destination_port": view.target_port,
        "evidence": list(view.evidence),
    }


def _dark(dark: Dark) -> dict[str, Any]:
    return {
        "began": iso(dark.began),
        "last_passed_before": None if dark.passed is None else iso(dark.passed),
        "ended": None if dark.ended is None else iso(dark.ended),
        "watched_until": iso(dark.watched_until),
        "at_least": round(dark.least, 3),
        "at_most": None if dark.most is None else round(dark.most, 3),
        "evidence": list(dark.evidence),
    }


def _exhibit(observation: Observation) -> dict[str, Any]:
    shown, lines = excerpt(observation)
    return {
        "id": observation.id,
        "probe": observation.probe,
        "phase": str(observation.phase),
        "from": observation.source,
        "to": observation.target,
        "started": iso(observation.transcript.started),
        "command": command_line(observation.transcript.argv, observation.probe),
        "excerpt": shown,
        "lines": list(lines),
    }
