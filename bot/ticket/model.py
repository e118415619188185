"""The ticket's vocabulary: statements by code, each with the observations that it rests on.

Like a verdict it holds no words (law 10), and it claims nothing that the verdict does not carry:
a cause that is on a host, or none, makes a ticket that says why no device is to be looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from probes.model import Address, Context, Message, Observation

Params = Mapping[str, str | int | float | Message]


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence, and the ids of the observations that it rests on (none: it asks, or says
    what was not seen). literal: lines that are shown below it as they are."""

    words: Message
    evidence: tuple[str, ...] = ()
    literal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what stands under it. An empty one is not shown."""

    code: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Tuple5:
    """A TCP connection as one side sees it. port: None where the source's port is not known.
    evidence: where that side's own host was seen to list it; empty: by the inventory only."""

    side: str
    source: Address
    port: int | None
    target: Address
    target_port: int
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The message that was sent. at: epoch seconds on the checker's clock, when it was written.
    stamped: the same on the sending host's own clock, None where that clock was not compared."""

    exchange: Observation
    source: str
    target: str
    service: str
    message: str  # call | control
    at: float
    stamped: float | None
    payload: bytes
    xid: int
    sha256: str

    @property
    def id(self) -> str:
        """The observation that a statement about it cites."""
        return self.exchange.id


@dataclass(frozen=True, slots=True)
class Dark:
    """When the pair was dark; epoch seconds, durations in seconds. began: the first packet lost;
    passed: the last one before it that passed; ended: the first that passed again, None where
    that was not seen. least, most: what the block's length lies between, None if not known."""

    began: float
    passed: float | None
    ended: float | None
    watched_until: float
    least: float
    most: float | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """device: whether it is for the owner of a device on the path. first: the one page, appendix:
    what follows it. exhibits: every observation that is cited, in the order of their numbers."""

    check: str
    incident: str
    context: Context
    device: bool
    title: Message
    first: tuple[Section, ...]
    appendix: tuple[Section, ...] = ()
    sent: Sent | None = None
    tuples: tuple[Tuple5, ...] = ()
    dark: Dark | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    exhibits: tuple[Observation, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        return tuple(s for section in (*self.first, *self.appendix) for s in section.statements)


def said(code: str, *evidence: str, **params: str | int | float | Message) -> Statement:
    """A statement out of the ticket's words: its code there, what it rests on, its parameters."""
    return Statement(Message(code, params), tuple(dict.fromkeys(evidence)))
