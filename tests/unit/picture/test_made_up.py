"""Pictures of what the recorded incidents do not hold: wild titles, NAT, IPv6, mute routers, no
trace at all."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.picture.names import Detail
from bot.words import LANGUAGES
from probes.model import Context, Direction, Endpoint, Evidence, Location, Phase, Verdict
from tests.golden import incidents
from tests.unit.picture.pictures import DETAILS, KINDS, Picture, cmap, overflows, picture
from tests.unit.samples import (
    CONTEXT,
    EVIDENCE,
    FAR,
    FAULT,
    INCONCLUSIVE,
    NEAR,
    SENT,
    T0,
    trace,
)

HOSTILE = [
    "<script>alert(1)</script>",
    "]]> &amp; <!-- \" ' -->",
    "A" * 300,
    "가" * 300,
    "서울 " * 100,
    "데이터센터 🔥🚒👩‍👩‍👧 백업",
    "\u202egnp.exe\u2069 مرحبا שלום",
    "\x00\x1b[31m\r\n\ttitle\ud800",
    normalize("NFD", "한국정보화진흥원"),
    "釜山 本部",
    "",
    "i̇̈̃̂" * 50,
    "\x1b",
    "carrier",
]


def titled(near: str, segment: str, far: str) -> Evidence:
    context = replace(
        CONTEXT,
        near=replace(CONTEXT.near, title=near),
        far=replace(CONTEXT.far, title=far),
        segments=tuple(replace(s, title=segment) for s in CONTEXT.segments),
    )
    return replace(EVIDENCE, context=context)


def sound(shown: Picture) -> None:
    """Well-formed, within its boxes, and of known characters only."""
    assert not overflows(shown)
    assert {c for c in "".join(shown.texts) if ord(c) not in cmap("Regular")} == set()
    assert len(shown.alt) < 1000


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_titles_do_no_harm(title: str) -> None:
    for lang, detail in KINDS:
        shown = picture(titled(title, title, title), FAULT, lang, detail)
        sound(shown)
        assert "<script" not in shown.svg
        assert not shown.all("script")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(DETAILS))
def test_any_title_is_shown_or_left_out(near: str, segment: str, detail: Detail) -> None:
    sound(picture(titled(near, segment, "B기관 부산"), FAULT, "ko", detail))


def test_what_no_font_shows_is_a_box_and_hangul_is_composed() -> None:
    shown = picture(titled("백업🔥", normalize("NFD", "한국망"), "\u202eB기관\u2069"), FAULT)
    assert "백업□" in shown.texts
    assert "한국망" in shown.texts
    assert "B기관" in shown.texts


# --- without some of what a picture shows -------------------------------------------------


def routed(
    there: list[str | None], back: list[str | None], dark_there: list[str | None],
    dark_back: list[str | None], context: Context = CONTEXT,
) -> Evidence:  # fmt: skip
    """The samples' incident over other routes."""
    kept = tuple(o for o in EVIDENCE.observations if o.probe != "trace")
    traces = (
        trace(91, NEAR, FAR, there, Phase.BASELINE, T0),
        trace(92, FAR, NEAR, back, Phase.BASELINE, T0),
        trace(93, NEAR, FAR, dark_there, Phase.AFTERMATH, SENT + 2),
        trace(94, FAR, NEAR, dark_back, Phase.AFTERMATH, SENT + 2),
    )
    return replace(EVIDENCE, context=context, observations=(*kept, *traces))


def placed(first: str | None, second: str | None, direction: Direction) -> Verdict:
    location = Location("busan", True, ("carrier", "busan"), (first, second), direction=direction)
    return replace(FAULT, location=location)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_trace_at_all(lang: str) -> None:
    for verdict in (FAULT, INCONCLUSIVE):
        shown = picture(Evidence(CONTEXT), verdict, lang)
        sound(shown)
        assert not shown.dots()
        near = "A기관 서울 avamar could not look" if lang == "en" else "A기관 서울 avamar에서는"
        assert near in shown.alt


def test_a_stopped_check_says_so() -> None:
    shown = picture(EVIDENCE, INCONCLUSIVE, stopped=True)
    sound(shown)
    assert "stopped early" in shown.texts
    assert "INCONCLUSIVE" in shown.texts


