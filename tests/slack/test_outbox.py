"""What must not be lost: in order, once as far as Slack allows it, and late rather than never."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.demo.workspace.faults import Deed
from bot.demo.workspace.limits import message_mistakes
from bot.demo.workspace.rates import Rates
from bot.slack.courier import SETTLE_SECONDS
from bot.slack.late import LATE_SECONDS, mark_of, marked
from bot.slack.model import Attachment, Place, Post
from bot.slack.outbox import edit_of, file_of, post_of
from bot.words import LANGUAGES
from storage.errors import StoreError
from storage.outbox import Depth, Say
from storage.store import Store
from tests.slack.delivering import Bureau, Haste, at_work, words
from tests.slack.office import MANIFEST, Office, office, until

DIVIDER: dict[str, Any] = {"type": "divider"}
CONTEXT: dict[str, Any] = {"type": "context", "elements": [{"type": "plain_text", "text": "x"}]}
FULL_CONTEXT: dict[str, Any] = {**CONTEXT, "elements": CONTEXT["elements"] * 10}
FILE = Attachment("output.txt", "The output", b"line\n", "", "What the hosts printed")


async def with_bureau(path: Path, story: Callable[[Bureau], Awaitable[None]]) -> None:
    async with (
        office(rates=Rates.roomy(), file_seconds=0.02) as here,
        at_work(here, path / "r.db") as bureau,
    ):
        await story(bureau)


async def test_a_check_is_told_in_order_each_where_it_belongs(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        place = bureau.place
        await bureau.outbox.say(
            post_of("c1:root", place, words("root")),
            post_of("c1:finding", place, words("finding"), thread="c1:root"),
            file_of("c1:file", place, FILE, thread="c1:root"),
            post_of("c1:reply", place, words("reply"), thread="c1:root"),
            edit_of("c1:end", place, words("verdict"), of="c1:root"),
        )
        await bureau.drained()
        root = await bureau.store.outbox.ts_of("c1:root")
        assert bureau.said() == ["c1:root", "c1:finding", "c1:reply"]
        assert bureau.message("c1:root")["text"] == "verdict"
        assert bureau.message("c1:finding")["thread_ts"] == root
        await until(lambda: files_in(bureau.here))
        assert [f["name"] for f in files_in(bureau.here)] == ["output.txt"]
        assert await bureau.outbox.depth() == Depth(0, None)

    await with_bureau(tmp_path, story)


async def test_the_same_key_is_said_once(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        for n in range(3):
            await bureau.outbox.say(post_of("c1:root", bureau.place, words(str(n))))
        await bureau.drained()
        await bureau.outbox.say(post_of("c1:root", bureau.place, words("again")))
        await bureau.drained()
        assert bureau.message("c1:root")["text"] == "0"

    await with_bureau(tmp_path, story)


async def test_what_is_asked_in_a_thread_is_answered_in_that_thread(tmp_path: Path) -> None:
    """Slack wants the thread's first message named, never an answer in it."""

    async def story(bureau: Bureau) -> None:
        place = bureau.place
        await bureau.outbox.say(post_of("theirs", place, words("somebody's")))
        await bureau.drained()
        theirs = await bureau.store.outbox.ts_of("theirs")
        await bureau.outbox.say(
            post_of("c1:root", place, words("root"), thread_ts=theirs),
            post_of("c1:reply", place, words("reply"), thread="c1:root"),
            post_of("c1:deeper", place, words("deeper"), thread="c1:reply"),
        )
        await bureau.drained()
        keys = ("c1:root", "c1:reply", "c1:deeper")
        assert {bureau.message(key)["thread_ts"] for key in keys} == {theirs}

    await with_bureau(tmp_path, story)


NO_ANSWER: list[tuple[Deed, bool]] = [
    ("reset", True),
    ("reset", False),
    ("error500", True),
    ("error500", False),
    ("error503", True),
    ("hang", True),
]


