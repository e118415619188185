"""Two traces over the idle path → the stretch that blocks: held to what the topology says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from probes.localise import (
    Path,
    locate,
    mate_in,
    merge,
    position,
    router_after,
    stretch,
)
from probes.model import Address
from tests.unit.chain import BACK, BOTH, THERE, Chain, Device, traces, truth
from tests.unit.evidence import CHAIN, context

# --- the stretch ----------------------------------------------------------------------


@st.composite
def chains(draw: st.DrawFn, least: int = 1) -> Chain:
    """1 to 12 routers; every link a /30 or a /31 somewhere in its network, ends in a LAN. Or
    all links of one length, packed one behind the other, as planners like them."""
    count = draw(st.integers(least, 12))
    near, far = [IPv4Address("192.0.2.1")], []
    packed = draw(st.sampled_from((None, 30, 31)))
    for link in range(1, count):
        base = int(IPv4Address("10.0.0.0")) + 256 * link + 4 * draw(st.integers(0, 63))
        lower = base + (0 if draw(st.booleans()) else 1)  # /31: .0 and .1; /30: .1 and .2
        if packed is not None:
            lower = int(IPv4Address("10.0.0.0")) + (2 * link if packed == 31 else 4 * link + 1)
        flip = draw(st.booleans())
        far.append(IPv4Address(lower + flip))
        near.append(IPv4Address(lower + (not flip)))
    far.append(IPv4Address("198.51.100.1"))
    ends = IPv4Address("192.0.2.9"), IPv4Address("198.51.100.9")
    return Chain(*ends, tuple(near), tuple(far))


@given(st.data())
def test_the_stretch_is_where_the_topology_has_the_device(data: st.DataObject) -> None:
    chain = data.draw(chains())
    kind = data.draw(st.sampled_from(("link", "before", "after")))
    count = len(chain.near_faces)
    device = Device(kind, data.draw(st.integers(0, count if kind == "link" else count - 1)))
    assert stretch(*traces(chain, device)) == (*truth(chain, device), BOTH)


@given(st.data())
def test_one_direction_is_told_from_both_where_traces_can_tell(data: st.DataObject) -> None:
    """A router's answer to a trace is no packet of the pair: the trace in the direction that
    lives shows every router. On the outermost links that looks like a block of both."""
    chain = data.draw(chains(least=4))
    count = len(chain.near_faces)
    direction = data.draw(st.sampled_from((THERE, BACK)))
    at = data.draw(st.integers(2, count - 1) if direction is THERE else st.integers(1, count - 2))
    device = Device("link", at, direction)
    assert stretch(*traces(chain, device)) == (*truth(chain, device), direction)


@given(st.data())
def test_mute_routers_widen_the_stretch_and_never_move_it(data: st.DataObject) -> None:
    chain = data.draw(chains())
    count = len(chain.near_faces)
    device = Device("link", data.draw(st.integers(0, count)))
    mute = frozenset(data.draw(st.sets(st.integers(0, count - 1))))
    first, second, direction = stretch(*traces(chain, device, mute))
    seen_near = [chain.origin, *(f for n, f in enumerate(chain.near_faces) if n not in mute)]
    seen_far = [*(f for n, f in enumerate(chain.far_faces) if n not in mute), chain.target]
    before = {chain.origin, *chain.near_faces[: device.at]}
    behind = {chain.target, *chain.far_faces[device.at :]}
    assert direction is BOTH
    assert first == [f for f in seen_near if f in before][-1]
    assert second == next(f for f in seen_far if f in behind)


@given(st.data())
def test_with_mute_routers_one_direction_never_names_a_wrong_next_hop(data: st.DataObject) -> None:
    """The hop beyond is the topology's next, by either of its faces, or left open; a silent row
    is not counted over."""
    chain = data.draw(chains(least=4))
    count = len(chain.near_faces)
    at = data.draw(st.integers(2, count - 1))
    mute = frozenset(data.draw(st.sets(st.integers(0, count - 1))))
    assume(at - 1 not in mute)
    idle, back, near, far = traces(chain, Device("link", at, THERE), mute)
    assume(far.last == chain.far_faces[0])
    first, second, direction = stretch(idle, back, near, far)
    assert first == chain.near_faces[at - 1]
    if direction is THERE:
        assert second in (chain.far_faces[at], chain.near_faces[at], None)


# --- paths ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "mates"),
    [
        ("10.0.0.1", "10.0.0.2", True),  # /30
        ("10.0.0.4", "10.0.0.5", True),  # /31
        ("10.0.0.6", "10.0.0.7", True),
        ("10.0.0.1", "10.0.0.6", False),  # a /29
        ("10.0.0.2", "10.0.0.5", False),
        ("10.0.0.3", "10.0.0.4", False),  # neighbours in number only
        ("10.0.0.1", "10.0.0.1", False),  # an address is no mate of its own
        ("2001:db8::1", "2001:db8::2", True),  # /126
        ("2001:db8::4", "2001:db8::5", True),  # /127
        ("2001:db8::1", "2001:db8::9", False),
        ("10.0.0.1", "2001:db8::2", False),
    ],
)
def test_who_shares_a_link(one: str, other: str, mates: bool) -> None:
    a, b = ip_address(one), ip_address(other)
    assert (mate_in(a, [b], {a, b}) == 0) is mates
    assert (mate_in(b, [a], {a, b}) == 0) is mates


def test_neighbouring_31s_are_no_30() -> None:
    """10.0.0.0/31 and 10.0.0.2/31 in a row: .1 and .2 belong to different links."""
    near_face, seen_back = ip_address("10.0.0.1"), addresses_of("10.0.0.2", "10.0.0.0")
    assert mate_in(near_face, seen_back, {near_face, *seen_back}) == 1
    # the true mate is mute, but an address that a /30 keeps for itself was seen
    alone = addresses_of("10.0.0.2")
    assert mate_in(near_face, alone, {near_face, *alone, ip_address("10.0.0.3")}) is None


def addresses_of(*names: str) -> tuple[Address, ...]:
    return tuple(ip_address(name) for name in names)


def addresses(*names: str | None) -> tuple[Address | None, ...]:
    return tuple(ip_address(f"10.9.0.{name}") if name else None for name in names)


A, B = ip_address("10.9.0.100"), ip_address("10.9.0.200")


def test_a_row_that_answered_once_answered() -> None:
    traced = [addresses("1", None, "3"), addresses(None, "2", None, None)]
    assert merge(A, B, traced).hops == addresses("1", "2", "3")


def test_rows_beyond_the_target_are_dropped() -> None:
    path = merge(A, B, [(*addresses("1", "2"), B, B, B), (*addresses("1", None, None), B)])
    assert path.hops == (*addresses("1", "2"), B)
    assert path.reached
    assert path.routers == addresses("1", "2")


def test_a_path_of_nothing_is_its_origin() -> None:
    for traced in ([], [()], [addresses(None, None)]):
        path = merge(A, B, traced)
        assert (path.hops, path.last, path.reached) == ((), A, False)


def test_silent_rows_at_the_end_are_no_hops() -> None:
    path = merge(A, B, [addresses("1", None, "3", None, None)])
    assert path.hops == addresses("1", None, "3")
    assert path.last == ip_address("10.9.0.3")


def test_the_router_after_is_named_as_the_other_side_sees_it() -> None:
    idle, back, _, _ = traces(CHAIN, None)
    assert [router_after(idle, back, n) for n in range(-1, 5)] == [*CHAIN.far_faces, CHAIN.target]
    assert router_after(idle, back, 5) is None
    swapped = [router_after(back, idle, n) for n in range(-1, 5)]
    assert swapped == [*reversed(CHAIN.near_faces), CHAIN.origin]


def test_where_a_router_stands_that_only_the_far_side_saw() -> None:
    idle, back, _, _ = traces(CHAIN, None)
    assert [position(idle, back, face) for face in CHAIN.far_faces] == [0, 1, 2, 3, 4]
    assert position(idle, back, CHAIN.origin) == -1
    assert position(idle, back, CHAIN.target) == 5
    assert position(idle, back, ip_address("203.0.113.1")) is None


# --- paths that are not the same both ways --------------------------------------------


def asymmetric(rows: int, network: int) -> tuple[Address, ...]:
    """Addresses that share a link with none of the other direction's."""
    return tuple(ip_address(f"10.{network}.{row}.1") for row in range(rows))