def test_a_mute_router_beside_the_stretch_stands_behind_it() -> None:
    """Far's end of the stretch is not known. 10.82.6.1 shares its link with 10.82.6.2, so it is
    the last router before the stretch, and what far sees before it is beyond."""
    there: list[str | None] = ["10.81.0.1", "10.80.5.2", "10.82.6.2", "10.82.7.2", "10.82.10.12"]
    back: list[str | None] = ["10.82.10.1", None, "10.82.6.1", "10.80.5.1", "10.81.10.11"]
    verdict = placed("10.80.5.2", None, Direction.NEAR_TO_FAR)
    shown = picture(routed(there, back, there[:2], [None]), verdict)
    sound(shown)
    assert "not seen: one side could not" in shown.said
    place = {e.text: float(e.get("y", 0)) for e in shown.all("text")}
    (mute,) = [e for e in shown.all("text") if e.text == "2" and float(e.get("x", 0)) > 450]
    assert place["10.82.6.1"] < place["Blocked here"] < float(mute.get("y", 0))
    assert float(mute.get("y", 0)) < place["10.82.10.1"]


def test_ipv6_addresses_keep_their_beginning_and_their_end() -> None:
    long = "2001:db8:1234:5678:9abc:def0:1357:2468"
    hosts = {NEAR: "2001:db8:a::11", FAR: "2001:db8:b::12"}
    sites = [
        replace(site, endpoints={e.name: replace(e, address=ip_address(hosts.get(e.id, long)))
                                 for e in site.endpoints.values()})
        for site in (CONTEXT.near, CONTEXT.far)
    ]  # fmt: skip
    context = replace(CONTEXT, near=sites[0], far=sites[1])
    route: list[str | None] = [long, "2001:db8:b::12"]
    shown = picture(routed(route, [long, "2001:db8:a::11"], route[:1], [None], context), FAULT)
    sound(shown)
    assert any(s.startswith("2001:d") and "…" in s and s.endswith(":2468") for s in shown.texts)
    hidden = picture(routed(route, [long], route[:1], [None], context), FAULT, "en", "roles")
    assert "2001" not in hidden.svg + hidden.alt


def test_owners_that_change_at_every_hop_are_folded() -> None:
    there: list[str | None] = [f"10.{80 + n % 3}.{n}.1" for n in range(29)]
    evidence = routed([*there, "10.82.10.12"], [*there, "10.81.10.11"], [*there[:5]], [None])
    shown = picture(evidence, placed("10.81.4.1", None, Direction.BOTH))
    sound(shown)
    assert "several owners" in shown.texts
    assert "several owners (18 hops)" in shown.alt
    assert float(shown.root.get("height", 0)) < 2600
    neighbour = "10.82.5.1"  # behind the stretch on near's way
    assert {"10.81.4.1", neighbour} <= set(shown.texts)


def test_an_address_of_nobody_is_said_to_be_nobodys() -> None:
    route: list[str | None] = ["10.81.0.1", "192.0.2.1", "10.82.10.12"]
    shown = picture(
        routed(route, ["10.82.7.1", "192.0.2.2", "10.81.10.11"], route[:2], [None]), FAULT
    )
    sound(shown)
    assert "owner not known" in shown.texts


def named(name: str) -> Evidence:
    """A recorded incident whose hosts are called by names that people gave them."""
    recorded = incidents.load(name)

    def called(endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, name=f"{endpoint.name}01.corp.example")

    def renamed(endpoint_id: str | None) -> str | None:
        return f"{endpoint_id}01.corp.example" if endpoint_id else None

    context = recorded.context
    sites = [replace(s, endpoints={called(e).name: called(e) for e in s.endpoints.values()})
             for s in (context.near, context.far)]  # fmt: skip
    observations = tuple(
        replace(o, ask=replace(o.ask, source=f"{renamed(o.source)}", target=renamed(o.target)))
        for o in recorded.observations
    )
    return replace(recorded, context=replace(context, near=sites[0], far=sites[1]),
                   observations=observations)  # fmt: skip


def test_in_roles_a_host_is_called_by_its_kind() -> None:
    evidence = named("account")
    told = picture(evidence, FAULT, "en", "addresses")
    assert "avamar01.corp.example" in told.said + told.alt
    shown = picture(evidence, FAULT, "en", "roles")
    assert "corp" not in shown.svg + shown.alt
    assert {"avamar", "datadomain"} <= set(shown.texts)
    assert shown.dots(), "the renamed hosts' traces are drawn"
