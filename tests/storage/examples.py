"""Small contexts and observations for the store's tests."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from probes.model import (
    Ask,
    Context,
    End,
    Endpoint,
    Kind,
    Line,
    Pair,
    Phase,
    Site,
    Transcript,
)
from storage.job_model import Arrival, Status, Target
from storage.store import Raw

NOW = 1_795_000_000.0
TTL = 30.0


def site(name: str, net: int) -> Site:
    address = ip_address(f"10.{net}.10.11")
    endpoint = Endpoint(name, "avamar", Kind.AVAMAR, address)
    return Site(name, name.title(), (ip_network(f"10.{net}.0.0/16"),), {"avamar": endpoint})


def context(near: str = "seoul", far: str = "busan") -> Context:
    pair = Pair(near, far, "avamar-datadomain")
    return Context("", pair, site(near, 81), site(far, 82), (), started=NOW)


def arrival(key: str = "k1", status: Status = "failed", at: float = NOW) -> Arrival:
    target = Target("seoul:busan", "seoul", "busan", "major")
    return Arrival(
        key, "avamar", "repl", status, at, at, at, at, "repl", target, message="no answer"
    )


def raw(number: int = 1, *texts: str, end: End = End.EXITED) -> Raw:
    lines = tuple(Line(NOW + n, text) for n, text in enumerate(texts))
    status = 0 if end is End.EXITED else None
    transcript = Transcript(("ping", "-n"), NOW, 1.5, end, status, lines)
    ask = Ask("ping", "seoul/avamar", "busan/datadomain", {"size": 56})
    return Raw(f"o{number}", "baseline", Phase.BASELINE, ask, transcript, parser=1, variant="v")
