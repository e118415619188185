"""Zabbix: whatever its media type's script sends, so our own script and what is near it (pure).

Zabbix fixes no form: a script in JavaScript builds the JSON out of macros. docs/webhooks.md has
one to paste. Names are read without regard to case and signs, so that `{EVENT.ID}`, `event_id`
and `eventid` are the same. Source: zabbix.com/documentation, "Webhook" and "Supported macros".
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from bot.webhooks.event import EventStatus, JobEvent, Payload, Text, Texts, When

Json = Any
_STATUS: dict[str, EventStatus] = {
    "1": "failed",  # {EVENT.VALUE}: 1 problem, 0 recovered
    "0": "succeeded",
    "problem": "failed",  # {TRIGGER.STATUS}
    "ok": "succeeded",
    "resolved": "succeeded",  # {EVENT.STATUS}
    "failed": "failed",
    "succeeded": "succeeded",
    "running": "running",
}


def _as_status(value: object) -> object:
    return _STATUS.get(str(value).strip().lower(), value)


def _tags(value: object) -> object:
    """{EVENT.TAGSJSON} is a list of tags with names and values."""
    if isinstance(value, list):
        pairs = [tag for tag in value if isinstance(tag, dict) and "tag" in tag]
        return {str(tag["tag"]): tag.get("value", "") for tag in pairs}
    return value if isinstance(value, dict) else {}


def _named(*names: str) -> Any:  # noqa: ANN401 - pydantic's own Field
    return Field(default="", validation_alias=AliasChoices(*names))


class ZabbixPayload(Payload):
    """A macro that Zabbix could not fill in arrives as its own name in braces."""

    status: Annotated[Literal["failed", "succeeded", "running"], BeforeValidator(_as_status)] = (
        Field(validation_alias=AliasChoices("eventvalue", "value", "status", "eventstatus"))
    )
    event: Text = _named("eventid", "id")
    job: Text = _named("job", "jobname")
    name: Text = _named("eventname", "triggername", "alertsubject", "subject", "name")
    host: Text = _named("hostname", "host", "hosthost")
    message: Text = _named("alertmessage", "message", "eventopdata")
    severity: Text = _named("eventseverity", "triggerseverity", "severity")
    started: When = Field(default=None, validation_alias=AliasChoices("started", "eventtimestamp"))
    finished: When = Field(
        default=None, validation_alias=AliasChoices("finished", "eventrecoverytimestamp")
    )
    tags: Annotated[Texts, BeforeValidator(_tags)] = Field(
        default={}, validation_alias=AliasChoices("eventtagsjson", "tags", "eventtags", "labels")
    )


def read(payload: Json) -> tuple[JobEvent, ...]:
    """One event. The job is named by the script, else by the tag `job`, else by the problem."""
    plain = _plain(payload) if isinstance(payload, dict) else payload
    said = ZabbixPayload.model_validate(plain)
    labels = {**said.tags, **({"host": said.host} if said.host else {})}
    event = JobEvent(
        job=said.job or said.tags.get("job") or said.name or said.host or "unnamed",
        status=said.status,
        id=said.event or None,
        started=said.started,
        finished=said.finished,
        message="\n".join(filter(None, (said.name, said.message))),
        labels=labels,
        severity=said.severity or None,
        raw=payload,
    )
    return (event,)


def _plain(payload: dict[str, Json]) -> dict[str, Json]:
    """Names without signs and case; macros that were not filled in are left out."""
    named = {re.sub(r"[^a-z0-9]", "", name.lower()): value for name, value in payload.items()}
    return {
        name: value
        for name, value in named.items()
        if not (isinstance(value, str) and re.fullmatch(r"\{[A-Z0-9.]+\}|\*UNKNOWN\*", value))
    }
