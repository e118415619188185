"""The contract's own event: what a script sends that knows nothing of alerting tools (pure)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bot.webhooks.event import JobEvent, Payload, Text, Texts, When

Json = Any


class GenericPayload(Payload):
    """`job` and `status` are required (contract.md, "Generic event")."""

    job: Annotated[str, Field(min_length=1)]
    status: Literal["failed", "succeeded", "running"]
    id: str | None = None
    started: When = None
    finished: When = None
    message: Text = ""
    labels: Texts = Field(default={})
    severity: Text = ""


def read(payload: Json) -> tuple[JobEvent, ...]:
    """One event."""
    said = GenericPayload.model_validate(payload)
    event = JobEvent(
        job=said.job,
        status=said.status,
        id=said.id or None,
        started=said.started,
        finished=said.finished,
        message=said.message,
        labels=said.labels,
        severity=said.severity or said.labels.get("severity"),
        raw=payload,
    )
    return (event,)
