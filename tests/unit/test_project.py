"""What the project promises about itself, beyond what the linters hold."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"
LOCKS = ("requirements.lock", "requirements-dev.lock")


def committed_texts() -> Iterator[tuple[str, str]]:
    """Every file under version control that is text, by its path in the repository."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in (raw := path.read_bytes()):
            yield name, raw.decode(errors="replace")


def requirements() -> dict[str, list[Requirement]]:
    """What pyproject asks for, by the lock file that has to hold it."""
    parsed = tomllib.loads(PYPROJECT.read_text())
    runtime = [Requirement(line) for line in parsed["project"]["dependencies"]]
    dev = [Requirement(line) for line in parsed["dependency-groups"]["dev"]]
    return {"requirements.lock": runtime, "requirements-dev.lock": [*runtime, *dev]}


def pins(lock: str) -> dict[str, Version]:
    """Package → the one version that a lock file allows."""
    found = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): Version(version) for name, version in found}


def test_every_dependency_says_why_it_is_there() -> None:
    lines = PYPROJECT.read_text().splitlines()
    for requirement in requirements()["requirements-dev.lock"]:
        line = next(line for line in lines if line.strip().startswith(f'"{requirement}"'))
        assert re.search(r'",\s+# \w.{10,}', line), f"no reason beside {requirement.name}"


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_holds_what_pyproject_asks_for(lock: str) -> None:
    held = pins(lock)
    for requirement in requirements()[lock]:
        version = held.get(canonicalize_name(requirement.name))
        assert version is not None, f"{lock} lacks {requirement.name}: make lock"
        assert version in requirement.specifier, f"{lock} holds {requirement.name} {version}"


def test_both_locks_hold_the_same_versions() -> None:
    """What is tested is what is shipped."""
    tested = pins("requirements-dev.lock")
    assert {name: tested[name] for name in pins("requirements.lock")} == pins("requirements.lock")


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_has_a_hash_for_every_package_and_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    packages = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert packages
    assert [p.split()[0] for p in packages if "--hash=sha256:" not in p] == []
    assert re.search(r"://|index-url|find-links|trusted-host", text) is None


def test_no_file_names_a_machine_or_a_registry() -> None:
    """A checkout works wherever it lies, and fetches from wherever its machine is told to."""
    here = {str(ROOT), str(Path.home()), sys.prefix} - {"/", "/usr", "/usr/local"}
    place = re.compile(
        "|".join(rf"(?<![\w.]){re.escape(path)}/" for path in sorted(here))
        + r"|(?<![\w.])/(?:home|Users)/\w+/"
        + r"|https?://[^/\s]*(?:pypi|pythonhosted|registry|artifactory|nexus|deb\.debian)"
    )
    named = {name: m.group() for name, text in committed_texts() if (m := place.search(text))}
    assert named == {}


@pytest.mark.parametrize(
    ("package", "registry", "constant", "shared"),
    [
        ("probes.catalog", "CATALOG", "PROBE", ()),
        ("probes.hypotheses", "HYPOTHESES", "HYPOTHESIS", ("base",)),
    ],
)
def test_every_file_of_a_registry_is_in_its_tuple(
    package: str, registry: str, constant: str, shared: tuple[str, ...]
) -> None:
    """A probe or hypothesis that is written but not listed would never be asked."""
    listed = getattr(importlib.import_module(package), registry)
    files = {path.stem for path in (ROOT / package.replace(".", "/")).glob("[!_]*.py")}
    written = {
        name: getattr(importlib.import_module(f"{package}.{name}"), constant)
        for name in files.difference(shared)
    }
    assert written
    assert [name for name, entry in written.items() if entry not in listed] == []
    assert len(listed) == len(set(map(id, listed))) == len(written)
