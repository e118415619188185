"""What the lab's own tests do inside a lab: one packet, one connection, one trace."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.lab import namespaces
from tests.lab.lab import REPOSITORY, Lab

NEAR, FAR = "10.81.10.11", "10.82.20.12"  # the near Avamar's and the far Data Domain's address


def inside(lab: Lab, host_id: str, *words: str) -> dict[str, Any]:
    """Send one RPC record from a host's network namespace (tests/lab/rpc.py)."""
    namespace = lab.reserved.namespace(lab.topology.hosts[host_id].node)
    command = namespaces.enter(namespace, sys.executable, "-m", "tests.lab.rpc", *words)
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def alive(lab: Lab, source: str, target: str) -> bool:
    """One echo request, answered within half a second."""
    return lab.run(source, "ping", "-n", "-c", "1", "-W", "0.5", target).returncode == 0


def opens(lab: Lab, source: str, target: str, port: int) -> bool:
    """A TCP connection opens within half a second."""
    script = f"exec 3<>/dev/tcp/{target}/{port}"
    return lab.run(source, "timeout", "0.5", "bash", "-c", script).returncode == 0


def trace(lab: Lab, source: str, target: str) -> list[str]:
    """The address at each hop, `*` where none answered; one probe a hop."""
    words = ("traceroute", "-n", "-q", "1", "-w", "0.5", "-m", "18", target)
    rows = lab.run(source, *words).stdout.splitlines()[1:]
    return [row.split()[1] for row in rows]


def last_answer(hops: list[str], own: str) -> str:
    return next((hop for hop in reversed(hops) if hop != "*"), own)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition comes true within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()
