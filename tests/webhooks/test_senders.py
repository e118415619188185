"""What docs/webhooks.md tells people to paste, run for real where that can be."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import dukpy
import pytest
from ruamel.yaml import YAML

from bot.webhooks import FORMATS
from probes.inventory import Hook, load
from tests.unit.test_inventory import folder
from tests.webhooks.desk import SECRET, Sender, hook, rule, sending

Json = Any
__all__ = ["folder"]  # the example inventory with its key and known_hosts
ROOT = Path(__file__).parents[2]
SENDERS = ROOT / "examples" / "senders"
DOCUMENT = (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")

ENGINE = """
function HttpRequest() { this.headers = []; }
HttpRequest.prototype.addHeader = function (header) { this.headers.push(header); };
HttpRequest.prototype.post = function (url, body) {
    sent = {url: url, headers: this.headers, body: body}; return 'told';
};
HttpRequest.prototype.getStatus = function () { return dukpy.status; };
var sent = null, thrown = null;
try { (function (value) { %s })(JSON.stringify(dukpy.params)); }
catch (error) { thrown = '' + error; }
({sent: sent, thrown: thrown});
"""


def _zabbix(status: int = 202, **changes: str) -> dict[str, Json]:
    """The script in the engine that Zabbix has (Duktape)."""
    params = {
        "url": "https://replcheck.example/hooks/zabbix",
        "token": SECRET,
        "job": "repl-seoul-1",
        "event_id": "4217",
        "event_value": "1",
        "event_name": "Replication job failed",
        "event_severity": "High",
        "event_tags": '[{"tag":"job","value":"repl-seoul-1"}]',
        "host": "avamar-seoul",
        "message": "no answer",
        "started": "2026.11.22 03:10:00",
        "finished": "{EVENT.RECOVERY.DATE} {EVENT.RECOVERY.TIME}",
    }
    script = (SENDERS / "zabbix.js").read_text(encoding="utf-8")
    told: dict[str, Json] = dukpy.evaljs(ENGINE % script, status=status, params=params | changes)
    return told


def test_the_script_for_zabbix() -> None:
    sent = _zabbix()["sent"]
    assert f"Authorization: Bearer {SECRET}" in sent["headers"]
    (event,) = FORMATS["zabbix"](json.loads(sent["body"]))
    assert (event.job, event.status, event.id) == ("repl-seoul-1", "failed", "4217")
    assert (event.finished, event.labels["host"]) == (None, "avamar-seoul")
    assert event.started is not None
    over = _zabbix(event_value="0", finished="2026.11.22 05:00:00")["sent"]
    (recovered,) = FORMATS["zabbix"](json.loads(over["body"]))
    assert recovered.status == "succeeded"
    assert recovered.finished == event.started + 110 * 60


@pytest.mark.parametrize("tags", ["", "{EVENT.TAGSJSON}"])
def test_the_script_for_zabbix_says_what_was_not_taken(tags: str) -> None:
    told = _zabbix(status=401, event_tags=tags)
    assert "did not take the event: 401" in told["thrown"]


def test_the_hooks_load(folder: Path) -> None:
    path = folder / "sites.toml"
    path.write_text(path.read_text() + (SENDERS / "sites.toml").read_text(encoding="utf-8"))
    hooks = load(path).hooks
    assert {one.format for one in hooks.values()} == set(FORMATS)
    assert hooks["alertmanager"].match[0].labels == {"severity": "critical"}


def test_the_receiver_for_alertmanager() -> None:
    config = YAML(typ="safe").load(SENDERS / "alertmanager.yml")
    (receiver,) = config["receivers"]
    (webhook,) = receiver["webhook_configs"]
    assert config["route"]["routes"][0]["receiver"] == receiver["name"]
    assert webhook["url"].endswith("/hooks/alertmanager")
    assert webhook["send_resolved"] is True
    assert webhook["http_config"]["authorization"]["type"] == "Bearer"


def test_the_document_names_what_there_is() -> None:
    for name in re.findall(r"\(\.\./(examples/senders[\w./-]*)\)", DOCUMENT):
        assert (ROOT / name).exists()
    (event,) = re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL)
    assert FORMATS["generic"](json.loads(event))[0].finished == 1_795_284_612.0
    for key in Hook.__slots__:
        assert key == "name" or key in DOCUMENT


MCCLI = """<CLIOutput><Results><ReturnCode>0</ReturnCode></Results><Data>
<Row><ID>917</ID><Status>Failed</Status><ErrorCode>10007</ErrorCode>
<StartTime>2026-11-18 19:00 KST</StartTime><EndTime>2026-11-18 19:10 KST</EndTime>
<Type>Replication Source</Type><Client>seoul-1</Client><Domain>/REPLICATE</Domain></Row>
<Row><ID>918</ID><Status>Completed</Status><ErrorCode>0</ErrorCode>
<StartTime>2026-11-18 20:00 KST</StartTime><EndTime>2026-11-18 20:05 KST</EndTime>
<Type>Replication Source</Type><Client>seoul-1</Client></Row>
<Row><ID>919</ID><Status>Running</Status>
<StartTime>2026-11-18 20:01 KST</StartTime><EndTime></EndTime>
<Type>Replication Source</Type><Client>seoul-1</Client></Row>
<Row><ID>920</ID><Status>Failed</Status><StartTime>2026-11-18 20:01 KST</StartTime>
<EndTime>2026-11-18 20:02 KST</EndTime><Type>Scheduled Backup</Type><Client>seoul-1</Client></Row>
</Data></CLIOutput>"""


async def _cron(sender: Sender, folder: Path, secret: str) -> tuple[int, str]:
    """The script as cron runs it, with an `ssh` that answers as mccli does."""
    (folder / "ssh").write_text(f"#!/bin/sh\ncat <<'END'\n{MCCLI}\nEND\n")
    (folder / "ssh").chmod(0o755)
    (folder / "secret").write_text(f"{secret}\n")
    environ = {
        **os.environ,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "TZ": "Asia/Seoul",
        "AVAMAR": "admin@avamar-seoul.example",
        "HOOK_URL": str(sender.client.make_url("/hooks/avamar")),
        "HOOK_SECRET_FILE": str(folder / "secret"),
    }
    script = str(SENDERS / "mccli_events.py")
    child = await asyncio.create_subprocess_exec(
        sys.executable, script, env=environ, stderr=asyncio.subprocess.PIPE
    )
    _, said = await child.communicate()
    return child.returncode or 0, said.decode()


async def test_cron_over_mccli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.webhooks.auth.OLDEST", float("inf"))  # the desk's clock stands
    strict = hook(require_timestamp=True, match=(rule(job="repl-seoul-*"),))
    async with sending(tmp_path / "replcheck.db", strict) as sender:
        for _ in range(2):
            assert await _cron(sender, tmp_path, SECRET) == (0, "")
        (head,) = await sender.store.list_incidents()
        whole = await sender.store.incident(head["id"])
        assert head["state"] == "closed"
        assert [event["sender_id"] for event in whole["events"]] == ["mccli-917", "mccli-918"]
        assert whole["events"][0]["message"] == "Failed (error code 10007)"
        assert whole["opened"] == "2026-11-18T10:10:00.000Z"
        status, said = await _cron(sender, tmp_path, "another secret")
        assert status == 1
        assert "mccli-917" in said
        assert "signature" in said
