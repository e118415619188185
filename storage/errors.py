"""What can go wrong with the record, said with its mend."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreError(Exception):
    """The record can't be read or written; the message says what to do about it."""


_MENDS = {
    "not a database": "it is no SQLite database: choose another --db, or move the file away",
    "malformed": "the file is damaged: restore it from a copy",
    "readonly": "this user may not write it: give write access to the file and its folder",
    "unable to open": "it can't be opened: see that it is a file, and that this user may write"
    " it and its folder",
    "disk is full": "the disk is full: make room; nothing that was acknowledged is lost",
    "locked": "another process holds it: see which one, and try again",
}


def explain(path: Path, error: sqlite3.Error) -> StoreError:
    """SQLite's own words, and what to do about them."""
    said = str(error)
    mend = next((words for sign, words in _MENDS.items() if sign in said), "SQLite refused")
    return StoreError(f"{path}: {mend} ({said})")
