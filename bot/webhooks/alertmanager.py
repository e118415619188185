"""Prometheus Alertmanager's webhook, version 4 (pure).

One delivery holds a group of alerts, sent again each `repeat_interval` and whenever one of them
changes. An alert's name for ever is its fingerprint and its start. Grafana sends the same form.
Source: the receiver's payload in prometheus.io/docs/alerting/latest/configuration,
"webhook_config".
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from bot.webhooks.event import JobEvent, Payload, Text, Texts, When

Json = Any
_JOB_LABELS = ("exported_job", "job", "alertname")
"""Which label names the job. Prometheus keeps its own `job` for whom it scraped, and what the
exporter said then becomes `exported_job`."""
_TEXTS = ("description", "message", "summary")


class Alert(Payload):
    """One alert. endsAt is the year 1 while it fires."""

    status: Literal["firing", "resolved"]
    labels: Texts
    annotations: Texts = Field(default={})
    startsAt: When = None  # noqa: N815 - theirs
    endsAt: When = None  # noqa: N815 - theirs
    fingerprint: Text = ""


class AlertGroup(Payload):
    """The delivery, alerts as written: each is kept whole."""

    alerts: list[dict[str, Json]]


def read(payload: Json) -> tuple[JobEvent, ...]:
    """An event for each alert, in their order. What fires has failed; what is resolved has
    succeeded, for an alert about a job resolves when the job has gone through."""
    return tuple(_event(alert) for alert in AlertGroup.model_validate(payload).alerts)


def _event(raw: dict[str, Json]) -> JobEvent:
    alert = Alert.model_validate(raw)
    firing = alert.status == "firing"
    texts = [alert.annotations[name] for name in _TEXTS if alert.annotations.get(name)]
    return JobEvent(
        job=next((alert.labels[n] for n in _JOB_LABELS if alert.labels.get(n)), "unnamed"),
        status="failed" if firing else "succeeded",
        id=f"{alert.fingerprint}@{alert.startsAt}" if alert.fingerprint else None,
        started=alert.startsAt,
        finished=None if firing else alert.endsAt,
        message="\n".join(texts),
        labels=alert.labels,
        severity=alert.labels.get("severity"),
        raw=raw,
    )