def test_paths_of_different_length_are_matched_by_their_ends_alone() -> None:
    """The account's: 15 rows there, 10 back, no link shared; hop n is never hop N-n."""
    there, back = asymmetric(14, 80), asymmetric(9, 90)
    idle, idle_back = Path(A, B, (*there, B)), Path(B, A, (*back, A))
    near, far = Path(A, B, there[:13]), Path(B, A, back[:1])
    assert stretch(idle, idle_back, near, far) == (there[12], back[0], BOTH)


def test_a_longer_way_back_shifts_nothing() -> None:
    """Back there are two routers more on the carrier's side; the links that both use decide."""
    idle, back, near, far = traces(CHAIN, Device("link", 4, THERE))
    extra = tuple(ip_address(f"10.80.99.{n}") for n in (1, 9))
    longer = Path(back.origin, back.target, (*back.hops[:3], *extra, *back.hops[3:]))
    shown = Path(far.origin, far.target, (*far.hops[:3], *extra, *far.hops[3:]))
    assert stretch(idle, longer, near, shown) == (*truth(CHAIN, Device("link", 4)), THERE)


def test_equal_cost_rows_take_the_ends_as_they_were_seen() -> None:
    """In the dark another of two equal routers answered: named as seen, direction left open."""
    idle, back, _, far = traces(CHAIN, Device("link", 4))
    other = ip_address("10.80.33.2")
    near = Path(CHAIN.origin, CHAIN.target, (*CHAIN.near_faces[:3], other))
    assert stretch(idle, back, near, far) == (other, CHAIN.far_faces[4], BOTH)


