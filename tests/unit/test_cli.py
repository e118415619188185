"""The command line: exit statuses, what goes to which stream, and bad input said clearly."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bot import app, cli
from bot.request import CheckRequest, CheckResult
from probes.model import Verdict
from storage.store import Store
from tests.unit.samples import CONTEXT, EVIDENCE, FAULT, INCONCLUSIVE, T0, as_document

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the example's inventory, its key and known_hosts."""
    shutil.copy(ROOT / "examples/sites.toml", tmp_path / "sites.toml")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/replcheck").write_text("key")
    (tmp_path / "known_hosts").write_text("hosts")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in ("REPLCHECK_CONFIG", "REPLCHECK_DB"):
        os.environ.pop(name, None)
    return tmp_path


class Story:
    """A made-up check that remembers what it was asked."""

    def __init__(self, verdict: Verdict, **changes: Any) -> None:
        self.verdict, self.changes = verdict, changes
        self.requests: list[CheckRequest] = []
        self.dbs: list[Path] = []

    async def __call__(
        self, request: CheckRequest, _: object, db: Path, **parts: Any
    ) -> CheckResult:
        self.requests.append(request)
        self.dbs.append(db)
        document = as_document(self.verdict, lang=parts["lang"], **self.changes)
        return CheckResult(document, EVIDENCE, self.verdict)


def told(monkeypatch: pytest.MonkeyPatch, verdict: Verdict = FAULT, **changes: Any) -> Story:
    story = Story(verdict, **changes)
    monkeypatch.setattr(app, "check", story)
    return story


