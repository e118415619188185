"""Whole checks against labs: `replcheck` as a process, what it said, and what it left behind.

A check mostly waits, so several labs are checked side by side: a `Runner` starts with all calls
that the selected tests name, and each test then looks at its own result.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.lab.harness import eventually
from tests.lab.lab import REPOSITORY, Lab, Truth
from tests.lab.leftovers import Leftovers
from tests.lab.scenarios import SCENARIOS
from tests.lab.spec import FAR_DATADOMAIN, NEAR_DATADOMAIN

PROGRAM = (sys.executable, "-c", "from bot.entry import main; main()")
SIDE_BY_SIDE = 3
"""Checks at once. Each keeps a processor busy for some 3 s and waits for the rest; with more of
them on two processors commands start late, and what times them says so."""
SETTLING = 8.0
"""Seconds until a closed connection's last packets are acknowledged or given up."""


@dataclass(frozen=True, slots=True)
class Call:
    """One check of one lab. again: which of several equal ones."""

    scenario: str
    trigger: Literal["yes", "no"] = "yes"
    watch: float = 30.0
    again: int = 0

    def __str__(self) -> str:
        words = [self.scenario]
        words += ["no-consent"] * (self.trigger == "no") + ["no-watch"] * (not self.watch)
        return "-".join([*words, *([str(self.again)] if self.again else [])])


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check said, and what was seen of it from outside."""

    document: dict[str, Any]
    status: int
    seconds: float
    stderr: str
    record: dict[str, Any]
    truth: tuple[Truth, ...]
    trips: int | None
    audits: dict[str, list[str]]
    channels: dict[str, int]
    leftovers: dict[str, Leftovers]
    database: Path

    @property
    def cause(self) -> tuple[str, str | None, str | None]:
        """(outcome, cause, confidence)."""
        said = self.document
        return said["outcome"], said["cause"], said["confidence"]

    @property
    def location(self) -> dict[str, Any]:
        location: dict[str, Any] = self.document["location"]
        return location

    @property
    def trigger(self) -> dict[str, Any]:
        trigger: dict[str, Any] = self.document["trigger"]
        return trigger

    @property
    def true_place(self) -> list[str | None]:
        """Where the first device really is, in the words of `location.between`."""
        return [None if end is None else str(end) for end in self.truth[0].between]

    def finding(self, cause: str) -> dict[str, Any]:
        found: dict[str, Any] = next(f for f in self.document["findings"] if f["cause"] == cause)
        return found

    def gaps(self, kind: str) -> list[dict[str, Any]]:
        return [gap for gap in self.document["gaps"] if gap["gap"] == kind]

    def evidence(self, *ids: str) -> list[dict[str, Any]]:
        """The observations of these ids; KeyError where one does not exist."""
        known = {item["id"]: item for item in self.document["evidence"]}
        return [known[i] for i in ids]


class Desk:
    """One lab's `sites.toml` and database, and `replcheck` called with them."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lab = lab
        self.config = lab.write_inventory(folder)
        self.database = folder / "replcheck.db"

    def start(self, *words: str) -> subprocess.Popen[str]:
        """`replcheck WORDS` in a session of its own: a signal to it is no signal to pytest."""
        env = {**os.environ, "REPLCHECK_CONFIG": str(self.config), "REPLCHECK_LANG": "en"}
        return subprocess.Popen(
            [*PROGRAM, *words, "--db", str(self.database)],
            cwd=REPOSITORY,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def check(self, trigger: str = "yes", watch: float = 30.0) -> subprocess.Popen[str]:
        words = ("--trigger", trigger, "--watch", str(watch), "--json")
        return self.start("check", "seoul", "busan", *words)

    def incident(self, incident: str) -> dict[str, Any]:
        """`incidents show --json`."""
        record: dict[str, Any] = finished(self.start("incidents", "show", incident, "--json"))[0]
        return record

    def incidents(self) -> list[dict[str, Any]]:
        """`incidents list --json`."""
        found: list[dict[str, Any]] = finished(self.start("incidents", "list", "--json"))[0]
        return found


def finished(process: subprocess.Popen[str], timeout: float = 240) -> tuple[Any, str]:
    """What a call printed as JSON, and its progress. Raises AssertionError where it did not."""
    said, words = process.communicate(timeout=timeout)
    assert said, f"no document, exit status {process.returncode}: {words}"
    return json.loads(said), words


def checked(call: Call, folder: Path) -> Checked:
    """Start the lab, check it once, look at what is left, take it away."""
    with Lab(SCENARIOS[call.scenario]()) as lab:
        desk = Desk(lab, folder)
        began = time.monotonic()
        process = desk.check(call.trigger, call.watch)
        document, words = finished(process)
        seconds = time.monotonic() - began
        eventually(lambda: not lab.leftovers(), SETTLING)
        appliances = (NEAR_DATADOMAIN, FAR_DATADOMAIN)
        return Checked(
            document,
            process.returncode,
            seconds,
            words,
            desk.incident(document["incident"]),
            lab.truth,
            _trips(lab),
            {host: lab.audit(host) for host in appliances},
            {host: channels(lab, host) for host in lab.topology.hosts},
            lab.leftovers(),
            desk.database,
        )


def _trips(lab: Lab) -> int | None:
    return lab.trips() if lab.truth else None


# --- what hosts saw -------------------------------------------------------------------

_STARTED = re.compile(r"^Starting session: .* port (\d+) id (\d+)$")
_CLOSED = re.compile(r"^Close session: .* port (\d+) id (\d+)$")
_GONE = re.compile(
    r"^(?:Connection closed|Connection reset|Disconnected|Received disconnect) .*port (\d+)"
)


def channels(lab: Lab, host_id: str) -> int:
    """How many sessions a host's sshd had open at most at any one time, by its own log."""
    path = lab.folder(host_id) / "sshd.log"
    held: set[tuple[str, str]] = set()
    most = 0
    for line in path.read_text().splitlines() if path.exists() else ():
        if started := _STARTED.match(line):
            held.add((started[1], started[2]))
            most = max(most, len(held))
        elif closed := _CLOSED.match(line):
            held.discard((closed[1], closed[2]))
        elif gone := _GONE.match(line):
            held = {session for session in held if session[0] != gone[1]}
    return most


def unaccounted(left: dict[str, Leftovers], residues: Iterable[dict[str, Any]]) -> list[str]:
    """What lies on hosts and is not in the record as a residue; empty if all is accounted for.

    A residue names the host that holds the half-open connection, and its source port.
    """
    named = {
        (residue["endpoint"], port)
        for residue in residues
        for port in re.findall(r"source port (\d+)", residue["what"])
    }
    found: list[str] = []
    for host, things in left.items():
        found += [f"{host}: process {words}" for words in things.processes]
        found += [f"{host}: file {name}" for name in things.files]
        for line in things.sockets:
            ports = {end.rpartition(":")[2] for end in line.split()[:2]}
            if not {(host, port) for port in ports} & named:
                found.append(f"{host}: socket {line}")
    return found


# --- side by side ---------------------------------------------------------------------


class Runner:
    """Runs calls side by side from the moment it is made; a result is waited for."""

    def __init__(self, calls: Iterable[Call], folder: Callable[[Call], Path]) -> None:
        self._pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        self._results: dict[Call, Future[Checked]] = {
            call: self._pool.submit(checked, call, folder(call)) for call in dict.fromkeys(calls)
        }

    def __getitem__(self, call: Call) -> Checked:
        return self._results[call].result()

    def close(self) -> None:
        """Wait for what runs; what has not begun is dropped."""
        self._pool.shutdown(cancel_futures=True)
