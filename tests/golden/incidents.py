"""Whole incidents: what a check heard, and what it is judged to be.

`incidents/NAME.json.gz` holds the evidence as the store keeps it (raw lines, no readings),
`incidents/NAME.verdict.json` what judge() says of it. Recorded from the lab:
`python -m tests.golden.incidents DATABASE CHECK NAME`; after a rule was changed on purpose,
`python -m tests.golden.incidents --update` writes the verdicts anew, for a person to read.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
from pathlib import Path
from typing import Any

from probes.catalog import by_name
from probes.diagnosis import judge
from probes.model import Ask, Context, Evidence, Gap, Tools, Transcript, Verdict
from probes.readings import Reading
from storage.codec import Raw, decode, encode, evidence
from storage.store import Store

FOLDER = Path(__file__).parent / "incidents"


def names() -> list[str]:
    """Every recorded incident; it is an error if there is none."""
    found = sorted(path.name.removesuffix(".json.gz") for path in FOLDER.glob("*.json.gz"))
    if not found:
        raise FileNotFoundError(f"no incidents in {FOLDER}")
    return found


def parse(ask: Ask, transcript: Transcript) -> Reading:
    return by_name(ask.probe).parse(ask, transcript)


def load(name: str) -> Evidence:
    """The incident's evidence, read by today's parsers."""
    data = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    base = Evidence(
        decode(Context, data["context"]),
        plans=tuple(data["plans"]),
        tools={endpoint: decode(Tools, tools) for endpoint, tools in data["tools"].items()},
    )
    raws = [decode(Raw, raw) for raw in data["raws"]]
    return evidence(base, raws, [decode(Gap, gap) for gap in data["gaps"]], parse)


def save(name: str, recorded: Evidence) -> None:
    """Keep an incident's evidence. mtime is fixed, so that the same evidence is the same file."""
    data = {
        "context": encode(recorded.context),
        "plans": list(recorded.plans),
        "tools": {endpoint: encode(tools) for endpoint, tools in recorded.tools.items()},
        "raws": [encode(Raw.of(observation)) for observation in recorded.observations],
        "gaps": [encode(gap) for gap in recorded.gaps],
    }
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(data, ensure_ascii=False, sort_keys=True)
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def told(verdict: Verdict) -> dict[str, Any]:
    """What a verdict claims, without its words: what a change of a rule would change."""
    supported = {str(f.cause): list(f.evidence) for f in verdict.findings if f.confidence}
    return {
        "outcome": verdict.outcome,
        "cause": verdict.cause,
        "also": list(verdict.also),
        "confidence": verdict.confidence,
        "location": encode(verdict.location),
        "trigger": {**encode(verdict.trigger), "at": None},
        "flows": {f"{r.flow.service} {r.flow.port}": r.result for r in verdict.flows},
        "stances": {str(f.cause): f"{f.stance}: {f.why.code}" for f in verdict.findings},
        "supported_by": supported,
    }


def expected(name: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{name}.verdict.json").read_text(encoding="utf-8")))


def update(name: str) -> None:
    text = json.dumps(told(judge(load(name))), indent=1, ensure_ascii=False)
    (FOLDER / f"{name}.verdict.json").write_text(text + "\n", encoding="utf-8")


async def record(database: Path, check: str, name: str) -> None:
    """Take a check out of a store."""
    async with await Store.open(database) as store:
        save(name, await store.load_evidence(check, parse))
    update(name)


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        for each in names():
            update(each)
    else:
        asyncio.run(record(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
