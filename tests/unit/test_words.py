"""Words: both catalogs say the same things, and codes never reach a reader unnoticed."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from bot.words import LANGUAGES, UnsaidWarning, catalog, say, with_particles
from probes.model import Cause, Message


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_catalogs_have_the_same_entries() -> None:
    assert set(catalog("ko")) == set(catalog("en"))


def test_translations_use_the_same_parameters() -> None:
    other = catalog("ko")
    different = {
        code: (fields(template), fields(other[code]))
        for code, template in catalog("en").items()
        if code in other and fields(template) != fields(other[code])
    }
    assert not different


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cause_has_words(lang: str) -> None:
    assert {f"cause.{cause}" for cause in Cause} <= set(catalog(lang))


SOURCE = "\n".join(
    path.read_text()
    for package in ("bot", "probes")
    for path in (Path(__file__).parents[2] / package).rglob("*.*")
    if path.suffix in (".py", ".html")
    and "workspace" not in path.parts  # speaks Slack's names (`auth.test`), not ours
)
WHOLE_CODE = re.compile(r"""["']([a-z]+(?:-[a-z]+)*\.[a-z]+(?:-[a-z]+)*)["']""")
BEGUN_CODE = re.compile(r"""["']([a-z-]+)\.(?:\{|["'])""")  # f"cause.{…}" or "cause." + …


def test_every_code_that_is_said_has_words() -> None:
    sections = {code.partition(".")[0] for code in catalog("en")}
    whole = (code for code in WHOLE_CODE.findall(SOURCE) if not code.endswith(".html"))
    said = {code for code in whole if code.partition(".")[0] in sections}
    assert len(said) > 100, "the search still finds codes"
    assert said <= set(catalog("en"))


def test_no_words_are_left_that_nobody_says() -> None:
    begun = set(BEGUN_CODE.findall(SOURCE))
    whole = set(WHOLE_CODE.findall(SOURCE))
    assert not {c for c in catalog("en") if c not in whole and c.partition(".")[0] not in begun}


def test_nested_messages_are_said_first(monkeypatch: pytest.MonkeyPatch) -> None:
    words = {"a.outer": "{near}: {what}", "a.inner": "{n:.1f} s"}
    monkeypatch.setattr("bot.words.catalog", lambda _lang: words)
    message = Message("a.outer", {"near": "seoul", "what": Message("a.inner", {"n": 2.04})})
    assert say(message, "en", {"seoul": "Seoul HQ"}) == "Seoul HQ: 2.0 s"


def test_a_parameter_is_never_a_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.words.catalog", lambda _lang: {"a.b": "<{x}>"})
    assert say(Message("a.b", {"x": "{x.__class__}"})) == "<{x.__class__}>"


def test_an_unknown_code_warns_and_shows_itself() -> None:
    with pytest.warns(UnsaidWarning):
        assert say(Message("no.such", {"n": 1})) == "no.such (n=1)"


def test_a_missing_parameter_warns_and_shows_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.words.catalog", lambda _lang: {"a.b": "<{x}>"})
    with pytest.warns(UnsaidWarning):
        assert say(Message("a.b", {"y": 1})) == "a.b (y=1)"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("서울(이/가)", "서울이"),
        ("본사(이/가)", "본사가"),
        ("부산(으로/로)", "부산으로"),
        ("서울(으로/로)", "서울로"),
        ("포트 111(은/는)", "포트 111은"),
        ("10.80.5.2(과/와)", "10.80.5.2와"),
        ("“서울”(을/를)", "“서울”을"),
        ("datadomain(이/가)", "datadomain이"),
        ("seoul/avamar(을/를)", "seoul/avamar를"),
        ("3.1 ms (평균)", "3.1 ms (평균)"),
    ],
)
def test_korean_particles_follow_the_sound(text: str, said: str) -> None:
    assert with_particles(text) == said
