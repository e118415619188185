"""PagerDuty's V3 webhook (pure): one event of one incident a delivery.

Source: support.pagerduty.com, "Webhooks", and developer.pagerduty.com, "Webhooks overview". The
incident's title names the job. When a person resolves an incident there, that is their word and
no copy; when the integration that raised it resolves it, the job went through.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from bot.webhooks.event import EventStatus, JobEvent, Payload, Text, When

Json = Any
_INCIDENT = "incident."
_FAILED = ("triggered", "reopened", "escalated")


class Reference(Payload):
    """PagerDuty's short form of a thing."""

    type: Text = ""
    summary: Text = ""
    name: Text = ""


class IncidentData(Payload):
    id: Text = ""
    title: Text = ""
    incident_key: Text = ""
    urgency: Text = ""
    created_at: When = None
    service: Reference | None = None
    priority: Reference | None = None


class Occurrence(Payload):
    """event.id stays the same when a delivery is tried again."""

    id: str
    event_type: str
    occurred_at: When = None
    agent: Reference | None = None
    data: dict[str, Json] = Field(default={})


class Delivery(Payload):
    event: Occurrence


def read(payload: Json) -> tuple[JobEvent, ...]:
    """One event, or none: notes, acknowledgements, test pings say nothing of a job."""
    event = Delivery.model_validate(payload).event
    status = _status(event)
    if status is None:
        return ()
    incident = IncidentData.model_validate(event.data)
    service = incident.service.summary if incident.service else ""
    priority = incident.priority.summary or incident.priority.name if incident.priority else ""
    labels = {
        "incident": incident.id,
        "incident_key": incident.incident_key,
        "service": service,
        "urgency": incident.urgency,
    }
    since_then = status != "failed" or event.event_type.endswith("reopened")
    job_event = JobEvent(
        job=incident.title or service or "unnamed",
        status=status,
        id=event.id,
        started=incident.created_at or event.occurred_at,
        finished=event.occurred_at if since_then else None,
        labels={name: value for name, value in labels.items() if value},
        severity=priority or incident.urgency or None,
        by=event.agent.summary if status == "resolved" and event.agent else None,
        raw=payload,
    )
    return (job_event,)


def _status(event: Occurrence) -> EventStatus | None:
    if not event.event_type.startswith(_INCIDENT):
        return None
    what = event.event_type.removeprefix(_INCIDENT)
    if what in _FAILED:
        return "failed"
    if what == "resolved":
        by_person = event.agent is not None and event.agent.type.startswith("user")
        return "resolved" if by_person else "succeeded"
    return None
