"""The routes: what they answer to whom, and that nothing of another incident gets through."""

from __future__ import annotations

import json
import re
import time
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import pytest_asyncio

from bot.pages.access import Keys, PagesAccess
from bot.words import LANGUAGES
from storage.database import Database, Rows
from storage.errors import StoreError
from storage.store import Store
from tests.golden import incidents
from tests.pages import hostile
from tests.pages.office import Office, begun, heard, judged, office, pages, recorded

pytestmark = pytest.mark.asyncio(loop_scope="session")

SECRET = "a secret key of some length"
TOKEN = "a token that opens everything"
ACCESS = PagesAccess(SECRET, TOKEN, "https://replcheck.example")
NOW = 1_795_000_000.0
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OF_ONE = ("", ".md", ".json", "/live", "/picture/c1.svg", "/raw/c1/o1")


class Page(HTMLParser):
    """What a page consists of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str, attribute: str) -> list[str]:
        return [a[attribute] or "" for name, a in self.tags if name == tag and attribute in a]

    @property
    def addresses(self) -> list[str]:
        live = [a["data-live"] or "" for _, a in self.tags if "data-live" in a]
        return [*self.all("a", "href"), *self.all("img", "src"), *live]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with office(tmp_path_factory.mktemp("open"), "account", "healthy") as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def closed_office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """Access is configured: a key and a token are needed."""
    folder = tmp_path_factory.mktemp("closed")
    async with office(folder, "account", "payload-drop", access=ACCESS) as opened:
        yield opened


def key(incident: str) -> str:
    return Keys(SECRET).signed_link("", incident, time.time()).partition("?")[2]


# --- what there is ------------------------------------------------------------------------------


async def test_the_list_shows_every_incident_and_leads_to_it(open_office: Office) -> None:
    page = Page(await open_office.text("/incidents"))
    assert [a for a in page.addresses if re.fullmatch("/incidents/i\\d+", a)] == [
        "/incidents/i2",
        "/incidents/i1",
    ]


async def test_a_slash_too_much_does_no_harm(open_office: Office) -> None:
    assert Page(await open_office.text("/incidents/")).all("table", "class") == ["incidents"]


async def test_a_question_in_the_address_filters_the_list(open_office: Office) -> None:
    page = Page(await open_office.text("/incidents?q=10.80.5.2&cause=source-quarantined"))
    assert "/incidents/i1" in page.addresses
    assert "/incidents/i2" not in page.addresses
    assert "10.80.5.2" in page.all("input", "value")


@pytest.mark.filterwarnings("error::bot.words.UnsaidWarning")
@pytest.mark.parametrize("name", incidents.names())
async def test_every_recorded_incident_has_a_page(tmp_path: Path, name: str) -> None:
    """In both languages, and no word is missing in the catalogs (that would be a warning)."""
    cited = {o for by in incidents.expected(name)["supported_by"].values() for o in by}
    async with office(tmp_path, name) as opened:
        for lang in LANGUAGES:
            page = Page(await opened.text(f"/incidents/i1?lang={lang}"))
            assert page.all("html", "lang") == [lang]
            assert cited <= set(page.all("details", "id"))


async def test_the_summary_comes_first_and_everything_else_after_it(open_office: Office) -> None:
    page = Page(await open_office.text("/incidents/i1"))
    ids = [a["id"] for tag, a in page.tags if tag in ("h2", "h3") and "id" in a]
    assert ids == ["summary", "path", "why", "ruled-out", "timeline", "evidence"]


async def test_cited_lines_are_marked_with_more_than_a_colour(open_office: Office) -> None:
    text = await open_office.text("/incidents/i1")
    item = text.split('id="o59"')[1].split("</details>")[0]
    marked = re.findall(r'<li value="(\d+)" class="cited">(.*?)</li>', item)
    assert marked
    assert all("▸" in line and "Cited line" in line for _, line in marked)
    document = json.loads(await open_office.text("/incidents/i1.json"))["checks"][0]["verdict"]
    known = next(e for e in document["evidence"] if e["id"] == "o59")
    assert [int(number) for number, _ in marked] == known["lines"]


async def test_every_raw_line_of_every_command_stands_there(open_office: Office) -> None:
    page = Page(await open_office.text("/incidents/i1"))
    for observation in incidents.load("account").observations:
        for line in observation.transcript.lines:
            assert line.text.replace("\t", " ").strip() in page.words


async def test_the_timeline_is_in_the_order_of_true_times(open_office: Office) -> None:
    text = await open_office.text("/incidents/i1")
    part = text.split('<ol class="timeline">')[1].split("</section>")[0]
    at = re.findall(r'datetime="([^"]+)"', part)
    tops = [t for t in at if t]
    assert len(tops) > 50
    folded = re.sub(r"(?s)<summary>.*?</summary>", "", part)
    times = re.findall(r'datetime="([^"]+)"', folded)
    assert times == sorted(times)


async def test_a_person_is_named_for_what_they_did(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "a.db") as store:
        began = await recorded(store, "account", by="mina.kim")
        async with pages(store) as opened:
            words = Page(await opened.text(f"/incidents/{began.incident_id}")).words
    assert "mina.kim asked for a check." in words
    assert "mina.kim closed the incident." in words


async def test_earlier_verdicts_and_other_checks_stay_to_be_read(tmp_path: Path) -> None:
    evidence = incidents.load("account")
    async with await Store.open(tmp_path / "a.db") as store:
        first = await begun(store, evidence)
        await store.finish_check(first.check_id, evidence.context.started + 1)
        second = await begun(store, evidence)
        await heard(store, second.check_id, evidence)
        await store.save_verdict(second.check_id, {"outcome": "inconclusive"}, NOW)
        await judged(store, second, evidence)
        await store.finish_check(second.check_id, evidence.context.started + 36)
        async with pages(store) as opened:
            text = await opened.text("/incidents/i1")
            before = text.split('id="earlier"')[-1]
            assert "Verdict: INCONCLUSIVE" in before
            assert "/incidents/i1?check=c1" in before
            assert 'class="badge badge-fault"' in text
            other = await opened.text("/incidents/i1?check=c1")
            assert 'class="badge' not in other


async def test_an_incident_that_has_heard_nothing_yet_has_a_page(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "a.db") as store:
        await begun(store, incidents.load("account"))
        async with pages(store) as opened:
            page = Page(await opened.text("/incidents/i1"))
            assert "/incidents/i1/live" in str(page.addresses)
            await opened.text("/incidents/i1.md")
            await opened.text("/incidents/i1/picture/c1.svg", status=404)


async def test_the_exports_are_the_command_lines(open_office: Office) -> None:
    record = json.loads(await open_office.text("/incidents/i1.json"))
    assert record == json.loads(json.dumps(await open_office.store.incident("i1")))
    text = await open_office.text("/incidents/i1.md?lang=ko")
    assert text.startswith("# 장애 i1")
    assert "복제 프로토콜의 첫 메시지" in text


async def test_raw_output_is_plain_text(open_office: Office) -> None:
    async with open_office.client.get("/incidents/i1/raw/c1/o59") as answer:
        assert answer.content_type == "text/plain"
        said = (await answer.text()).splitlines()
    (known,) = [o for o in incidents.load("account").observations if o.id == "o59"]
    assert said == [line.text for line in known.transcript.lines]


@pytest.mark.parametrize(
    ("accept", "lang"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("ko;q=0.1, en;q=0.2", "en"),
        ("fr, de;q=0.5", "en"),
        ("ko;q=0", "en"),
        ("*;q=x,;;,ko", "ko"),
    ],
)
async def test_the_language_is_the_readers(open_office: Office, accept: str, lang: str) -> None:
    for path in ("/incidents", "/incidents/i1", "/incidents/nowhere"):
        async with open_office.client.get(path, headers={"Accept-Language": accept}) as answer:
            assert Page(await answer.text()).all("html", "lang") == [lang]


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/incidents/i0",
        "/incidents/i01",
        "/incidents/i99",
        "/incidents/I1",
        "/incidents/i1/",
        "/incidents/i1.pdf",
        "/incidents/..%2f..%2fetc%2fpasswd",
        "/incidents/i1%00",
        "/incidents/i" + "9" * 5000,
        "/incidents/i١",
        "/incidents/i1?check=c2",
        "/incidents/i1?check=' OR 1",
        "/incidents/i1/raw/c2/o1",
        "/incidents/i1/raw/c1/o999",
        "/incidents/i1/picture/c2.svg",
        "/incidents/assets/nothing.css",
        "/incidents/assets/..%2f__init__.py",
        "/incidents/assets/%2e%2e/templates/base.html",
    ],
)
async def test_what_is_not_there_is_a_page_that_says_so(open_office: Office, path: str) -> None:
    text = await open_office.text(path, status=404)
    assert "There is no such page" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/incidents", "/incidents/i1", "/incidents/i1/live"])
async def test_pages_are_only_for_reading(open_office: Office, method: str, path: str) -> None:
    async with open_office.client.request(method, path) as answer:
        assert answer.status == 405
        assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/incidents", "/incidents/i1", "/incidents/nowhere"])
async def test_every_answer_is_strict(open_office: Office, path: str) -> None:
    async with open_office.client.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        page = Page(await answer.text())
    assert all(a.get("src") for tag, a in page.tags if tag == "script"), "no script in the page"
    assert not [a for _, a in page.tags if "style" in a or any(n.startswith("on") for n in a)]
    assert not page.all("style", "type")
    mine = [*page.all("script", "src"), *page.all("link", "href"), *page.all("img", "src")]
    assert all(address.startswith("/incidents") for address in mine)


async def test_a_record_that_cannot_be_read_is_said_without_its_path(
    open_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise StoreError("/var/lib/replcheck.db: the disk is full")

    monkeypatch.setattr(open_office.store.search, "find", broken)
    text = await open_office.text("/incidents", status=503)
    assert "replcheck.db" not in text


async def test_a_mistake_of_ours_shows_no_traceback(
    open_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise KeyError("inner workings")

    monkeypatch.setattr(open_office.store.pages, "account", broken)
    text = await open_office.text("/incidents/i1", status=500)
    assert "inner workings" not in text


# --- by whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/incidents", *(f"/incidents/i1{more}" for more in OF_ONE)])
async def test_without_a_key_nothing_is_told(closed_office: Office, path: str) -> None:
    text = await closed_office.text(path, status=401)
    assert "seoul" not in text.lower()
    assert await closed_office.status(path.replace("i1", "i99")) in (401, 404)


async def test_whether_an_incident_exists_is_not_told_either(closed_office: Office) -> None:
    there = await closed_office.text("/incidents/i1", status=401)
    nowhere = await closed_office.text("/incidents/i99", status=401)
    assert there.replace("i1", "") == nowhere.replace("i99", "")


@pytest.mark.parametrize("path", ["/incidents", *(f"/incidents/i1{more}" for more in OF_ONE)])
async def test_the_token_opens_all(closed_office: Office, path: str) -> None:
    assert await closed_office.status(path, BEARER) == 200


@pytest.mark.parametrize("more", OF_ONE)
async def test_a_link_opens_its_incident_with_all_that_belongs_to_it(
    closed_office: Office, more: str
) -> None:
    assert await closed_office.status(f"/incidents/i1{more}?{key('i1')}") == 200
    own = more.replace("c1", "c2")
    assert await closed_office.status(f"/incidents/i2{own}?{key('i1')}") == 403
    assert await closed_office.status(f"/incidents?{key('i1')}") == 403


@pytest.mark.parametrize("path", ["/incidents/i1/picture/c2.svg", "/incidents/i1/raw/c2/o1",
                                  "/incidents/i1?check=c2"])  # fmt: skip
async def test_a_link_brings_nothing_of_another_incident(closed_office: Office, path: str) -> None:
    sign = "&" if "?" in path else "?"
    assert await closed_office.status(f"{path}{sign}{key('i1')}") == 404


async def test_every_address_on_a_linked_page_opens_and_stays_within_it(
    closed_office: Office,
) -> None:
    path = f"/incidents/i2?{key('i2')}"
    page = Page(await closed_office.text(path))
    addresses = [a for a in page.addresses if not a.startswith("#")]
    assert len(addresses) > 50
    for address in dict.fromkeys(addresses):
        assert "i1" not in address.partition("?")[0]
        assert await closed_office.status(urljoin(path, address)) == 200, address
    assert "i1" not in re.findall(r"\bi\d+\b", page.words)


# --- what hosts and people say ------------------------------------------------------------------


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def hostile_office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with await Store.open(tmp_path_factory.mktemp("hostile") / "a.db") as store:
        began = await recorded(store, "", by=hostile.PERSON, evidence=hostile.evidence())
        for text in hostile.HOSTILE:
            await store.add_event(began.check_id, f"kind {text}"[:60], {"text": text}, NOW)
        async with pages(store) as opened:
            yield opened


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_what_hosts_and_people_say_is_only_text(hostile_office: Office, lang: str) -> None:
    page = Page(await hostile_office.text(f"/incidents/i1?lang={lang}"))
    assert [a.get("src") for tag, a in page.tags if tag == "script"] == page.all("script", "src")
    assert len(page.all("script", "src")) == 1
    assert len(page.all("img", "src")) == 1
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]
    assert len([tag for tag, _ in page.tags if tag == "h1"]) == 1
    assert not [a for a in page.addresses if a.startswith("javascript")]
    assert hostile.SCRIPT in page.words, "it is shown as it was printed"
    assert "\\x1b[31mred" in page.words
    assert "\x1b" not in page.words
    assert "\u202e" not in page.words


async def test_the_picture_and_the_list_hold_no_script_either(hostile_office: Office) -> None:
    drawn = await hostile_office.text("/incidents/i1/picture/c1.svg")
    assert "<script" not in drawn
    page = Page(await hostile_office.text("/incidents?q=%3Cscript%3E%22%3E"))
    assert len(page.all("script", "src")) == 1
    assert '<script>">' in page.all("input", "value")


async def test_events_of_another_form_are_told_plainly(tmp_path: Path) -> None:
    """Of an older replcheck, or of a newer one that shares the record."""
    kinds = ("trigger", "verdict", "plan-started", "job-event", "recovering", "observed")
    async with await Store.open(tmp_path / "a.db") as store:
        began = await begun(store, incidents.load("account"))
        for kind in kinds:
            await store.add_event(began.check_id, kind, {"said": f"odd {kind}"}, NOW)
            await store.add_event(began.check_id, kind, {"what": 7, "outcome": None}, NOW)
        async with pages(store) as opened:
            words = Page(await opened.text("/incidents/i1")).words
    assert "odd trigger" in words


async def test_a_damaged_record_is_a_page_too(tmp_path: Path) -> None:
    """A verdict of an older form, an observation that nobody can read any more."""
    async with office(tmp_path, "account") as opened:
        database: Database = opened.store._database

        def damage(rows: Rows) -> None:
            rows.change("observations", "id", "o59", raw={"nothing": "useful"})

        await database.write(damage)
        text = await opened.text("/incidents/i1", status=500)
        assert "Traceback" not in text
        assert await opened.status("/incidents") == 200
