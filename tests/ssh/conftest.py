from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from probes.ssh import SshTransport
from tests.ssh.sshd import Sshd, start_sshd


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """A real sshd on the loopback; needs root, for its user lives in a namespace."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or not Path("/usr/sbin/sshd").exists():
        pytest.skip("needs root, unshare and openssh-server")
    folder = tmp_path_factory.mktemp("sshd")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(parent.stat().st_mode | 0o011)  # the user must reach its keys
    with start_sshd(folder) as server:
        yield server


@pytest.fixture
async def transport(sshd: Sshd) -> AsyncIterator[SshTransport]:
    """Logged in to the sshd as the endpoint `here/host`."""
    transport = SshTransport([sshd.endpoint()])
    yield transport
    await transport.close()