# --- sides that could not look --------------------------------------------------------


def test_nobody_answered_is_the_hosts_own_address() -> None:
    idle, back, near, far = traces(CHAIN, Device("link", 0))
    assert near.hops == ()
    assert stretch(idle, back, near, far)[0] == CHAIN.origin
    idle, back, near, far = traces(CHAIN, Device("link", 5))
    assert far.hops == ()
    assert stretch(idle, back, near, far)[1] == CHAIN.target


@pytest.mark.parametrize("blind", ["near", "far", "both", "idle"])
def test_a_side_that_could_not_look_is_null(blind: str) -> None:
    idle, back, near, far = traces(CHAIN, Device("link", 4))
    one = None if blind in ("near", "both") else near
    other = None if blind in ("far", "both") else far
    known = blind != "idle"
    first, second, direction = stretch(idle if known else None, back if known else None, one, other)
    assert first == (CHAIN.near_faces[3] if one else None)
    assert second == (CHAIN.far_faces[4] if other else None)
    assert direction is BOTH


# --- owners ---------------------------------------------------------------------------


def owners() -> Iterator[tuple[int, tuple[str, ...], bool, str]]:
    """Link of the device → owners, whether that is a boundary, and the segment."""
    yield 0, ("seoul", "carrier"), True, "seoul"  # the first router shows Seoul's address to A
    yield 2, ("carrier",), False, "carrier"
    yield 4, ("carrier", "busan"), True, "busan"
    yield 5, ("busan",), False, "busan"


@pytest.mark.parametrize(("link", "named", "boundary", "segment"), list(owners()))
def test_whose_stretch_it_is(
    link: int, named: tuple[str, ...], boundary: bool, segment: str
) -> None:  # fmt: skip
    idle, back, near, far = traces(CHAIN, Device("link", link))
    where = locate(context(), *stretch(idle, back, near, far), idle)
    assert tuple(dict.fromkeys(where.owners)) == named
    assert (where.boundary, where.segment) == (boundary, segment)
    assert where.between == tuple(map(str, truth(CHAIN, Device("link", link))))


def test_one_sided_the_next_hop_of_the_idle_path_is_an_owner_too() -> None:
    idle, back, near, _ = traces(CHAIN, Device("link", 4))
    where = locate(context(), *stretch(idle, back, near, None), idle)
    assert where.between == (str(CHAIN.near_faces[3]), None)
    assert (where.owners, where.segment) == (("carrier", "busan"), "busan")


def test_nobody_knows_whose_it_is() -> None:
    strange = ip_address("203.0.113.1")
    where = locate(context(), strange, None, BOTH)
    assert (where.owners, where.segment, where.boundary) == ((), None, False)
    assert where.between == ("203.0.113.1", None)


def test_between_the_two_sites_themselves_the_far_one_is_the_segment() -> None:
    alone = replace(context(), segments=())
    where = locate(alone, ip_address("10.81.0.1"), ip_address("10.82.0.1"), BOTH)
    assert (where.owners, where.segment, where.boundary) == (("seoul", "busan"), "busan", True)


def test_where_the_transit_lies_in_between_it_is_nobody_s_yet() -> None:
    """Mute routers from one site to the other: the transit's stretch is among them."""
    where = locate(context(), ip_address("10.81.0.1"), ip_address("10.82.0.1"), BOTH)
    assert (where.owners, where.segment, where.boundary) == (("seoul", "busan"), None, True)


def test_an_end_that_is_nobody_s_leaves_the_segment_open() -> None:
    where = locate(context(), ip_address("203.0.113.1"), ip_address("10.82.0.1"), BOTH)
    assert (where.owners, where.segment, where.boundary) == (("busan",), None, True)
