"""`python -m tests.bench [--json FILE]`: the ratios that the project holds itself to.

Needs root: everything is measured in labs of its own, with real sshd. Goals are targets, not
tests: the exit status is 0 whether they are met or not. Only ratios of one run mean anything,
and they do so on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.bench import incident, login, phase
from tests.bench.table import Row, as_json, table
from tests.lab.lab import REPOSITORY


def measure() -> list[Row]:
    """Every row, in the order of the goals; about three minutes."""
    return [*phase.measure(), *login.measure(), *incident.measure()]


def commit() -> str:
    """The commit that was measured, short; empty outside a checkout."""
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True)
    return done.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the same as JSON too")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]
    rows = measure()
    print(f"commit {commit()}, {os.cpu_count()} cores, load before {before:.1f}\n")
    print(table(rows))
    if arguments.json:
        told: dict[str, Any] = {"commit": commit(), "cores": os.cpu_count()}
        told |= {"load_before": before, "rows": [as_json(row) for row in rows]}
        arguments.json.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
