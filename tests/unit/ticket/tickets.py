"""Tickets of every recorded incident, and of the account's own, made once.

`golden/NAME.LANG.md` holds those of the account's incident: as its transcripts show it, and as the
lab replayed it with a trigger. After words or rules were changed on purpose,
`python -m tests.unit.ticket.tickets` writes them anew, for a person to read.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.ticket import Ticket, ticket
from bot.ticket.page import markdown
from bot.words import LANGUAGES
from probes.diagnosis import judge
from probes.model import Evidence, Verdict
from tests.golden import account_evidence, incidents

ACCOUNT = "the-account"
KEPT = (ACCOUNT, "account")
GOLDEN = Path(__file__).parent / "golden"
SEOUL = ZoneInfo("Asia/Seoul")


def names() -> list[str]:
    return [ACCOUNT, *incidents.names()]


def cases() -> list[tuple[str, str]]:
    return [(name, lang) for name in names() for lang in LANGUAGES]


@cache
def evidence_of(name: str) -> Evidence:
    return account_evidence.evidence() if name == ACCOUNT else incidents.load(name)


@cache
def verdict_of(name: str) -> Verdict:
    return judge(evidence_of(name))


@cache
def ticket_of(name: str) -> Ticket:
    return ticket(evidence_of(name), verdict_of(name), "i1", (), (SEOUL,))


def golden(name: str, lang: str) -> Path:
    return GOLDEN / f"{name}.{lang}.md"


if __name__ == "__main__":
    for each in KEPT:
        for language in LANGUAGES:
            golden(each, language).write_text(markdown(ticket_of(each), language), "utf-8")
