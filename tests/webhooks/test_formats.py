"""Each sender's documented payloads, and what they are read as; `python -m` this file writes the
second out of the first, to be read before it is committed. Sources: tests/golden/webhooks."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.webhooks import FORMATS
from bot.webhooks.event import JobEvent

Json = Any
GOLDEN = Path(__file__).parents[1] / "golden" / "webhooks"
PAYLOADS = sorted(p for p in GOLDEN.glob("*.json") if not p.name.endswith(".events.json"))


def _read(path: Path) -> list[dict[str, Json]]:
    payload = json.loads(path.read_text(encoding="utf-8"))
    events = FORMATS[path.stem.partition("_")[0]](payload)
    return [{k: v for k, v in dataclasses.asdict(e).items() if k != "raw"} for e in events]


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_a_documented_payload_is_read(path: Path) -> None:
    expected = json.loads(path.with_suffix(".events.json").read_text(encoding="utf-8"))
    assert _read(path) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_documented_failure(name: str) -> None:
    events = [event for path in PAYLOADS if path.stem.startswith(name) for event in _read(path)]
    assert "failed" in {event["status"] for event in events}


def test_what_is_said_is_kept_whole() -> None:
    payload = json.loads((GOLDEN / "grafana_group.json").read_text(encoding="utf-8"))
    events = FORMATS["grafana"](payload)
    assert [event.raw for event in events] == payload["alerts"]


def _generic(**said: Json) -> JobEvent:
    (event,) = FORMATS["generic"]({"job": "repl", "status": "failed", **said})
    return event


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-22T03:10:00+09:00", 1_795_284_600.0),
        ("2026-11-21T18:10:00Z", 1_795_284_600.0),
        ("2026-11-21T18:10:00", 1_795_284_600.0),
        ("2026-11-21 18:10:00.123456789Z", 1_795_284_600.123456),
        (1_795_284_600, 1_795_284_600.0),
        ("1795284600", 1_795_284_600.0),
        (1_795_284_600_000, 1_795_284_600.0),
        ("", None),
        (None, None),
        ("0001-01-01T00:00:00Z", None),
        (0, None),
        (10**400, None),
        (-5.0, None),
    ],
)
def test_times_as_senders_write_them(written: Json, meant: float | None) -> None:
    assert _generic(started=written).started == meant


@pytest.mark.parametrize("written", [True, "yesterday", "22.11.2026", {}, [], "99999-01-01"])
def test_what_is_no_time_is_named(written: Json) -> None:
    with pytest.raises(ValidationError, match="started"):
        _generic(started=written)


def test_what_makes_two_events_the_same() -> None:
    now = 1_795_284_600.0

    def key(moment: float = now, hook: str = "avamar", **said: Json) -> str:
        return _generic(**said).key(hook, moment)

    assert key(id="7") == key(id="7", message="again", moment=now + 1e6)
    assert key(id=7) == key(id="7")
    assert key(started=now) == key(started=now, message="again", moment=now + 1e6)
    assert key() == key(moment=now + 1)
    different = {
        key(),
        key(id="7"),
        key(id="8"),
        key(id="7", hook="other"),
        key(id="7", status="running"),
        key(started=now),
        key(started=now + 1),
        key(started=now, job="other"),
        key(moment=now + 300),
    }
    assert len(different) == 9


def test_splunk_finds_the_same_row_again() -> None:
    row = {"job": "repl", "started": "1763776800"}
    (first,) = FORMATS["splunk"]({"sid": "1", "result": row})
    (second,) = FORMATS["splunk"]({"sid": "2", "result": row})
    assert first.key("s", 0.0) == second.key("s", 0.0)
    rows = [FORMATS["splunk"]({"sid": "3", "result": {"host": n}})[0] for n in "ab"]
    assert rows[0].key("s", 0.0) != rows[1].key("s", 0.0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def _wild(value: Json) -> st.SearchStrategy[Json]:
    """A documented payload in which any part may be something else, or missing."""
    if isinstance(value, dict):
        parts = {name: _wild(item) for name, item in value.items()}
        return st.one_of(st.fixed_dictionaries({}, optional=parts), JSON, st.just(value))
    if isinstance(value, list):
        parts_of = [_wild(item) for item in value] or [JSON]
        return st.one_of(st.lists(st.one_of(parts_of), max_size=3), JSON, st.just(value))
    return st.just(value) | JSON


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
@given(data=st.data())
def test_wild_payloads_are_read_or_refused(path: Path, data: st.DataObject) -> None:
    payload = data.draw(_wild(json.loads(path.read_text(encoding="utf-8"))))
    try:
        events = FORMATS[path.stem.partition("_")[0]](payload)
    except ValidationError:
        return
    for event in events:
        assert event.job
        assert event.status in ("failed", "succeeded", "running", "resolved")
        assert all(isinstance(v, str) for kv in event.labels.items() for v in kv)
        assert isinstance(event.message, str)
        assert len(event.key("hook", 0.0)) == 64
        assert event.at is None or 9e8 < event.at < 5e9


if __name__ == "__main__":
    for each in PAYLOADS:
        text = json.dumps(_read(each), ensure_ascii=False, indent=2)
        each.with_suffix(".events.json").write_text(text + "\n", encoding="utf-8")
