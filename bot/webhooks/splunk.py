"""Splunk's webhook alert action (pure): the first row of a search's result.

Source: help.splunk.com, "Use a webhook alert action". What the row's columns are is the search's
own affair: docs/webhooks.md has a search whose columns are those of the contract's event. Without
them the search itself names the job, and that it has fired is the failure.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BeforeValidator, Field

from bot.webhooks.event import JobEvent, Payload, Text, When, digest

Json = Any


class Row(Payload):
    """Splunk's values are texts; a column that is missing or empty says nothing."""

    id: Text = ""
    job: Text = ""
    status: Annotated[
        Literal["failed", "succeeded", "running"], BeforeValidator(lambda v: v or "failed")
    ] = "failed"
    started: When = None
    finished: When = Field(default=None, validation_alias=AliasChoices("finished", "_time"))
    message: Text = Field(default="", validation_alias=AliasChoices("message", "_raw"))
    severity: Text = ""


class SplunkPayload(Payload):
    sid: Text
    result: dict[str, Json] = Field(default={})
    search_name: Text = ""


def read(payload: Json) -> tuple[JobEvent, ...]:
    """One event. Searches that run often find the same row again: with an id, or a job and its
    start, it is the same event; else the search's run and its row are."""
    said = SplunkPayload.model_validate(payload)
    row = Row.model_validate(said.result)
    once = None if row.job and row.started is not None else digest([said.sid, said.result])
    event = JobEvent(
        job=row.job or said.search_name or "unnamed",
        status=row.status,
        id=row.id or once,
        started=row.started,
        finished=row.finished,
        message=row.message,
        labels={n: str(v) for n, v in said.result.items() if not n.startswith("_")},
        severity=row.severity or None,
        raw=payload,
    )
    return (event,)
