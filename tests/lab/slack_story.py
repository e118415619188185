"""The whole story as a person sees it: `replcheck serve` as a process, the local workspace's page
in a real browser, the lab's hosts and its device. Nothing in it is replayed.

One person has two windows open, a desktop's and a phone's; both follow the check in its thread,
and both are photographed at each stage into $REPLCHECK_SHOTS (default: .shots).
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser

from bot.demo.workspace.model import User
from bot.secrets import API_URL, APP, BOT, LISTEN, SIGNING
from bot.words import Voice, catalog
from tests.lab import scenarios
from tests.lab.checking import PROGRAM, SETTLING, Desk, unaccounted
from tests.lab.harness import eventually
from tests.lab.lab import REPOSITORY, Lab
from tests.slack.browser import Person
from tests.slack.office import PROXIES, Office, office, until

Mode = Literal["socket", "http"]
QUARANTINE = 20.0
"""Seconds that the lab's device keeps the pair dark."""
TELLING = (
    "slack-live.asked-by",
    "slack-live.done",
    "slack-live.waits-consent",
    "slack-consent.risk",
    "slack-consent.hour",
    "slack-consent.on-record",
    "slack-verdict.watching",
    "slack-verdict.whose-turn",
    "slack-verdict.passes-again",
)
_CHANNEL, _THREAD = "#channel-messages article.message", "#thread-messages article.message"
_START, _WAIT, _END = 20.0, 30.0, 10.0
_FILLED_IN = re.compile(r"\{[^}]*\}(?:\([^)]*\))?|[*`]")


@dataclass
class Story:
    """What one story left: on the pages, on record, in the lab, on the clock."""

    mode: Mode
    asker: User
    voice: Voice
    office: Office
    incident: dict[str, Any] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    """What the desktop's window showed at each stage."""
    began: float = 0.0
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds from the command typed, by what came."""
    acks: list[float] = field(default_factory=list)
    """Milliseconds that each command, press and dialog took to be acknowledged."""
    trips: int = 0
    place: list[str] = field(default_factory=list)
    unaccounted: list[str] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)
    status: int | None = None
    log: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    """Of Slack's Web API, in order."""
    said: list[str] = field(default_factory=list)
    """The outbox' keys of all messages, in order."""
    files: list[str] = field(default_factory=list)

    @property
    def check(self) -> dict[str, Any]:
        (check,) = self.incident["checks"]
        return dict(check)

    def shown(self) -> dict[str, list[str]]:
        """Which of the sentences that tell the stages apart were on the page, by stage."""
        words = {code: fragment(self.voice.lang, code) for code in TELLING}
        return {
            stage: [code for code, said in words.items() if said in page]
            for stage, page in self.pages.items()
        }


@dataclass
class Windows:
    """The asker's two windows."""

    desktop: Person
    phone: Person
    story: Story

    @property
    def both(self) -> tuple[tuple[str, Person], ...]:
        return ("desktop", self.desktop), ("phone", self.phone)

    async def see(self, code: str, timing: str = "") -> None:
        """Wait until both show these words of the catalog. timing: keep under this name when."""
        words = fragment(self.story.voice.lang, code)
        for _, person in self.both:
            place = person.page.locator("article.message, dialog[open]", has_text=words).last
            await place.wait_for(timeout=_WAIT * 1000)
        if timing:
            self.story.timings[timing] = time.monotonic() - self.story.began

    async def open_thread(self, code: str) -> None:
        for _, person in self.both:
            await person.open_thread(fragment(self.story.voice.lang, code))

    async def close_thread(self) -> None:
        for _, person in self.both:
            await person.page.keyboard.press("Escape")

    async def look_at(self, selector: str) -> None:
        """Scroll to where this begins, in both."""
        for _, person in self.both:
            await person.page.locator(selector).evaluate("each => each.scrollIntoView()")

    async def photograph(self, stage: str) -> None:
        """Keep what both show, and the desktop's words."""
        name = f"story-{self.story.mode}-{self.story.voice.lang}-{stage}"
        for screen, person in self.both:
            await person.shot(f"{name}-{screen}")
            if await person.scrolls_sideways():
                self.story.mistakes.append(f"{stage}: the {screen} scrolls sideways")
        self.story.pages[stage] = await self.desktop.page.inner_text("body")


def fragment(lang: str, code: str) -> str:
    """The longest stretch of a catalog's sentence that is the same whatever is filled in."""
    return max(_FILLED_IN.split(catalog(lang)[code]), key=len).strip()


