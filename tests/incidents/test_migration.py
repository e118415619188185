"""A record from before job events: its incidents live on in the six states."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from storage.migrations import MIGRATIONS
from storage.store import Store
from tests.incidents.record import Desk

OLD = [
    # id, state, closed, cause, acknowledged, closed_by → state, closed_how
    ("i1", "open", None, None, None, None, "open", None),
    ("i2", "diagnosed", None, "path-mtu", None, None, "diagnosed", None),
    ("i3", "diagnosed", None, "path-mtu", 5.0, None, "acknowledged", None),
    ("i4", "closed", 9.0, None, None, None, "closed", "check"),
    ("i5", "closed", 9.0, "path-mtu", 5.0, "U01ALICE", "closed", "person"),
]


async def test_incidents_of_an_older_record_live_on(tmp_path: Path) -> None:
    path = tmp_path / "replcheck.db"
    before = tuple(one for one in MIGRATIONS if one[0] < "0004")
    async with await Store.open(path, before):
        pass
    _write_old(path)
    async with await Store.open(path) as store:
        heads = await store.list_incidents()
        assert [(one["id"], one["state"]) for one in heads] == [(o[0], o[6]) for o in OLD]
        assert [one["cause"] for one in heads] == [one[3] for one in OLD]
        assert heads[1]["checks"] == ["c1"]
        await Desk(store).succeed("k1", 0)
        assert {one["state"] for one in await store.list_incidents()} == {"closed"}
    with closing(sqlite3.connect(path)) as record:
        hows = [how for (how,) in record.execute("SELECT closed_how FROM incidents ORDER BY id")]
        assert hows[3:] == [one[7] for one in OLD[3:]]
        assert record.execute("PRAGMA foreign_key_check").fetchall() == []
    assert (tmp_path / "replcheck.db.bak-3").exists()


def _write_old(path: Path) -> None:
    columns = "id, state, closed, cause, acknowledged, closed_by"
    with closing(sqlite3.connect(path)) as record:
        for number, old in enumerate(OLD, 1):
            record.execute(
                f"INSERT INTO incidents (number, pair_id, near, far, asked, opened, {columns})"
                " VALUES (?, 'seoul:busan', 'seoul', 'busan', 1, 1.0, ?, ?, ?, ?, ?, ?)",
                (number, *old[:6]),
            )
        record.execute(
            "INSERT INTO checks (number, id, incident_id, pair_id, asked_by, state, started,"
            " context) VALUES (1, 'c1', 'i2', 'seoul:busan', 'alice', 'finished', 1.0, '{}')"
        )
        record.commit()
