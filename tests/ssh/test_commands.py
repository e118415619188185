"""One command on a real sshd: what comes back, how it ends, what it leaves behind."""

from __future__ import annotations

import asyncio
import time

import pytest

from probes import ssh
from probes.model import Command, End, GapKind, Kind, Line, Transcript
from probes.ssh import SshTransport
from probes.ssh_output import LINE_BYTES, OUTPUT_BYTES
from probes.transport import Failure
from tests.ssh.sshd import Sshd, until

HERE = "here/host"


def sh(script: str) -> Command:
    return Command(("sh", "-c", script))


async def run(transport: SshTransport, command: Command, **options: object) -> Transcript:
    options.setdefault("deadline", 5.0)
    result = await transport.run(HERE, command, **options)  # type: ignore[arg-type]
    assert isinstance(result, Transcript), result
    return result


async def test_words_arrive_as_they_are(transport: SshTransport) -> None:
    words = ("$(id)", "a b", "'", '"', "*", "", "\\n", ";reboot", "한국")
    result = await run(transport, Command(("printf", r"%s\n", *words)))
    assert result.ok
    assert [line.text for line in result.lines] == list(words)
    assert result.argv[0] == "printf"


async def test_status_and_both_streams(transport: SshTransport) -> None:
    result = await run(transport, sh("echo out; echo err >&2; exit 3"))
    assert (result.end, result.exit_status, result.ok) == (End.EXITED, 3, False)
    assert sorted((line.text, line.error) for line in result.lines) == [
        ("err", True),
        ("out", False),
    ]


async def test_a_command_killed_at_the_host_is_not_ok(transport: SshTransport) -> None:
    result = await run(transport, sh("echo begun; kill -9 $PPID $$"))
    assert not result.ok
    assert result.exit_status != 0


async def test_lines_are_stamped_when_they_arrive(transport: SshTransport) -> None:
    before = time.time()
    result = await run(transport, sh("echo a; sleep 0.5; echo b"))
    a, b = result.lines
    assert before <= a.at <= b.at <= time.time()
    assert 0.3 < b.at - a.at < 1.5


async def test_one_bad_byte_costs_nothing_else(transport: SshTransport) -> None:
    other = asyncio.create_task(run(transport, sh("sleep 0.5; echo alive")))
    result = await run(transport, Command(("printf", r"good\n\377bad\nlast\n")))
    assert [line.text for line in result.lines] == ["good", "\\xffbad", "last"]
    assert (await other).text == "alive"


async def test_control_characters_are_shown_not_obeyed(transport: SshTransport) -> None:
    result = await run(transport, Command(("printf", r"\033[2Jx\ty\r\n\302\233z")))
    assert [line.text for line in result.lines] == ["\\x1b[2Jx\ty", "\\x9bz"]


async def test_output_is_bounded(transport: SshTransport, sshd: Sshd) -> None:
    result = await run(transport, sh("yes 0123456789 | head -c 50000000; sleep 20"))
    assert result.end is End.BOUNDED
    assert result.exit_status is None
    kept = sum(len(line.text) + 1 for line in result.lines)
    assert OUTPUT_BYTES - 20 <= kept <= OUTPUT_BYTES + 20
    assert await until(lambda: not sshd.processes())


async def test_an_endless_line_is_bounded(transport: SshTransport) -> None:
    result = await run(transport, sh("head -c 50000 /dev/zero | tr '\\0' x; echo; echo end"))
    assert [len(line.text) for line in result.lines] == [LINE_BYTES, 3]


async def test_enough_ends_it(transport: SshTransport, sshd: Sshd) -> None:
    def enough(line: Line) -> bool:
        return line.text == "2"

    started = time.monotonic()
    result = await run(
        transport, sh("for i in 1 2 3 4; do echo $i; sleep 0.3; done"), enough=enough
    )
    assert time.monotonic() - started < 1.5
    assert (result.end, result.exit_status) == (End.STOPPED, None)
    assert [line.text for line in result.lines] == ["1", "2"]
    assert not sshd.processes()


async def test_stop_ends_it_and_keeps_what_was_said(transport: SshTransport, sshd: Sshd) -> None:
    stop = asyncio.Event()
    task = asyncio.create_task(run(transport, sh("printf 'a\\npart'; sleep 20"), stop=stop))
    assert await until(lambda: any("sleep 20" in args for args in sshd.processes()))
    await asyncio.sleep(0.2)
    stop.set()
    started = time.monotonic()
    result = await task
    assert time.monotonic() - started < 1.5
    assert (result.end, result.text) == (End.STOPPED, "a\npart")
    assert not sshd.processes()


async def test_deadline_ends_it_and_keeps_what_was_said(
    transport: SshTransport, sshd: Sshd
) -> None:
    started = time.monotonic()
    result = await run(transport, sh("echo said; sleep 20"), deadline=1.0)
    assert time.monotonic() - started < 2.0
    assert (result.end, result.exit_status, result.text) == (End.DEADLINE, None, "said")
    assert not sshd.processes()


async def test_what_ignores_our_signal_is_killed(transport: SshTransport, sshd: Sshd) -> None:
    stubborn = sh("trap '' TERM; while :; do sleep 0.2; done")
    result = await run(transport, stubborn, deadline=0.5)
    assert result.end is End.DEADLINE
    assert await until(lambda: not sshd.processes(), 4.0)


