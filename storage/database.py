"""The file: opened, migrated, written by one thread, read by another. The only importer
of sqlite_utils.

Laws kept here: nothing is acknowledged before it is on disk (law 8; WAL, synchronous=FULL,
one group commit for all that waits), and no text is stored before secrets are struck out
of it (law 6: `Rows.add` and `Rows.change` are the only ways in). Why one thread owns the
connection and every transaction is BEGIN IMMEDIATE: facts/ssh-and-store.md, SQLite.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlite_utils import Database as SqliteUtils
from sqlite_utils import Migrations

from storage.errors import StoreError, explain
from storage.migrations import MIGRATIONS
from storage.redact import clean, harmless

T = TypeVar("T")
Json = Any  # what json.dumps takes: None, bool, int, float, str, and lists and dicts of them

_BUSY_SECONDS = 10.0  # how long another process may hold the write lock before it is an error
_GROUP = 64  # the most work that one commit carries: whoever comes next waits for all of it
_AWAITED, _USUAL, _CLOSING = range(3)  # the order in which work is taken
_SET = "replcheck"


class Rows:
    """One transaction's view of the tables: plain rows in, plain rows out.

    The statements are written here, on the bare connection: sqlite_utils asks the schema before
    each insert, which is most of what a row costs.
    """

    def __init__(self, db: SqliteUtils) -> None:
        self._sql = db.conn

    def add(self, table: str, row: Mapping[str, Json], *, replace: bool = False) -> int:
        """Insert a row, secrets struck out; lists and dicts become JSON. Returns its rowid."""
        cleaned = _clean_row(row)
        how = "INSERT OR REPLACE" if replace else "INSERT"
        names, values = ", ".join(cleaned), ", ".join(f":{name}" for name in cleaned)
        sql = f"{how} INTO {table} ({names}) VALUES ({values})"
        return self._sql.execute(sql, cleaned).lastrowid or 0

    def change(self, table: str, key: str, value: str | int, **changes: Json) -> None:
        """Set columns of the rows whose column `key` holds `value`."""
        row = _clean_row(changes)
        names = ", ".join(f"{name} = :{name}" for name in row)
        sql = f"UPDATE {table} SET {names} WHERE {key} = :the_key"  # noqa: S608 (our own names)
        self._sql.execute(sql, {**row, "the_key": value})

    def remove(self, table: str, key: str, value: str) -> None:
        """Delete the rows whose column `key` holds `value`."""
        self._sql.execute(f"DELETE FROM {table} WHERE {key} = ?", [value])  # noqa: S608

    def all(self, sql: str, *params: Json) -> list[dict[str, Json]]:
        """Every row of a SELECT."""
        found = self._sql.execute(sql, params)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def one(self, sql: str, *params: Json) -> dict[str, Json] | None:
        """The first row of a SELECT, if there is one."""
        return next(iter(self.all(sql, *params)), None)


def _clean_row(row: Mapping[str, Json]) -> dict[str, Json]:
    """What is stored of a row. Most rows show no sign of a secret anywhere: then nothing in them
    is taken apart."""
    stored = {name: _as_text(value) for name, value in row.items()}
    if harmless("\n".join(value for value in stored.values() if isinstance(value, str))):
        return stored
    return {name: _as_text(clean(value)) for name, value in row.items()}


def _as_text(value: Json) -> Json:
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    return json.dumps(value, ensure_ascii=False, default=dict)  # any mapping, however deep


@dataclass(slots=True)
class _Work:
    job: Callable[[Rows], Any]
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """In the loop of whoever handed it in; they may have stopped waiting."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


_Turn = tuple[int, int, _Work | None]
"""Its rank, its number, and the work; None where it is time to close."""


