"""Who closes a port: the path, a device that answers, the host, its filter."""

from __future__ import annotations

import pytest

from probes.model import Cause, Stance
from probes.readings import (
    FilterRule,
    HostFilterReading,
    Knock,
)
from tests.unit.evidence import (
    CHAIN,
    FAR,
    Heard,
    getport_answer,
)
from tests.unit.hypotheses.finding import (
    CONFIRMED,
    REFUTED,
    SUPPORTED,
    UNKNOWN,
    check,
    eaten,
    finding,
)


def closed(fates: str, *, listening: tuple[int, ...] | None, deny: bool = False,
           steps: list[Knock] | None = None) -> Heard:  # fmt: skip
    """Port 111 does this at idle; the far host's own list, its own filter, a sweep."""
    heard = Heard()
    heard.idle(hosts=False, p111=fates)
    heard.sockets("baseline", 0, FAR, listening=listening)
    if deny:
        rule = FilterRule(1, True, False, "tcp", (111,), "all", 0)
        heard.add("hostfilter", "baseline", 0, HostFilterReading((rule,)), source=FAR, target=None)
    if steps:
        heard.rising("locate:port-111", 5, 111, steps)
    return heard


REACHES = [Knock.EXPIRED] * 5
BEFORE = [Knock.EXPIRED] * 3

PORTS: list[tuple[Heard, dict[Cause, Stance]]] = [
    (
        closed("RR", listening=(22,), steps=[*REACHES, Knock.REFUSED]),
        {Cause.SERVICE_DOWN: SUPPORTED, Cause.PORT_REJECTED: REFUTED, Cause.PORT_FILTERED: REFUTED},
    ),
    (  # it listens, and a reset came from before it
        closed("RR", listening=(22, 111), steps=[*BEFORE, Knock.REFUSED]),
        {Cause.SERVICE_DOWN: REFUTED, Cause.PORT_REJECTED: SUPPORTED, Cause.PORT_FILTERED: REFUTED},
    ),
    (  # nobody could read the host's list: who refuses is not known
        closed("RR", listening=None, steps=[*REACHES, Knock.REFUSED]),
        {Cause.SERVICE_DOWN: UNKNOWN, Cause.PORT_REJECTED: UNKNOWN, Cause.PORT_FILTERED: REFUTED},
    ),
    (  # silence, while others pass
        closed("..", listening=(22, 111), steps=[*BEFORE, *[Knock.SILENT] * 3]),
        {Cause.SERVICE_DOWN: REFUTED, Cause.PORT_REJECTED: REFUTED, Cause.PORT_FILTERED: SUPPORTED},
    ),
    (
        closed("XX", listening=(22, 111)),
        {
            Cause.SERVICE_DOWN: REFUTED,
            Cause.PORT_REJECTED: SUPPORTED,
            Cause.PORT_FILTERED: REFUTED,
        },
    ),
    (
        closed("!!", listening=(22, 111)),
        {Cause.SERVICE_DOWN: REFUTED, Cause.PORT_REJECTED: REFUTED, Cause.PORT_FILTERED: REFUTED},
    ),
]


@pytest.mark.parametrize(("heard", "expected"), PORTS)
def test_who_closes_a_port(heard: Heard, expected: dict[Cause, Stance]) -> None:
    assert {cause: finding(cause, heard).stance for cause in expected} == expected


def test_at_most_one_of_the_port_causes_is_blamed() -> None:
    for heard, expected in PORTS:
        blamed = [c for c in expected if finding(c, heard).stance is SUPPORTED]
        assert len(blamed) <= 1


def test_what_the_hosts_own_filter_drops_is_on_the_host() -> None:
    found = finding(Cause.PORT_FILTERED, closed("..", listening=(22, 111), deny=True))
    assert found.stance is SUPPORTED
    assert found.location is not None
    assert (found.location.host, found.location.segment, found.location.between) == (
        FAR, "busan", None)  # fmt: skip


def test_a_filtered_port_is_placed_where_requests_end() -> None:
    steps = [*BEFORE, *[Knock.SILENT] * 3]
    found = finding(Cause.PORT_FILTERED, closed("..", listening=(22, 111), steps=steps))
    assert found.confidence is CONFIRMED
    assert found.location is not None
    assert found.location.between == (str(CHAIN.near_faces[2]), str(CHAIN.far_faces[3]))


def test_a_service_that_is_down_is_its_hosts() -> None:
    found = finding(Cause.SERVICE_DOWN, closed("RR", listening=(22,)))
    assert found.location is not None
    assert (found.location.host, found.location.between) == (FAR, None)


def test_the_portmapper_that_names_no_port() -> None:
    heard = Heard()
    heard.idle()
    heard.control(5)
    heard.call(8, reply=getport_answer(0))
    found = finding(Cause.RPC_PROGRAM_UNAVAILABLE, heard)
    assert (found.stance, found.confidence) == (SUPPORTED, CONFIRMED)
    assert check(Cause.RPC_PROGRAM_UNAVAILABLE).stance is REFUTED
    assert finding(Cause.RPC_PROGRAM_UNAVAILABLE, eaten()).stance is UNKNOWN
