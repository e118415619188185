"""The workspace on loopback: Slack's Web API and Socket Mode, the people's API, and the page."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web

from bot.demo.workspace import responses
from bot.demo.workspace.api.door import Door
from bot.demo.workspace.api.files import posted_file, take_upload
from bot.demo.workspace.deliveries import Courier
from bot.demo.workspace.model import Json, SlackError
from bot.demo.workspace.person import Person
from bot.demo.workspace.person_api import PersonApi
from bot.demo.workspace.state import Workspace
from bot.demo.workspace.striking import struck

_PAGE = Path(__file__).parent / "page"
_LARGEST_BODY = 64 * 2**20
_SHUTDOWN_SECONDS = 0.1  # what hangs on purpose is not waited for


@dataclass(frozen=True, slots=True)
class Running:
    """A workspace that listens; `close` ends it and every connection."""

    workspace: Workspace
    courier: Courier
    url: str
    _runner: web.AppRunner

    @property
    def api_url(self) -> str:
        """The base address for an app's Web API client."""
        return f"{self.url}/api/"

    def person(self, user: str) -> Person:
        """One of the people, by id, for tests in this process."""
        return Person(self.courier, user)

    async def close(self) -> None:
        await self.workspace.close()
        self.courier.sockets.drop()
        await self._runner.cleanup()
        await self.courier.close()


async def start(workspace: Workspace, host: str = "127.0.0.1", port: int = 0) -> Running:
    """Opens the workspace; ValueError for an address that is not this machine's own loopback."""
    if not ip_address(host).is_loopback:
        raise ValueError(f"the workspace listens on loopback only, not on {host}")
    courier = Courier(workspace)
    runner = web.AppRunner(
        _application(workspace, courier), shutdown_timeout=_SHUTDOWN_SECONDS, access_log=None
    )
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    address = runner.addresses[0]
    shown = f"[{host}]" if ":" in host else host
    workspace.base_url = f"http://{shown}:{address[1]}"
    return Running(workspace, courier, workspace.base_url, runner)


def _application(workspace: Workspace, courier: Courier) -> web.Application:
    app = web.Application(client_max_size=_LARGEST_BODY)
    door = Door(workspace, courier)

    async def upload(request: web.Request) -> web.Response:
        return await _upload(workspace, request)

    async def download(request: web.Request) -> web.Response:
        return _download(workspace, request)

    async def respond(request: web.Request) -> web.Response:
        return await _respond(courier, request)

    app.add_routes(
        [
            web.get("/", _page),
            web.route("*", "/api/{method}", door.answer),
            web.get("/link/", courier.sockets.serve),
            web.post("/upload/{ticket}", upload),
            web.get("/files/{id}/{name}", download),
            web.post("/response/{id}", respond),
            *PersonApi(workspace, courier).routes(),
        ]
    )
    if _PAGE.is_dir():
        app.router.add_static("/page/", _PAGE)
    return app


async def _page(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(_PAGE / "index.html")


def _download(workspace: Workspace, request: web.Request) -> web.Response:
    file = workspace.files.get(request.match_info["id"])
    if file is None or file.content is None:
        raise web.HTTPNotFound
    return web.Response(body=file.content, content_type=file.mimetype)


async def _upload(workspace: Workspace, request: web.Request) -> web.Response:
    content = await posted_file(request)
    record = _recorded(workspace, "upload", {"bytes": len(content)})

    async def take() -> web.Response:
        return take_upload(workspace, request.match_info["ticket"], content)

    return await struck(workspace, request, record, take)


async def _respond(courier: Courier, request: web.Request) -> web.Response:
    """A response_url: `ok`, or the refusal's code as text."""
    body: Json = await request.json()
    record = _recorded(courier.workspace, "response_url", body)

    async def use() -> web.Response:
        try:
            responses.use(courier, request.match_info["id"], body)
        except SlackError as refusal:
            status = 404 if refusal.code in ("used_url", "expired_url") else 400
            return web.Response(text=refusal.code, status=status)
        return web.Response(text="ok")

    return await struck(courier.workspace, request, record, use)


def _recorded(workspace: Workspace, method: str, args: Json) -> Json:
    """A record in the log of calls, for what is called by address and not by name."""
    record = {"method": method, "at": workspace.clock.now(), "args": args}
    workspace.calls.append(record)
    return record
