"""Shared by all tests: a message without words fails the test that meets it."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "error::bot.words.UnsaidWarning")
