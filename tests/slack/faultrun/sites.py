"""Several pairs, each with a recorded incident's hosts under names and addresses of its own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from probes.inventory import Inventory
from probes.model import Context, Evidence, Tools
from storage.codec import Raw, decode, evidence
from tests.golden import incidents


def several(name: str, count: int) -> tuple[Inventory, dict[str, Evidence]]:
    """An inventory of so many pairs, and by a pair's id what its hosts once printed."""
    recorded = [_load(name, number) for number in range(count)]
    contexts = [one.context for one in recorded]
    inventory = Inventory(
        Path("sites.toml"),
        {site.name: site for context in contexts for site in (context.near, context.far)},
        tuple(segment for context in contexts for segment in context.segments),
        tuple(context.pair for context in contexts),
        {},
    )
    return inventory, {one.context.pair.id: one for one in recorded}


def _load(name: str, number: int) -> Evidence:
    text = gzip.decompress((incidents.FOLDER / f"{name}.json.gz").read_bytes()).decode()
    for site in ("seoul", "busan", "carrier"):
        text = text.replace(site, f"{site}{number}")
    for at, network in enumerate((80, 81, 82)):  # as wide as before: tables keep their columns
        text = text.replace(f"10.{network}.", f"10.{10 + 3 * number + at}.")
    data = json.loads(text)
    base = Evidence(
        decode(Context, data["context"]),
        plans=tuple(data["plans"]),
        tools={endpoint: decode(Tools, tools) for endpoint, tools in data["tools"].items()},
    )
    raws = [decode(Raw, raw) for raw in data["raws"]]
    return evidence(base, raws, [], incidents.parse)
