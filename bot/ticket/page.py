"""A ticket in words: Markdown to paste into a ticket system, or plain text for a mail (pure).

What came from hosts or an inventory is escaped; raw lines stand in fences that they cannot close.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.document import command_line, iso
from bot.excerpt import excerpt
from bot.export import fenced, text
from bot.terminal.safe import printable
from bot.ticket.model import Section, Statement, Ticket
from bot.words import Voice, say, titles_of
from probes.model import Observation

_MOST_CITED = 4


@dataclass(frozen=True, slots=True)
class _Form:
    """How one form of a document writes its parts."""

    title: Callable[[str], list[str]]
    heading: Callable[[str], list[str]]
    item: Callable[[str], list[str]]
    raw: Callable[[list[str]], list[str]]
    rule: list[str]


def markdown(ticket: Ticket, lang: str) -> str:
    """One page, a rule, and the appendix."""
    return _written(ticket, lang, _MARKDOWN)


def plain(ticket: Ticket, lang: str) -> str:
    """The same without markup."""
    return _written(ticket, lang, _PLAIN)


def words_of(statement: Statement, voice: Voice) -> str:
    """A statement's sentence on one line."""
    return " ".join(say(statement.words, voice.lang, voice.titles).split())


def _written(ticket: Ticket, lang: str, form: _Form) -> str:
    voice = Voice(lang, titles_of(ticket.context))
    lines = form.title(say(ticket.title, lang, voice.titles))
    lines += form.item(voice("ticket-page.from", check=ticket.check, incident=ticket.incident))
    for section in ticket.first:
        lines += _section(section, voice, form)
    lines += form.rule
    for section in ticket.appendix:
        lines += _section(section, voice, form)
    if ticket.exhibits:
        lines += form.heading(voice("ticket-section.evidence"))
        lines += form.item(voice("ticket-page.evidence"))
    for observation in ticket.exhibits:
        lines += form.item(_head(observation, voice))
        lines += form.raw(list(_raw(observation)))
    return "\n".join(lines) + "\n"


def _section(section: Section, voice: Voice, form: _Form) -> list[str]:
    if not section.statements:
        return []
    lines = form.heading(voice(f"ticket-section.{section.code}"))
    for statement in section.statements:
        lines += form.item(words_of(statement, voice) + _cited(statement.evidence))
        if statement.literal:
            lines += form.raw(list(statement.literal))
    return lines


def _cited(evidence: tuple[str, ...]) -> str:
    """The observations' ids; of many the first ones, and how many more."""
    if not evidence:
        return ""
    more = f" +{len(evidence) - _MOST_CITED}" if len(evidence) > _MOST_CITED else ""
    return f" [{', '.join(evidence[:_MOST_CITED])}{more}]"


def _head(observation: Observation, voice: Voice) -> str:
    target = f" → {observation.target}" if observation.target else ""
    phase = voice(f"phase.{observation.phase}")
    started = iso(observation.transcript.started)
    ends = f"{observation.source}{target}"
    return f"{observation.id} {observation.probe}: {ends} ({phase}, {started})"


def _raw(observation: Observation) -> Iterator[str]:
    lines, numbers = excerpt(observation)
    yield f"$ {command_line(observation.transcript.argv, observation.probe)}"
    for number, line in zip(numbers, lines.split("\n"), strict=False):
        yield f"{number:>5}  {line}"


def _markdown_raw(lines: list[str]) -> list[str]:
    return ["", *("  " + line for line in fenced("\n".join(lines))), ""]


def _plain_line(words: str) -> str:
    return printable(" ".join(words.split()))


_MARKDOWN = _Form(
    title=lambda words: [f"# {text(words)}", ""],
    heading=lambda words: ["", f"## {text(words)}", ""],
    item=lambda words: [f"- {text(words)}"],
    raw=_markdown_raw,
    rule=["", "---"],
)
_PLAIN = _Form(
    title=lambda words: [_plain_line(words), ""],
    heading=lambda words: ["", _plain_line(words).upper(), ""],
    item=lambda words: [f"- {_plain_line(words)}"],
    raw=lambda lines: ["    " + printable(line) for line in lines],
    rule=["", "-" * 72],
)
