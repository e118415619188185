from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from probes.ssh import SshTransport
from tests.ssh.sshd import Sshd, start_sshd


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    """A real sshd on the loopback; needs root, for its user lives in a namespace."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or not Path("/usr/sbin/sshd").exists():
        pytest.skip("needs root, unshare and openssh-server")
    with start_sshd() as server:
        yield server


@pytest.fixture
async def transport(sshd: Sshd) -> AsyncIterator[SshTransport]:
    """Logged in to the sshd as the endpoint `here/host`."""
    transport = SshTransport([sshd.endpoint()])
    yield transport
    await transport.close()
