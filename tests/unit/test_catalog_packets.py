"""The packet probes on a real path: a – r1 – r2 – r3 – b in network namespaces of their own.

Run as an unprivileged user without capabilities, as on a customer's hosts.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import pairwise

import pytest

from probes.catalog import by_name
from probes.model import (
    Ask,
    Command,
    End,
    Endpoint,
    Kind,
    Line,
    Route,
    Tools,
    Transcript,
    Value,
)
from probes.readings import (
    Answer,
    ExchangeReading,
    Knock,
    KnockReading,
    PingReading,
    SweepReading,
    ToolsReading,
    TraceReading,
)

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]

CHAIN = ("a", "r1", "r2", "r3", "b")
A, B = "10.200.1.1", "10.200.4.2"
HOPS = ["10.200.1.2", "10.200.2.2", "10.200.3.2", "10.200.4.2"]
CALL = bytes.fromhex("80000038") + struct.pack("!6I", 7, 0, 2, 100000, 2, 3) + bytes(32)
OTHER = bytes.fromhex("80000038") + bytes(range(56))
REPLY = struct.pack("!8I", 0x8000001C, 7, 1, 0, 0, 0, 0, 2049)

SERVER = """
import socket, sys, threading
def serve(port, handle):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    s.listen(64)
    def run():
        while True:
            c, _ = s.accept()
            threading.Thread(target=one, args=(c, handle), daemon=True).start()
    threading.Thread(target=run, daemon=True).start()
def one(c, handle):
    try:
        handle(c)
        while c.recv(1000):
            pass
    except OSError:
        pass
    c.close()
def answer(c):
    if c.recv(1000):
        c.sendall(bytes.fromhex(sys.argv[1]))
serve(111, answer)
serve(222, lambda c: None)
serve(333, lambda c: c.recv(1000) and c.shutdown(socket.SHUT_RDWR))
serve(444, lambda c: c.recv(1000) and c.setsockopt(
    socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0])) or c.close())
