"""Shared by the unit tests of the command line."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the example's inventory, its key and known_hosts."""
    shutil.copy(ROOT / "examples/sites.toml", tmp_path / "sites.toml")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/replcheck").write_text("key")
    (tmp_path / "known_hosts").write_text("hosts")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in ("REPLCHECK_CONFIG", "REPLCHECK_DB"):
        os.environ.pop(name, None)
    return tmp_path
