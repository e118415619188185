"""Golden transcripts: NAME.txt is what a host printed, NAME.json how it was asked and what it
parses to. A new pair needs no more than the two files.

In NAME.json: probe, params, argv, end, exit_status, seconds, offset; `arrivals` are seconds
from the start for each line, without them the lines came `every` seconds (0.01) apart; then
either `reading` or `unparsed` (`unparsed` or `not-permitted`). After a parser was changed on
purpose: GOLDEN_UPDATE=1 writes `reading` anew, for a person to look through.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

from probes.model import Ask, End, Line, Transcript
from tests.golden.account import with_addresses

FOLDER = Path(__file__).parent / "transcripts"
STARTED = 1_700_000_000.0


@dataclasses.dataclass(frozen=True)
class Golden:
    name: str
    ask: Ask
    transcript: Transcript
    told: Mapping[str, Any]


def names() -> list[str]:
    """All golden pairs; an empty folder, or one file without the other, is an error."""
    texts = {path.stem for path in FOLDER.glob("*.txt")}
    tellings = {path.stem for path in FOLDER.glob("*.json")}
    if not texts or texts != tellings:
        raise FileNotFoundError(f"golden pairs in {FOLDER} are not whole: {texts ^ tellings}")
    return sorted(texts)


def load(
    name: str, source: str = "seoul/avamar", target: str | None = "busan/datadomain"
) -> Golden:
    """One golden pair; the account's come with addresses instead of placeholders."""
    told = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    text = (FOLDER / f"{name}.txt").read_text("utf-8")
    if name.startswith("account-"):
        text = with_addresses(text)
    texts = text.removesuffix("\n").split("\n") if text else []
    arrivals = told.get("arrivals") or [
        told.get("every", 0.01) * (n + 1) for n in range(len(texts))
    ]
    lines = tuple(Line(STARTED + at, t) for at, t in zip(arrivals, texts, strict=True))
    seconds = told.get("seconds", (arrivals or [0.0])[-1] + 0.01)
    transcript = Transcript(
        argv=tuple(with_addresses(word) for word in told["argv"]),
        started=STARTED,
        seconds=seconds,
        end=End(told.get("end", "exited")),
        exit_status=told.get("exit_status", 0),
        lines=lines,
        offset=told.get("offset"),
    )
    return Golden(
        name, Ask(told["probe"], source, target, told.get("params", {})), transcript, told
    )


def plain(value: object) -> Any:
    """A reading as JSON says it: addresses and enums as text, bytes as hex, times rounded."""
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list):
        return [plain(inner) for inner in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, IPv4Address | IPv6Address):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return round(value, 6) if isinstance(value, float) else value
