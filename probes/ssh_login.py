"""Logs in to one sshd: files read once, algorithms chosen for speed, every failure named.

What is measured behind each choice stands in facts/ssh-and-store.md. The known hosts are
always checked: a host that is not in them is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

import asyncssh

from probes.model import GapKind, SshAccess
from probes.ssh_wire import Wire
from probes.transport import Failure

CONNECT_SECONDS = 10.0  # until TCP is open; nothing else counts in a SYN black hole
LOGIN_SECONDS = 10.0  # from there to the end of authentication; a mute peer ends here
TURNED_AWAY_PAUSES = (0.1, 0.3, 0.6)
KEEPALIVE_SECONDS = 2
KEEPALIVE_COUNT = 2

# Fast first, then what a host of the last ten years has. sntrup761 and ML-KEM cost more
# than the whole login, and nothing that must stay secret for long passes here.
_KEX = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group-exchange-sha256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
)
_CIPHERS = (
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
)
_MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
_KEYS = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-256",
    "rsa-sha2-512",
)
_OLD_KEX = (
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group1-sha1",
)
_OLD_CIPHERS = ("aes128-cbc", "aes256-cbc", "3des-cbc")
_OLD_MACS = ("hmac-sha1",)
_OLD_KEYS = ("ssh-rsa",)


class SetUpError(Exception):
    """A file that logging in needs is missing or unusable; the text names the mend."""


class Files:
    """Keys and known hosts, each file read once and off the event loop."""

    def __init__(self) -> None:
        self._read: dict[Path, Any] = {}

    async def key(self, path: Path) -> asyncssh.SSHKey:
        """The private key; SetUpError if it is missing or can't be used."""
        return cast(asyncssh.SSHKey, await self._once(path, asyncssh.read_private_key, "key"))

    async def known_hosts(self, path: Path) -> asyncssh.SSHKnownHosts:
        """The known hosts; SetUpError if they are missing or can't be read."""
        read: Callable[[str], Any] = asyncssh.read_known_hosts
        return cast(asyncssh.SSHKnownHosts, await self._once(path, read, "known_hosts"))

    async def _once(self, path: Path, read: Callable[[str], Any], what: str) -> Any:  # noqa: ANN401
        if path not in self._read:
            try:
                self._read[path] = await asyncio.to_thread(read, str(path))
            except FileNotFoundError:
                mend = f"{what} file {path} is missing: create it, or name another in sites.toml"
                raise SetUpError(mend) from None
            except (OSError, ValueError) as error:  # asyncssh's import errors are ValueErrors
                raise SetUpError(f"{what} file {path} can't be used: {error}") from error
        return self._read[path]


class _TurnedAwayError(ConnectionResetError):
    """The peer closed before it named its version."""


class _Progress(asyncssh.SSHClient):
    """How far a login came, so that a bare "closed" can be told apart."""

    def __init__(self) -> None:
        self._connection: asyncssh.SSHClientConnection | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    def what_closed(self, error: Exception) -> Exception:
        """The error that a connection closed at this point stands for."""
        if not self._knows("server_version"):
            return _TurnedAwayError("closed before it named its version")
        if not self._knows("send_cipher"):  # an sshd that finds no algorithm just closes
            return asyncssh.KeyExchangeFailed("closed while algorithms were agreed on")
        return error

    def _knows(self, name: str) -> bool:
        return self._connection is not None and bool(self._connection.get_extra_info(name))


async def log_in(
    access: SshAccess, files: Files, jump: asyncssh.SSHClientConnection | None
) -> asyncssh.SSHClientConnection | Failure:
    """One attempt, bounded in time; what stands in the way comes back as a Failure."""
    try:
        key = await files.key(access.key)
        hosts = await files.known_hosts(access.known_hosts)
        if jump is not None:
            return await _authenticate(access, key, hosts, tunnel=jump, peer="")
        return await _log_in_directly(access, key, hosts)
    except (asyncssh.Error, OSError, SetUpError) as error:
        return _failure(error, access)


async def _log_in_directly(
    access: SshAccess, key: asyncssh.SSHKey, hosts: asyncssh.SSHKnownHosts
) -> asyncssh.SSHClientConnection:
    """A busy sshd turns some away at random (MaxStartups) before it names its version. That
    was no login, so it is no failed one: it is tried again."""
    pauses = iter(TURNED_AWAY_PAUSES)
    while True:
        wire = await _open(access.host, access.port)
        try:
            return await _authenticate(access, key, hosts, tunnel=wire, peer=wire.peer)
        except _TurnedAwayError:
            if (pause := next(pauses, None)) is None:
                raise
        except BaseException:
            wire.abort()
            raise
        await asyncio.sleep(pause)


async def _open(host: str, port: int) -> Wire:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_SECONDS):
        _, wire = await loop.create_connection(Wire, host, port)
    return wire