@pytest.mark.parametrize(
    ("verdict", "changes", "status"),
    [(FAULT, {}, 1), (INCONCLUSIVE, {}, 3), (FAULT, {"stopped": True}, 130)],
)
@pytest.mark.usefixtures("folder")
def test_exit_status(
    verdict: Verdict, changes: dict[str, Any], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(monkeypatch, verdict, **changes)
    assert cli.run(["check", "seoul", "busan"]) == status


@pytest.mark.usefixtures("folder")
def test_json_is_alone_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(monkeypatch)
    assert cli.run(["check", "busan", "seoul", "--json", "--lang", "ko"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "replcheck.verdict/1"
    assert document["near"] == "seoul"
    assert "차단" in document["summary"]


@pytest.mark.usefixtures("folder")
def test_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    story = told(monkeypatch)
    cli.run(["check", "seoul", "busan", "--trigger", "yes", "--watch", "0"])
    cli.run(["check", "busan", "seoul"])
    first, second = story.requests
    assert (first.trigger, first.watch_seconds) == ("yes", 0.0)
    assert second.trigger == "no", "without a terminal, ask means no"
    assert (second.near, second.watch_seconds) == ("busan", 120.0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--db", "other.db", "--lang", "ko", "--config", "sites.toml", "check", "seoul", "busan"],
        ["check", "--db", "other.db", "seoul", "busan", "--config", "sites.toml", "--lang", "ko"],
        ["--db", "not.db", "check", "seoul", "busan", "--db", "other.db", "--lang", "ko"],
    ],
)
@pytest.mark.usefixtures("folder")
def test_options_before_and_behind_the_command(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told(monkeypatch)
    assert cli.run(arguments) == 1
    assert story.dbs == [Path("other.db")]
    assert "장애" in capsys.readouterr().out


def test_the_environment_and_dotenv(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    story = told(monkeypatch)
    (folder / "sites.toml").rename(folder / "elsewhere.toml")
    (folder / ".env").write_text("REPLCHECK_CONFIG=elsewhere.toml\nREPLCHECK_DB=dotenv.db\n")
    os.environ["REPLCHECK_DB"] = "environment.db"
    assert cli.run(["check", "seoul", "busan"]) == 1
    assert story.dbs == [Path("environment.db")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "soul", "busan"], "Did you mean seoul?"),
        (["check", "x", "busan"], "There is no site x."),
        (["check", "seoul", "seoul"], "The pairs are: seoul busan."),
        (["check", "seoul"], "Missing argument 'FAR'"),
        (["check", "seoul", "busan", "--watch", "-1"], "--watch"),
        (["check", "seoul", "busan", "--trigger", "maybe"], "--trigger"),
        (["check", "seoul", "busan", "--config", "none.toml"], "--config FILE"),
        (["check", "soul", "busan", "--lang", "ko"], "혹시 seoul입니까?"),
        (["check", "\x1b[31mx", "busan"], r"\x1b"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_wrong_usage(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = told(monkeypatch)
    assert cli.run(arguments) == 2
    output = capsys.readouterr()
    assert said in output.err
    assert not output.out
    assert not story.requests, "nothing is sent"


def test_a_broken_inventory_names_every_mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = told(monkeypatch)
    text = (folder / "sites.toml").read_text()
    text = text.replace('kind = "datadomain"', 'kind = "dd"').replace('rpo = "24h"', "rpo = 24")
    (folder / "sites.toml").write_text(text)
    (folder / "keys/replcheck").unlink()
    assert cli.run(["check", "seoul", "busan"]) == 2
    error = capsys.readouterr().err
    assert error.count("unknown kind 'dd'") == 2
    assert "24 is not a duration" in error
    assert "there is no file" in error
    assert [n for n, s in enumerate(text.split("\n"), 1) if "rpo" in s] == [
        int(s.split("line ")[1].split(":")[0]) for s in error.split("\n") if "duration" in s
    ]
    assert not story.requests


def test_a_pair_that_nobody_can_ask(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told(monkeypatch)
    lines = (folder / "sites.toml").read_text().split("\n")
    dropped = ("host =", "user =", "key =", "known_hosts =", "via =", "legacy_", "[sites.")
    kept = [s for s in lines if not s.startswith(dropped) or (s[0] == "[" and ".ssh]" not in s)]
    (folder / "sites.toml").write_text("\n".join(kept))
    assert cli.run(["check", "seoul", "busan"]) == 2
    assert "logged in to" in capsys.readouterr().err


# --- the record ---------------------------------------------------------------------------


@pytest.fixture
def recorded(folder: Path) -> Path:
    """A record with one finished check of the made-up incident, and one interrupted."""

    async def fill() -> None:
        async with await Store.open(folder / "replcheck.db") as store:
            begun = await store.begin_check(CONTEXT, "alice", "test", T0, 60.0)
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
    monkeypatch.setattr(app, "judge", lambda _: INCONCLUSIVE)
    assert cli.run(["judge", "c1"]) == 3
    output = capsys.readouterr().out
    assert "outcome: fault → inconclusive" in output
    assert "low-bandwidth: refuted → -" in output


# --- a process of its own: signals and terminals ------------------------------------------


def stub(folder: Path, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.unit.cli_stub", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    return subprocess.Popen(command, cwd=folder, env=environment, **streams)


def wait_for(stream: Any, text: bytes) -> bytes:
    read = b""
    while text not in read:
        chunk = os.read(stream if isinstance(stream, int) else stream.fileno(), 4096)
        assert chunk, read.decode()
        read += chunk
    return read


def test_ctrl_c_stops_and_still_prints(folder: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with stub(folder, "wait", "check", "seoul", "busan", "--json", **pipes) as process:
        wait_for(process.stderr, b"waiting")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert json.loads(output)["stopped"] is True
    assert time.monotonic() - began < 2
    assert b"Stopping" in errors
    assert b"Traceback" not in errors


def test_a_second_ctrl_c_gives_up(folder: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with stub(folder, "stubborn", "check", "seoul", "busan", **pipes) as process:
        wait_for(process.stderr, b"waiting")
        process.send_signal(signal.SIGINT)
        wait_for(process.stderr, b"Stopping")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert not output
    assert b"Traceback" not in errors


@pytest.mark.parametrize(("typed", "consent"), [(b"y\n", True), (b"\n", False), (b"no\n", False)])
def test_consent_is_asked_on_a_terminal(folder: Path, typed: bytes, consent: bool) -> None:
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stderr": theirs, "stdout": subprocess.PIPE}
    with stub(folder, "ask", "check", "seoul", "busan", "--json", **streams) as process:
        asked = wait_for(ours, b"[y/N]")
        os.write(ours, typed)
        output, _ = process.communicate(timeout=10)
    os.close(ours)
    os.close(theirs)
    assert json.loads(output)["consent"] is consent
    for words in ("서울", "부산", "111", "an hour"):
        assert words in asked.decode()


def test_ctrl_c_at_the_question_is_a_no(folder: Path) -> None:
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stderr": theirs, "stdout": subprocess.PIPE}
    with stub(folder, "ask", "check", "seoul", "busan", "--json", **streams) as process:
        wait_for(ours, b"[y/N]")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=10)
    os.close(ours)
    os.close(theirs)
    assert json.loads(output)["consent"] is False


def test_without_a_terminal_nothing_is_asked(folder: Path) -> None:
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with stub(folder, "ask", "check", "seoul", "busan", "--json", **streams) as process:
        output, errors = process.communicate(timeout=10)
    os.close(ours)
    os.close(theirs)
    assert json.loads(output)["asked"] == "no"
    assert b"[y/N]" not in errors
