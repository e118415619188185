"""The pages in a real browser: screens, keyboard, live, paper; nothing that it complains about."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.check import run_check
from bot.pages.access import Keys, PagesAccess
from bot.request import CheckRequest
from probes.model import Command
from storage.store import Store
from tests.golden import incidents
from tests.pages.audit import contrast, sideways, structure
from tests.pages.office import Office, begun, heard, judged, office, pages
from tests.slack.browser import browsing, missing
from tests.unit.replay import Replay, inventory_of

pytestmark = [pytest.mark.lab, pytest.mark.asyncio(loop_scope="session")]

SECRET = "a secret key of some length"
SIZES = {"desktop": (1280, 900), "phone": (390, 844), "narrow": (320, 640)}
Open = Callable[..., Awaitable[Page]]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if missing():
        pytest.skip(missing())
    async with browsing() as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    folder = tmp_path_factory.mktemp("browser")
    async with office(folder, "healthy", "one-sided", "account") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def look(browser: Browser) -> AsyncIterator[Open]:
    """look(office, path, screen=…): a window; at the end no browser may have complained."""
    mistakes: list[str] = []
    windows = []

    async def opened(at: Office, path: str, screen: str = "desktop", **options: Any) -> Page:
        width, height = SIZES[screen]
        window = await browser.new_context(
            viewport={"width": width, "height": height}, **{"locale": "en-GB", **options}
        )
        window.set_default_timeout(10_000)
        windows.append(window)
        page = await window.new_page()
        page.on("console", lambda m: mistakes.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        await page.goto(str(at.client.make_url(path)))
        return page

    yield opened
    for window in windows:
        await window.close()
    assert mistakes == []


async def shot(page: Page, name: str, **options: Any) -> None:
    """Keep a picture where REPLCHECK_SHOTS says, for a person to look at."""
    if folder := os.environ.get("REPLCHECK_SHOTS"):
        await page.screenshot(path=Path(folder) / f"pages-{name}.png", **options)


PATHS = {"list": "/incidents", "incident": "/incidents/i3", "one-sided": "/incidents/i2",
         "refused": "/incidents/nothing"}  # fmt: skip


@pytest.mark.parametrize("screen", SIZES)
@pytest.mark.parametrize("what", ["list", "incident", "one-sided"])
async def test_it_fits_the_screen(here: Office, look: Open, what: str, screen: str) -> None:
    for lang in ("en", "ko"):
        page = await look(here, f"{PATHS[what]}?lang={lang}", screen)
        await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert not await sideways(page), lang
        await shot(page, f"{what}-{screen}-{lang}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("what", ["list", "incident", "one-sided"])
async def test_every_word_stands_out(here: Office, look: Open, what: str, scheme: str) -> None:
    page = await look(here, PATHS[what], color_scheme=scheme)
    await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    await shot(page, f"{what}-{scheme}")
    assert await contrast(page) == []


@pytest.mark.parametrize("what", ["list", "incident", "one-sided"])
async def test_a_screen_reader_finds_its_way(here: Office, look: Open, what: str) -> None:
    page = await look(here, PATHS[what])
    await page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert await structure(page) == []


async def test_the_first_key_leads_past_the_head(here: Office, look: Open) -> None:
    page = await look(here, PATHS["incident"])
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="To the content")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_evidence_unfolds_by_keyboard(here: Office, look: Open) -> None:
    page = await look(here, PATHS["incident"])
    item = page.locator("#o59")
    await item.locator("summary").focus()
    await page.keyboard.press("Enter")
    await expect(item.locator("li.cited").first).to_be_visible()


async def test_a_citation_leads_to_its_unfolded_lines(here: Office, look: Open) -> None:
    page = await look(here, PATHS["incident"])
    await page.locator(".claim .cites a", has_text="o59").click()
    await expect(page.locator("#o59 li.cited").first).to_be_visible()
    await expect(page.locator("#o59 summary")).to_be_in_viewport()
    await shot(page, "evidence")


async def test_the_list_is_searched_and_leads_to_the_incident(here: Office, look: Open) -> None:
    page = await look(here, "/incidents", "phone")
    await page.get_by_label("Words in evidence and timeline").fill("10.80.5.2")
    await page.get_by_label("Cause").select_option("source-quarantined")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name="i3", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("i3")


async def test_the_picture_shows_and_says_the_path(here: Office, look: Open) -> None:
    page = await look(here, PATHS["incident"])
    picture = page.locator(".picture img")
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert "10.80.5.2" in (await picture.get_attribute("alt") or "")


async def test_korean_is_spoken_to_whoever_asks_for_it(here: Office, look: Open) -> None:
    page = await look(here, PATHS["incident"], locale="ko-KR")
    await expect(page.get_by_role("heading", level=2, name="판단의 근거")).to_be_visible()
    await page.get_by_role("link", name="English").click()
    await expect(page.get_by_role("heading", level=2, name="Why we say so")).to_be_visible()
    await page.get_by_role("link", name="replcheck").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Incidents")


async def test_it_is_whole_without_scripts(here: Office, look: Open) -> None:
    page = await look(here, PATHS["incident"], java_script_enabled=False)
    await expect(page.locator(".summary .badge")).to_have_text("FAULT")
    await page.locator("#o59 summary").click()
    await expect(page.locator("#o59 li.cited").first).to_be_visible()


async def test_paper_holds_the_report_and_nothing_of_a_screen(
    here: Office, look: Open, tmp_path: Path
) -> None:
    page = await look(here, PATHS["incident"], color_scheme="dark")
    await page.emulate_media(media="print")
    for gone in (".contents", ".top nav", ".skip", ".evidence .item", ".live"):
        for each in await page.locator(gone).all():
            await expect(each).to_be_hidden()
    for kept in (".summary .lead", ".duties", ".picture img", ".claim .raw", "#timeline"):
        await expect(page.locator(kept).first).to_be_visible()
    assert await contrast(page) == []
    paper = await page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert 3 <= paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") <= 8
    if folder := os.environ.get("REPLCHECK_SHOTS"):
        (Path(folder) / "pages-report.pdf").write_bytes(paper)


async def test_a_link_out_of_slack_opens_on_a_phone_and_stays_within_its_incident(
    look: Open, tmp_path: Path
) -> None:
    access = PagesAccess(SECRET, "", "https://replcheck.example")
    async with office(tmp_path, "account", "healthy", access=access) as at:
        signed = Keys(SECRET).signed_link("", "i1", time.time())
        page = await look(at, signed, "phone")
        await page.get_by_role("link", name="한국어").click()
        await expect(page.locator(".summary .badge")).to_have_text("장애")
        image = page.locator(".picture img")
        assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        async with page.expect_download() as download:
            await page.get_by_role("link", name="JSON").click()
        assert (await download.value).suggested_filename == "i1.json"
        assert await page.locator('a[href^="/incidents?"], a[href="/incidents"]').count() == 0


async def test_a_running_check_is_followed_to_its_verdict(look: Open, tmp_path: Path) -> None:
    """Nothing is asked again, nothing is loaded again; what the reader unfolded stays so."""
    evidence = incidents.load("account")
    async with await Store.open(tmp_path / "record.db") as store, pages(store) as at:
        began = await begun(store, evidence)
        first = evidence.observations[0]
        await store.add_observation(began.check_id, first)
        page = await look(at, "/incidents/i1")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.locator(f"#{first.id} summary").click()
        live = page.locator(".live")
        await heard(store, began.check_id, evidence)
        await expect(live.locator("li", has_text="trace").first).to_be_visible()
        await shot(page, "live")
        pages_asked = [url for url in asked if url.endswith("/i1")]
        assert pages_asked == [], "the events come by the stream alone"
        await judged(store, began, evidence)
        await expect(page.locator(".summary .badge")).to_have_text("FAULT")
        await expect(page.locator(f"#{first.id}")).to_have_attribute("open", "")
        await store.finish_check(began.check_id, evidence.context.started + 40)
        await expect(live.get_by_role("status")).to_contain_text("The check has ended")
        assert await structure(page) == []
        await shot(page, "live-ended")
        with suppress(AssertionError):  # and the stream is not opened again
            await expect(live).to_be_hidden(timeout=1500)
        assert len([url for url in asked if "/live" in url]) <= 1


async def test_a_check_that_the_bot_runs_is_followed_from_its_beginning_to_its_end(
    look: Open, tmp_path: Path
) -> None:
    """The whole check, its hosts' answers replayed; it goes on when the reader is there."""
    evidence, watched = incidents.load("account"), asyncio.Event()
    on_record = asyncio.Event()

    async def before(_endpoint: str, _command: Command) -> None:
        await watched.wait()

    async with await Store.open(tmp_path / "record.db") as store, pages(store) as at:
        checking = asyncio.create_task(
            run_check(
                CheckRequest("seoul", "busan", trigger="yes", asked_by="mina.kim"),
                inventory_of(evidence.context),
                store,
                lambda _context: Replay(evidence, before),
                listener=lambda _event: on_record.set(),
                ask_consent=lambda _question: asyncio.sleep(0, None),
                stop=asyncio.Event(),
                lang="en",
            )
        )
        async with asyncio.timeout(10):
            await on_record.wait()
        page = await look(at, "/incidents/i1", "phone")
        live = page.locator(".live")
        await expect(live.get_by_role("heading")).to_have_text("Check c1 is running")
        watched.set()
        await expect(live.locator("li", has_text="while dark")).to_be_visible()
        await expect(page.locator(".summary .badge")).to_have_text("FAULT")
        await expect(live.get_by_role("status")).to_contain_text("The check has ended")
        result = await checking
        assert result.document["cause"] == "source-quarantined"
        await expect(page.locator(".summary .lead")).to_have_text(result.document["summary"])
        await page.get_by_role("link", name="Why we say so").click()
        await expect(page.get_by_role("heading", name="Why we say so")).to_be_in_viewport()
