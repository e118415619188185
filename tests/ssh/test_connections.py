"""Logging in: what stands in the way is named, once, in time, and costs nobody else."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from probes import ssh_link, ssh_login
from probes.model import Command, End, Endpoint, GapKind, Transcript
from probes.ssh import SshTransport
from probes.transport import Failure
from tests.ssh.sshd import HOST, Sshd, free_port, listening, make_key, start_sshd, wire_to

ECHO = Command(("echo", "hello"))


async def ask(
    *endpoints: Endpoint, command: Command = ECHO, deadline: float = 5.0
) -> Transcript | Failure:
    """Ask the first endpoint once, with a transport of its own."""
    transport = SshTransport(endpoints)
    try:
        return await transport.run(endpoints[0].id, command, deadline=deadline)
    finally:
        await transport.close()


def why(result: Transcript | Failure) -> GapKind:
    assert isinstance(result, Failure), result
    assert result.detail
    return result.kind


def said(result: Transcript | Failure) -> str:
    assert isinstance(result, Transcript), result
    return result.text


# --- what is wrong has a name ---------------------------------------------------------


async def test_another_host_key_is_refused_by_name(sshd: Sshd, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other").with_suffix(".pub").read_text()
    wrong = tmp_path / "known_hosts"
    wrong.write_text(f"[{HOST}]:{sshd.port} {other}")
    assert why(await ask(sshd.endpoint(known_hosts=wrong))) is GapKind.HOST_KEY_MISMATCH


async def test_a_known_key_of_another_kind_is_refused_by_name(sshd: Sshd) -> None:
    """sshd has no RSA key: asyncssh left alone sees a bare reset here."""
    other = sshd.known_hosts(sshd.port, "host_rsa")
    assert why(await ask(sshd.endpoint(known_hosts=other))) is GapKind.HOST_KEY_MISMATCH


async def test_a_host_that_nobody_knows_is_refused(sshd: Sshd, tmp_path: Path) -> None:
    empty = tmp_path / "known_hosts"
    empty.touch()
    assert why(await ask(sshd.endpoint(known_hosts=empty))) is GapKind.HOST_KEY_MISMATCH


@pytest.mark.usefixtures("sshd")
async def test_the_key_that_is_known_is_asked_for() -> None:
    """A host with two keys, of which known_hosts has the one that is not our first choice."""
    keys = ("HostKey {folder}/host_ed25519", "HostKey {folder}/host_rsa")
    with start_sshd(*keys) as both:
        known = both.known_hosts(both.port, "host_rsa")
        assert said(await ask(both.endpoint(known_hosts=known))) == "hello"


@pytest.mark.parametrize("missing", ["key", "known_hosts"])
async def test_a_missing_file_is_named_with_its_mend(sshd: Sshd, missing: str) -> None:
    path = Path("/nowhere") / missing
    endpoint = sshd.endpoint(**{missing: path})  # type: ignore[arg-type]
    result = await ask(endpoint)
    assert why(result) is GapKind.BROKEN
    assert isinstance(result, Failure)
    assert str(path) in result.detail
    assert "sites.toml" in result.detail


async def test_a_file_that_is_no_key_is_named(sshd: Sshd, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("not a key")
    assert why(await ask(sshd.endpoint(key=tmp_path / "key"))) is GapKind.BROKEN


async def test_a_refused_login_is_not_tried_again(sshd: Sshd, tmp_path: Path) -> None:
    """An appliance locks the account after a few (facts/backup-appliances.md, section 2)."""
    async with wire_to(sshd.port) as wire:
        stranger = sshd.endpoint(port=wire.port, key=make_key(tmp_path / "stranger"))
        transport = SshTransport([stranger])
        for _ in range(3):
            result = await transport.run("here/host", ECHO, deadline=5.0)
            assert why(result) is GapKind.NOT_PERMITTED
        await transport.close()
        assert wire.accepted == 1


async def test_no_ssh_in_the_inventory() -> None:
    silent = Endpoint("here", "host", "linux", None)  # type: ignore[arg-type]
    assert why(await ask(silent)) is GapKind.NOT_AVAILABLE


async def test_a_closed_port_is_refused(sshd: Sshd) -> None:
    assert why(await ask(sshd.endpoint(port=free_port()))) is GapKind.REFUSED


async def test_a_syn_that_nobody_answers_times_out(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full backlog drops connection requests as a black hole does."""
    monkeypatch.setattr(ssh_login, "CONNECT_SECONDS", 0.5)
    with socket.create_server((HOST, 0), backlog=0) as full:
        port = full.getsockname()[1]
        with closing(socket.create_connection((HOST, port))):
            started = time.monotonic()
            assert why(await ask(sshd.endpoint(port=port))) is GapKind.TIMED_OUT
            assert 0.4 < time.monotonic() - started < 2.0


