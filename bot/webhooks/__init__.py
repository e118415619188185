"""Job events from the tools that people have: one sender a file, each a pure function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.webhooks import alertmanager, generic, grafana, pagerduty, splunk, zabbix
from bot.webhooks.event import JobEvent

FORMATS: Mapping[str, Callable[[Any], tuple[JobEvent, ...]]] = {
    "generic": generic.read,
    "alertmanager": alertmanager.read,
    "grafana": grafana.read,
    "pagerduty": pagerduty.read,
    "zabbix": zabbix.read,
    "splunk": splunk.read,
}
"""Payload → the job events in it, none where it speaks of no job. Raises pydantic's
ValidationError on what is not the format's."""
