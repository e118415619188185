"""The command line as a process of its own: signals, terminals, and the question of consent."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def stub(folder: Path, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.unit.cli_stub", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    return subprocess.Popen(command, cwd=folder, env=environment, **streams)


def wait_for(stream: Any, text: bytes) -> bytes:
    read = b""
    while text not in read:
        chunk = os.read(stream if isinstance(stream, int) else stream.fileno(), 4096)
        assert chunk, read.decode()
        read += chunk
    return read


def test_ctrl_c_stops_and_still_prints(folder: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with stub(folder, "wait", "check", "seoul", "busan", "--json", **pipes) as process:
        wait_for(process.stderr, b"waiting")
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert json.loads(output)["stopped"] is True
    assert time.monotonic() - began < 2
    assert b"Stopping" in errors
    assert b"Traceback" not in errors


def test_a_second_ctrl_c_gives_up(folder: Path) -> None:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with stub(folder, "stubborn", "check", "seoul", "busan", **pipes) as process:
        wait_for(process.stderr, b"waiting")
        process.send_signal(signal.SIGINT)
        wait_for(process.stderr, b"Stopping")
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert not output
    assert b"Traceback" not in errors


@pytest.mark.parametrize(("typed", "consent"), [(b"y\n", True), (b"\n", False), (b"no\n", False)])
def test_consent_is_asked_on_a_terminal(folder: Path, typed: bytes, consent: bool) -> None:
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stderr": theirs, "stdout": subprocess.PIPE}
    with stub(folder, "ask", "check", "seoul", "busan", "--json", **streams) as process:
        asked = wait_for(ours, b"[y/N]")
        os.write(ours, typed)
        output, _ = process.communicate(timeout=10)
    os.close(ours)
    os.close(theirs)
    assert json.loads(output)["consent"] is consent
    for words in ("서울", "부산", "111", "an hour"):
        assert words in asked.decode()


def test_ctrl_c_at_the_question_is_a_no(folder: Path) -> None:
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stderr": theirs, "stdout": subprocess.PIPE}
    with stub(folder, "ask", "check", "seoul", "busan", "--json", **streams) as process:
        wait_for(ours, b"[y/N]")
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=10)
    os.close(ours)
    os.close(theirs)
    assert json.loads(output)["consent"] is False


def test_without_a_terminal_nothing_is_asked(folder: Path) -> None:
    ours, theirs = pty.openpty()
    streams = {"stdin": theirs, "stderr": subprocess.PIPE, "stdout": subprocess.PIPE}
    with stub(folder, "ask", "check", "seoul", "busan", "--json", **streams) as process:
        output, errors = process.communicate(timeout=10)
    os.close(ours)
    os.close(theirs)
    assert json.loads(output)["asked"] == "no"
    assert b"[y/N]" not in errors
