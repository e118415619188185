"""The page's source: no way to make markup of text, nothing fetched from elsewhere, all words in
both languages. Needs no browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "bot" / "demo" / "workspace" / "page"
SCRIPTS = sorted(PAGE.glob("*.js"))
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|setHTML|createContextualFragment|DOMParser|srcdoc"
    r"|document\.write|\beval\(|new Function|\.setAttribute\(\s*[\"']on"
)
ELSEWHERE = re.compile(r"(?:src|href|import|from|url)\b[\"'(=\s]*(?:https?:)?//", re.IGNORECASE)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_no_script_can_parse_html(path: Path) -> None:
    assert not MARKUP.search(path.read_text())


@pytest.mark.parametrize(
    "path", [*SCRIPTS, PAGE / "index.html", PAGE / "style.css"], ids=lambda path: path.name
)
def test_nothing_comes_from_elsewhere(path: Path) -> None:
    assert not ELSEWHERE.search(path.read_text())


def test_only_own_scripts_may_run() -> None:
    policy = re.search(
        r'Content-Security-Policy" content="([^"]+)"', (PAGE / "index.html").read_text()
    )
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "'self'"
    assert "unsafe" not in policy[1]


def _words() -> dict[str, dict[str, str]]:
    languages = re.findall(
        r"^  (\w\w): \{(.*?)^  \},", (PAGE / "words.js").read_text(), re.MULTILINE | re.DOTALL
    )
    return {
        lang: dict(re.findall(r'^    (\w+): "(.*)",$', body, re.MULTILINE))
        for lang, body in languages
    }


def test_each_word_stands_in_both_languages_with_the_same_parameters() -> None:
    words = _words()
    assert set(words) == {"en", "ko"}
    assert len(words["en"]) > 30
    parameters = {
        lang: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in entries.items()}
        for lang, entries in words.items()
    }
    assert parameters["en"] == parameters["ko"]


def test_each_word_is_said_somewhere() -> None:
    source = "".join(path.read_text() for path in SCRIPTS if path.name != "words.js")
    assert [key for key in _words()["en"] if f'"{key}"' not in source] == []


def test_each_word_that_is_said_exists() -> None:
    source = "".join(path.read_text() for path in SCRIPTS)
    said = set(re.findall(r'\bsay\("(\w+)"', source)) | set(
        re.findall(r'speaker\([^)]*\)\("(\w+)"', source)
    )
    assert said - set(_words()["en"]) == set()
