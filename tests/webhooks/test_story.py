"""Each sender's failure opens an incident, and its word that the job went through ends it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.webhooks.desk import NOW, hook, rule, sending

Json = Any
GOLDEN = Path(__file__).parents[1] / "golden" / "webhooks"


def golden(name: str) -> Json:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def resolved(group: Json) -> Json:
    """The same alerts, resolved an hour later."""
    alerts = [
        alert | {"status": "resolved", "endsAt": alert["startsAt"].replace(":08:", ":58:")}
        for alert in group["alerts"]
    ]
    return group | {"status": "resolved", "alerts": alerts}


def splunk(**columns: str) -> Json:
    found = golden("splunk_columns")
    return found | {"result": found["result"] | columns}


GENERIC = golden("generic_failed") | {"started": NOW - 900, "finished": NOW - 600}
STORIES = [
    ("generic", GENERIC, GENERIC | {"id": "next", "status": "succeeded", "finished": NOW}, "job"),
    ("alertmanager", golden("alertmanager_firing"), resolved(golden("alertmanager_firing")), "job"),
    ("grafana", golden("alertmanager_firing"), resolved(golden("alertmanager_firing")), "job"),
    (
        "pagerduty",
        golden("pagerduty_triggered"),
        golden("pagerduty_resolved_by_integration"),
        "job",
    ),
    ("pagerduty", golden("pagerduty_triggered"), golden("pagerduty_resolved_by_person"), "person"),
    ("zabbix", golden("zabbix_problem"), golden("zabbix_recovery"), "job"),
    ("splunk", splunk(), splunk(status="succeeded", finished="1763780000"), "job"),
]


@pytest.mark.parametrize(("form", "failed", "over", "how"), STORIES)
async def test_from_the_failure_to_the_end(
    form: str, failed: Json, over: Json, how: str, tmp_path: Path
) -> None:
    hooks = [hook(form, format=form, match=(rule(job="*"),))]
    async with sending(tmp_path / "replcheck.db", *hooks) as sender:
        opened = await (await sender.post(failed, form)).json()
        assert (opened["incident"], opened["duplicate"]) == ("i1", False)
        assert (await sender.store.list_incidents())[0]["state"] == "open"
        sender.clock.now += 3600
        ended = await (await sender.post(over, form)).json()
        assert (ended["incident"], ended["duplicate"]) == ("i1", False)
        (incident,) = await sender.store.list_incidents()
        assert (incident["state"], incident["events"]) == ("closed", ["e1", "e2"])
        assert incident["closed_by"] == ("Tenex Engineer" if how == "person" else None)
        copies = await sender.store.jobs.last_good_copies()
        assert set(copies) == (set() if how == "person" else {"seoul:busan"})
        again = await (await sender.post(failed, form)).json()
        assert (again["incident"], again["duplicate"]) == ("i1", True)
        assert (await sender.store.list_incidents())[0]["state"] == "closed"
