"""`replcheck serve`: what it needs, what it says, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from slack_bolt.async_app import AsyncApp

from bot import serve as serving
from bot.demo.workspace.faults import Fault
from bot.secrets import API_URL, APP, BOT, LISTEN, SIGNING, BadEnvironment, Environment, take
from bot.serve import CantListen, serve
from bot.slack.admission import NotAdmitted
from bot.slack.connection import Connection
from bot.words import say
from storage.store import Store
from tests.slack.office import FAST, PROXIES, Office, no_proxy, office, until

__all__ = ["no_proxy"]

# --- the environment ----------------------------------------------------------------------

WHOLE = {BOT: "xoxb-1-a", APP: "xapp-1-a", SIGNING: "0123abcd"}


def mistakes(environ: dict[str, str]) -> list[str]:
    try:
        take(environ)
    except BadEnvironment as bad:
        return [say(mistake) for mistake in bad.mistakes]
    return []


def test_the_contracts_defaults() -> None:
    assert take({}) == Environment(None, "127.0.0.1", 8080)
    taken = take(dict(WHOLE))
    assert taken.slack
    assert taken.slack.api_url == "https://slack.com/api/"
    assert taken.slack.mode == "socket"


def test_without_an_app_token_slack_comes_over_http() -> None:
    taken = take({BOT: "xoxb-1", SIGNING: "0123"})
    assert taken.slack
    assert taken.slack.mode == "http"


def test_secrets_are_taken_out_of_the_environment() -> None:
    environ = {**WHOLE, "PATH": "/bin"}
    take(environ)
    assert environ == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({BOT: "xoxp-1"}, ["SLACK_BOT_TOKEN holds a person's token", "xoxb-: OAuth"]),
        ({BOT: "xapp-1"}, ["SLACK_BOT_TOKEN holds an app-level token"]),
        ({BOT: "xoxe.xoxb-1"}, ["SLACK_BOT_TOKEN holds a token that expires", "rotation off"]),
        ({BOT: "xoxc-1"}, ["SLACK_BOT_TOKEN holds a token of a browser session"]),
        ({BOT: "hunter2"}, ["SLACK_BOT_TOKEN holds something that is not in its form"]),
        ({BOT: '"xoxb-1"'}, ["SLACK_BOT_TOKEN contains a quotation mark"]),
        ({BOT: "xoxb-1 # mine"}, ["SLACK_BOT_TOKEN contains a quotation mark or a blank"]),
        ({APP: "xoxb-1"}, ["SLACK_APP_TOKEN holds a bot token", "App-Level Tokens"]),
        ({APP: "0123"}, ["SLACK_APP_TOKEN holds something that is not in its form"]),
        ({SIGNING: "xoxb-1"}, ["SLACK_SIGNING_SECRET holds a bot token", "Signing Secret"]),
        ({BOT: ""}, ["SLACK_BOT_TOKEN is missing"]),
        ({APP: "", SIGNING: ""}, ["A bot token alone hears nothing"]),
        ({API_URL: "http://10.1.2.3/api/"}, ["SLACK_API_URL is http: the tokens would cross"]),
        ({API_URL: "http://[::1"}, ["SLACK_API_URL is no http(s) address"]),
        ({API_URL: "slack.com/api"}, ["SLACK_API_URL is no http(s) address"]),
        ({LISTEN: "8080"}, ["REPLCHECK_LISTEN is HOST:PORT"]),
        ({LISTEN: "::1:8080"}, ["REPLCHECK_LISTEN is HOST:PORT"]),
        ({LISTEN: "127.0.0.1:65536"}, ["REPLCHECK_LISTEN is HOST:PORT"]),
        ({LISTEN: "127.0.0.1:٣"}, ["REPLCHECK_LISTEN is HOST:PORT"]),
    ],
)
def test_a_wrong_variable_is_named_with_its_mend(environ: dict[str, str], says: list[str]) -> None:
    found = mistakes({**WHOLE, **environ})
    assert len(found) == 1
    assert [part for part in says if part not in found[0]] == []


def test_all_mistakes_are_named_at_once() -> None:
    assert len(mistakes({BOT: "xoxp-1", APP: "xoxb-1", API_URL: "x", LISTEN: "x"})) == 4


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [("[::1]:9", "::1", 9), ("0.0.0.0:80", "0.0.0.0", 80), ("localhost:0", "localhost", 0)],
)
def test_where_to_listen(listen: str, host: str, port: int) -> None:
    assert take({LISTEN: listen}) == Environment(None, host, port)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "[::1]:9", "localhost:9", "127.8.8.8"])
def test_clear_text_stays_on_this_machine(host: str) -> None:
    assert mistakes({**WHOLE, API_URL: f"http://{host}/api/"}) == []


SECRET = st.text(st.characters(exclude_characters="\x00"), min_size=6, max_size=60)


@given(SECRET, SECRET, SECRET)
def test_no_mistake_repeats_what_it_found(bot: str, app: str, signing: str) -> None:
    environ = {BOT: f"xox{bot}", APP: f"xox{app}", SIGNING: f"xapp-{signing}"}
    said = "\n".join(mistakes(dict(environ)))
    assert [value for value in environ.values() if value.strip() in said] == []


# --- the process, from within -------------------------------------------------------------


@dataclass
class FakeFront:
    """Keeps in which order it was called, and can take its time."""

    place: Office | None = None
    calls: list[str] = field(default_factory=list)
    hangs: bool = False

    def register(self, app: AsyncApp) -> None:
        self.calls.append("register")
        if self.place:
            self.place.register(app)

    async def start(self, connection: Connection | None) -> None:  # noqa: ARG002
        self.calls.append("start")

    async def close(self, grace: float) -> None:  # noqa: ARG002
        links = self.place.running.courier.sockets.count if self.place else 0
        self.calls.append(f"close with {links} sockets open")
        if self.hangs:
            await asyncio.sleep(3600)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Serving:
    """A bot that runs in this process."""

    url: str
    front: FakeFront
    stop: asyncio.Event
    task: asyncio.Task[None]
    http: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.http.get(self.url + path) as answer:
            return answer.status, await answer.json()

    async def reasons(self) -> dict[str, str]:
        return dict((await self.get("/readyz"))[1]["reasons"])

    async def end(self) -> float:
        """Stop it; how many seconds that took."""
        began = time.monotonic()
        self.stop.set()
        async with asyncio.timeout(15):
            await self.task
        return time.monotonic() - began


@asynccontextmanager
async def served(path: Path, place: Office | None = None) -> AsyncIterator[Serving]:
    environment = Environment(place.slack if place else None, "127.0.0.1", free_port())
    front, stop = FakeFront(place), asyncio.Event()
    url = f"http://127.0.0.1:{environment.port}"
    async with await Store.open(path / "replcheck.db") as store, aiohttp.ClientSession() as http:
        task = asyncio.create_task(serve(environment, store, front, stop, FAST))
        running = Serving(url, front, stop, task, http)
        try:
            await until_it_answers(running)
            yield running
        finally:
            task.cancel()
            await asyncio.wait({task})


async def until_it_answers(running: Serving) -> None:
    async with asyncio.timeout(8):
        while not running.task.done():
            try:
                await running.get("/healthz")
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.01)
            else:
                return


async def until_ready(running: Serving) -> None:
    async with asyncio.timeout(8):
        while await running.reasons():  # noqa: ASYNC110 - over HTTP nothing wakes us
            await asyncio.sleep(0.02)


async def test_it_is_ready_when_slack_is_connected(tmp_path: Path) -> None:
    async with office() as place, served(tmp_path, place) as running:
        await until_ready(running)
        status, body = await running.get("/readyz")
        assert (status, body["ready"], body["reasons"]) == (200, True, {})
        assert (body["slack"]["mode"], body["slack"]["lines"]) == ("socket", 1)
        assert 0 <= body["slack"]["silence_seconds"] < 8
        assert await running.get("/healthz") == (200, {"alive": True})
        assert (await place.command("seoul busan"))["ok"]


async def test_it_ends_from_the_door_inwards(tmp_path: Path) -> None:
    async with office() as place, served(tmp_path, place) as running:
        await until_ready(running)
        assert await running.end() < 2
        assert running.front.calls == ["register", "start", "close with 0 sockets open"]
        with pytest.raises(aiohttp.ClientConnectorError):
            await running.get("/healthz")


async def test_a_front_that_hangs_does_not_keep_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "GRACE", 0.2)
    async with office() as place, served(tmp_path, place) as running:
        running.front.hangs = True
        with structlog.testing.capture_logs() as lines:
            assert await running.end() < 3
        assert [line["part"] for line in lines if "not closed" in line["event"]] == ["front"]


def test_the_end_fits_into_what_a_container_is_given() -> None:
    assert serving.GRACE + serving._SLACK_GRACE + serving._WEB_GRACE < 10


async def test_without_slack_it_serves_all_the_same(tmp_path: Path) -> None:
    async with served(tmp_path) as running:
        nothing = {"ready": True, "reasons": {}, "slack": None}
        assert await running.get("/readyz") == (200, nothing)
        await running.end()
        assert [call.split()[0] for call in running.front.calls] == ["start", "close"]


async def test_where_slack_is_down_it_says_so_and_goes_on(tmp_path: Path) -> None:
    async with office() as place:
        faults = place.running.workspace.faults
        faults.add(Fault("auth.test", "error500", times=None))
        async with served(tmp_path, place) as running:
            assert (await running.get("/healthz"))[0] == 200
            status, body = await running.get("/readyz")
            assert status == 503
            assert body["reasons"].keys() == {"slack"}
            faults.clear()
            await until_ready(running)
            assert (await place.command("seoul busan"))["ok"]


async def test_a_lost_socket_is_no_readiness(tmp_path: Path) -> None:
    async with office() as place, served(tmp_path, place) as running:
        await until_ready(running)
        faults = place.running.workspace.faults
        faults.add(Fault("apps.connections.open", "error500", times=None))
        place.running.courier.sockets.drop()
        await until(lambda: place.running.courier.sockets.count == 0)
        async with asyncio.timeout(8):
            while not await running.reasons():  # noqa: ASYNC110 - over HTTP nothing wakes us
                await asyncio.sleep(0.02)
        assert "socket" in (await running.reasons())["slack"]
        faults.clear()
        await until_ready(running)


@contextmanager
def locked(db: Path) -> Iterator[None]:
    other = sqlite3.connect(db, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
    finally:
        other.close()


async def test_a_record_that_can_t_be_written_is_no_readiness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "_READY_SECONDS", 0.2)
    async with served(tmp_path) as running:
        with locked(tmp_path / "replcheck.db"):
            status, body = await running.get("/readyz")
        assert status == 503
        assert "no write within" in body["reasons"]["database"]
        await until_ready(running)


async def test_an_address_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        async with await Store.open(tmp_path / "replcheck.db") as store:
            nowhere = Environment(None, "127.0.0.1", port)
            with pytest.raises(CantListen) as refused:
                await serve(nowhere, store, FakeFront(), asyncio.Event())
    assert f"127.0.0.1 port {port}" in say(refused.value.words)
    assert "REPLCHECK_LISTEN" in say(refused.value.words)


@pytest.mark.parametrize(("name", "token"), [(BOT, "xoxb-wrong"), (APP, "xapp-wrong")])
async def test_a_token_that_slack_does_not_take_ends_it(
    tmp_path: Path, name: str, token: str
) -> None:
    async with office() as place, await Store.open(tmp_path / "replcheck.db") as store:
        slack = replace(place.slack, **{"bot" if name == BOT else "app": token})
        environment = Environment(slack, "127.0.0.1", 0)
        with pytest.raises(NotAdmitted, match=name):
            await serve(environment, store, FakeFront(place), asyncio.Event(), FAST)


async def test_a_bug_in_what_hears_slack_ends_the_process_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def bug(_: Connection) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(Connection, "run", bug)
    async with office() as place, served(tmp_path, place) as running:
        with pytest.raises(KeyError, match="ours"):
            await running.task
        assert running.front.calls[-1].startswith("close")


# --- the process, from outside ------------------------------------------------------------

SITES = """
[sites.seoul]
title = "Seoul"
networks = ["10.81.0.0/16"]
[sites.seoul.endpoints.avamar]
kind = "avamar"
address = "10.81.10.11"
[sites.busan]
title = "Busan"
networks = ["10.82.0.0/16"]
[sites.busan.endpoints.datadomain]
kind = "datadomain"
address = "10.82.10.12"
[[pairs]]
near = "seoul"
far = "busan"
profile = "avamar-datadomain"
"""
PLAIN = "from bot.entry import main; main()"
HANGING = """
import sys
from bot import cli, serve
from tests.slack.test_serve import FakeFront
run = serve.run
serve.run = lambda settings: run(settings, lambda *_: FakeFront(hangs=True))
sys.exit(cli.run())
"""


@asynccontextmanager
async def process(
    folder: Path, slack: dict[str, str], code: str = PLAIN, *arguments: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    (folder / "sites.toml").write_text(SITES)
    root = str(Path(serving.__file__).parents[1])
    environ = {name: value for name, value in os.environ.items() if name not in PROXIES}
    environ |= {"PYTHONPATH": root, LISTEN: "127.0.0.1:0", **slack}
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code, "serve", *arguments),
        cwd=folder,
        env=environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def variables(place: Office) -> dict[str, str]:
    return {BOT: place.tokens.bot, APP: place.tokens.app, API_URL: place.running.api_url}


async def line_with(child: asyncio.subprocess.Process, event: str) -> dict[str, Any]:
    """The log line with this event; they come as JSON where no terminal reads them."""
    assert child.stderr
    async with asyncio.timeout(20):
        async for line in child.stderr:
            found: dict[str, Any] = json.loads(line)
            if event in found["event"]:
                return found
    raise AssertionError(f"no line says {event!r}")


async def ended(child: asyncio.subprocess.Process) -> tuple[int, str, str]:
    async with asyncio.timeout(15):
        out, err = await child.communicate()
    assert child.returncode is not None
    return child.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: signal.Signals) -> None:
    async with office() as place, process(tmp_path, variables(place)) as child:
        assert (await line_with(child, "listening"))["port"] > 0
        assert (await line_with(child, "socket mode is connected"))["line"] == 1
        await line_with(child, "ready")
        child.send_signal(number)
        status, out, err = await ended(child)
        assert (status, out) == (0, "")
        assert json.loads(err.splitlines()[-1])["event"] == "stopped"
        assert place.running.courier.sockets.count == 0


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    async with office() as place, process(tmp_path, variables(place), HANGING) as child:
        await line_with(child, "ready")
        child.terminate()
        await line_with(child, "Stopping")
        await asyncio.sleep(0.3)
        began = time.monotonic()
        child.terminate()
        assert (await ended(child))[0] == 130
        assert time.monotonic() - began < 2


async def test_it_ends_in_good_order_where_slack_was_never_reached(tmp_path: Path) -> None:
    down = {BOT: "xoxb-1", APP: "xapp-1", API_URL: f"http://127.0.0.1:{free_port()}/api/"}
    async with process(tmp_path, down) as child:
        await line_with(child, "ready")
        child.terminate()
        status, _, err = await ended(child)
    assert status == 0
    assert "not closed in good order" not in err
    assert "Traceback" not in err


async def test_without_a_token_it_says_so_in_the_readers_language(tmp_path: Path) -> None:
    async with process(tmp_path, {}, PLAIN, "--lang", "ko") as child:
        await line_with(child, "Slack 토큰이 없습니다")
        await line_with(child, "ready")
        child.terminate()
        assert (await ended(child))[0] == 0


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({BOT: "xoxp-123-very-secret"}, "SLACK_BOT_TOKEN holds a person's token"),
        ({BOT: "xoxb-123-very-secret"}, "Slack does not know SLACK_BOT_TOKEN (invalid_auth)"),
        ({LISTEN: "192.0.2.1:1"}, "192.0.2.1 port 1 can't be listened on"),
    ],
)
async def test_what_a_person_can_mend_ends_it_with_status_2(
    tmp_path: Path, wrong: dict[str, str], says: str
) -> None:
    async with office() as place, process(tmp_path, {**variables(place), **wrong}) as child:
        status, out, err = await ended(child)
    assert (status, out) == (2, "")
    assert f"Error: {says}" in err
    assert "Traceback" not in err
    assert "very-secret" not in err
