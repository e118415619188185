"""A person at the local workspace's page, in a real browser: Debian's chromium, headless.

    async with browsing() as browser:
        mina = await Person.open(browser, running.url, user.id, channel.id)
        await mina.type("/replcheck seoul busan")
        await mina.press("Stop")
        await mina.sees("stopped by Mina")
        await mina.shot("stopped")

Every wait ends: what does not come within `WAIT_SECONDS` fails the test with what was looked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    async_playwright,
)
from playwright.async_api import Error as BrowserError

CHROMIUM = Path("/usr/bin/chromium")
WAIT_SECONDS = 10.0
Screen = Literal["desktop", "phone"]
Scheme = Literal["light", "dark"]
_SIZES: dict[Screen, tuple[int, int]] = {"desktop": (1280, 800), "phone": (390, 844)}
# Chromium drops its connections, loopback's too, when an interface of the machine comes or goes:
# a lab that is built beside does that. The page fetches again what it misses, but not its scripts.
_NETWORK = "ERR_NETWORK_CHANGED"
_LOADS = 20


def missing() -> str:
    """Why no browser can start here, in words; empty if one can."""
    return "" if CHROMIUM.exists() else "the page's tests need: apt-get install chromium"


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser; it ends with the block."""
    async with async_playwright() as driver:
        # Root has no sandbox of its own to give; the page comes from this machine alone.
        browser = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Person:
    """One person's window. `mistakes`: what the browser complained about; a test wants it empty."""

    page: Page
    mistakes: list[str] = field(default_factory=list)
    _cut_off: bool = False

    @classmethod
    async def open(
        cls,
        browser: Browser,
        url: str,
        user: str,
        channel: str,
        *,
        thread: str = "",
        screen: Screen = "desktop",
        scheme: Scheme = "light",
    ) -> Person:
        """Opens the page as `user` in `channel` (ids), and waits until it shows the channel."""
        width, height = _SIZES[screen]
        phone = screen == "phone"
        window = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            device_scale_factor=2 if phone else 1,
            has_touch=phone,
            is_mobile=phone,
        )
        window.set_default_timeout(WAIT_SECONDS * 1000)
        person = cls(await window.new_page())
        person.page.on("console", person._heard)
        person.page.on("pageerror", lambda error: person.mistakes.append(str(error)))
        address = {"as": user, "channel": channel} | ({"thread": thread} if thread else {})
        await person._load(f"{url}/?{urlencode(address)}")
        return person

    async def _load(self, address: str) -> None:
        for _ in range(_LOADS):
            self._cut_off = False
            await self.page.goto(address)
            if not self._cut_off:
                break
        try:
            await self.page.locator("h1").wait_for(state="attached")
        except BrowserError as slow:
            raise AssertionError(f"the page shows nothing: {self.mistakes}") from slow

    def _heard(self, message: ConsoleMessage) -> None:
        if _NETWORK in message.text:
            self._cut_off = True
        elif message.type == "error":
            self.mistakes.append(message.text)

    async def close(self) -> None:
        await self.page.context.close()

    # What the person does.

    async def type(self, text: str) -> None:
        """Types into the channel's field and sends it."""
        await self._send("#channel-composer textarea", text)

    async def reply(self, text: str) -> None:
        """The same in the open thread."""
        await self._send("#thread-composer textarea", text)

    async def _send(self, selector: str, text: str) -> None:
        box = self.page.locator(selector)
        await box.fill(text)
        await box.press("Enter")

    async def press(self, label: str, within: Locator | None = None) -> None:
        """Presses a button by what it is called, the last one where several are called so: in the
        topmost dialog if one is open, else `within` a message or anywhere (but beside the field:
        for that there is `type`)."""
        buttons = (within or self.front).get_by_role("button", name=label, exact=True)
        await buttons.and_(self.page.locator(":not(.send)")).last.click()

    async def choose(self, label: str, *options: str, within: Locator | None = None) -> None:
        """Chooses in a select by its label or placeholder; several options in a multi select."""
        name = re.compile(rf"^{re.escape(label)}(:|$)")
        await (within or self.front).get_by_role("button", name=name).last.click()
        for option in options:
            await self._pick("option", option)
        if len(options) > 1:
            await self.page.keyboard.press("Escape")

    async def fill(self, label: str, text: str) -> None:
        """Types into a field of the open dialog."""
        await self.front.get_by_label(label).fill(text)

    async def tick(self, label: str) -> None:
        """Sets a checkbox or a radio button of the open dialog, or of a message."""
        await self.front.get_by_label(label).check()

    async def open_thread(self, text: str) -> None:
        """Opens the thread of the channel's last message that says `text`."""
        await self.message(text).locator("[data-thread]").click()

    async def menu(self, text: str, entry: str) -> None:
        """Picks an entry (a shortcut, say) of the menu of the last message that says `text`."""
        message = self.message(text)
        await message.hover()
        await message.locator(".tools > button").last.click()
        await self._pick("menuitem", entry)

    async def overflow(self, entry: str, within: Locator | None = None) -> None:
        """Picks an entry of the last overflow menu."""
        await (within or self.front).locator("button.overflow").last.click()
        await self._pick("menuitem", entry)

    async def _pick(self, role: Literal["option", "menuitem"], entry: str) -> None:
        rows = self.page.locator(".menu").get_by_role(role)
        await rows.filter(has=self.page.get_by_text(entry, exact=True)).first.click()

    # What the person sees.

    @property
    def front(self) -> Locator:
        """Where a person can act now: the topmost dialog, else the page."""
        return self.page.locator("dialog[open]:not(.under), body:not(:has(dialog[open]))").last

    @property
    def dialog(self) -> Locator:
        """The topmost open dialog."""
        return self.page.locator("dialog[open]:not(.under)").last

    def message(self, text: str) -> Locator:
        """The last message that says `text`, in the channel or the thread."""
        return self.page.locator("article.message", has_text=text).last

    async def sees(self, text: str) -> Locator:
        """Waits until a message or a dialog says `text`; where it stands."""
        found = self.page.locator("article.message, dialog[open]", has_text=text).last
        await found.wait_for()
        return found

    async def scrolls_sideways(self) -> bool:
        """Whether the page, or a list of messages in it, is wider than the window."""
        return bool(
            await self.page.evaluate(
                "[document.documentElement,"
                " ...document.querySelectorAll('.scroller, .dialog-body')]"
                ".some(each => each.scrollWidth > each.clientWidth)"
            )
        )

    async def shot(self, name: str) -> Path:
        """Keeps a picture of the window as `name`.png in $REPLCHECK_SHOTS, or in .shots."""
        folder = Path(os.environ.get("REPLCHECK_SHOTS", ".shots"))
        path = folder / f"{name}.png"
        await self.page.screenshot(path=path)
        return path
