"""The command line: exit statuses, what goes to which stream, and bad input said clearly."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import app, cli
from bot.request import CheckRequest, CheckResult
from probes.model import Outcome, Verdict
from tests.unit.samples import EVIDENCE, FAULT, INCONCLUSIVE, as_document

ROOT = Path(__file__).parents[2]


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
    [
        (replace(INCONCLUSIVE, outcome=Outcome.HEALTHY), {}, 0),
        (FAULT, {}, 1),
        (INCONCLUSIVE, {}, 3),
        (FAULT, {"stopped": True}, 130),
    ],
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