async def test_what_enough_raises_comes_back_and_ends_nothing_else(
    transport: SshTransport, sshd: Sshd
) -> None:
    def broken(_line: Line) -> bool:
        raise LookupError("a parser's mistake")

    other = asyncio.create_task(run(transport, sh("sleep 0.5; echo alive")))
    with pytest.raises(LookupError):
        await run(transport, sh("echo x; sleep 20"), enough=broken)
    assert (await other).text == "alive"
    assert not sshd.processes()


async def test_twenty_cancelled_commands_leave_no_process_and_no_channel(
    transport: SshTransport, sshd: Sshd
) -> None:
    """Ten channels left open would fill the connection (facts/ssh-and-store.md, Faults)."""
    for _round in range(2):
        tasks = [asyncio.create_task(run(transport, sh("sleep 20"))) for _ in range(10)]
        assert await until(lambda: sum("sleep 20" in a for a in sshd.processes()) >= 9)
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(how, asyncio.CancelledError) for how in ended)
        assert not sshd.processes()
    results = await asyncio.gather(*(run(transport, sh("sleep 0.2; echo ok")) for _ in range(10)))
    assert [result.text for result in results] == ["ok"] * 10


async def test_cancelled_while_the_channel_opens(transport: SshTransport, sshd: Sshd) -> None:
    """At whatever moment it is cancelled: a channel that opens later is closed."""
    await run(transport, Command(("true",)))
    for step in range(30):
        task = asyncio.create_task(run(transport, sh("sleep 20")))
        for _ in range(step):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert await until(lambda: not sshd.processes())
    results = await asyncio.gather(*(run(transport, sh("sleep 0.2; echo ok")) for _ in range(9)))
    assert [result.text for result in results] == ["ok"] * 9


@pytest.mark.parametrize(("kind", "most"), [(Kind.LINUX, 9), (Kind.DATADOMAIN, 1)])
async def test_a_host_sees_no_more_channels_than_it_takes(
    sshd: Sshd, kind: Kind, most: int
) -> None:
    transport = SshTransport([sshd.endpoint(kind=kind)])
    count = "ps -o stat=,args= -u $(id -u) | grep -c '^S.*[s]leep 0.4$'"
    command = sh(f"sleep 0.4 & n=$({count}); wait; echo $n")
    results = await asyncio.gather(*(run(transport, command) for _ in range(most * 3)))
    counts = [int(result.text) for result in results]
    assert len(counts) == most * 3
    assert max(counts) == most
    await transport.close()


async def test_waiting_for_a_channel_counts(sshd: Sshd) -> None:
    transport = SshTransport([sshd.endpoint(kind=Kind.DATADOMAIN)])
    first = asyncio.create_task(run(transport, sh("sleep 1.5")))
    assert await until(lambda: any("sleep 1.5" in args for args in sshd.processes()))
    second = await transport.run(HERE, Command(("echo", "x")), deadline=0.3)
    assert isinstance(second, Failure)
    assert second.kind is GapKind.TIMED_OUT
    await first
    await transport.close()


async def test_no_guard_and_no_shell_words_on_an_appliance(sshd: Sshd) -> None:
    transport = SshTransport([sshd.endpoint(kind=Kind.DATADOMAIN)])
    result = await run(transport, sh("tr '\\0' ' ' < /proc/$PPID/cmdline"))
    assert "timeout" not in result.text
    await transport.close()


async def test_a_host_without_timeout_is_asked_without_it(sshd: Sshd) -> None:
    """The shell's own "not found" is told from that of `timeout` itself."""
    transport = SshTransport([sshd.endpoint()])
    missing = await run(transport, Command(("no-such-tool",)))
    assert (missing.exit_status, transport._links[HERE].has_timeout) == (127, True)
    await transport.close()


async def test_a_lost_command_is_never_a_success(transport: SshTransport, sshd: Sshd) -> None:
    """sshd's child is killed under it: no status, what it said is kept, the next one runs."""
    task = asyncio.create_task(run(transport, sh("echo said; sleep 2.5")))
    assert await until(lambda: any("sleep 2.5" in args for args in sshd.processes()))
    sshd.cut_connections()
    result = await task
    assert (result.end, result.exit_status, result.ok) == (End.LOST, None, False)
    assert [line.text for line in result.lines] in ([], ["said"])
    assert (await run(transport, Command(("echo", "again")))).text == "again"
    assert await until(lambda: not sshd.processes(), 4.0)


async def test_close_ends_what_runs(sshd: Sshd) -> None:
    transport = SshTransport([sshd.endpoint()])
    task = asyncio.create_task(run(transport, sh("echo said; sleep 20")))
    assert await until(lambda: any("sleep 20" in args for args in sshd.processes()))
    started = time.monotonic()
    await transport.close()
    assert time.monotonic() - started < ssh.PUT_AWAY_SECONDS + 1
    assert (await task).end is End.STOPPED
    assert not sshd.processes()
    late = await transport.run(HERE, Command(("true",)), deadline=1.0)
    assert isinstance(late, Failure)