async def _authenticate(
    access: SshAccess,
    key: asyncssh.SSHKey,
    hosts: asyncssh.SSHKnownHosts,
    *,
    tunnel: Wire | asyncssh.SSHClientConnection,
    peer: str,
) -> asyncssh.SSHClientConnection:
    progress = _Progress()
    async with asyncio.timeout(LOGIN_SECONDS):
        connecting: Awaitable[asyncssh.SSHClientConnection] = asyncssh.connect(
            access.host,
            access.port,
            tunnel=tunnel,
            client_factory=lambda: progress,
            config=None,
            username=access.user,
            client_keys=_identities(key, old=access.legacy_algorithms),
            known_hosts=hosts,
            server_host_key_algs=_host_key_algorithms(access, hosts, peer),
            agent_path=None,
            gss_host=None,
            x509_trusted_certs=None,
            preferred_auth="publickey",
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            compression_algs=None,
            keepalive_interval=KEEPALIVE_SECONDS,
            keepalive_count_max=KEEPALIVE_COUNT,
            **_algorithms(old=access.legacy_algorithms),
        )
        try:
            return await connecting
        except (asyncssh.ConnectionLost, ConnectionResetError) as error:
            raise progress.what_closed(error) from error


def _identities(key: asyncssh.SSHKey, *, old: bool) -> list[asyncssh.SSHKeyPair]:
    """The one key. To an old host an RSA key is shown twice, the second time with SHA-1 only:
    some name algorithms that they then refuse."""
    pairs = [*asyncssh.load_keypairs([key])]
    if old and key.algorithm == b"ssh-rsa":
        (sha1,) = asyncssh.load_keypairs([key])
        sha1.sig_algorithms = (b"ssh-rsa",)
        pairs.append(sha1)
    return pairs


def _algorithms(*, old: bool) -> Mapping[str, tuple[str, ...]]:
    """Without ssh-rsa (SHA-1) asyncssh shows no RSA key to a host that names no algorithms."""
    return {
        "kex_algs": _KEX + (_OLD_KEX if old else ()),
        "encryption_algs": _CIPHERS + (_OLD_CIPHERS if old else ()),
        "mac_algs": _MACS + (_OLD_MACS if old else ()),
        "signature_algs": _KEYS + (_OLD_KEYS if old else ()),
    }


def _host_key_algorithms(
    access: SshAccess, hosts: asyncssh.SSHKnownHosts, peer: str
) -> tuple[str, ...]:
    """The kinds of key that known_hosts has for this host first, then all others.

    The others are there so that a host with only another kind of key shows it and is
    refused by name (a list without them ends in a bare reset: facts, Faults).
    """
    port = access.port if access.port != asyncssh.DEFAULT_PORT else None
    trusted, authorities, *_ = asyncssh.match_known_hosts(hosts, access.host, peer, port)
    if not trusted and not authorities:
        raise asyncssh.HostKeyNotVerifiable("no entry")
    allowed = _KEYS + (_OLD_KEYS if access.legacy_algorithms else ())
    known = {name.decode() for key in trusted for name in key.sig_algorithms}
    certified = [f"{name}-cert-v01@openssh.com" for name in _KEYS] if authorities else []
    return (*certified, *sorted(allowed, key=lambda name: name not in known))


def _failure(error: Exception, access: SshAccess) -> Failure:
    """Name what went wrong; a time-out is an OSError too and so comes first."""
    where = f"{access.user}@{access.host}:{access.port}"
    match error:
        case SetUpError():
            return Failure(GapKind.BROKEN, str(error))
        case TimeoutError():
            return Failure(GapKind.TIMED_OUT, f"{where}: no answer to the login in time")
        case asyncssh.HostKeyNotVerifiable():
            mend = f"compare its key with its owner's, then put it into {access.known_hosts}"
            return Failure(GapKind.HOST_KEY_MISMATCH, f"{where}: {error.reason}: {mend}")
        case asyncssh.PermissionDenied():
            mend = f"is the public half of {access.key} among the user's authorized keys?"
            return Failure(GapKind.NOT_PERMITTED, f"{where}: {error.reason}: {mend}")
        case asyncssh.KeyExchangeFailed():
            mend = "an old host needs legacy_algorithms = true"
            return Failure(GapKind.BROKEN, f"{where}: {error.reason}: {mend}")
        case asyncssh.ConnectionLost() | ConnectionResetError():
            return Failure(GapKind.UNREACHABLE, f"{where}: {error}")
        case asyncssh.DisconnectError():
            return Failure(GapKind.BROKEN, f"{where}: {error.reason}")
        case asyncssh.ChannelOpenError():
            refused = "refused" in error.reason.lower()
            kind = GapKind.REFUSED if refused else GapKind.UNREACHABLE
            return Failure(kind, f"{where}: the jump host says: {error.reason}")
        case ConnectionRefusedError():
            return Failure(GapKind.REFUSED, f"{where}: connection refused")
        case _:
            return Failure(GapKind.UNREACHABLE, f"{where}: {error}")
