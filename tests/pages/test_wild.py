"""Whatever is asked, over every route: an answer, never a 500, never a traceback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.pages.access import PagesAccess
from tests.pages.office import Office, office

pytestmark = pytest.mark.asyncio(loop_scope="session")

TIMES = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PARAMETERS = ("q", "state", "pair", "cause", "before", "lang", "key", "check", "after")
BELOW = ("", ".md", ".json", "/live", "/picture/c1.svg", "/raw/c1/o1", "/assets/x", "/nothing")
ODD = st.sampled_from(
    ["i1", "../", "..%2f", "\0", "i1\0", "i" + "9" * 400, "%", "%%", "%ff", "i1;", "i1?", "#", "//"]
)
SEGMENT = st.one_of(ODD, st.text(max_size=30))
WILD = st.text(st.characters(exclude_categories=[]), max_size=60)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with office(tmp_path_factory.mktemp("wild"), "account") as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shut(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    access = PagesAccess("a secret key of some length", "a token that opens everything")
    async with office(tmp_path_factory.mktemp("shut"), "account", access=access) as opened:
        yield opened


async def raw(at: Office, request: bytes) -> bytes:
    """What is answered to these bytes, up to the connection's end."""
    port = at.client.server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read(1 << 20)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def asked(path: str, query: dict[str, str], headers: dict[str, str]) -> bytes:
    """A request as bytes; what can't stand in a line is percent-encoded."""
    pairs = "&".join(
        f"{quote(n)}={quote(v.encode('utf-8', 'surrogatepass'))}" for n, v in query.items()
    )
    lines = [f"GET {path}?{pairs} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "replace")


def sound(answer: bytes, allowed: tuple[int, ...]) -> None:
    if not answer:  # refused by closing the connection
        return
    status = int(answer.split(b" ", 2)[1])
    assert status in allowed, answer[:300]
    assert b"Traceback" not in answer


@TIMES
@given(st.lists(SEGMENT, max_size=4), st.sampled_from(BELOW),
       st.dictionaries(st.sampled_from(PARAMETERS), WILD, max_size=4))  # fmt: skip
async def test_any_path_with_any_parameters(
    here: Office, segments: list[str], below: str, query: dict[str, str]
) -> None:
    path = "/incidents" + "".join(f"/{quote(s, safe='%')}" for s in segments) + below
    sound(await raw(here, asked(path, query, {})), (200, 400, 404))


@TIMES
@given(st.sampled_from(["/incidents", *(f"/incidents/i1{b}" for b in BELOW)]),
       st.dictionaries(st.sampled_from(PARAMETERS), WILD, max_size=5))  # fmt: skip
async def test_every_route_with_any_parameters(
    here: Office, path: str, query: dict[str, str]
) -> None:
    sound(await raw(here, asked(path, query, {})), (200, 404))


VALUE = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["Authorization", "Accept-Language", "X-Forwarded-For", "Forwarded", "Last-Event-ID",
         "Cookie", "Range", "If-None-Match", "X-Real-IP", "Via", "Accept", "Content-Length"]
    ),
    VALUE,
)  # fmt: skip


@TIMES
@given(st.sampled_from(["/incidents", *(f"/incidents/i1{b}" for b in BELOW)]), HEADERS)
async def test_every_route_with_any_headers(
    here: Office, path: str, headers: dict[str, str]
) -> None:
    sound(await raw(here, asked(path, {}, headers)), (200, 400, 401, 404))


@TIMES
@given(st.binary(max_size=200))
async def test_any_bytes(here: Office, request: bytes) -> None:
    begun = (
        b"GET /incidents/" + request + b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    sound(await raw(here, begun), (200, 400, 404))


@TIMES
@given(st.sampled_from(["/incidents", *(f"/incidents/i1{b}" for b in BELOW[:6])]), HEADERS,
       st.dictionaries(st.sampled_from(PARAMETERS), WILD, max_size=5))  # fmt: skip
async def test_nothing_opens_what_is_shut(
    shut: Office, path: str, headers: dict[str, str], query: dict[str, str]
) -> None:
    answer = await raw(shut, asked(path, query, headers))
    sound(answer, (400, 401, 403))
    assert b"seoul" not in answer.lower()
