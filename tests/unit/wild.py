"""Evidence of any shape, for laws that hold whatever was heard: hypothesis draws it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from probes.model import Evidence, NotSent
from probes.readings import Answer, Knock
from tests.unit.evidence import (
    CHAIN,
    FAR,
    FAR_SOURCE,
    NEAR,
    NEAR_STORE,
    NFS_PORT,
    Heard,
    context,
    getport_answer,
)

PLANS = (
    "baseline", "baseline:again", "watch", "watch-job", "control:portmapper",
    "trigger:portmapper", "control:nfs", "trigger:nfs", "aftermath", "locate:port-111", "recovery",
)  # fmt: skip
SENDING = tuple(plan for plan in PLANS if plan.startswith(("control", "trigger")))
PAIRS = ((NEAR, FAR), (FAR, NEAR), (NEAR, FAR_SOURCE), (FAR_SOURCE, NEAR), (NEAR_STORE, FAR))
PORTS = (22, 111, NFS_PORT)
times = st.floats(0, 60).map(lambda at: round(at, 1))
fates = st.one_of(
    st.text("!.", max_size=25),
    st.builds(lambda alive, dark: "!" * alive + "." * dark, st.integers(0, 12), st.integers(0, 25)),
)


@st.composite
def evidences(draw: st.DrawFn, not_sent: st.SearchStrategy[NotSent | None]) -> Evidence:
    """Up to twenty observations in any plans at any times; any plans may count as done."""
    heard = Heard(
        context(not_sent=draw(not_sent), watch_seconds=draw(st.sampled_from((0.0, 30.0))))
    )
    if draw(st.booleans()):
        heard.idle()
    for _ in range(draw(st.integers(0, 20))):
        _something(draw, heard)
    done = draw(st.lists(st.sampled_from(("prepare", *PLANS)), unique=True))
    plans = tuple(done) if draw(st.booleans()) else ("prepare", *heard.plans)
    return replace(heard.evidence, plans=plans)


def _something(draw: st.DrawFn, heard: Heard) -> None:
    plan, at = draw(st.sampled_from(PLANS)), draw(times)
    source, target = draw(st.sampled_from(PAIRS))
    kind = draw(st.sampled_from(("ping", "knock", "trace", "exchange", "sockets", "rising")))
    port = draw(st.sampled_from(PORTS))
    if kind == "ping":
        heard.ping(plan, at, draw(fates), source=source, target=target,
                   size=draw(st.sampled_from((56, 1472))))  # fmt: skip
    elif kind == "knock":
        row = draw(st.text("!sR.Xe", max_size=8))
        heard.knock(plan, at, {port: row, 22: draw(fates)[:8]}, source=source, target=target)
    elif kind == "trace":
        back = (source, target) == (FAR, NEAR)
        route = CHAIN.back if back else CHAIN.there
        hops = tuple(hop if draw(st.booleans()) else None for hop in route)
        heard.trace(plan, at, hops[: draw(st.integers(0, 6))], source=source, target=target)
    elif kind == "exchange":
        answer, opened = draw(st.sampled_from(Answer)), draw(st.sampled_from(Knock))
        reply = getport_answer(draw(st.sampled_from(PORTS)))
        heard.exchange(draw(st.sampled_from(SENDING)), at, answer, opened=opened, port=port,
                       acked=draw(st.booleans()), reply=reply,
                       sent=draw(st.booleans()))  # fmt: skip
    elif kind == "sockets":
        heard.sockets(plan, at, source, samples=draw(st.integers(0, 4)),
                      queued=draw(st.dictionaries(st.sampled_from(PORTS), st.integers(0, 60))),
                      half_open=draw(st.lists(st.sampled_from(PORTS), max_size=2)),
                      listening=draw(st.none() | st.lists(st.sampled_from(PORTS))))  # fmt: skip
    else:
        steps = draw(st.lists(st.sampled_from(Knock), max_size=8))
        heard.rising(plan, at, port, steps, source=source, target=target)
