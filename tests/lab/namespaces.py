"""Namespaces: making them, running things in them, and taking every one of them away.

A lab's record is its folder /run/replcheck-lab/<id> with the owner's process id and start
time. Whoever starts the next lab takes away those whose owner is gone; nothing is found by
a name that is not in such a record.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

ROOT = Path("/run/replcheck-lab")
NETNS = Path("/run/netns")
MANAGEMENT = IPv4Network("10.89.0.0/16")


@dataclass(frozen=True, slots=True)
class Reserved:
    """A lab's identity: its short id, its folder, its management network."""

    id: str
    folder: Path
    management: IPv4Network

    def namespace(self, node: str) -> str:
        return f"rl{self.id}-{node}"

    @property
    def bridge(self) -> str:
        """The management bridge in the root namespace; its ports have a letter behind."""
        return f"rl{self.id}"


@contextlib.contextmanager
def registry() -> Iterator[None]:
    """The lock under which labs are reserved and leftovers taken away."""
    ROOT.mkdir(mode=0o755, exist_ok=True)
    with (ROOT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def reserve(management: str | None) -> Reserved:
    """Take leftovers away, then an id and a management network that no other lab has."""
    with registry():
        records = {folder: record(folder) for folder in folders()}
        for folder in [f for f, r in records.items() if not alive(r)]:
            take_down(folder.name)
            del records[folder]
        taken = {str(r["management"]) for r in records.values()}
        wanted = [IPv4Network(management)] if management else MANAGEMENT.subnets(new_prefix=24)
        subnet = next((n for n in wanted if str(n) not in taken), None)
        if subnet is None:
            raise RuntimeError(f"management network {management} is another lab's")
        lab = Reserved(secrets.token_hex(2), ROOT, subnet)
        lab = Reserved(lab.id, ROOT / lab.id, subnet)
        lab.folder.mkdir(mode=0o755)
        owner = {"pid": os.getpid(), "started": started(os.getpid()), "management": str(subnet)}
        (lab.folder / "owner.json").write_text(json.dumps(owner))
        return lab


def folders() -> list[Path]:
    return [path for path in ROOT.glob("*") if path.is_dir()] if ROOT.exists() else []


def record(folder: Path) -> dict[str, object]:
    """The owner's record; empty if it was never finished."""
    try:
        owner: dict[str, object] = json.loads((folder / "owner.json").read_text())
    except (OSError, ValueError):
        return {"pid": 0, "started": "", "management": ""}
    return owner


def started(pid: int) -> str:
    """A process's start time in clock ticks since boot (proc(5), stat, field 22)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return ""


def alive(owner: dict[str, object]) -> bool:
    return bool(owner["pid"]) and started(int(str(owner["pid"]))) == owner["started"]


# --- taking away ------------------------------------------------------------------------


def take_down(lab_id: str) -> None:
    """End every process in a lab's namespaces, delete them, its links and its folder."""
    prefix = f"rl{lab_id}-"
    names = [path.name for path in NETNS.glob(f"{prefix}*")] if NETNS.exists() else []
    inodes = {(NETNS / name).stat().st_ino for name in names}
    end = time.monotonic() + 3
    while time.monotonic() < end and (pids := processes(inodes)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)
    links = [path.name for path in Path("/sys/class/net").glob(f"rl{lab_id}*")]
    lines = [f"link del {name}" for name in links] + [f"netns del {name}" for name in names]
    batch(lines, check=False)
    shutil.rmtree(ROOT / lab_id, ignore_errors=True)


def processes(inodes: set[int]) -> list[int]:
    """The processes whose network namespace is one of these, zombies left out."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if (path / "ns/net").stat().st_ino in inodes:
                found.append(int(path.name))
        except OSError:
            continue
    return found


# --- running ----------------------------------------------------------------------------


def batch(lines: list[str], *, check: bool = True) -> None:
    """Many `ip` commands in one process."""
    command = ["ip", *([] if check else ["-force"]), "-batch", "-"]
    done = subprocess.run(
        command, check=False, input="\n".join(lines), text=True, capture_output=True
    )
    if check and done.returncode:
        raise RuntimeError(f"ip -batch: {done.stderr.strip()}")


def enter(namespace: str, *argv: str) -> list[str]:
    """The words that run a command in a network namespace."""
    return ["nsenter", f"--net={NETNS / namespace}", "--", *argv]


def configure(scripts: dict[str, str]) -> None:
    """Run one shell script in each namespace, all at once."""
    running = {
        name: subprocess.Popen(
            enter(name, "sh", "-eu", "-c", script),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, script in scripts.items()
    }
    for name, process in running.items():
        output, _none = process.communicate(timeout=20)
        if process.returncode:
            raise RuntimeError(f"{name}: {output.strip()}")


def heredoc(command: str, text: str) -> str:
    """A shell line that feeds text to a command."""
    return f"{command} <<'END'\n{text}\nEND\n" if text else ""