async def mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def chatter(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"no version yet\r\n" * 100)
        await writer.drain()


async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


@pytest.mark.parametrize(
    ("peer", "kind"),
    [
        (mute, GapKind.TIMED_OUT),
        (chatter, GapKind.BROKEN),
        (hang_up, GapKind.UNREACHABLE),
    ],
)
async def test_a_peer_that_is_no_sshd(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch, peer: Callable[..., object], kind: GapKind
) -> None:
    monkeypatch.setattr(ssh_login, "LOGIN_SECONDS", 0.5)
    async with listening(peer) as port:
        started = time.monotonic()
        assert why(await ask(sshd.endpoint(port=port))) is kind
        assert time.monotonic() - started < 2.0


async def test_the_deadline_covers_the_login(sshd: Sshd) -> None:
    async with listening(mute) as port:
        started = time.monotonic()
        assert why(await ask(sshd.endpoint(port=port), deadline=0.5)) is GapKind.TIMED_OUT
        assert time.monotonic() - started < 2.0


async def test_what_may_pass_by_itself_is_tried_again_later(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ssh_link, "RETRY_SECONDS", 0.3)
    port = free_port()
    transport = SshTransport([sshd.endpoint(port=port)])
    assert why(await transport.run("here/host", ECHO, deadline=5.0)) is GapKind.REFUSED
    relay = await asyncio.start_server(lambda *_: None, HOST, port)
    assert why(await transport.run("here/host", ECHO, deadline=5.0)) is GapKind.REFUSED
    relay.close()
    await relay.wait_closed()
    await asyncio.sleep(0.4)
    async with wire_to(sshd.port) as wire:
        again = await asyncio.start_server(wire.serve, HOST, port)
        assert said(await transport.run("here/host", ECHO, deadline=5.0)) == "hello"
        await transport.close()
        again.close()


# --- one connection for all, few handshakes at once -----------------------------------


async def test_all_commands_share_one_connection(sshd: Sshd) -> None:
    async with wire_to(sshd.port) as wire:
        transport = SshTransport([sshd.endpoint(port=wire.port)])
        await transport.connect_all()
        asked = (transport.run("here/host", ECHO, deadline=5.0) for _ in range(5))
        assert [said(result) for result in await asyncio.gather(*asked)] == ["hello"] * 5
        assert wire.accepted == 1
        await transport.close()


