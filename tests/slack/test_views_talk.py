"""What is answered to commands: it teaches, names what is wrong, and is never a dead end."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack import command
from bot.slack.command import Mistake, read
from bot.slack.model import Post, Reader
from bot.slack.views import talk
from bot.words import LANGUAGES, catalog
from probes.inventory import Inventory
from probes.model import Context, Message
from tests.slack.told import told_of
from tests.slack.valid import check_post, mrkdwn, texts

pytestmark = pytest.mark.filterwarnings("error::bot.words.UnsaidWarning")

Json = Any
T = 1795372300.0
lang = pytest.mark.parametrize("lang", LANGUAGES)


def context() -> Context:
    return told_of("account").result.evidence.context


def inventory() -> Inventory:
    found = context()
    sites = {site.name: site for site in (found.near, found.far)}
    return Inventory(
        path=Path("sites.toml"),
        sites=sites,
        segments=found.segments,
        pairs=(found.pair,),
        hooks={},
    )


@dataclass(frozen=True)
class Check:
    id: str
    asked_by: str
    started: float
    context: Context


@dataclass(frozen=True)
class Freeze:
    site: str | None
    at: float
    by: str


@dataclass(frozen=True)
class Depth:
    waiting: int
    oldest: float | None


def said(post: Post) -> str:
    check_post(post)
    return "\n".join(texts(list(post.blocks)))


def record(number: int, **other: Json) -> dict[str, Json]:
    return {
        "id": f"i{number}",
        "near": "seoul",
        "far": "busan",
        "state": "open",
        "opened": "2026-11-22T06:17:04.120Z",
        "closed": None,
        "cause": "source-quarantined",
        "checks": ["c1"],
        "counts": True,
        **other,
    }


@lang
def test_help_shows_calls_that_work_here(lang: str) -> None:
    reader = Reader(lang, titles={"seoul": "A기관 서울", "busan": "B기관 부산"})
    shown = said(talk.help_text([context().pair], reader))
    calls = re.findall(r"`(/replcheck[^`]*)`", shown)
    understood = [read(call.removeprefix("/replcheck"), inventory()) for call in calls]
    assert not [found for found in understood if isinstance(found, Mistake)]
    assert {type(found) for found in understood} == set(get_args(command.Command))
    assert "`seoul busan` A기관 서울 → B기관 부산" in shown


@lang
def test_help_names_the_shortcut_as_slack_shows_it(lang: str) -> None:
    manifest = Path(command.__file__).with_name("manifest.yml").read_text(encoding="utf-8")
    name = re.search(r"shortcuts:\s+- name: (.*)", manifest)
    assert name is not None
    assert name[1] in said(talk.help_text([context().pair], Reader(lang)))


@lang
def test_help_without_pairs_says_what_is_missing(lang: str) -> None:
    assert "[[pairs]]" in said(talk.help_text([], Reader(lang)))
    many = [replace(context().pair, near=f"site{n}") for n in range(60)]
    said(talk.help_text(many, Reader(lang)))


@lang
def test_a_mistake_names_what_is_wrong_and_the_right_call(lang: str) -> None:
    reader = Reader(lang, titles={"seoul": "A기관 서울", "busan": "B기관 부산"})
    found = read("seol busan", inventory())
    assert isinstance(found, Mistake)
    shown = said(talk.usage(found, reader))
    assert "seol" in shown
    assert "`/replcheck seoul busan`" in shown


@given(st.text(max_size=80), st.sampled_from(LANGUAGES))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_is_answered_and_stays_dead(text: str, lang: str) -> None:
    found = read(text, inventory())
    if isinstance(found, Mistake):
        post = talk.usage(found, Reader(lang))
        check_post(post)
        assert not re.findall(r"<[^<>]*>", "".join(mrkdwn(list(post.blocks))))
        assert not re.findall(r"<[^<>]*>", post.text)


def test_a_mention_in_what_was_typed_reaches_nobody() -> None:
    found = read("stop &lt;!channel&gt;<!here>", inventory())
    assert isinstance(found, Mistake)
    assert "<!" not in said(talk.usage(found, Reader("en")))


@lang
def test_a_check_that_runs_already_is_pointed_at(lang: str) -> None:
    check = Check("c12", "U0ASKER", T, context())
    shown = said(talk.already_running(check, "https://x.slack.com/archives/C1/p1", Reader(lang)))
    assert "c12" in shown
    assert "<@U0ASKER>" in shown
    assert "<https://x.slack.com/archives/C1/p1|" in shown
    assert "<http" not in said(talk.already_running(check, None, Reader(lang)))


@lang
def test_which_to_stop(lang: str) -> None:
    checks = [Check(f"c{n}", "U0ASKER", T, context()) for n in range(40)]
    shown = said(talk.which_to_stop(checks, Reader(lang)))
    assert "`/replcheck stop c0`" in shown
    assert said(talk.which_to_stop([], Reader(lang)))


@lang
def test_status(lang: str) -> None:
    reader = Reader(lang, titles={"seoul": "A기관 서울"})
    shown = said(
        talk.status(
            running=[Check("c12", "U0ASKER", T, context())],
            freezes=[Freeze("seoul", T, "U0ICE"), Freeze(None, T, "U0ICE")],
            triggers=3,
            waiting=Depth(7, T),
            reader=reader,
        )
    )
    for words in (
        "c12",
        "A기관 서울",
        "<@U0ICE>",
        "3",
        "7",
        catalog(lang)["slack-talk.everywhere"],
    ):
        assert words in shown
    quiet = talk.status(running=[], freezes=[], triggers=0, waiting=Depth(0, None), reader=reader)
    assert catalog(lang)["slack-talk.no-freeze"] in said(quiet)
    assert catalog(lang)["slack-talk.all-said"] in said(quiet)


@lang
@pytest.mark.parametrize("site", ["seoul", None])
def test_a_freeze_is_announced_with_who_did_it(site: str | None, lang: str) -> None:
    for post in (
        talk.frozen(site, "U0ICE", Reader(lang)),
        talk.unfrozen(site, "U0ICE", Reader(lang)),
    ):
        assert "<@U0ICE>" in said(post)


@lang
def test_incidents_newest_first(lang: str) -> None:
    found = [record(n, state="closed" if n < 20 else "diagnosed") for n in range(1, 61)]
    post = talk.incidents(found, Reader(lang))
    check_post(post)
    rows = next(b["rows"] for b in post.blocks if b["type"] == "table")
    assert [row[0]["text"] for row in rows[1:4]] == ["i60", "i59", "i58"]
    assert "60" in post.text
    assert "41" in post.text
    assert "source-quarantined" not in said(post)
    check_post(talk.incidents([], Reader(lang)))
    check_post(talk.incidents([record(1, cause=None)], Reader(lang)))


@lang
def test_a_summary_counts_what_counts(lang: str) -> None:
    found = [
        record(1, opened="2026-11-01T00:00:00.000Z"),
        record(2),
        record(3, state="closed"),
        record(4, counts=False, cause=None),
        record(5, near="busan", far="seoul", cause=None),
    ]
    since = 1795305600.0  # 2026-11-22T00:00Z
    post = talk.summary(found, since, Reader(lang))
    shown = said(post)
    lines = [line for line in shown.split("\n") if line.startswith("• ")]
    assert len(lines) == 2
    assert re.search(r"seoul → busan: 2", lines[0])
    assert catalog(lang)["slack-talk.no-cause"] in lines[1]
    assert catalog(lang)["slack-talk.summary-none"] in said(talk.summary([], since, Reader(lang)))


@lang
def test_every_refusal_can_be_said(lang: str) -> None:
    """With who and when where somebody was first, and never as a code."""
    for code, template in catalog("en").items():
        section = code.partition(".")[0]
        if section not in ("refused", "right"):
            continue
        values: dict[str, Json] = {"by": "U0FIRST", "at": T}
        names = re.findall(r"{(\w+)", template)
        params = {name: values.get(name, f"<{name}>") for name in names}
        shown = said(talk.refused(Message(code, params), Reader(lang)))
        assert code not in shown
        assert ("<@U0FIRST>" in shown) == ("by" in names)
        assert ("<!date^" in shown) == ("at" in names)
        assert not [n for n in names if n not in values and f"&lt;{n}&gt;" not in shown]
