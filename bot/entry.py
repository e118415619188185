"""The console script's door: Ctrl-C ends with the contract's status even while Python loads."""

from __future__ import annotations

import os
import signal
import sys

STOPPED = 130


def main() -> None:
    """Load the command line, then run it. Until it listens, Ctrl-C just ends."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(STOPPED))
    from bot import cli  # noqa: PLC0415 -- loading takes most of a second, and may be interrupted

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(cli.run())
