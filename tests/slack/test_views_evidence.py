"""The evidence in the thread and in a dialog, whole outputs as files, and the other dialogs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.exposure import Exposed, question_of
from bot.slack.model import Dialog, Reader
from bot.slack.views import consent, dialogs
from bot.slack.views.findings import findings, long_output
from probes.model import Cause, Stance
from tests.golden import incidents
from tests.slack.test_views import buttons
from tests.slack.told import told_of
from tests.slack.valid import check_dialog, mrkdwn, texts

pytestmark = pytest.mark.filterwarnings("error::bot.words.UnsaidWarning")

# --- evidence -----------------------------------------------------------------------------


def test_long_output_is_attached_whole() -> None:
    told = told_of("account")
    (file,) = long_output(told, Reader("en"))
    text = file.content.decode()
    cited = next(f for f in told.result.verdict.findings if f.stance is Stance.SUPPORTED).evidence
    for observation in told.result.evidence.observations:
        if observation.id in cited:
            lines = [line.text for line in observation.transcript.lines]
            assert all(line in text for line in lines), observation.id
    assert long_output(told, Reader("en", "roles")) == []


def test_secrets_do_not_leave_with_a_file() -> None:
    told = told_of("account")
    evidence = told.result.evidence
    finding = next(f for f in told.result.verdict.findings if f.stance is Stance.SUPPORTED)
    first = next(o for o in evidence.observations if o.id == finding.evidence[0])
    line = replace(first.transcript.lines[0], text="password=hunter2")
    spoilt = replace(first, transcript=replace(first.transcript, lines=(line,)))
    others = tuple(spoilt if o is first else o for o in evidence.observations)
    result = replace(told.result, evidence=replace(evidence, observations=others))
    files = long_output(replace(told, result=result), Reader("en"))
    assert b"hunter2" not in b"".join(file.content for file in files)


def test_what_a_host_printed_is_never_in_mrkdwn() -> None:
    told = told_of("account")
    evidence = told.result.evidence
    hostile = "<!channel> <https://evil.example|x> `*_"
    others = tuple(
        replace(
            o,
            transcript=replace(
                o.transcript,
                lines=tuple(replace(line, text=hostile) for line in o.transcript.lines),
            ),
        )
        for o in evidence.observations
    )
    result = replace(told.result, evidence=replace(evidence, observations=others))
    spoilt = replace(told, result=result)
    shown = [list(post.blocks) for _, post in findings(spoilt, Reader("en"))]
    assert hostile in "\n".join(texts(shown))
    assert not [text for text in mrkdwn(shown) if "evil" in text or "!channel" in text]
    view = dialogs.evidence(spoilt, Reader("en")).view
    assert not [text for text in mrkdwn(view) if "evil" in text or "!channel" in text]


def test_pages_of_the_evidence_hold_every_answer_once() -> None:
    told = told_of("nfs-call")
    heads: list[str] = []
    for page in range(10):
        view = dialogs.evidence(told, Reader("en"), page).view
        heads += [text.split("*")[1] for text in mrkdwn(view) if text.startswith("*o")]
        turns = {json.loads(b["value"])["page"] for b in buttons(view["blocks"])}
        if page + 1 not in turns:
            break
    assert heads == [o.id for o in told.result.evidence.observations]
    assert dialogs.evidence(told, Reader("en"), 99) == dialogs.evidence(told, Reader("en"), page)


def test_keys_of_findings_are_unique_and_hold_no_code() -> None:
    for name in incidents.names():
        suffixes = [suffix for suffix, _ in findings(told_of(name), Reader("en"))]
        assert len(set(suffixes)) == len(suffixes)
        assert not {str(cause) for cause in Cause} & set(suffixes)


# --- dialogs ------------------------------------------------------------------------------


def test_the_dialog_says_what_a_yes_does() -> None:
    evidence = told_of("account").result.evidence
    question = question_of(evidence)
    assert question is not None
    view = consent.dialog(question, Exposed(None), Reader("en"), '{"check": "c12"}').view
    shown = "\n".join(texts(view["blocks"]))
    for words in ("60 bytes", "44 bytes", "an hour", "every flow of the source", "is not known"):
        assert words in shown
    assert view["submit"]["text"] == "Send the trigger"
    assert view["callback_id"] == "replcheck:send"
    assert view["private_metadata"] == '{"check": "c12"}'


def test_a_channel_and_a_pair_are_chosen() -> None:
    pair = told_of("account").result.evidence.context.pair
    chosen: Dialog = dialogs.share(Reader("ko"), "{}")
    check_dialog(chosen)
    values = {"channel": {"channel": {"selected_conversation": "C0X"}}}
    assert dialogs.chosen_channel(values) == "C0X"
    many = [replace(pair, near=f"site{n}", far="busan") for n in range(101)]
    for pairs in ([pair], many[:100], many):
        check_dialog(dialogs.pick_pair(pairs, pairs[-1], Reader("en"), "{}"))
    option = dialogs.pick_pair([pair], None, Reader("en"), "").view["blocks"][1]["element"]
    picked = {"pair": {"pair": {"selected_option": option["options"][0]}}}
    assert dialogs.chosen_pair(picked) == ("seoul", "busan")
