"""Files: the SDK's upload in three steps, shown a little later, and each refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.demo.workspace.clock import ManualClock
from bot.demo.workspace.rates import Rates
from bot.demo.workspace.state import Workspace
from tests.slack.workspace.conftest import Scene, scene
from tests.slack.workspace.test_chat import refused
from tests.slack.workspace.waiting import until

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def there(clock: ManualClock) -> AsyncIterator[Scene]:
    made = await scene(Workspace(clock=clock, rates=Rates.roomy()))
    yield made
    await made.running.close()


async def test_the_sdks_upload_shows_up_in_the_thread_after_the_answer(
    there: Scene, clock: ManualClock
) -> None:
    client = there.client()
    root = (await client.chat_postMessage(channel=there.channel.id, text="root"))["ts"]
    answer = await client.files_upload_v2(
        channel=there.channel.id,
        thread_ts=root,
        filename="path.png",
        title="The path",
        content=PNG,
        alt_txt="seoul to busan, blocked after hop 3",
        initial_comment="the path",
    )
    assert set(answer["files"][0]) == {"id", "title"}
    assert len(there.channel.messages) == 1
    await clock.advance(0.3)
    await until(lambda: len(there.channel.messages) == 2)
    message = list(there.channel.messages.values())[1]
    assert (message["thread_ts"], message["text"]) == (root, "the path")
    (file,) = message["files"]
    assert (file["title"], file["mimetype"]) == ("The path", "image/png")
    assert file["alt_txt"] == "seoul to busan, blocked after hop 3"
    async with aiohttp.ClientSession() as http, http.get(file["url_private"]) as response:
        assert await response.read() == PNG
        assert response.content_type == "image/png"


async def test_what_was_not_uploaded_can_not_be_completed(there: Scene) -> None:
    client = there.client()
    made = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    completing = client.files_completeUploadExternal(files=[{"id": made["file_id"]}])
    assert await refused(completing) == "file_not_found"
    async with aiohttp.ClientSession() as http:
        short = await http.post(made["upload_url"], data=b"ab")
        assert short.status == 400
        good = await http.post(made["upload_url"], data=b"abc")
        assert (good.status, await good.text()) == (200, "OK - 3")
        twice = await http.post(made["upload_url"], data=b"abc")
        assert twice.status == 404
    await client.files_completeUploadExternal(files=[{"id": made["file_id"]}])
    again = client.files_completeUploadExternal(files=[{"id": made["file_id"]}])
    assert await refused(again) == "invalid_arguments"


async def test_an_upload_may_be_a_form(there: Scene) -> None:
    made = await there.client().files_getUploadURLExternal(filename="a.txt", length=3)
    form = aiohttp.FormData()
    form.add_field("filename", b"abc", filename="a.txt")
    async with aiohttp.ClientSession() as http, http.post(made["upload_url"], data=form) as sent:
        assert sent.status == 200
    assert there.workspace.files[made["file_id"]].content == b"abc"


async def test_an_alternative_text_has_a_thousand_characters(there: Scene) -> None:
    client = there.client()
    await client.files_getUploadURLExternal(filename="a.png", length=3, alt_txt="x" * 1000)
    over = client.files_getUploadURLExternal(filename="a.png", length=3, alt_txt="x" * 1001)
    assert await refused(over) == "alt_txt_too_large"
    empty = client.files_getUploadURLExternal(filename="a.png", length=0)
    assert await refused(empty) == "missing_argument"


async def test_a_file_goes_only_where_the_app_is(there: Scene, clock: ManualClock) -> None:
    outside = there.workspace.add_channel("outside", with_app=False)
    client = there.client()
    uploading = client.files_upload_v2(channel=outside.id, filename="a.txt", content="abc")
    assert await refused(uploading) == "not_in_channel"
    await asyncio.gather(clock.advance(1))
    assert outside.messages == {}
