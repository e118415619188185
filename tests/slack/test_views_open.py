"""Verdicts that prove nothing, checks that were stopped, and names that somebody made hostile."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.slack.model import Post, Press, Reader, Told
from bot.slack.progress import Progress, after
from bot.slack.views.findings import findings
from bot.slack.views.running import running
from bot.slack.views.summary import summary
from bot.slack.views.verdict import interrupted, recovery, reply, verdict
from bot.words import LANGUAGES, catalog
from probes.model import Cause, NotSent, Outcome
from tests.slack.test_progress import replayed
from tests.slack.test_views import pressed, said
from tests.slack.told import ASKER, CHECK, INCIDENT, cut_short, result_of, told_of
from tests.slack.valid import check_post, mrkdwn, texts

pytestmark = pytest.mark.filterwarnings("error::bot.words.UnsaidWarning")

IDLE, DARK, NOTHING = ("prepare", "baseline"), ("prepare", "baseline"), ()
lang = pytest.mark.parametrize("lang", LANGUAGES)


def idle_fine() -> Told:
    return cut_short("account", IDLE, NotSent.NO_CONSENT)


@lang
@pytest.mark.parametrize("detail", ["addresses", "roles"])
@pytest.mark.parametrize(
    ("name", "plans"), [("account", IDLE), ("dark-at-start", DARK), ("account", NOTHING)]
)
def test_a_verdict_that_proves_nothing_says_so(
    name: str, plans: tuple[str, ...], detail: str, lang: str
) -> None:
    told = cut_short(name, plans, NotSent.NO_CONSENT)
    assert told.result.verdict.outcome is Outcome.INCONCLUSIVE
    reader = Reader(lang, "roles" if detail == "roles" else "addresses")
    posts = [verdict(told, reader), reply(told, reader), summary(told, reader)]
    posts += [post for _, post in findings(told, reader)]
    words = catalog(lang)
    for post in posts:
        check_post(post)
    for post in posts[:3]:
        for other in ("fault", "healthy"):
            assert words[f"outcome.{other}"] not in post.text.split(":")[0]
    assert words["outcome.inconclusive"] in posts[0].text[:20]
    assert words["slack-manager.next-inconclusive"] in said(posts[2])


def test_what_is_still_possible_begins_with_what_the_message_would_show() -> None:
    shown = said(verdict(idle_fine(), Reader("en")))
    assert f"Still possible: {catalog('en')['cause.payload-blocked']}" in shown
    possible = next(line for line in shown.split("\n") if "Still possible" in line)
    assert catalog("en")[f"cause.{Cause.SOURCE_QUARANTINED}"] in possible
    assert catalog("en")[f"cause.{Cause.NAME_RESOLUTION}"] not in possible


def test_where_nobody_said_yes_the_trigger_can_still_be_sent() -> None:
    told = idle_fine()
    assert "send" in pressed(verdict(told, Reader("en")))
    again = replace(told, rerun="c13")
    assert "send" not in pressed(verdict(again, Reader("en")))
    by_machine = cut_short("account", IDLE, NotSent.NOT_PERMITTED)
    assert "send" in pressed(verdict(by_machine, Reader("en")))
    assert "send" not in pressed(verdict(_never(by_machine), Reader("en")))
    assert "send" not in pressed(verdict(told_of("account"), Reader("en")))


def _never(told: Told) -> Told:
    """The same of a pair whose inventory allows no trigger to anybody."""
    evidence = told.result.evidence
    pair = replace(evidence.context.pair, trigger="no")
    evidence = replace(evidence, context=replace(evidence.context, pair=pair))
    return replace(told, result=replace(told.result, evidence=evidence))


def test_a_check_that_tried_less_does_not_acquit() -> None:
    told = replace(idle_fine(), incident_cause="source-quarantined")
    shown = said(verdict(told, Reader("en")))
    known = next(line for line in shown.split("\n") if "known from an earlier check" in line)
    assert catalog("en")["cause.source-quarantined"] in known
    assert "known from an earlier check" not in said(verdict(idle_fine(), Reader("en")))
    found = replace(told_of("account"), incident_cause="source-quarantined")
    assert "known from an earlier check" not in said(verdict(found, Reader("en")))


def test_a_manager_reads_what_was_seen_instead_of_a_cause() -> None:
    assert "was not tried" in said(summary(idle_fine(), Reader("en")))
    dark = cut_short("dark-at-start", DARK, NotSent.NO_CONSENT)
    assert "can't reach each other" in said(summary(dark, Reader("en")))


@lang
def test_a_stopped_check_says_so_and_by_whom(lang: str) -> None:
    told = replace(idle_fine(), state="stopped", stopped_by=Press("U0STOP", 1795372300.0))
    shown = verdict(told, Reader(lang))
    assert catalog(lang)["report.stopped"] in shown.text
    assert "<@U0STOP>" in said(shown)


@lang
def test_a_verdict_that_stood_before_a_restart_is_kept(lang: str) -> None:
    told = replace(told_of("account"), state="interrupted")
    shown = interrupted(ASKER, CHECK, INCIDENT, Reader(lang), told)
    assert catalog(lang)["outcome.fault"] in shown.text[:20]
    assert catalog(lang)["slack-verdict.cut-off"] in shown.text
    assert "rerun" in pressed(shown)


def test_other_causes_are_named_beside() -> None:
    told = told_of("account")
    also = replace(told.result.verdict, also=(Cause.CLOCK_SKEW, Cause.STORAGE_FULL))
    shown = said(verdict(replace(told, result=replace(told.result, verdict=also)), Reader("en")))
    assert "the two ends' clocks differ too much · the destination is full" in shown


HOSTILE = ("<!channel>", "<@U0BOSS>", "<https://evil.example|click>", "a\u202eb\x1b[31m", "\ue000")


@pytest.mark.parametrize("title", HOSTILE)
def test_a_sites_title_reaches_nobody(title: str) -> None:
    """Whoever keeps the inventory is trusted with hosts, not with everybody's attention."""
    told = named(title)
    context = told.result.evidence.context
    progress = Progress(near="seoul", far="busan")
    for event in replayed("account"):
        progress = after(progress, event, 0.0)
    reader = Reader("en", titles={"seoul": title, "busan": title, "seoul/avamar": title})
    posts: list[Post] = [
        running(progress, ASKER, reader),
        verdict(told, reader),
        reply(told, reader),
        recovery(told, reader),
        summary(told, reader),
        interrupted(ASKER, CHECK, INCIDENT, reader, None, (context.near.name, context.far.name)),
        *(post for _, post in findings(told, reader)),
    ]
    for post in posts:
        check_post(post)
        for text in (post.text, *mrkdwn(list(post.blocks))):
            live = set(re.findall(r"<[^<>]*>", text))
            assert not {tag for tag in live if not re.match(rf"<!date\^|<@{ASKER}>$", tag)}
        shown = "".join((post.text, *texts(list(post.blocks))))
        assert all(c.isprintable() or c == "\n" for c in shown)


def named(title: str) -> Told:
    told = told_of("account")
    evidence = told.result.evidence
    context = replace(
        evidence.context,
        near=replace(evidence.context.near, title=title),
        far=replace(evidence.context.far, title=title),
        segments=tuple(replace(s, title=title) for s in evidence.context.segments),
    )
    return replace(told, result=result_of(replace(evidence, context=context)))
