"""The whole story in Slack, over Socket Mode and over signed HTTP, against a real device."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.lab import needs
from tests.lab.slack_story import QUARANTINE, Mode, Story, tell
from tests.slack.browser import browsing
from tests.slack.browser import missing as no_browser

WHY_NOT = needs.missing() or no_browser()
pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
]
TOLD: tuple[tuple[Mode, str], ...] = (("socket", "en-US"), ("http", "ko-KR"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stories(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[Mode, Story]]:
    """Both side by side: a check mostly waits."""
    async with browsing() as browser, asyncio.TaskGroup() as group:
        told = {
            mode: group.create_task(tell(mode, locale, tmp_path_factory.mktemp(mode), browser))
            for mode, locale in TOLD
        }
        await asyncio.wait(told.values())
        yield {mode: task.result() for mode, task in told.items()}


@pytest.fixture(params=[mode for mode, _ in TOLD])
def story(request: pytest.FixtureRequest, stories: dict[Mode, Story]) -> Story:
    return stories[request.param]


def test_the_asker_reads_what_is_broken_where_and_whose_it_is(story: Story) -> None:
    for stage in ("8-verdict-channel", "9-recovered-channel"):
        page = story.pages[stage]
        assert story.voice("cause.source-quarantined") in page
        assert story.voice("confidence.confirmed") in page
        assert all(address in page for address in story.place)
        assert all(title in page for title in ("Upper institution", "B기관 부산"))
        assert story.voice("slack-button.acknowledge") in page
    shown = {stage: set(codes) for stage, codes in story.shown().items()}
    assert "slack-live.asked-by" in shown["1-begun"]
    assert {"slack-live.done", "slack-live.asked-by"} <= shown["2-progress"]
    assert {"slack-consent.risk", "slack-live.waits-consent"} <= shown["4-question-thread"]
    assert {"slack-consent.hour", "slack-consent.on-record"} <= shown["5-dialog"]
    assert "slack-consent.risk" not in shown["6-sent"]
    assert {"slack-verdict.watching", "slack-verdict.whose-turn"} <= shown["7-verdict-thread"]
    assert {"slack-verdict.passes-again", "slack-verdict.whose-turn"} <= shown["9-recovered-thread"]


def test_the_record_says_the_same(story: Story) -> None:
    check = story.check
    verdict, place = check["verdict"], check["verdict"]["location"]
    assert (verdict["cause"], verdict["confidence"]) == ("source-quarantined", "confirmed")
    assert place["between"] == story.place
    assert place["owners"] == ["carrier", "busan"]
    assert verdict["trigger"]["quarantine_seconds"] == pytest.approx(QUARANTINE, abs=1.5)
    assert (check["state"], check["asked_by"]) == ("finished", story.asker.id)
    assert [consent["who"] for consent in check["consents"]] == [story.asker.id]
    assert [row["what"]["message"] for row in check["triggers"]] == ["control", "call"]


def test_the_device_was_set_off_once_and_nothing_is_left(story: Story) -> None:
    assert story.trips == 1
    assert story.unaccounted == []


def test_slack_refused_nothing_and_nothing_was_said_twice(story: Story) -> None:
    answers = [call["answer"] for call in story.calls if call["method"] != "upload"]
    assert [answer for answer in answers if not answer["ok"]] == []
    assert len(story.said) == len(set(story.said))
    assert story.said[:2] == ["c1:root", "c1:question"]
    assert story.said[-2:] == ["c1:reply", "c1:recovery"]
    assert len(story.files) == 2, "the picture and the whole outputs"


def test_the_root_is_edited_in_place_and_not_too_often(story: Story) -> None:
    edits = [call["at"] for call in story.calls if call["method"] == "chat.update"]
    assert len(edits) >= 5, "progress, the question answered, the verdict, the recovery"
    assert len(edits) <= 3 + (edits[-1] - edits[0]) / 3


def test_neither_the_browser_nor_the_bot_complained(story: Story) -> None:
    assert story.mistakes == []
    assert story.status == 0
    assert [line for line in story.log if line["level"] not in ("info", "debug")] == []


def test_every_ack_came_in_time(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    """Three acks: the command's, the press', the dialog's; Slack gives each 3 s."""
    assert len(story.acks) == 3
    assert max(story.acks) < 1000
    seconds = ", ".join(f"{what} {at:.1f}" for what, at in story.timings.items())
    with capsys.disabled():
        print(f"\n{story.mode}: acks in ms {story.acks}; seconds from the command: {seconds}")
