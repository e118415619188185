"""The file itself: its errors with their mends, its migrations, and SQLite's traps."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

import storage
from storage.database import Database, Rows
from storage.errors import StoreError
from storage.migrations import MIGRATIONS
from storage.store import Origin, Store
from tests.storage.examples import NOW, TTL, context, raw

ROOT = Path(__file__).parents[2]
EVENT = {"at": NOW, "incident_id": "i1", "kind": "x", "body": {}}


async def _with_incident(path: Path) -> Store:
    store = await Store.open(path)
    await store.begin_check(context(), Origin("alice"), "host:1", NOW, TTL)
    return store


def _events(rows: Rows) -> int:
    return len(rows.all("SELECT 1 FROM events"))


# --- what can be wrong with the file --------------------------------------------------


async def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the folder .*none does not exist: create it"):
        await Store.open(tmp_path / "none" / "replcheck.db")


async def test_a_folder_in_the_files_place(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="see that it is a file"):
        await Store.open(tmp_path)


async def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes, not a database\n" * 100)
    with pytest.raises(StoreError, match="no SQLite database: choose another --db"):
        await Store.open(path)
    assert path.read_text().startswith("my notes")


async def test_another_programs_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (a)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program's database"):
        await Store.open(path)
    assert path.read_bytes() == before


async def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    newer = (*MIGRATIONS, ("9999-future", "CREATE TABLE future (a TEXT) STRICT;"))
    await (await Store.open(path, newer)).close()
    with pytest.raises(StoreError, match=r"newer replcheck.*9999-future.*upgrade"):
        await Store.open(path)


def test_a_file_that_this_user_may_not_write(tmp_path: Path) -> None:
    """In a process of its own without root's rights: root may write anything."""
    path = tmp_path / "replcheck.db"
    asyncio.run(_make(path))
    path.chmod(0o444)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    code = (
        "import asyncio, os, sys; from pathlib import Path; from storage.store import *\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: asyncio.run(Store.open(Path(sys.argv[1])))\n"
        "except StoreError as error: print(error)"
    )
    command = [sys.executable, "-c", code, str(path)]
    ran = subprocess.run(  # noqa: PLW1510 (what it prints is what counts)
        command, cwd=ROOT, capture_output=True, text=True, timeout=30
    )
    assert "give write access to the file and its folder" in ran.stdout, ran.stderr


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def _make(path: Path) -> None:
    await (await Store.open(path)).close()


async def test_a_full_disk_is_said_and_what_was_acknowledged_is_there(tmp_path: Path) -> None:
    store = await _with_incident(tmp_path / "replcheck.db")
    await store.add_observation("c1", raw(1, "acknowledged"))

    def limit(rows: Rows) -> None:
        (pages,) = rows.all("PRAGMA page_count")
        rows.all(f"PRAGMA max_page_count = {pages['page_count']}")

    await store._database.write(limit)
    with pytest.raises(StoreError, match="the disk is full: make room"):
        await store.add_observation("c1", raw(2, "x" * 1_000_000))
    await store.close()
    async with await Store.open(tmp_path / "replcheck.db") as again:
        record = await again.incident("i1")
    assert [o["id"] for o in record["checks"][0]["observations"]] == ["o1"]


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = await _with_incident(tmp_path / "replcheck.db")
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed already"):
        await store.interrupt_orphans(NOW)
    with pytest.raises(StoreError, match="closed already"):
        await store.list_incidents()


@pytest.mark.parametrize("name", ["with space.db", "100%?#.db", "한글.db"])
async def test_any_name_of_a_file_works(tmp_path: Path, name: str) -> None:
    async with await _with_incident(tmp_path / name) as store:
        assert len(await store.list_incidents()) == 1
    assert (tmp_path / name).exists()


# --- migrations -----------------------------------------------------------------------


async def _old_file(path: Path) -> None:
    """A file of the first version, with one event in it."""
    database = await Database.open(path, MIGRATIONS[:1])

    def fill(rows: Rows) -> None:
        incident = {"number": 1, "id": "i1", "pair_id": "a:b", "near": "a", "far": "b"}
        rows.add("incidents", {**incident, "asked": 1, "state": "open", "opened": NOW})
        rows.add("events", EVENT)

    await database.write(fill)
    await database.close()


async def test_an_older_file_is_migrated_and_a_copy_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    await _old_file(path)
    async with await Store.open(path) as store:
        assert (await store.list_incidents())[0]["id"] == "i1"
        begun = await store.begin_check(context("a", "b"), Origin("alice"), "host:1", NOW, TTL)
        assert begun.incident_id == "i1"
    copy = tmp_path / "replcheck.db.bak-1"
    with sqlite3.connect(copy) as kept:
        names = {name for (name,) in kept.execute("SELECT name FROM sqlite_schema")}
        assert "leases" not in names
        assert kept.execute("SELECT count(*) FROM events").fetchone() == (1,)
        assert kept.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_new_file_and_a_current_one_leave_no_copy(tmp_path: Path) -> None:
    for _ in range(2):
        await _make(tmp_path / "replcheck.db")
    assert _names(tmp_path) == {"replcheck.db"}


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_a_new_record_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)  # the usual one: others may read what is made
    try:
        async with await Store.open(tmp_path / "replcheck.db"):
            modes = _modes(tmp_path)
    finally:
        os.umask(before)
    assert modes == {f"replcheck.db{beside}": 0o600 for beside in ("", "-wal", "-shm")}