class Database:
    """One file, one writer thread, one reader thread. `open` it; `close` it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._work: queue.PriorityQueue[_Turn] = queue.PriorityQueue()
        self._numbers = itertools.count()  # among equals first come, first served
        self._closed = False
        self._writer: threading.Thread | None = None
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store-reader")
        self._reading: SqliteUtils | None = None

    @classmethod
    async def open(cls, path: Path, migrations: Sequence[tuple[str, str]] = MIGRATIONS) -> Database:
        """Open the file, make or migrate its schema. Raises StoreError."""
        self = cls(path)
        opened: Future[None] = Future()
        self._writer = threading.Thread(
            target=self._write_loop, args=(opened, migrations), name="store-writer", daemon=True
        )
        self._writer.start()
        try:
            await asyncio.shield(asyncio.wrap_future(opened))
        except BaseException:
            self._hand_in(None, _CLOSING)
            raise
        return self

    async def close(self) -> None:
        """Finish the work that was handed in, then close. Work handed in later is refused."""
        if self._closed:
            return
        self._closed = True
        self._hand_in(None, _CLOSING)
        if self._writer:
            await asyncio.to_thread(self._writer.join)
        await asyncio.get_running_loop().run_in_executor(self._reader, self._close_reader)
        self._reader.shutdown()

    async def write(self, job: Callable[[Rows], T], *, awaited: bool = False) -> T:
        """Run the job in the writer thread; returns once its commit is on disk. awaited: somebody
        waits for an acknowledgement, so it goes before what checks have handed in.

        A job that raises is rolled back alone. A caller who is cancelled while waiting does
        not take the job back: what was heard is kept.
        """
        self._refuse_if_closed()
        loop = asyncio.get_running_loop()
        work = _Work(job, loop, loop.create_future())
        self._hand_in(work, _AWAITED if awaited else _USUAL)
        result: T = await work.future
        return result

    async def read(self, job: Callable[[Rows], T]) -> T:
        """Run the job on a read-only connection in its own thread, in one snapshot."""
        self._refuse_if_closed()
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._read, job)

    def _hand_in(self, work: _Work | None, rank: int) -> None:
        self._work.put((rank, next(self._numbers), work))

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StoreError(f"{self.path} is closed already: open it again")

    # --- the reader thread ------------------------------------------------------------

    def _read(self, job: Callable[[Rows], T]) -> T:
        try:
            if self._reading is None:
                uri = f"{self.path.absolute().as_uri()}?mode=ro"
                self._reading = _wrap(sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS))
            with self._reading.atomic():
                return job(Rows(self._reading))
        except sqlite3.Error as error:
            raise explain(self.path, error) from error

    def _close_reader(self) -> None:
        if self._reading is not None:
            self._reading.close()

    # --- the writer thread ------------------------------------------------------------

    def _write_loop(self, opened: Future[None], migrations: Sequence[tuple[str, str]]) -> None:
        try:
            db = _open(self.path, migrations)
        except Exception as error:  # noqa: BLE001 (it is handed to whoever opens)
            opened.set_exception(error)
            return
        opened.set_result(None)
        try:
            while batch := self._next_batch():
                self._commit(db, batch)
        finally:
            db.close()

    def _next_batch(self) -> list[_Work]:
        """What waits now and is of one rank, at least one piece of work; empty when it is time to
        close."""
        rank, _, first = self._work.get()
        batch = [first] if first else []
        while batch and len(batch) < _GROUP and not self._work.empty():
            turn = self._work.get()
            if turn[0] != rank or turn[2] is None:
                self._work.put(turn)
                break
            batch.append(turn[2])
        return batch

    def _commit(self, db: SqliteUtils, batch: list[_Work]) -> None:
        """One transaction for the batch; nobody hears of it before it is on disk."""
        try:
            db.execute("BEGIN IMMEDIATE")
            for work in batch:
                _run(db, self.path, work)
            db.commit()
        except sqlite3.Error as error:
            db.rollback()
            for work in batch:
                work.error = explain(self.path, error)
        _tell(batch)


def _run(db: SqliteUtils, path: Path, work: _Work) -> None:
    """Run one job within its own savepoint: its failure is its own."""
    db.conn.execute("SAVEPOINT work")
    try:
        work.result = work.job(Rows(db))
    except Exception as error:
        if not db.conn.in_transaction:
            raise  # the whole transaction is gone (a full disk), and the others with it
        db.conn.execute("ROLLBACK TO work")
        work.error = explain(path, error) if isinstance(error, sqlite3.Error) else error
    db.conn.execute("RELEASE work")


def _tell(batch: list[_Work]) -> None:
    """Wake each loop once for all of its callers; a loop that is closed waits for nothing."""
    for loop in {work.loop for work in batch}:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell_all, [work for work in batch if work.loop is loop])


def _tell_all(works: list[_Work]) -> None:
    for work in works:
        work.tell()


def _wrap(connection: sqlite3.Connection) -> SqliteUtils:
    return SqliteUtils(connection, execute_plugins=False)


def _private(path: Path) -> None:
    """Make the file, its owner's alone: it holds what hosts printed and who asked. SQLite gives
    the -wal and -shm beside it the same rights; a file that exists keeps its own."""
    with suppress(OSError):  # it exists, or SQLite says what is wrong with the place
        path.touch(mode=0o600, exist_ok=False)


def _open(path: Path, migrations: Sequence[tuple[str, str]]) -> SqliteUtils:
    if not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} does not exist: create it, or choose --db")
    _private(path)
    try:
        db = _wrap(sqlite3.connect(path, timeout=_BUSY_SECONDS))
        try:
            _migrate(db, path, migrations)
        except BaseException:
            db.close()
            raise
    except sqlite3.Error as error:
        raise explain(path, error) from error
    return db


def _migrate(db: SqliteUtils, path: Path, migrations: Sequence[tuple[str, str]]) -> None:
    """Bring the schema up to date under the write lock: two processes may open at once."""
    _refuse_foreign(db, path, migrations)
    _switch_to_wal(db)
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    known = Migrations(_SET)
    for name, sql in migrations:
        known(name=name)(lambda db, sql=sql: db.executescript(sql))
    if not known.pending(db):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        done = len(known.applied(db))
        if done and known.pending(db):
            _back_up(path, done)
        known.apply(db)
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _refuse_foreign(db: SqliteUtils, path: Path, migrations: Sequence[tuple[str, str]]) -> None:
    """Leave alone what is another program's, or a later version's."""
    applied = {migration.name for migration in Migrations(_SET).applied(db)}
    if not applied and db.table_names():
        raise StoreError(f"{path} is another program's database: choose another --db")
    if newer := sorted(applied - {name for name, _ in migrations}):
        raise StoreError(
            f"{path} was written by a newer replcheck (its schema has {newer[-1]}): "
            "upgrade replcheck, or choose another --db"
        )


def _switch_to_wal(db: SqliteUtils) -> None:
    """SQLite does not wait for the lock that this switch needs, so we do."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            db.enable_wal()
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _back_up(path: Path, version: int) -> None:
    """Keep a copy of the older version beside the file. A connection of its own: SQLite's
    backup never ends on one that holds the write lock itself."""
    copy = path.with_name(f"{path.name}.bak-{version}")
    copy.unlink(missing_ok=True)
    _private(copy)
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
