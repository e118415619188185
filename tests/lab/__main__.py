"""`python -m tests.lab up [--scenario NAME] [--dir DIR]`, `down [ID]`, `list`; needs root."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.lab import namespaces
from tests.lab.lab import Lab
from tests.lab.scenarios import SCENARIOS


def up(scenario: str, folder: Path | None) -> None:
    """Start a lab, say how to try it, and stay until Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="replcheck-lab-") as temporary:
        began = time.monotonic()
        with Lab(SCENARIOS[scenario]()) as lab:
            config = lab.write_inventory(folder or Path(temporary))
            print(f"lab {lab.reserved.id}: {scenario}, up in {time.monotonic() - began:.1f} s")
            for truth in lab.truth:
                print(f"device: {truth.device}\n  between: {truth.between[0]}, {truth.between[1]}")
            print(f"try:  replcheck --config {config} check seoul busan --trigger yes")
            print_commands(lab)
            signal.sigwait({signal.SIGINT, signal.SIGTERM})


def print_commands(lab: Lab) -> None:
    """How to look around, and how to send one call by hand."""
    for host in lab.topology.hosts.values():
        print(f"  ssh -i {lab.key} replcheck@{lab.management(host.id)}   # {host.id}")
    near = lab.reserved.namespace(lab.topology.host_by_role(0, "avamar").node)
    far = lab.topology.host_by_role(1, "datadomain").address
    print(f"  ip netns exec {near} {sys.executable} -m tests.lab.rpc {far}   # one call")
    print("Ctrl-C takes it away", flush=True)


def down(lab_id: str | None) -> None:
    """Take one lab away, or all whose owner is gone."""
    with namespaces.registry():
        for folder in namespaces.folders():
            if folder.name == lab_id or not (lab_id or namespaces.alive(namespaces.record(folder))):
                namespaces.take_down(folder.name)
                print(f"lab {folder.name}: gone")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", help="start a lab and stay until Ctrl-C")
    start.add_argument("--scenario", choices=sorted(SCENARIOS), default="account")
    start.add_argument("--dir", type=Path, help="where sites.toml goes; default: a temporary one")
    stop = commands.add_parser("down", help="take away labs whose owner is gone")
    stop.add_argument("id", nargs="?", help="this lab, whoever owns it")
    commands.add_parser("list", help="the scenarios")
    arguments = parser.parse_args()
    if arguments.command == "up":
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        up(arguments.scenario, arguments.dir)
    elif arguments.command == "down":
        down(arguments.id)
    else:
        print("\n".join(sorted(SCENARIOS)))


if __name__ == "__main__":
    main()