async def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    await _old_file(path)
    broken = (*MIGRATIONS, ("0003-broken", "CREATE TABLE half (a TEXT); NONSENSE;"))
    with pytest.raises(StoreError, match="syntax error"):
        await Store.open(path, broken)
    with sqlite3.connect(path) as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_schema")}
    assert not {"half", "leases"} & names
    async with await Store.open(path) as store:
        assert len(await store.list_incidents()) == 1


async def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    stores = await asyncio.gather(*(Store.open(path) for _ in range(6)))
    for store in stores:
        await store.close()
    with sqlite3.connect(path) as file:
        applied = file.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()
    assert applied == (len(MIGRATIONS),)


# --- the traps of facts/ssh-and-store.md ----------------------------------------------


async def test_durability_is_full_and_foreign_keys_hold(tmp_path: Path) -> None:
    async with await _with_incident(tmp_path / "replcheck.db") as store:

        def pragmas(rows: Rows) -> list[object]:
            names = ("synchronous", "foreign_keys", "journal_mode")
            return [next(iter(rows.all(f"PRAGMA {name}")[0].values())) for name in names]

        assert await store._database.write(pragmas) == [2, 1, "wal"]
        with pytest.raises(StoreError, match="FOREIGN KEY"):
            await store._database.write(
                lambda rows: rows.add("events", {**EVENT, "incident_id": "i99"})
            )


async def test_events_can_be_neither_changed_nor_deleted(tmp_path: Path) -> None:
    async with await _with_incident(tmp_path / "replcheck.db") as store:
        with pytest.raises(StoreError, match="append-only"):
            await store._database.write(
                lambda rows: rows.change("events", "kind", "asked", kind="forged")
            )
        with pytest.raises(StoreError, match="append-only"):
            await store._database.write(lambda rows: rows.remove("events", "kind", "asked"))


async def test_a_job_that_fails_is_rolled_back_alone(tmp_path: Path) -> None:
    def half(rows: Rows) -> None:
        rows.add("events", {**EVENT, "kind": "half"})
        raise ValueError("in the middle")

    async with await _with_incident(tmp_path / "replcheck.db") as store:
        before = await store._database.read(_events)
        good = [store.add_event("c1", "whole", {}, NOW) for _ in range(20)]
        results = await asyncio.gather(
            *good[:10], store._database.write(half), *good[10:], return_exceptions=True
        )
        assert [type(r) for r in results].count(ValueError) == 1
        kinds = [event.kind for event in await store.follow("c1")]
        assert await store._database.read(_events) == before + 20
        assert "half" not in kinds


async def test_work_that_waits_shares_a_commit(tmp_path: Path) -> None:
    """200 events handed in at once cost a few commits, not 200."""
    async with await _with_incident(tmp_path / "replcheck.db") as store:
        begins: list[str] = []

        def trace(rows: Rows) -> None:
            rows._sql.set_trace_callback(
                lambda sql: begins.append(sql) if sql == "BEGIN IMMEDIATE" else None
            )

        await store._database.write(trace)
        await asyncio.gather(*(store.add_event("c1", "x", {}, NOW) for _ in range(200)))
        assert 1 <= len(begins) <= 20


async def test_a_caller_who_gives_up_does_not_take_the_work_back(tmp_path: Path) -> None:
    async with await _with_incident(tmp_path / "replcheck.db") as store:
        task = asyncio.create_task(store.add_event("c1", "heard", {}, NOW))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.add_event("c1", "later", {}, NOW)
        assert [e.kind for e in await store.follow("c1")] == ["asked", "heard", "later"]


async def test_a_read_never_waits_for_a_writer_and_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    async with await _with_incident(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            async with asyncio.timeout(2):
                assert len(await store.list_incidents()) == 1
        finally:
            other.close()
        with pytest.raises(StoreError, match="readonly"):
            await store._database.read(lambda rows: rows.add("events", EVENT))


async def test_a_lock_held_by_another_process_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    async with await _with_incident(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        write = asyncio.create_task(store.add_event("c1", "patient", {}, NOW))
        done, _ = await asyncio.wait({write}, timeout=0.3)
        assert not done
        other.execute("ROLLBACK")
        other.close()
        await asyncio.wait_for(write, 5)


def test_sqlite_utils_is_imported_by_one_file() -> None:
    importers = {
        path.name
        for path in Path(storage.__path__[0]).glob("*.py")
        if "import sqlite_utils" in (text := path.read_text()) or "from sqlite_utils" in text
    }
    assert importers == {"database.py"}