async def tell(mode: Mode, locale: str, folder: Path, browser: Browser) -> Story:
    """Live through the whole story once."""
    lab = Lab(scenarios.account(seconds=QUARANTINE))
    await asyncio.to_thread(lab.__enter__)
    try:
        async with AsyncExitStack() as stack:
            desk = Desk(lab, folder)
            port = free_port()
            url = f"http://127.0.0.1:{port}/slack/events" if mode == "http" else None
            place = await stack.enter_async_context(office(url))
            asker = place.person if locale == "ko-KR" else _colleague(place, locale)
            story = Story(mode, asker, Voice(locale[:2]), place)
            await stack.enter_async_context(served(story, desk, port))
            windows = await _windows(story, browser)
            await _ask(windows)
            await _send(windows)
            await _hear(windows)
            await _look_back(story, lab, desk)
            for _, person in windows.both:
                story.mistakes += person.mistakes
                await person.close()
        return story
    finally:
        await asyncio.to_thread(lab.down)


def _colleague(place: Office, locale: str) -> User:
    user = place.running.workspace.add_user("Alex Reed", locale, "Europe/London")
    place.channel.members.append(user.id)
    return user


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- the bot ------------------------------------------------------------------------------


@asynccontextmanager
async def served(story: Story, desk: Desk, port: int) -> AsyncIterator[None]:
    """`replcheck serve`, from its readiness to its orderly end."""
    tokens = story.office.tokens
    environ = {name: value for name, value in os.environ.items() if name not in PROXIES}
    environ |= {BOT: tokens.bot, API_URL: story.office.running.api_url}
    environ |= {LISTEN: f"127.0.0.1:{port}"}
    environ |= {APP: tokens.app} if story.mode == "socket" else {SIGNING: tokens.signing_secret}
    log = desk.database.with_suffix(".log")
    arguments = ("--config", str(desk.config), "--db", str(desk.database), "serve")
    with log.open("w") as lines:
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, *arguments, cwd=REPOSITORY, env=environ, stdout=lines, stderr=lines
        )
    try:
        await until(lambda: '"event": "ready"' in log.read_text(), _START)
        yield
        process.terminate()
        async with asyncio.timeout(_END):
            story.status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        story.log = [json.loads(line) for line in log.read_text().splitlines()]


# --- what the person does -----------------------------------------------------------------


async def _windows(story: Story, browser: Browser) -> Windows:
    where = (browser, story.office.running.url, story.asker.id, story.office.channel.id)
    return Windows(await Person.open(*where), await Person.open(*where, screen="phone"), story)


async def _ask(windows: Windows) -> None:
    """The command; the root message; what it shows while the check runs; the question."""
    windows.story.began = time.monotonic()
    await windows.desktop.type("/replcheck busan seoul")
    await windows.see("slack-live.asked-by", "root")
    await windows.photograph("1-begun")
    await windows.see("slack-live.done", "first evidence")
    await windows.photograph("2-progress")
    await windows.see("slack-live.waits-consent", "question")
    await windows.photograph("3-question-channel")
    await windows.open_thread("slack-live.waits-consent")
    await windows.see("slack-consent.risk")
    await windows.photograph("4-question-thread")


async def _send(windows: Windows) -> None:
    """The button, the dialog, and yes."""
    voice, desktop = windows.story.voice, windows.desktop
    await desktop.press(voice("slack-button.send-what", check="c1"))
    await windows.see("slack-consent.on-record")
    await windows.photograph("5-dialog")
    await desktop.press(voice("slack-consent.submit"))
    await windows.see("slack-consent.sent", "consent")
    await windows.photograph("6-sent")


async def _hear(windows: Windows) -> None:
    """The verdict while the pair is dark; the recovery."""
    await windows.see("slack-verdict.watching", "verdict")
    await windows.see("slack-verdict.whose-turn", "answer")
    await windows.photograph("7-verdict-thread")
    await windows.look_at(f"{_THREAD}:has(img)")
    await windows.photograph("7-verdict-picture")
    await windows.look_at(f"{_THREAD}:last-of-type")
    await windows.photograph("7-verdict-answer")
    await windows.close_thread()
    await windows.photograph("8-verdict-channel")
    await windows.look_at(f"{_CHANNEL}:first-of-type")
    await windows.photograph("8-verdict-head")
    await windows.see("slack-verdict.passes-again", "recovery")
    await windows.photograph("9-recovered-channel")
    await windows.open_thread("slack-verdict.passes-again")
    await windows.photograph("9-recovered-thread")


async def _look_back(story: Story, lab: Lab, desk: Desk) -> None:
    """What is on record, and what the lab saw of it."""
    story.incident = await asyncio.to_thread(desk.incident, "i1")
    story.trips = await asyncio.to_thread(lab.trips)
    story.place = [str(end) for end in lab.truth[0].between]
    workspace = story.office.running.workspace
    story.acks = [float(each["ms"]) for each in workspace.deliveries]
    story.calls = list(workspace.calls)
    messages = workspace.channels[story.office.channel.id].messages.values()
    keys = (m.get("metadata", {}).get("event_payload", {}).get("key") for m in messages)
    story.said = [key for key in keys if key]
    story.files = [file["id"] for message in messages for file in message.get("files", ())]

    def left() -> list[str]:
        return unaccounted(lab.leftovers(), story.check["residues"])

    await asyncio.to_thread(eventually, lambda: not left(), SETTLING)
    story.unaccounted = left()