@pytest.mark.parametrize(("deed", "done"), NO_ANSWER)
async def test_a_post_without_an_answer_is_looked_for_before_it_is_sent_again(
    tmp_path: Path, deed: Deed, *, done: bool
) -> None:
    async def story(bureau: Bureau) -> None:
        await bureau.outbox.say(post_of("c1:root", bureau.place, words("root")))
        await bureau.drained()
        bureau.fault("chat.postMessage", deed, after=done, seconds=1)
        await bureau.outbox.say(
            post_of("c1:reply", bureau.place, words("reply"), thread="c1:root"),
            post_of("c1:next", bureau.place, words("next"), thread="c1:root"),
        )
        await bureau.drained()
        assert bureau.said() == ["c1:root", "c1:reply", "c1:next"]
        assert len(bureau.calls("conversations.replies")) == 1
        assert len(bureau.calls("chat.postMessage")) == (3 if done else 4)
        ts = bureau.message("c1:reply")["ts"]
        assert await bureau.store.outbox.ts_of("c1:reply") == ts

    await with_bureau(tmp_path, story)


async def test_a_call_that_hangs_and_is_carried_out_late_is_still_found(tmp_path: Path) -> None:
    """We stop waiting before Slack does it: what is looked for is given time to appear."""

    async def story(bureau: Bureau) -> None:
        bureau.fault("chat.postMessage", "hang", seconds=0.32)  # a call may take 0.3 s here
        await bureau.outbox.say(post_of("c1:root", bureau.place, words("root")))
        await bureau.drained()
        assert bureau.said() == ["c1:root"]
        assert len(bureau.calls("chat.postMessage")) == 1
        assert bureau.haste.ahead >= SETTLE_SECONDS

    await with_bureau(tmp_path, story)


async def test_where_it_may_not_look_it_says_it_again_rather_than_never(tmp_path: Path) -> None:
    async with office(rates=Rates.roomy()) as here:
        manifest = copy.deepcopy(MANIFEST)
        scopes = manifest["oauth_config"]["scopes"]["bot"]
        scopes.remove("channels:history")
        here.running.workspace.install_app(manifest)
        app = here.running.workspace.installed()
        here.channel.members.append(app.bot_user)
        async with at_work(here, tmp_path / "r.db", token=app.tokens.bot) as bureau:
            bureau.fault("chat.postMessage", "reset", after=True)
            await bureau.outbox.say(post_of("c1:root", bureau.place, words("root")))
            await bureau.drained()
            assert bureau.said() == ["c1:root", "c1:root"]
            assert bureau.given_up == []


