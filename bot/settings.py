"""Where the inventory and the record are, and which language to speak."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click
from dotenv import load_dotenv

from bot.words import LANGUAGES

P = ParamSpec("P")
R = TypeVar("R")
_NAMES = ("config", "db", "lang")


@dataclass(frozen=True, slots=True)
class Settings:
    config: Path
    db: Path
    lang: str


def options(command: Callable[..., R]) -> Callable[..., R]:
    """--config, --db and --lang, on a command and before it. Said twice, the later one wins;
    not said, the environment or `.env` decides, and then the contract's defaults."""

    @wraps(command)
    def remember(*args: Any, **kwargs: Any) -> R:  # noqa: ANN401 - click's own parameters
        said = click.get_current_context().find_root().ensure_object(dict)
        said.update({n: v for n in _NAMES if (v := kwargs.pop(n)) is not None})
        return command(*args, **kwargs)

    decorated: Callable[..., R] = remember
    decorated = click.option("--lang", type=click.Choice(LANGUAGES), help="Default: en.")(decorated)
    decorated = click.option(
        "--db",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The record. Default: $REPLCHECK_DB, else replcheck.db.",
    )(decorated)
    return click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The inventory. Default: $REPLCHECK_CONFIG, else sites.toml.",
    )(decorated)


def current() -> Settings:
    """What holds for the command that runs now."""
    load_dotenv(Path(".env"))
    said = click.get_current_context().find_root().ensure_object(dict)
    return Settings(
        config=said.get("config") or Path(os.environ.get("REPLCHECK_CONFIG") or "sites.toml"),
        db=said.get("db") or Path(os.environ.get("REPLCHECK_DB") or "replcheck.db"),
        lang=said.get("lang") or LANGUAGES[0],
    )
