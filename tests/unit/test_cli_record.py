"""The record on the command line: lists, one incident, exports, judging again."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bot import cli, recall
from storage.audit import Entry
from storage.store import Origin, Store
from tests.unit.samples import CONTEXT, EVIDENCE, INCONCLUSIVE, T0, as_document


@pytest.fixture
def recorded(folder: Path) -> Path:
    """A record with one finished check of the made-up incident, and one interrupted."""

    async def fill() -> None:
        async with await Store.open(folder / "replcheck.db") as store:
            begun = await store.begin_check(CONTEXT, Origin("alice"), "test", T0, 60.0)
            for observation in EVIDENCE.observations:
                await store.add_observation(begun.check_id, observation)
            document = as_document(incident=begun.incident_id) | {"check": begun.check_id}
            document["evidence"][0]["excerpt"] = "```\n# not a heading\n\x1b[31m[red]"
            document["evidence"][0]["lines"] = [1, 2, 3]
            await store.save_verdict(begun.check_id, document, T0 + 14)
            await store.finish_check(begun.check_id, T0 + 35)

    asyncio.run(fill())
    return folder / "replcheck.db"


@pytest.mark.usefixtures("folder")
def test_an_empty_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["incidents", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert cli.run(["incidents", "list"]) == 0
    assert "No incidents" in capsys.readouterr().out


@pytest.mark.usefixtures("recorded")
def test_incidents_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["incidents", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    wanted = {"id", "near", "far", "state", "opened", "closed", "cause", "events", "checks"}
    assert wanted <= row.keys()
    assert (row["state"], row["cause"]) == ("diagnosed", "source-quarantined")
    assert cli.run(["incidents", "list"]) == 0
    assert "seoul → busan" in capsys.readouterr().out


@pytest.mark.usefixtures("recorded")
def test_incidents_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["incidents", "show", "i1", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["checks"][0]["verdict"]["cause"] == "source-quarantined"
    assert {"events", "checks", "timeline"} <= record.keys()
    assert cli.run(["incidents", "show", "i1"]) == 0
    shown = capsys.readouterr().out
    assert "10.80.5.2" in shown
    assert "\x1b" not in shown


@pytest.mark.usefixtures("recorded")
def test_the_export_is_safe_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["incidents", "export", "i1"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert lines[0] == "# Incident i1: A기관 서울 → B기관 부산"
    assert lines.index("## Summary") < lines.index("## Timeline")
    fences = [n for n, line in enumerate(lines) if line.startswith("````")]
    inside = lines[fences[0] + 1 : fences[1]]
    assert "    1  ```" in inside
    assert r"    3  \x1b[31m[red]" in inside
    assert not any(line.startswith("# not") for line in lines)


@pytest.mark.usefixtures("recorded")
def test_the_export_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["incidents", "export", "i1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "i1"


@pytest.mark.parametrize("arguments", [["incidents", "show", "i9"], ["judge", "c9"]])
@pytest.mark.usefixtures("recorded")
def test_what_is_not_in_the_record(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    assert "incidents list" in capsys.readouterr().err


def test_a_database_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "notes.txt").write_text("not a database " * 100)
    assert cli.run(["incidents", "list", "--db", "notes.txt"]) == 2
    assert "--db" in capsys.readouterr().err


@pytest.mark.usefixtures("recorded")
def test_judging_again_says_what_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def evidence(*_: object) -> Any:
        return EVIDENCE

    monkeypatch.setattr(Store, "load_evidence", evidence)
    monkeypatch.setattr(recall, "judge", lambda _: INCONCLUSIVE)
    assert cli.run(["judge", "c1"]) == 3
    output = capsys.readouterr().out
    assert "outcome: fault → inconclusive" in output
    assert "low-bandwidth: refuted → -" in output


def test_the_audit_trail_is_read(recorded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def fill() -> None:
        async with await Store.open(recorded) as store:
            body = {"check": "c1", "delivery": "pressed:1", "why": "\x1b[31m[red]"}
            await store.audit.note(Entry(T0, "U0ALICE", "C0ROOM", "send", "refused", body))

    assert cli.run(["audit"]) == 0
    assert "Nothing" in capsys.readouterr().out
    asyncio.run(fill())
    assert cli.run(["audit", "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)
    assert (entry["who"], entry["what"], entry["outcome"]) == ("U0ALICE", "send", "refused")
    assert entry["at"].endswith("Z")
    assert cli.run(["audit", "--lang", "ko"]) == 0
    shown = capsys.readouterr().out
    assert "U0ALICE" in shown
    assert "\x1b" not in shown, "what came from outside is shown, never obeyed"
