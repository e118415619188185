"""What a login left behind on a host: read from outside, so that looking leaves nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from tests.lab.ddos_tables import kernel_sockets
from tests.lab.namespaces import processes
from tests.lab.services import UID, USER

QUIET = ("TIME_WAIT", "LISTEN")  # states in which a socket is no leftover


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The login user's processes and files, and TCP sockets between replication addresses."""

    processes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()


def look(pid: int, addresses: Collection[str]) -> Leftovers:
    """Look at the host whose process 1 this is. addresses: those that replication uses."""
    inode = Path(f"/proc/{pid}/ns/net").stat().st_ino
    ours = [p for p in processes({inode}) if owner(p) == UID]
    root = Path(f"/proc/{pid}/root")
    places = [root / "tmp", root / "var/tmp", root / "home" / USER]
    files = [str(file.relative_to(root)) for place in places for file in place.rglob("*")]
    sockets = [
        f"{local} {peer} {state}"
        for _protocol, _receive, _send, local, peer, state in kernel_sockets(f"/proc/{pid}/net")
        if state not in QUIET and host_of(local) in addresses and host_of(peer) in addresses
    ]
    return Leftovers(tuple(command_line(p) for p in ours), tuple(files), tuple(sockets))


def host_of(endpoint: str) -> str:
    """`::ffff:10.81.10.11:111` → `10.81.10.11`."""
    return endpoint.rpartition(":")[0].removeprefix("::ffff:")


def owner(pid: int) -> int:
    """The user of a process; -1 if it is gone."""
    try:
        return Path(f"/proc/{pid}").stat().st_uid
    except OSError:
        return -1


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    except OSError:
        return ""
