"""Every recorded incident drawn, in both languages, with addresses and without."""

from __future__ import annotations

import re
from ipaddress import ip_network

import pytest

from bot.path import ways
from bot.picture.names import Detail
from bot.words import catalog, titles_of
from probes.model import Evidence
from tests.golden import incidents
from tests.unit.picture.pictures import KINDS, cmap, of_incident, overflows

EACH = pytest.mark.parametrize("name", incidents.names())
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]+")


def secrets(evidence: Evidence) -> set[str]:
    """Every address and host name that the check knows or met."""
    context = evidence.context
    found = {str(e.address) for e in context.endpoints}
    found |= {str(a) for e in context.endpoints for a in e.seen_from.values()}
    found |= {e.ssh.host for e in context.endpoints if e.ssh}
    for way in ways(evidence, None):
        found |= {str(way.at(n)) for n in range(way.length) if way.at(n) is not None}
    return found


@EACH
def test_nothing_leaves_its_box_or_lies_on_something_else(name: str) -> None:
    for lang, detail in KINDS:
        assert not overflows(of_incident(name, lang, detail)), (lang, detail)


@EACH
def test_every_character_has_a_glyph(name: str) -> None:
    for lang, detail in KINDS:
        shown = of_incident(name, lang, detail)
        assert {c for c in shown.said if c != "\n" and ord(c) not in cmap("Regular")} == set()
        assert "□" not in shown.said


@EACH
def test_where_only_roles_are_told_no_address_is(name: str) -> None:
    for lang, detail in KINDS:
        shown = of_incident(name, lang, detail)
        met = {s for s in secrets(shown.evidence) if s in shown.said + shown.alt}
        if detail == "roles":
            assert not met
            assert not ADDRESS.findall(shown.said + shown.alt)
            assert not {s for s in secrets(shown.evidence) if s in shown.svg}
        else:
            assert met, "the search finds addresses where they are told"


@EACH
def test_the_stretch_is_named_and_marked_where_it_is_known_and_nowhere_else(name: str) -> None:
    for lang, detail in KINDS:
        shown = of_incident(name, lang, detail)
        location = shown.document["location"] or {}
        known = location.get("between") is not None
        assert (catalog(lang)["picture.blocked"] in shown.texts) == known
        hatched = [e for e in shown.all("rect") if e.get("fill") == "url(#hatch)"]
        assert bool(hatched) == (known or location.get("host") is not None)
        assert ({"en": "before it: ", "ko": "앞쪽 "}[lang] in shown.alt) == known


@EACH
def test_both_neighbours_are_named_and_never_folded_away(name: str) -> None:
    shown = of_incident(name)
    location = shown.document["location"] or {}
    sides = zip(location.get("between") or (), ways(shown.evidence, location), strict=False)
    for address, way in sides:
        if address is not None:
            on_its_way = address in {str(way.at(n)) for n in range(way.length)}
            assert shown.texts.count(address) == 1 + on_its_way
    for owner in location.get("owners", ()):
        assert titles_of(shown.evidence.context)[owner] in shown.texts


@EACH
def test_nothing_outside_is_referred_to(name: str) -> None:
    shown = of_incident(name)
    tags = {element.tag.rpartition("}")[2] for element in shown.root.iter()}
    shapes = {"rect", "text", "line", "circle", "path", "polygon"}
    assert tags <= {"svg", "title", "defs", "linearGradient", "stop"} | shapes
    assert "href" not in shown.svg
    assert set(re.findall(r"url\([^)]*\)", shown.svg)) <= {"url(#hatch)"}


@EACH
def test_the_alternative_text_fits_and_says_the_verdict_first(name: str) -> None:
    for lang, detail in KINDS:
        shown = of_incident(name, lang, detail)
        assert len(shown.alt) < 1000
        assert shown.alt.startswith(catalog(lang)[f"outcome.{shown.document['outcome']}"])
        if shown.document["cause"]:
            cause = catalog(lang)[f"cause.{shown.document['cause']}"]
            assert cause.lower() in shown.alt.lower()


@pytest.mark.parametrize(("lang", "detail"), KINDS)
def test_a_healthy_picture_has_no_red(lang: str, detail: Detail) -> None:
    assert "✖" not in of_incident("healthy", lang, detail).alt
    drawn = of_incident("healthy", lang, detail)
    body = [e for e in drawn.root.iter() if e.tag.endswith(("circle", "text", "line", "polygon"))]
    assert all("#c4162a" not in (e.get("fill"), e.get("stroke")) for e in body)


def test_a_dot_for_each_hop_and_state_full_where_it_answered() -> None:
    shown = of_incident("account")
    columns: dict[float, list[bool]] = {}
    for x, answers in shown.dots():
        columns.setdefault(x, []).append(answers)
    idle, failing, failing_back, idle_back = (columns[x] for x in sorted(columns))
    assert idle == idle_back == [True] * 8
    assert failing == [True] * 6 + [False] * 2
    assert failing_back == [True] * 2 + [False] * 6


def test_long_runs_are_folded_with_their_count() -> None:
    shown = of_incident("account-whole")
    assert "9 more hops" in shown.texts
    assert "10.80.7.2" not in shown.said
    assert "10.80.12.2" in shown.said
    assert "11 hops" in shown.alt


def test_in_roles_hops_are_counted() -> None:
    shown = of_incident("account", "en", "roles")
    assert "hop 6 from A기관 서울" in shown.texts
    assert {"2 hops", "3 hops", "hop 6"} <= set(shown.texts)


def test_a_block_in_one_direction_is_crossed_once() -> None:
    def crosses(name: str) -> int:
        return sum(c.get("r") == "25" for c in of_incident(name).all("circle"))

    assert crosses("account") == 2
    assert crosses("payload-drop") == 1
    assert crosses("healthy") == 0


def test_where_traces_pass_the_block_the_picture_says_so() -> None:
    words = catalog("en")["picture.traces-pass"]
    for name, passes in (("tcp-only", True), ("payload-drop", True), ("account", False)):
        assert (words in of_incident(name).texts) == passes, name
        assert (words in of_incident(name).alt) == passes, name


def test_a_fault_on_a_host_is_marked_on_its_card() -> None:
    shown = of_incident("service-down", "en", "roles")
    assert catalog("en")["picture.host-named"] in shown.texts
    assert "on B기관 부산 datadomain itself" in shown.texts


def test_a_side_that_could_not_look_says_so() -> None:
    shown = of_incident("one-sided")
    assert "could not look" in shown.said.replace("\n", " ")
    assert "could not look" in shown.alt
    assert not any(ip_network("10.82.7.1/32").overlaps(ip_network(s)) for s in shown.texts
                   if ADDRESS.fullmatch(s))  # fmt: skip
