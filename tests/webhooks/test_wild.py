"""Whatever is posted to a hook, signed or not: an answer that the contract knows, never a 500, and
a record that can be read afterwards."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.webhooks.desk import NOW, SECRET, Sender, hook, rule, sending, signed
from tests.webhooks.test_formats import JSON, PAYLOADS, _wild

Json = Any
ANSWERS = {202, 401, 404, 413, 415, 422, 429}
FORMS = ("generic", "alertmanager", "grafana", "pagerduty", "zabbix", "splunk")
HOOKS = [hook(form, format=form, match=(rule(job="*"),)) for form in FORMS]
DOCUMENTED = [json.loads(path.read_text(encoding="utf-8")) for path in PAYLOADS]
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(DOCUMENTED).flatmap(_wild).map(lambda value: json.dumps(value).encode()),
)


async def _all_answered(sender: Sender, deliveries: list[tuple[str, bytes, bool]]) -> None:
    for form, body, right in deliveries:
        headers = signed(body, SECRET if right else "wrong")
        answer = await sender.post(body, form, headers)
        assert answer.status in (ANSWERS if right else {401}), await answer.text()
        told = await answer.json(content_type=None)
        assert ("event" in told) == (answer.status == 202)
        assert "Traceback" not in json.dumps(told)
    for head in await sender.store.list_incidents():
        whole = await sender.store.incident(head["id"])
        assert [event["id"] for event in whole["events"]] == head["events"]
        json.dumps(whole)
    await sender.store.jobs.unmatched()


def _generic(**said: Json) -> bytes:
    return json.dumps({"job": "repl-seoul-1", "status": "failed", **said}).encode()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.sampled_from(FORMS), BODIES, st.booleans()), max_size=8))
@example([("generic", _generic(argv=5), True)])
@example([("generic", _generic(argv=[1, "-p", None]), True)])
@example([("generic", _generic(labels={"argv": "x", "\x00": "\ud800"}), True)])
@example([("generic", _generic(message="\ud800 a lone surrogate"), True)])
@example([("generic", _generic(id="", started=NOW * 1e300), True)])
@example([("generic", b'{"job":"a","status":"failed","started":1' + b"0" * 5000 + b"}", True)])
@example([("generic", b'{"a":' * 5000, True)])
@example([("alertmanager", b'{"alerts":[{"status":"firing","labels":null}]}', True)])
def test_wild_deliveries(
    tmp_path_factory: pytest.TempPathFactory, deliveries: list[tuple[str, bytes, bool]]
) -> None:
    folder: Path = tmp_path_factory.mktemp("record")

    async def run() -> None:
        async with sending(folder / "replcheck.db", *HOOKS) as sender:
            await _all_answered(sender, deliveries)

    asyncio.run(run())


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
async def test_documented_payloads_over_http(path: Path, tmp_path: Path) -> None:
    """Each sender's own payload, twice: taken, and the second time known."""
    form = path.stem.partition("_")[0]
    async with sending(tmp_path / "replcheck.db", *HOOKS) as sender:
        payload = DOCUMENTED[PAYLOADS.index(path)]
        first = await (await sender.post(payload, form)).json()
        again = await (await sender.post(payload, form)).json()
        assert first["duplicate"] is False
        assert again["duplicate"] is (first["event"] is not None)
        assert again["event"] == first["event"]
        assert again["incident"] == first["incident"]


async def test_methods_and_addresses_that_are_not_ours(tmp_path: Path) -> None:
    async with sending(tmp_path / "replcheck.db") as sender:
        for path in ("/hooks", "/hooks/", "/hooks/a/b", "/hooks/%2e%2e", "/hooks/avamar/"):
            assert (await sender.client.post(path, data=b"{}")).status == 404
        for method in ("GET", "PUT", "DELETE", "OPTIONS"):
            assert (await sender.client.request(method, "/hooks/avamar")).status == 405