async def test_a_look_that_fails_for_minutes_keeps_no_verdict_back(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        bureau.fault("conversations.*", "error503", times=None)
        bureau.fault("chat.postMessage", "reset", after=False)
        await bureau.outbox.say(post_of("c1:root", bureau.place, words("root")))
        begun = bureau.haste.now()
        await bureau.drained()
        assert bureau.said() == ["c1:root"]
        assert 60 < bureau.haste.now() - begun < 600

    await with_bureau(tmp_path, story)


async def test_an_edit_without_an_answer_is_simply_sent_again(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        bureau.fault("chat.update", "reset", after=True)
        await bureau.outbox.say(
            post_of("c1:root", bureau.place, words("root")),
            edit_of("c1:end", bureau.place, words("verdict"), of="c1:root"),
        )
        await bureau.drained()
        assert bureau.message("c1:root")["text"] == "verdict"
        assert len(bureau.calls("chat.update")) == 2
        assert not bureau.calls("conversations.history")

    await with_bureau(tmp_path, story)


FILE_FAULTS: list[tuple[str, Deed, bool]] = [
    ("files.completeUploadExternal", "reset", True),
    ("files.completeUploadExternal", "reset", False),
    ("files.completeUploadExternal", "hang", True),
    ("files.completeUploadExternal", "error500", True),
    ("files.getUploadURLExternal", "error500", False),
    ("upload", "reset", True),
    ("upload", "reset", False),
]


@pytest.mark.parametrize(("call", "deed", "done"), FILE_FAULTS)
async def test_a_file_is_shown_once_whatever_has_no_answer(
    tmp_path: Path, call: str, deed: Deed, *, done: bool
) -> None:
    async def story(bureau: Bureau) -> None:
        bureau.fault(call, deed, after=done, seconds=1)
        await bureau.outbox.say(
            post_of("c1:root", bureau.place, words("root")),
            file_of("c1:file", bureau.place, FILE, thread="c1:root"),
        )
        await bureau.drained()
        await until(lambda: files_in(bureau.here))
        await asyncio.sleep(0.1)
        assert [f["name"] for f in files_in(bureau.here)] == ["output.txt"]

    await with_bureau(tmp_path, story)


async def test_a_file_that_lapsed_with_slack_is_brought_again(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        files = bureau.here.running.workspace.files
        bureau.fault("files.completeUploadExternal", "reset")
        await bureau.outbox.say(file_of("c1:file", bureau.place, FILE))
        await until(lambda: bureau.calls("files.completeUploadExternal"))
        lapsed = list(files)
        files.clear()
        await bureau.drained()
        await until(lambda: files_in(bureau.here))
        assert [f["name"] for f in files_in(bureau.here)] == ["output.txt"]
        assert files_in(bureau.here)[0]["id"] not in lapsed

    await with_bureau(tmp_path, story)


async def test_a_channel_that_must_wait_holds_up_no_other(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        other = bureau.here.running.workspace.add_channel("other", [bureau.here.person])
        bureau.fault("chat.postMessage", "ratelimited", seconds=30)
        begun = bureau.haste.now()
        await bureau.outbox.say(post_of("slow", bureau.place, words("slow")))
        await until(lambda: bureau.calls("chat.postMessage"))
        await bureau.outbox.say(
            post_of("quick", replace(bureau.place, channel=other.id), words("quick"))
        )
        await bureau.drained()
        slow, quick = float(bureau.message("slow")["ts"]), max(float(ts) for ts in other.messages)
        assert quick < slow
        assert bureau.haste.now() - begun >= 30, "as long as Slack said"
        assert len(bureau.calls("chat.postMessage")) == 3

    await with_bureau(tmp_path, story)


async def test_posts_keep_a_seconds_distance_in_a_channel(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        says = [post_of(f"k{n}", bureau.place, words(str(n))) for n in range(6)]
        begun = bureau.haste.now()
        await bureau.outbox.say(*says)
        await bureau.drained()
        assert bureau.haste.now() - begun >= 5
        assert bureau.said() == [f"k{n}" for n in range(6)]

    await with_bureau(tmp_path, story)


@pytest.mark.parametrize(
    ("lang", "text"), [("en", "late: Slack did not take it before"), ("ko", "늦게 게시됨: Slack이")]
)
async def test_while_slack_is_down_it_waits_and_what_comes_late_says_so(
    tmp_path: Path, lang: str, text: str
) -> None:
    async def story(bureau: Bureau) -> None:
        place = replace(bureau.place, lang=lang)
        faults = bureau.here.running.workspace.faults
        bureau.fault("*", "error503", times=None)
        begun = bureau.haste.now()
        await bureau.outbox.say(post_of("c1:root", place, words("root")))
        await until(lambda: bureau.haste.now() - begun > 100)
        assert len(bureau.calls("chat.postMessage")) == 1, "it looks before it sends again"
        assert len(bureau.calls("conversations.history")) < 12, "it asks more and more seldom"
        depth = await bureau.outbox.depth()
        assert depth.waiting == 1
        assert depth.oldest == pytest.approx(begun, abs=1)
        faults.clear()
        await bureau.drained()
        assert bureau.said() == ["c1:root"]
        mark = bureau.message("c1:root")["blocks"][-1]["elements"][0]["text"]
        assert text in mark
        assert f"<!date^{int(begun)}^" in mark

    await with_bureau(tmp_path, story)


async def test_what_waited_for_us_does_not_blame_slack(tmp_path: Path) -> None:
    haste = Haste()
    async with office(rates=Rates.roomy()) as here:
        place = Place(here.channel.id, here.person.id, "en", "addresses")
        async with await Store.open(tmp_path / "r.db") as store:
            await store.outbox.say([post_of("c1:root", place, words("root"))], haste.now())
        haste.ahead += 3 * 3600 + 7 * 60
        async with at_work(here, tmp_path / "r.db", haste=haste) as bureau:
            await bureau.drained()
            mark = bureau.message("c1:root")["blocks"][-1]["elements"][0]["text"]
            assert mark.startswith("Posted 3 h 7 min late. It was ready")


async def test_what_slack_will_never_take_is_given_up_and_told_and_what_follows_goes_on(
    tmp_path: Path,
) -> None:
    async def story(bureau: Bureau) -> None:
        gone = replace(bureau.place, channel="C0GONE")
        await bureau.outbox.say(
            post_of("lost", gone, words("lost")),
            edit_of("lost:end", gone, words("lost"), of="lost"),
            post_of("empty", bureau.place, Post("")),
            post_of("c1:reply", bureau.place, words("reply"), thread="empty"),
        )
        await bureau.drained()
        reasons = {
            ("lost", "channel_not_found"),
            ("lost:end", "never-posted"),
            ("empty", "no_text"),
        }
        assert set(bureau.given_up) == reasons
        assert await bureau.store.outbox.state_of("lost") == "given-up"
        assert "thread_ts" not in bureau.message("c1:reply"), "wanted all the same"

    await with_bureau(tmp_path, story)


async def test_blocks_that_slack_refuses_cost_their_looks_not_their_words(tmp_path: Path) -> None:
    bad = Post("the verdict", ({"type": "no-such-block"},))

    async def story(bureau: Bureau) -> None:
        with capture_logs() as logs:
            await bureau.outbox.say(
                post_of("c1:root", bureau.place, bad),
                post_of("c2:root", bureau.place, words("running")),
                edit_of("c2:end", bureau.place, bad, of="c2:root"),
            )
            await bureau.drained()
        assert bureau.message("c1:root")["text"] == "the verdict"
        assert bureau.message("c2:root")["text"] == "the verdict"
        bugs = [log["key"] for log in logs if log["log_level"] == "error"]
        assert bugs == ["c1:root", "c2:end"]
        assert bureau.given_up == []

    await with_bureau(tmp_path, story)


async def test_a_token_that_is_refused_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        app = bureau.here.running.workspace.installed()
        good = app.tokens
        bureau.fault("chat.postMessage", "reset", after=True)
        await bureau.outbox.say(post_of("c1:root", bureau.place, words("root")))
        await until(lambda: bureau.said() == ["c1:root"])
        app.tokens = replace(good, bot="xoxb-new")
        await bureau.outbox.say(post_of("c1:reply", bureau.place, words("r"), thread="c1:root"))
        await until(lambda: len(bureau.calls("conversations.history")) > 2)
        app.tokens = good
        await bureau.drained()
        assert bureau.said() == ["c1:root", "c1:reply"]
        assert bureau.given_up == []

    await with_bureau(tmp_path, story)


async def test_a_bug_in_one_message_is_given_up_and_no_log_holds_what_was_said(
    tmp_path: Path,
) -> None:
    async def story(bureau: Bureau) -> None:
        secret = "10.81.10.11 talks"
        broken = Say("bug", "post", bureau.place.channel, {"blocks": [secret], "lang": "en"})
        with capture_logs() as logs:
            bureau.fault("chat.postMessage", "reset", after=True)
            await bureau.outbox.say(
                broken,
                post_of("c1:root", bureau.place, words(secret)),
                post_of("bad", bureau.place, Post("", ({"type": secret},))),
            )
            await bureau.drained()
        assert bureau.given_up == [("bug", "bug:KeyError"), ("bad", "no_text")]
        assert bureau.said() == ["c1:root"]
        assert {log["key"] for log in logs} == {"bug", "c1:root", "bad"}
        assert secret not in str(logs)

    await with_bureau(tmp_path, story)


async def test_it_ends_at_once_in_the_middle_of_a_call_and_goes_on_after(tmp_path: Path) -> None:
    async with office(rates=Rates.roomy()) as here:
        async with at_work(here, tmp_path / "r.db") as bureau:
            bureau.fault("chat.postMessage", "hang", after=True, seconds=5)
            await bureau.outbox.say(
                *(post_of(f"k{n}", bureau.place, words(str(n))) for n in range(3))
            )
            await until(lambda: bureau.said() == ["k0"])
            begun = time.monotonic()
        assert time.monotonic() - begun < 1
        async with at_work(here, tmp_path / "r.db") as bureau:
            await bureau.drained()
            assert bureau.said() == ["k0", "k1", "k2"]


async def test_a_record_that_cannot_be_read_for_a_moment_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(bureau: Bureau) -> None:
        fails = {"next_in": 2, "channels": 2, "sent": 1}

        def shaky(name: str) -> None:
            real = getattr(bureau.store.outbox, name)

            async def call(*args: object) -> object:
                if fails[name]:
                    fails[name] -= 1
                    raise StoreError("locked")
                return await real(*args)

            monkeypatch.setattr(bureau.store.outbox, name, call)

        for name in fails:
            shaky(name)
        await bureau.outbox.say(post_of("c1:root", bureau.place, words("root")))
        await bureau.drained()
        assert fails == {"next_in": 0, "channels": 0, "sent": 0}
        assert bureau.said() == ["c1:root"], "though it was not kept that Slack took it"

    await with_bureau(tmp_path, story)


async def test_whoever_is_told_of_what_was_given_up_may_fail(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        async def fails(*_: object) -> None:
            raise RuntimeError("bug")

        bureau.outbox._on_given_up = fails
        await bureau.outbox.say(
            post_of("empty", bureau.place, Post("")), post_of("next", bureau.place, words("next"))
        )
        await bureau.drained()
        assert bureau.said() == ["next"]

    await with_bureau(tmp_path, story)


async def test_what_is_said_while_a_channel_falls_empty_is_not_overlooked(tmp_path: Path) -> None:
    async def story(bureau: Bureau) -> None:
        for n in range(40):
            await bureau.outbox.say(post_of(f"k{n}", bureau.place, words(str(n))))
            await bureau.drained(every=0)
        assert bureau.said() == [f"k{n}" for n in range(40)]

    await with_bureau(tmp_path, story)


@given(
    blocks=st.lists(st.sampled_from([DIVIDER, CONTEXT, FULL_CONTEXT]), max_size=50),
    text=st.text(min_size=1, max_size=4100),
    seconds=st.floats(0, 1e6),
    lang=st.sampled_from(LANGUAGES),
)
def test_a_mark_never_makes_a_message_that_slack_refuses(
    blocks: list[dict[str, Any]], text: str, seconds: float, lang: str
) -> None:
    post = Post(text, tuple(blocks))
    mark = mark_of(1e9, 1e9 + seconds, lang, refused=True)
    if seconds <= LATE_SECONDS:
        assert mark is None
        return
    assert mark is not None
    late = marked(post, mark)
    assert message_mistakes(list(late.blocks)) == []
    assert len(late.text) <= max(len(text), 4000), "an edit takes no more"
    assert late.text.startswith(text)
    room = len(blocks) < 50 if blocks else len(text) < 3800
    assert (mark in str(late)) or not room


def files_in(here: Office) -> list[dict[str, str]]:
    return [file for m in here.channel.messages.values() for file in m.get("files", ())]
