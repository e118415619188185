"""What every sender's payload becomes, and the forms that several of them share (pure)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

Json = Any
EventStatus = Literal["failed", "succeeded", "running", "resolved"]
"""resolved: a person said at the sender that it is over; no copy was made by that."""

_NUMBER = re.compile(r"\d{1,13}(\.\d{1,9})?")
_MILLISECONDS = 1e11  # a number beyond it is no date in seconds
_REPEATS = 300.0  # seconds within which senders try again what was not answered
_EARLIEST, _LATEST = 946_684_800.0, 4_102_444_800.0  # 2000 to 2100: the rest stands for "none"


@dataclass(frozen=True, slots=True)
class JobEvent:
    """What a sender says of one job. Times are epoch seconds on the sender's clock.

    id: the sender's own name for the event, else the same job, start and status are the same.
    severity: in the sender's words. by: the person who resolved it. raw: all that was said.
    """

    job: str
    status: EventStatus
    id: str | None = None
    started: float | None = None
    finished: float | None = None
    message: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    severity: str | None = None
    by: str | None = None
    raw: Json = None

    def key(self, hook: str, now: float) -> str:
        """The same for the same event of a hook. A status is part of it: a job that ran and then
        failed under one id and start is news, not a repetition. Without an id and a start only
        a repetition within minutes can be told from tomorrow's failure."""
        if self.id:
            return digest([hook, self.status, self.id])
        once = self.started if self.started is not None else [now // _REPEATS, self.raw]
        return digest([hook, self.status, self.job, once])

    @property
    def at(self) -> float | None:
        """When what it says happened, as far as the sender said."""
        return self.started if self.finished is None else self.finished


def digest(names: Json) -> str:
    """A name for a value: the same for the same value, and no text of anybody's in it."""
    text = json.dumps(names, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


class Payload(BaseModel):
    """A sender's payload: what is not named in the model is let be, and stays in `raw`."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


def _when(value: object) -> float | None:
    """ISO 8601 or a number since 1970. Senders write "none" as an empty text, as the year 1
    (Alertmanager's `endsAt`) or as a macro that was not filled in. Without a zone it is UTC."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("write a text in ISO 8601, or seconds since 1970")  # noqa: TRY004
    at = _epoch(value.strip()) if isinstance(value, str) else float(min(value, 1e15))
    at = at / 1000 if at > _MILLISECONDS else at
    return at if _EARLIEST <= at <= _LATEST else None


def _epoch(text: str) -> float:
    if _NUMBER.fullmatch(text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise ValueError('write it like "2026-11-22T03:10:00+09:00"') from None


def _text(value: object) -> str:
    """Labels and log texts: whatever it is, as people would read it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _texts(value: object) -> Mapping[str, str]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueError("labels are a table of names and texts")  # noqa: TRY004 (pydantic's way)
    return {str(name): _text(item) for name, item in value.items()}


When = Annotated[float | None, BeforeValidator(_when)]
Text = Annotated[str, BeforeValidator(_text)]
Texts = Annotated[Mapping[str, str], BeforeValidator(_texts)]