async def test_an_sshd_sees_no_more_than_eight_handshakes_at_once(
    sshd: Sshd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all transports of this process; the peer says nothing, so all stay in the handshake."""
    monkeypatch.setattr(ssh_login, "LOGIN_SECONDS", 0.5)
    now, most, ever = 0, 0, 0

    async def count(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        nonlocal now, most, ever
        now, ever = now + 1, ever + 1
        most = max(most, now)
        await reader.read()
        now -= 1

    async with listening(count) as port:
        transports = [
            SshTransport([sshd.endpoint(port=port, name=f"{t}-{n}") for n in range(10)])
            for t in range(2)
        ]
        await asyncio.gather(*(transport.connect_all() for transport in transports))
    assert (most, ever) == (8, 20)


async def test_forty_logins_at_one_sshd_all_succeed(sshd: Sshd) -> None:
    """More than MaxStartups (10:30:100) would let in at once."""
    transport = SshTransport([sshd.endpoint(name=f"host{n}") for n in range(40)])
    asked = (transport.run(f"here/host{n}", ECHO, deadline=20.0) for n in range(40))
    assert [said(result) for result in await asyncio.gather(*asked)] == ["hello"] * 40
    await transport.close()


async def test_who_is_turned_away_by_a_busy_sshd_comes_again(sshd: Sshd) -> None:
    """sshd's MaxStartups drops at random, with these words and no version."""
    async with wire_to(sshd.port) as wire:
        turned_away = 0

        async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal turned_away
            if turned_away == 2:
                await wire.serve(reader, writer)
                return
            turned_away += 1
            writer.write(b"Exceeded MaxStartups\r\n")
            writer.close()

        async with listening(busy) as port:
            assert said(await ask(sshd.endpoint(port=port))) == "hello"
    assert turned_away == 2


# --- a line that goes dark ------------------------------------------------------------


async def test_the_deadline_covers_opening_a_channel_on_a_dead_line(sshd: Sshd) -> None:
    async with wire_to(sshd.port) as wire:
        transport = SshTransport([sshd.endpoint(port=wire.port)])
        await transport.connect_all()
        wire.go_dark()
        started = time.monotonic()
        result = await transport.run("here/host", ECHO, deadline=1.0)
        assert why(result) is GapKind.TIMED_OUT
        assert time.monotonic() - started < 2.5
        started = time.monotonic()
        await transport.close()
        assert time.monotonic() - started < 3.0


async def test_channels_that_open_after_the_dark_are_closed(sshd: Sshd) -> None:
    """Those that gave up in the dark must not fill the connection when the light is back."""
    async with wire_to(sshd.port) as wire:
        transport = SshTransport([sshd.endpoint(port=wire.port)])
        transport.set_patience(True)
        await transport.connect_all()
        wire.go_dark()
        late = Command(("sleep", "20"))
        asked = [transport.run("here/host", late, deadline=0.3) for _ in range(12)]
        assert {why(result) for result in await asyncio.gather(*asked)} == {GapKind.TIMED_OUT}
        wire.go_light()
        again = (transport.run("here/host", ECHO, deadline=5.0) for _ in range(9))
        assert [said(result) for result in await asyncio.gather(*again)] == ["hello"] * 9
        assert not any("sleep 20" in args for args in sshd.processes())
        assert wire.accepted == 1
        await transport.close()


@pytest.mark.slow
async def test_a_dead_line_is_noticed_and_a_patient_one_bears_it(sshd: Sshd) -> None:
    """Two keep-alives, 2 s apart: about 6 s. In a trigger's dark the connection is kept."""
    command = Command(("sh", "-c", "echo begun; sleep 9; echo done"))

    async def timed(transport: SshTransport) -> tuple[Transcript | Failure, float]:
        started = time.monotonic()
        result = await transport.run("here/host", command, deadline=20.0)
        return result, time.monotonic() - started

    async with wire_to(sshd.port) as wire:
        transports = [SshTransport([sshd.endpoint(port=wire.port)]) for _ in range(2)]
        transports[1].set_patience(True)
        for transport in transports:
            await transport.connect_all()
        tasks = [asyncio.create_task(timed(transport)) for transport in transports]
        await asyncio.sleep(0.5)
        wire.go_dark()
        lost, seconds = await tasks[0]
        assert isinstance(lost, Transcript)
        assert (lost.end, lost.exit_status, lost.text) == (End.LOST, None, "begun")
        assert 4.0 < seconds < 7.5
        wire.go_light()
        kept, _ = await tasks[1]
        assert said(kept) == "begun\ndone"
        for transport in transports:
            await transport.close()


# --- the ways in ----------------------------------------------------------------------


def knows_both(sshd: Sshd, *ports: int) -> Path:
    path = sshd.folder / "known_both"
    path.write_text("".join(sshd.known_hosts(port).read_text() for port in ports))
    return path


async def test_through_a_jump_host(sshd: Sshd) -> None:
    """The same sshd twice: by the wire as the jump host, and behind it."""
    async with wire_to(sshd.port) as wire:
        via = f"probe@{HOST}:{wire.port}"
        known = knows_both(sshd, wire.port, sshd.port)
        behind = [sshd.endpoint(name=f"b{n}", known_hosts=known, via=via) for n in range(3)]
        transport = SshTransport(behind)
        asked = (transport.run(endpoint.id, ECHO, deadline=5.0) for endpoint in behind)
        assert [said(result) for result in await asyncio.gather(*asked)] == ["hello"] * 3
        assert wire.accepted == 1
        await transport.close()


async def test_a_jump_host_that_nobody_knows_is_refused(sshd: Sshd) -> None:
    async with wire_to(sshd.port) as wire:
        result = await ask(sshd.endpoint(via=f"probe@{HOST}:{wire.port}"))
        assert why(result) is GapKind.HOST_KEY_MISMATCH
        assert isinstance(result, Failure)
        assert "jump host" in result.detail


async def test_nobody_listens_behind_the_jump_host(sshd: Sshd) -> None:
    port = free_port()
    known = knows_both(sshd, port, sshd.port)
    closed = sshd.endpoint(port=port, known_hosts=known, via=f"probe@{HOST}:{sshd.port}")
    assert why(await ask(closed)) is GapKind.REFUSED


OLD = (
    "KexAlgorithms diffie-hellman-group1-sha1",
    "Ciphers aes128-cbc",
    "MACs hmac-sha1",
    "HostKeyAlgorithms ssh-rsa",
)


@pytest.mark.usefixtures("sshd")
@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
async def test_an_old_host_needs_leave_of_the_inventory(tmp_path: Path, kind: str) -> None:
    key = make_key(tmp_path / "old", kind)
    public = key.with_suffix(".pub").read_text()
    takes = f"PubkeyAcceptedAlgorithms ssh-{kind}"
    with start_sshd(*OLD, takes, "HostKey {folder}/host_rsa") as old:
        (old.folder / "authorized").write_text(public)
        known = old.known_hosts(old.port, "host_rsa")
        refused = await ask(old.endpoint(key=key, known_hosts=known))
        assert why(refused) is GapKind.BROKEN
        assert isinstance(refused, Failure)
        assert "legacy_algorithms" in refused.detail
        allowed = old.endpoint(key=key, known_hosts=known, legacy=True)
        assert said(await ask(allowed)) == "hello"


@pytest.mark.usefixtures("sshd")
@pytest.mark.parametrize("legacy", [False, True])
async def test_leave_for_old_algorithms_keeps_nobody_out(tmp_path: Path, *, legacy: bool) -> None:
    """Today's sshd takes no SHA-1 signature of an RSA key."""
    key = make_key(tmp_path / "rsa", "rsa")
    with start_sshd() as modern:
        (modern.folder / "authorized").write_text(key.with_suffix(".pub").read_text())
        assert said(await ask(modern.endpoint(key=key, legacy=legacy))) == "hello"


@pytest.mark.usefixtures("sshd")
async def test_a_host_without_timeout_is_asked_without_it() -> None:
    with start_sshd("SetEnv PATH={folder}/bin") as bare:
        (bare.folder / "bin").mkdir()
        (bare.folder / "bin" / "echo").symlink_to("/bin/echo")
        transport = SshTransport([bare.endpoint()])
        for _ in range(2):
            assert said(await transport.run("here/host", ECHO, deadline=5.0)) == "hello"
        missing = await transport.run("here/host", Command(("no-such-tool",)), deadline=5.0)
        assert isinstance(missing, Transcript)
        assert missing.exit_status == 127
        await transport.close()
