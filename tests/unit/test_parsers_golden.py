"""Every golden transcript parses to what its file says."""

from __future__ import annotations

import json
import os

import pytest

from probes.catalog import CATALOG, by_name
from probes.model import GapKind, NotPermitted, Unparsed
from tests.golden.load import FOLDER, load, names, plain


def read(name: str) -> dict[str, object]:
    golden = load(name)
    try:
        return {"reading": plain(by_name(golden.ask.probe).parse(golden.ask, golden.transcript))}
    except NotPermitted:
        return {"unparsed": GapKind.NOT_PERMITTED.value}
    except Unparsed:
        return {"unparsed": GapKind.UNPARSED.value}


@pytest.mark.parametrize("name", names())
def test_transcript_parses_to_what_is_written_down(name: str) -> None:
    found = read(name)
    told = dict(load(name).told)
    wanted = {key: told.pop(key) for key in ("reading", "unparsed") if key in told}
    if os.environ.get("GOLDEN_UPDATE"):
        text = json.dumps({**told, **found}, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")
    else:
        assert found == wanted


def test_every_probe_has_a_golden_pair() -> None:
    assert {load(name).ask.probe for name in names()} == {probe.name for probe in CATALOG}


def test_no_password_stands_in_a_golden_file() -> None:
    secret = "P@Ss" + "W0rd"
    assert not any(secret in path.read_text("utf-8") for path in FOLDER.iterdir())
