"""What is found: by words and filters, page by page, in step with the record."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from storage import search
from storage.database import Database, Rows
from storage.migrations import MIGRATIONS
from storage.records import Origin
from storage.search import Wanted, words_of
from storage.store import Store
from tests.storage.examples import NOW, TTL, context, raw

PAIRS = (("seoul", "busan"), ("busan", "jeju"))


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(tmp_path / "record.db") as opened:
        yield opened


async def incident(store: Store, *lines: str, pair: tuple[str, str] = PAIRS[0]) -> str:
    """A closed incident whose one check printed these lines."""
    begun = await store.begin_check(context(*pair), Origin("mina"), "test", NOW, TTL)
    await store.add_observation(begun.check_id, raw(1, *lines))
    await store.finish_check(begun.check_id, NOW + 40)
    await store.close_incident(begun.incident_id, "mina", NOW + 60)
    return begun.incident_id


async def found(store: Store, text: str = "", **wanted: str) -> list[str]:
    page = await store.search.find(Wanted(text=text, **wanted))
    return [each.head.id for each in page.incidents]


@pytest.mark.parametrize(
    "asked",
    [
        "10.80.5.2",
        "TTL",
        "exceeded",
        "ttl exceeded from",
        "10.80.*",
        "exceed*",
        "차단",
        "방화벽이",
        "port=111",
        '"exceeded"',
        "exceeded; DROP TABLE",
        "busan",
        "mina",
    ],
)
async def test_words_of_hosts_and_of_the_timeline_are_found(store: Store, asked: str) -> None:
    await incident(store, "From 10.80.5.2: TTL exceeded.", "port=111", "방화벽이 차단했습니다.")
    if "DROP" in asked:
        assert await found(store, asked) == []
        asked = asked.partition(";")[0]
    assert await found(store, asked) == ["i1"]


@pytest.mark.parametrize(
    "asked",
    [
        "10.80.5",
        "0.80.5.2",
        "excee",
        "nothing",
        "e*",
        "10.80.5.2 nothing",
        "OR",
        "***",
        '"',
        "차림",
    ],
)
async def test_what_does_not_stand_there_is_not_found(store: Store, asked: str) -> None:
    await incident(store, "From 10.80.5.2: TTL exceeded.", "방화벽이 차단했습니다.")
    assert await found(store, asked) == []


async def test_all_words_must_stand_in_the_incident_but_not_in_one_line(store: Store) -> None:
    await incident(store, "alpha", "beta")
    await incident(store, "alpha")
    assert await found(store, "alpha beta") == ["i1"]
    assert await found(store, "alpha") == ["i2", "i1"]


async def test_secrets_are_struck_out_of_the_index_too(store: Store) -> None:
    await incident(store, "login with password=hunter2 done")
    assert await found(store, "login") == ["i1"]
    assert await found(store, "hunter2") == []


async def test_what_was_rolled_back_is_not_found(tmp_path: Path) -> None:
    """The index is written in the transaction that adds the event, and goes with it."""
    database = await Database.open(tmp_path / "record.db")
    store = Store(database)
    await incident(store, "alpha")

    def broken(rows: Rows) -> None:
        event = {"at": NOW, "incident_id": "i1", "kind": "note", "body": {"text": "phantom"}}
        rows.add("events", event)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - ours
        await database.write(broken)
    assert await found(store, "phantom") == []
    assert await found(store, "alpha") == ["i1"]
    await store.close()


async def test_what_an_older_record_holds_is_found_after_an_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    before = tuple(each for each in MIGRATIONS if each[0] < "0005")
    async with await Store.open(path, before) as older:
        assert await incident(older, "alpha beta") == "i1"
    async with await Store.open(path) as store:
        assert await found(store, "alpha beta mina") == ["i1"]
        await incident(store, "alpha")
        assert await found(store, "alpha") == ["i2", "i1"]


async def test_an_event_keeps_its_place_though_the_index_is_written(store: Store) -> None:
    begun = await store.begin_check(context(), Origin("mina"), "test", NOW, TTL)
    first = await store.add_event(begun.check_id, "note", {"text": "one"}, NOW)
    second = await store.add_event(begun.check_id, "note", {"text": "two"}, NOW)
    assert second == first + 1
    assert [event.seq for event in await store.follow(begun.check_id, first)] == [second]


async def test_pages_follow_each_other_while_new_incidents_come(store: Store) -> None:
    for _ in range(7):
        await incident(store, "alpha")
    first = await store.search.find(Wanted(text="alpha"), limit=3)
    await incident(store, "alpha")
    second = await store.search.find(Wanted(text="alpha"), first.rest, limit=3)
    third = await store.search.find(Wanted(text="alpha"), second.rest, limit=3)
    ids = [[each.head.id for each in page.incidents] for page in (first, second, third)]
    assert ids == [["i7", "i6", "i5"], ["i4", "i3", "i2"], ["i1"]]
    assert third.rest is None


async def test_a_long_search_stops_and_says_where_to_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(6):
        await incident(store, "alpha" if n % 2 else "beta", *(["rare"] if n == 0 else []))
    monkeypatch.setattr(search, "_MOST_LOOKS", 3)
    ids, before, pages = [], None, 0
    while True:
        page = await store.search.find(Wanted(text="beta rare"), before)
        ids += [each.head.id for each in page.incidents]
        pages += 1
        if page.rest is None:
            break
        assert before is None or page.rest < before
        before = page.rest
    assert ids == ["i1"]
    assert pages > 1


async def test_the_filters_offer_what_there_is(store: Store) -> None:
    await incident(store)
    await incident(store, pair=PAIRS[1])
    begun = await store.begin_check(context(), Origin("mina"), "test", NOW, TTL)
    verdict = {"outcome": "fault", "cause": "port-filtered", "confidence": "likely"}
    await store.save_verdict(begun.check_id, verdict, NOW)
    facets = await store.search.facets()
    assert facets.pairs == {"busan:jeju": 1, "seoul:busan": 2}
    assert facets.causes == {"port-filtered": 1}
    assert facets.states == {"closed": 2, "diagnosed": 1}


async def test_a_listed_incident_tells_its_newest_verdict(store: Store) -> None:
    begun = await store.begin_check(context(), Origin("mina"), "test", NOW, TTL)
    for outcome, confidence in (("inconclusive", None), ("fault", "likely")):
        verdict = {"outcome": outcome, "cause": "port-filtered", "confidence": confidence}
        await store.save_verdict(begun.check_id, verdict, NOW)
    (listed,) = (await store.search.find(Wanted())).incidents
    assert (listed.outcome, listed.confidence) == ("fault", "likely")
    assert (listed.checks, listed.running, listed.asked) == (1, True, True)


# --- held against the plainest search there is ---------------------------------------------------

WORDS = ("alpha", "beta", "gamma", "10.1.2.3", "차단")


@dataclass
class Plain:
    """What each incident holds, by its number."""

    held: dict[int, tuple[set[str], tuple[str, str]]] = field(default_factory=dict)

    def find(self, words: list[str], pair: tuple[str, str] | None) -> list[str]:
        fits = (n for n, (has, of) in self.held.items() if set(words) <= has and pair in (None, of))
        return [f"i{n}" for n in sorted(fits, reverse=True)]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sets(st.sampled_from(WORDS)), st.sampled_from(PAIRS)), max_size=12),
    st.lists(st.sampled_from(WORDS), max_size=3, unique=True),
    st.sampled_from([None, *PAIRS]),
    st.integers(1, 4),
)
def test_it_finds_what_a_plain_search_finds(
    record: list[tuple[set[str], tuple[str, str]]],
    words: list[str],
    pair: tuple[str, str] | None,
    limit: int,
) -> None:
    async def run() -> None:
        plain = Plain()
        with tempfile.TemporaryDirectory() as folder:
            async with await Store.open(Path(folder) / "record.db") as store:
                for number, (lines, of) in enumerate(record, 1):
                    await incident(store, *lines, pair=of)
                    plain.held[number] = (lines, of)
                wanted = Wanted(pair_id=":".join(pair) if pair else "", text=" ".join(words))
                ids: list[str] = []
                before: int | None = None
                while True:
                    page = await store.search.find(wanted, before, limit)
                    assert len(page.incidents) <= limit
                    ids += [each.head.id for each in page.incidents]
                    if (before := page.rest) is None:
                        break
        assert ids == plain.find(words, pair)

    asyncio.run(run())


@pytest.fixture(scope="module")
def one_record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wild") / "record.db"

    async def make() -> None:
        async with await Store.open(path) as store:
            await incident(store, "alpha beta", "차단")

    asyncio.run(make())
    return path


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.text(max_size=10), st.integers(-5, 1 << 62))
def test_whatever_is_asked_is_answered(one_record: Path, text: str, other: str, at: int) -> None:
    async def run() -> Any:
        async with await Store.open(one_record) as store:
            return await store.search.find(
                Wanted(text=text, state=other.encode("utf-8", "replace").decode()), at
            )

    asyncio.run(run())


def test_every_letter_can_be_asked_for(one_record: Path) -> None:
    """SQLite's tokenizer knows Unicode 6.1: what it takes apart would be a syntax error."""
    letters = [chr(n) for n in range(0x20, 0x11000) if not 0xD800 <= n < 0xE000]

    async def run() -> None:
        async with await Store.open(one_record) as store:
            for letter in letters:
                if words_of(f"a{letter}b") == [f"a{letter}b"]:
                    await store.search.find(Wanted(text=f"a{letter}b"))

    asyncio.run(run())


def test_a_question_is_bounded() -> None:
    assert len(words_of(" ".join(f"w{n}" for n in range(100)))) == search.MOST_WORDS
    (word,) = words_of("x" * 10_000)
    assert len(word) <= search.LONGEST_WORD + 1
