"""The text of sites.toml → its tables, or every mistake in its syntax, keys and values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from probes import toml_lines
from probes.inventory_file import InventoryFile, known_keys
from probes.mistakes import InventoryError, Mistake, Where, dotted
from probes.toml_lines import LineIndex

_SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?|pw|secret|token|credentials?|api_?key", re.IGNORECASE
)
_PRIVATE_KEY = "PRIVATE KEY-----"
_SYNTAX_MISTAKES = 20  # more of them than this, and the file is no TOML at all


@dataclass(frozen=True, slots=True)
class Draft:
    """What could be read of a file. Where something is wrong, `file` is what remains without
    it, so that the rest can be checked in the same go."""

    file: InventoryFile
    index: LineIndex
    syntax: tuple[Mistake, ...]
    values: tuple[Mistake, ...]


def read(path: Path) -> Draft:
    """The tables of a file and where they stand. InventoryError if it cannot be read at all."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        mistake = Mistake(0, "", "the file is not UTF-8 text", "save it as UTF-8")
        raise InventoryError(path, [mistake]) from None
    except OSError as error:
        mistake = Mistake(0, "", f"cannot be read: {error.strerror}", "name it with --config FILE")
        raise InventoryError(path, [mistake]) from None
    data, index, syntax = parse(text)
    values = list(_secrets(data, index))
    # What a line that could not be read leaves missing is no mistake of its own.
    consequence = bool(syntax)
    while True:
        try:
            file = InventoryFile.model_validate(data)
        except ValidationError as invalid:
            for wrong in invalid.errors():
                follows = consequence and wrong["type"] == "missing"
                if not follows and not _is_secret(wrong["loc"]):
                    values.append(_mistake(wrong, index))
                _prune(data, wrong["loc"])
            consequence = True
        else:
            return Draft(file, index, tuple(syntax), tuple(values))


def _prune(data: dict[str, Any], where: Where) -> None:
    """Take out the value at a path; where it is missing or in a list, what should hold it. What
    an earlier mistake took out already is gone."""
    if not where:
        return
    *outer, last = where
    holder: Any = data
    for key in outer:
        try:
            holder = holder[key]
        except (KeyError, IndexError, TypeError):
            holder = None
    if isinstance(holder, dict) and last in holder:
        del holder[last]
    else:
        _prune(data, tuple(outer))


def parse(text: str) -> tuple[dict[str, Any], LineIndex, list[Mistake]]:
    """tomllib stops at the first mistake: the line is blanked out and the rest read again."""
    index = toml_lines.index(text)
    mistakes: list[Mistake] = []
    lines = text.splitlines()
    while len(mistakes) < _SYNTAX_MISTAKES:
        try:
            return tomllib.loads("\n".join(lines)), index, mistakes
        except tomllib.TOMLDecodeError as error:
            said = str(error)
        found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", said)
        at = min(int(found[1]) if found and found[1] else len(lines), len(lines))
        start = toml_lines.index("\n".join(lines)).statement_at(at)
        what = said[: found.start()] if found else said
        mistakes.append(Mistake(start, "", what, _syntax_mend(what)))
        _blank(lines, start, at)
    return {}, index, mistakes


def _blank(lines: list[str], start: int, at: int) -> None:
    """Blank the broken statement: a table with all its keys, an open value up to the next."""
    header = lines[start - 1].lstrip().startswith("[")
    end = max(at, start)
    if end > start and toml_lines.starts_statement(lines[end - 1]):
        end -= 1
    while header and end < len(lines) and not lines[end].lstrip().startswith("["):
        end += 1
    lines[start - 1 : end] = [""] * (end - start + 1)


def _syntax_mend(what: str) -> str:
    if re.search(r"Cannot (declare|overwrite|mutate)", what):
        return "it stands in the file twice: keep one of the two"
    return "text goes in quotes, a list in [ ], one key = value a line"


def _secrets(data: dict[str, Any], index: LineIndex) -> Iterator[Mistake]:
    for where, value in _leaves((), data):
        if where[0] != "hooks" and _is_secret(where):
            what = "a secret stands in the file"
        elif isinstance(value, str) and _PRIVATE_KEY in value:
            what = "a private key stands in the file"
        else:
            continue
        mend = "take it out, change it, and put the new one in the environment or .env"
        yield Mistake(index.line_of(where) or 0, dotted(where), what, mend)


def _is_secret(where: Where) -> bool:
    return where[0] != "hooks" and bool(_SECRET_KEY.fullmatch(str(where[-1])))


def _leaves(where: Where, value: object) -> Iterator[tuple[Where, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves((*where, key), inner)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from _leaves((*where, position), inner)
    else:
        yield where, value


def _mistake(error: ErrorDetails, index: LineIndex) -> Mistake:
    where: Where = error["loc"]
    what, mend = _in_words(error)
    return Mistake(index.line_of(where) or 0, dotted(where), what, mend)


def _in_words(error: ErrorDetails) -> tuple[str, str]:
    context: dict[str, Any] = error.get("ctx", {})
    match error["type"]:
        case "inventory":
            return context["what"], context["mend"]
        case "missing":
            return "missing", f"add {error['loc'][-1]} = …"
        case "extra_forbidden":
            return _unknown_key(error["loc"])
        case "literal_error":
            return f"{error['input']!r} is not one of them", f"known: {context['expected']}"
        case "dict_type" | "model_type":
            return f"{error['input']!r} is not a table", f"write [{dotted(error['loc'])}]"
    return f"{error['input']!r}: {error['msg']}", "see the inventory in the documentation"


def _unknown_key(where: Where) -> tuple[str, str]:
    known = known_keys(where[:-1])
    near = get_close_matches(str(where[-1]), known, n=1, cutoff=0.5)
    mend = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    return f"unknown key {where[-1]!r}", mend