print("up", flush=True)
threading.Event().wait()
"""


class Path5:
    """Five namespaces in a row, and a server on the last."""

    def __init__(self) -> None:
        self.tag = f"rc{os.getpid() % 100000}"
        self.server: subprocess.Popen[str] | None = None

    def ns(self, name: str) -> str:
        return f"{self.tag}{name}"

    def inside(self, name: str, *words: str) -> None:
        subprocess.run(["ip", "netns", "exec", self.ns(name), *words], check=True)

    def build(self) -> None:
        for name in CHAIN:
            subprocess.run(["ip", "netns", "add", self.ns(name)], check=True)
            self.inside(name, "ip", "link", "set", "lo", "up")
            self.inside(name, "sysctl", "-qw", "net.ipv4.ip_forward=1",
                        "net.ipv4.icmp_ratelimit=0")  # fmt: skip
        for n, (left, right) in enumerate(pairwise(CHAIN), 1):
            subprocess.run(
                ["ip", "link", "add", "east", "netns", self.ns(left), "type", "veth",
                 "peer", "name", "west", "netns", self.ns(right)], check=True,
            )  # fmt: skip
            for name, device, host in ((left, "east", 1), (right, "west", 2)):
                self.inside(name, "ip", "addr", "add", f"10.200.{n}.{host}/24", "dev", device)
                self.inside(name, "ip", "link", "set", device, "up")
        for n, name in enumerate(CHAIN, 1):
            for net in range(1, 5):
                if net > n:
                    self.inside(name, "ip", "route", "add", f"10.200.{net}.0/24",
                                "via", f"10.200.{n}.2")  # fmt: skip
                elif net < n - 1:
                    self.inside(name, "ip", "route", "add", f"10.200.{net}.0/24",
                                "via", f"10.200.{n - 1}.1")  # fmt: skip
        self.server = subprocess.Popen(
            ["ip", "netns", "exec", self.ns("b"), sys.executable, "-c", SERVER, REPLY.hex()],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.server.stdout is not None
        assert self.server.stdout.readline() == "up\n"

    def rule(self, router: str, *rules: str, hook: str = "forward") -> None:
        """Rules on what this router forwards, or on what it sends itself (`output`)."""
        lines = "\n".join((f"type filter hook {hook} priority 0", *rules))
        table = f"table inet on_{hook} {{\nchain c {{\n{lines}\n}}\n}}\n"
        self.inside(router, "nft", table)

    def clear(self) -> None:
        for name in CHAIN:
            self.inside(name, "nft", "flush", "ruleset")

    def comes_to_rest(self) -> bool:
        """Nothing is left at either end, within what an orderly close may take a busy host."""
        until = time.monotonic() + 5
        while self.left_over("a") or self.left_over("b"):
            if time.monotonic() > until:
                return False
            time.sleep(0.05)
        return True

    def left_over(self, name: str) -> list[str]:
        """This host's sockets beside listeners and those in TIME-WAIT."""
        told = subprocess.run(
            ["ip", "netns", "exec", self.ns(name), "ss", "-Htan"],
            capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        return [line for line in told if not line.startswith(("LISTEN", "TIME-WAIT"))]

    def tear_down(self) -> None:
        if self.server is not None:
            self.server.kill()
            self.server.wait()
        for name in CHAIN:
            subprocess.run(["ip", "netns", "del", self.ns(name)], check=False)


@pytest.fixture(scope="module")
def built() -> Iterator[Path5]:
    path = Path5()
    try:
        path.build()
        yield path
    finally:
        path.tear_down()


@pytest.fixture
def path(built: Path5) -> Iterator[Path5]:
    yield built
    built.clear()


def transcript(path: Path5, command: Command, stop_after: float | None = None) -> Transcript:
    """The command run as nobody on the first host, read as SSH would give it."""
    words = ["ip", "netns", "exec", path.ns("a"), "setpriv", "--reuid=65534", "--regid=65534",
             "--clear-groups", "--inh-caps=-all", *command.argv]  # fmt: skip
    started = time.time()
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if stop_after is not None:
        time.sleep(stop_after)
        process.terminate()
    out, _ = process.communicate(timeout=60)
    ended = time.time()
    lines = tuple(Line(ended, text) for text in out.splitlines())
    end = End.EXITED if stop_after is None else End.STOPPED
    status = process.returncode if stop_after is None else None
    return Transcript(command.argv, started, ended - started, end, status, lines, offset=0.0)


@pytest.fixture(scope="module")
def tools(built: Path5) -> Tools:
    probe = by_name("tools")
    route = Route(Endpoint("x", "a", Kind.LINUX, ip_address(A)), None, None)
    ask = Ask("tools", "x/a")
    command = probe.command(ask, route, Tools())
    assert isinstance(command, Command)
    reading = probe.parse(ask, transcript(built, command))
    assert isinstance(reading, ToolsReading)
    return Tools(reading.tools)


def run(path: Path5, tools: Tools, name: str, **params: Value) -> object:
    source = Endpoint("x", "a", Kind.LINUX, ip_address(A))
    target = Endpoint("y", "b", Kind.LINUX, ip_address(B))
    ask = Ask(name, "x/a", "y/b", params)
    command = by_name(name).command(ask, Route(source, target, target.address), tools)
    assert isinstance(command, Command)
    return by_name(name).parse(ask, transcript(path, command))


def test_knock_tells_open_from_refused(path: Path5, tools: Tools) -> None:
    reading = run(path, tools, "knock", ports="111,22", count=3, interval=0.05)
    assert isinstance(reading, KnockReading)
    assert reading.results(111) == (Knock.OPEN,) * 3
    assert reading.results(22) == (Knock.REFUSED,) * 3
    assert all(row.icmp is None for row in reading.rows)
    assert path.comes_to_rest()


@pytest.mark.parametrize(
    ("verb", "result", "icmp"),
    [
        ("drop", Knock.SILENT, None),
        ("reject with icmp type admin-prohibited", Knock.PROHIBITED, (3, 13)),
        ("reject with icmp type port-unreachable", Knock.PROHIBITED, (3, 3)),
        ("reject with icmp type host-unreachable", Knock.PROHIBITED, (3, 1)),
        ("reject with tcp reset", Knock.REFUSED, None),
    ],
)
def test_knock_tells_who_refuses(
    path: Path5, tools: Tools, verb: str, result: Knock, icmp: tuple[int, int] | None
) -> None:
    path.rule("r2", f"tcp dport 111 {verb}")
    reading = run(path, tools, "knock", ports="111,222", wait=0.4)
    assert isinstance(reading, KnockReading)
    (row,) = [row for row in reading.rows if row.port == 111]
    assert (row.result, row.icmp) == (result, icmp)
    assert str(row.icmp_from) == ("10.200.2.2" if icmp else "None")
    assert reading.results(222) == (Knock.OPEN,)


def test_a_silent_round_does_not_delay_the_next(path: Path5, tools: Tools) -> None:
    path.rule("r2", "tcp dport 111 drop")
    reading = run(path, tools, "knock", ports="111,222", count=5, interval=0.1, wait=0.6)
    assert isinstance(reading, KnockReading)
    first, *_, last = [row.at for row in reading.rows if row.port == 222]
    assert last - first == pytest.approx(0.4, abs=0.15)
    assert reading.results(111) == (Knock.SILENT,) * 5


def test_a_sweep_of_requests_names_each_hop_and_ends_at_the_filter(
    path: Path5, tools: Tools
) -> None:
    open_path = run(path, tools, "knock", ports="111", first_ttl=1, last_ttl=6, wait=0.4)
    path.rule("r3", "tcp dport 111 drop")
    filtered = run(path, tools, "knock", ports="111", first_ttl=1, last_ttl=4, wait=0.3)
    assert isinstance(open_path, KnockReading)
    assert isinstance(filtered, KnockReading)
    assert [str(row.icmp_from) for row in open_path.rows] == [*HOPS[:3], "None"]
    assert [row.result for row in open_path.rows] == [*[Knock.EXPIRED] * 3, Knock.OPEN]
    expired = [row.result for row in filtered.rows]
    assert expired == [*[Knock.EXPIRED] * 3, Knock.SILENT]


def test_exchange_is_answered_closed_reset_or_silent(path: Path5, tools: Tools) -> None:
    answers = {}
    for port in (111, 222, 333, 444, 555):
        answers[port] = run(path, tools, "exchange", port=port, payload=CALL.hex(), wait=0.4,
                            reply_bytes=32)  # fmt: skip
    replied, silent, closed, reset, refused = answers.values()
    assert isinstance(replied, ExchangeReading)
    assert (replied.answer, replied.reply, replied.acked) == (Answer.REPLIED, REPLY, True)
    assert isinstance(silent, ExchangeReading)
    assert (silent.answer, silent.acked) == (Answer.SILENT, True)
    assert isinstance(closed, ExchangeReading)
    assert closed.answer is Answer.CLOSED
    assert isinstance(reset, ExchangeReading)
    assert reset.answer is Answer.RESET
    assert isinstance(refused, ExchangeReading)
    assert (refused.opened, refused.answer) == (Knock.REFUSED, Answer.NOT_OPEN)
    assert refused.sent is None
    assert path.comes_to_rest()


def test_an_eaten_message_stays_in_the_send_queue_and_its_socket_can_be_cleared(
    path: Path5, tools: Tools
) -> None:
    path.rule("r2", "@ih,96,96 0x00000002000186a000000002 drop")
    reading = run(path, tools, "exchange", port=111, payload=CALL.hex(), wait=0.7,
                  reply_bytes=32)  # fmt: skip
    assert isinstance(reading, ExchangeReading)
    assert reading.answer is Answer.SILENT
    assert not reading.acked
    assert {size for _, size in reading.unacked} == {len(CALL)}


def test_a_half_open_socket_is_cleared_from_the_same_port(path: Path5, tools: Tools) -> None:
    # The device lets the connection open and blocks the pair from the call on.
    path.rule("r2", "tcp dport 111 @ih,96,32 2 drop", "tcp flags & rst == rst drop")
    reading = run(path, tools, "exchange", port=111, payload=CALL.hex(), wait=0.3)
    assert isinstance(reading, ExchangeReading)
    assert len(path.left_over("b")) == 1
    path.clear()
    cleared = run(path, tools, "reconnect", port=111, local_port=reading.local_port)
    assert isinstance(cleared, KnockReading)
    assert cleared.results(111) == (Knock.OPEN,)
    assert path.left_over("b") == path.left_over("a") == []


def test_a_sweep_ends_at_the_hop_that_eats_the_message(path: Path5, tools: Tools) -> None:
    path.rule("r3", "tcp dport 111 @ih,96,96 0x00000002000186a000000002 drop")
    control = run(path, tools, "sweep", port=111, payload=OTHER.hex(), message="control",
                  first=1, last=5, wait=0.4)  # fmt: skip
    call = run(path, tools, "sweep", port=111, payload=CALL.hex(), message="call",
               first=1, last=5, wait=0.4)  # fmt: skip
    assert isinstance(control, SweepReading)
    assert isinstance(call, SweepReading)
    assert [step.result for step in control.steps] == [*[Answer.EXPIRED] * 3, Answer.REPLIED]
    assert [step.result for step in call.steps] == [*[Answer.EXPIRED] * 3, *[Answer.SILENT] * 2]
    assert (control.last_expired, call.last_expired) == (3, 3)
    time.sleep(0.3)  # the reset of the last connection is on its way
    assert path.comes_to_rest()


def test_a_repeated_handshake_is_no_expired_message(path: Path5, tools: Tools) -> None:
    """Trap 2: the message is eaten at once; what expires is our ACK, sent again at its TTL."""
    path.rule("r1", "tcp dport 111 @ih,96,32 2 drop", hook="prerouting")
    path.rule("r3", "tcp dport 111 tcp flags & (syn | ack | psh | fin | rst) == ack drop")
    reading = run(path, tools, "sweep", port=111, payload=CALL.hex(), message="call",
                  first=2, last=2, wait=1.4)  # fmt: skip
    assert isinstance(reading, SweepReading)
    assert [step.result for step in reading.steps] == [Answer.VOID]
    assert reading.last_expired == 0


def test_a_stopped_sweep_sends_its_message_no_further(path: Path5, tools: Tools) -> None:
    """Trap 5: what is closed at a low TTL must not be sent again at a full one."""
    path.rule("r3", "tcp dport 111 @ih,96,32 2 counter")
    path.rule("r2", "icmp type time-exceeded drop", hook="output")
    source = Endpoint("x", "a", Kind.LINUX, ip_address(A))
    target = Endpoint("y", "b", Kind.LINUX, ip_address(B))
    params: dict[str, Value] = {
        "port": 111,
        "payload": CALL.hex(),
        "first": 2,
        "last": 2,
        "wait": 5.0,
    }
    ask = Ask("sweep", "x/a", "y/b", params)
    command = by_name("sweep").command(ask, Route(source, target, target.address), tools)
    assert isinstance(command, Command)
    transcript(path, command, stop_after=0.6)
    time.sleep(0.3)
    assert path.comes_to_rest()
    told = subprocess.run(
        ["ip", "netns", "exec", path.ns("r3"), "nft", "list", "ruleset"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "counter packets 0" in told


def test_ping_and_trace_on_the_same_path(path: Path5, tools: Tools) -> None:
    trace = run(path, tools, "trace")
    assert isinstance(trace, TraceReading)
    assert [str(hop.address) for hop in trace.hops] == HOPS
    assert trace.reached
    assert trace.complete
    path.rule("r2", "icmp type echo-request reject with icmp type admin-prohibited")
    ping = run(path, tools, "ping", count=4, interval=0.05, wait=0.3)
    assert isinstance(ping, PingReading)
    assert (ping.sent, ping.received) == (4, 0)
    assert {(row.note, str(row.note_from)) for row in ping.rows} == {
        ("Packet filtered", "10.200.2.2")
    }


def test_a_stopped_ping_reports_no_loss_that_it_did_not_see(path: Path5, tools: Tools) -> None:
    path.rule("r2", "icmp type echo-request drop")
    source = Endpoint("x", "a", Kind.LINUX, ip_address(A))
    target = Endpoint("y", "b", Kind.LINUX, ip_address(B))
    ask = Ask("ping", "x/a", "y/b", {"count": 100, "interval": 0.2})
    command = by_name("ping").command(ask, Route(source, target, target.address), tools)
    assert isinstance(command, Command)
    reading = by_name("ping").parse(ask, transcript(path, command, stop_after=2.2))
    assert isinstance(reading, PingReading)
    assert reading.received == 0
    assert 4 <= reading.sent <= 8  # about 11 were sent, the youngest second is not yet lost
