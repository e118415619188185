"""One browser for all tests of the page, and a fresh workspace for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.slack.browser import Person, Scheme, Screen, browsing, missing
from tests.slack.page.app import App, connected
from tests.slack.page.scene import Scene, scene

Look = Callable[..., Awaitable[Person]]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    if missing():
        pytest.skip(missing())
    async with browsing() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def here() -> AsyncIterator[Scene]:
    async with scene() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def app(here: Scene) -> AsyncIterator[App]:
    async with connected(here) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(browser: Browser) -> AsyncIterator[Person]:
    """A window for tests that only call the page's renderers."""
    async with scene() as made:
        person = await Person.open(browser, made.running.url, made.mina.id, made.channel.id)
        yield person
        await person.close()


@pytest_asyncio.fixture(loop_scope="session")
async def look(browser: Browser, here: Scene) -> AsyncIterator[Look]:
    """look(user=alex, channel=…): opens the page; at the end no browser may have complained."""
    opened: list[Person] = []

    async def window(
        user: str = "",
        *,
        thread: str = "",
        screen: Screen = "desktop",
        scheme: Scheme = "light",
    ) -> Person:
        asked = (browser, here.running.url, user or here.alex.id, here.channel.id)
        person = await Person.open(*asked, thread=thread, screen=screen, scheme=scheme)
        opened.append(person)
        return person

    yield window
    for person in opened:
        assert person.mistakes == []
        await person.close()
