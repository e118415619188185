"""Every recorded incident in every view, in both languages, for both kinds of channels: Slack
takes it, it leads with the verdict, and it claims no more than the verdict does."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, get_args

import pytest

from bot.exposure import Exposed, exposed, question_of
from bot.slack.model import Detail, Post, Press, Reader, Told
from bot.slack.views import consent, dialogs
from bot.slack.views.buttons import Name
from bot.slack.views.findings import findings
from bot.slack.views.summary import summary
from bot.slack.views.verdict import interrupted, recovery, reply, verdict
from bot.words import LANGUAGES, catalog
from probes.model import Outcome, Stance
from tests.golden import incidents
from tests.slack.told import ASKER, CHECK, INCIDENT, told_of
from tests.slack.valid import check_dialog, check_post, texts

pytestmark = pytest.mark.filterwarnings("error::bot.words.UnsaidWarning")

Json = Any
T = 1795372300.0
DETAILS: tuple[Detail, ...] = get_args(Detail)
every = pytest.mark.parametrize("name", incidents.names())
lang = pytest.mark.parametrize("lang", LANGUAGES)
detail = pytest.mark.parametrize("detail", DETAILS)


def states(told: Told) -> list[Told]:
    """The same check as it may stand: watched, stopped, cut off, and what people did to it."""
    press = Press("U0OTHER", T)
    return [
        told,
        replace(told, state="running"),
        replace(told, state="stopped", stopped_by=press),
        replace(told, state="interrupted"),
        replace(told, acknowledged=press, closed=press, incident_open=False, rerun="c15"),
    ]


def posts(told: Told, reader: Reader) -> list[Post]:
    return [
        *(verdict(state, reader) for state in states(told)),
        reply(told, reader),
        recovery(told, reader),
        summary(told, reader),
        interrupted(ASKER, CHECK, INCIDENT, reader, told),
        *(post for _, post in findings(told, reader)),
    ]


def said(post: Post) -> str:
    return "\n".join(texts(list(post.blocks)))


def buttons(blocks: Json) -> list[dict[str, Json]]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [element for row in rows for element in row]


def pressed(post: Post) -> list[str]:
    return [button["action_id"].removeprefix("replcheck:") for button in buttons(post.blocks)]


# --- Slack takes it -----------------------------------------------------------------------


@every
@lang
@detail
def test_slack_takes_every_view(name: str, lang: str, detail: Detail) -> None:
    told, reader = told_of(name), Reader(lang, detail)
    for post in posts(told, reader):
        check_post(post)
    for page in range(6):
        check_dialog(dialogs.evidence(told, reader, page))


@every
@lang
def test_whoever_may_send_is_told_what_it_may_do(name: str, lang: str) -> None:
    evidence, reader = told_of(name).result.evidence, Reader(lang)
    question = question_of(evidence)
    assert question is not None
    for post in (
        consent.question(question, reader, ("U0ALICE", "S0ONCALL"), INCIDENT),
        consent.question(question, reader, ()),
        consent.answered(question, Press("U0ALICE", T), reader, yes=True),
        consent.answered(question, Press("U0ALICE", T), reader, yes=False),
        consent.answered(question, None, reader, yes=False),
        consent.answered(question, None, reader, yes=False, frozen=Press("U0ALICE", T)),
    ):
        check_post(post)
    for shown in (exposed(evidence, question), Exposed(None), Exposed(T)):
        check_dialog(consent.dialog(question, shown, reader, "{}"))


# --- it leads with the verdict, in words --------------------------------------------------


@every
@lang
@detail
def test_root_and_reply_lead_with_the_verdict(name: str, lang: str, detail: Detail) -> None:
    told, reader = told_of(name), Reader(lang, detail)
    outcome = catalog(lang)[f"outcome.{told.result.verdict.outcome}"]
    for post in (verdict(told, reader), reply(told, reader)):
        assert outcome in post.text[:20]
        first = next(texts(post.blocks[0]["text"]["text"]))
        assert outcome in first[:40], "never a sign alone"


@every
@detail
def test_the_root_names_what_where_how_sure_and_who(name: str, detail: Detail) -> None:
    told = told_of(name)
    found, shown = told.result.verdict, said(verdict(told, Reader("en", detail)))
    words = catalog("en")
    if found.outcome is Outcome.FAULT:
        assert words[f"cause.{found.cause}"] in shown
        assert words[f"confidence.{found.confidence}"] in shown
        assert words["report.where"] in shown
        assert words["report.advice"] in shown
    for cause in found.also:
        assert words[f"cause.{cause}"] in shown
    assert INCIDENT in shown
    assert CHECK in shown
    other = Outcome.HEALTHY if found.outcome is Outcome.FAULT else Outcome.FAULT
    assert words[f"outcome.{other}"] not in shown


def test_both_owners_of_a_boundary_are_named() -> None:
    shown = said(verdict(told_of("account"), Reader("en")))
    assert "the device between Upper institution and B기관 부산" in shown
    assert "between 10.80.5.2 and 10.82.7.1" in shown
    plain = said(summary(told_of("account"), Reader("en")))
    assert "Upper institution or B기관 부산" in plain
    assert "not proved which of the two" in plain


def test_a_one_sided_place_says_that_the_other_side_could_not_look() -> None:
    shown = said(verdict(told_of("one-sided"), Reader("en")))
    assert "behind 10.80.5.2 (the other side could not look)" in shown
    assert "?" not in shown.replace("this incident?", "").replace("this check?", "")


def test_why_is_three_lines_and_shows_the_contrast() -> None:
    for name in incidents.names():
        blocks = verdict(told_of(name), Reader("en")).blocks
        why = next(b["text"]["text"] for b in blocks if "*Why*" in str(b.get("text", {})))
        assert 2 <= len(why.split("\n")) <= 4, name
    shown = said(verdict(told_of("account"), Reader("en")))
    assert "Works (control): " in shown
    assert "Fails (first message): " in shown


def test_a_refusal_is_never_called_working() -> None:
    """The service that says no is the fault: its answer arrived, and nothing works."""
    for name in ("service-down", "port-reject-rst", "nfs-unregistered"):
        assert "Works (" not in said(verdict(told_of(name), Reader("en"))), name


def test_what_is_not_proved_is_not_claimed() -> None:
    """Nothing is refuted in Slack that the verdict leaves open, and the reverse."""
    for name in incidents.names():
        told = told_of(name)
        tables = dict(findings(told, Reader("en")))
        refuted = [f for f in told.result.verdict.findings if f.stance is Stance.REFUTED]
        rows = tables["ruled-out"].blocks[1]["rows"][1:]
        assert [row[0]["text"] for row in rows] == [
            catalog("en")[f"cause.{f.cause}"] for f in refuted
        ]
        assert all(re.search(r"\[o\d+.*\]$", row[1]["text"]) for row in rows)


# --- after the verdict --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("account", "It passes again after 20.2 s."),
        ("until-released", "It was not seen to end within 36.3 s"),
        ("dark-at-start", "It passes again, after at least 14.1 s"),
        ("payload-drop", "The pair did not go dark."),
    ],
)
def test_the_recovery_says_whether_it_passes_again(name: str, words: str) -> None:
    post = recovery(told_of(name), Reader("en"))
    assert words in post.text
    assert words in said(post)


def test_while_it_is_watched_nothing_is_said_about_its_end() -> None:
    told = replace(told_of("until-released"), state="running")
    shown = said(verdict(told, Reader("en")))
    assert "being watched" in shown
    assert "not seen to end" not in shown


def test_what_people_did_stands_in_the_root() -> None:
    told = told_of("account")
    done = replace(
        told,
        stopped_by=Press("U0STOP", T),
        acknowledged=Press("U0ACK", T),
        closed=Press("U0CLOSE", T),
        rerun="c15",
    )
    shown = said(verdict(done, Reader("en")))
    for words in ("Stopped by <@U0STOP>", "Acknowledged by <@U0ACK>", "closed by <@U0CLOSE>"):
        assert words in shown
    assert "Ran again: check c15" in shown


def test_a_check_that_was_cut_off_has_no_verdict_and_a_button_to_run_it_again() -> None:
    post = interrupted(ASKER, CHECK, INCIDENT, Reader("en"), None, ("seoul", "busan"))
    check_post(post)
    assert "INTERRUPTED" in post.text[:20]
    assert pressed(post) == ["rerun"]
    check_post(interrupted(ASKER, CHECK, INCIDENT, Reader("ko"), None))


# --- buttons ------------------------------------------------------------------------------


def test_buttons_as_they_apply() -> None:
    told, reader = told_of("account"), Reader("en")
    ended = ["acknowledge", "rerun", "evidence", "share", "close"]
    assert pressed(verdict(told, reader)) == ended
    watched = verdict(replace(told, state="running"), reader)
    assert pressed(watched) == ["stop", "acknowledge", "evidence", "share"]
    taken = replace(told, acknowledged=Press("U1", T), rerun="c13")
    assert pressed(verdict(taken, reader)) == ["evidence", "share", "close"]
    over = replace(told, closed=Press("U1", T), incident_open=False)
    assert pressed(verdict(over, reader)) == ["rerun", "evidence", "share"]
    fine = replace(told_of("healthy"), incident_open=False)
    assert pressed(verdict(fine, reader)) == ["rerun", "evidence", "share"]
    assert "evidence" not in pressed(verdict(told, Reader("en", "roles")))


def test_a_button_carries_which_check_and_says_what_it_does() -> None:
    told = replace(told_of("account"), state="running")
    question = question_of(told.result.evidence)
    assert question is not None
    asked = consent.question(question, Reader("en"), (), INCIDENT)
    found = buttons([*verdict(told, Reader("en")).blocks, *asked.blocks])
    found += buttons(verdict(told_of("account"), Reader("en")).blocks)
    assert {b["action_id"].removeprefix("replcheck:") for b in found} == set(get_args(Name))
    for button in found:
        assert json.loads(button["value"]) == {"check": CHECK, "incident": INCIDENT}
        assert CHECK in button["accessibility_label"]
    disturbs = {b["action_id"] for b in found if b.get("style") == "danger"}
    assert disturbs == {"replcheck:stop", "replcheck:send"}
    asks_first = {b["action_id"] for b in found if "confirm" in b}
    assert asks_first == {"replcheck:stop", "replcheck:close"}
