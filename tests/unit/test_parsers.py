"""What golden files can't say: wild text, the same text read by others, signs of life, times."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import jc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probes.catalog import CATALOG, by_name
from probes.model import Ask, End, Line, Probe, Transcript, Unparsed, Value
from probes.readings import (
    CountersReading,
    HostFilterReading,
    PingReading,
    SocketsReading,
    TraceReading,
)
from tests.golden.load import STARTED, Golden, load, names

NEEDED: dict[str, dict[str, Value]] = {
    "knock": {"ports": "111"},
    "exchange": {"port": 111, "payload": "00"},
    "sweep": {"port": 111, "payload": "00"},
    "reconnect": {"port": 111, "local_port": 40000},
    "status": {"about": "nfs"},
}


def by_probe(probe: str) -> list[Golden]:
    return [golden for name in names() if (golden := load(name)).ask.probe == probe]


def said(*texts: str, argv: tuple[str, ...] = ("x",), **kw: object) -> Transcript:
    lines = tuple(Line(STARTED + 0.1 * n, text) for n, text in enumerate(texts, 1))
    whole = Transcript(argv, STARTED, 0.1 * len(texts) + 0.1, End.EXITED, 0, lines)
    return replace(whole, **kw)  # type: ignore[arg-type]


ALL_LINES = sorted({line.text for name in names() for line in load(name).transcript.lines})
WILD = st.lists(
    st.one_of(
        st.sampled_from(ALL_LINES),
        st.text(max_size=60),
        st.sampled_from(ALL_LINES).flatmap(lambda t: st.integers(0, 80).map(lambda n: t[:n])),
        st.tuples(st.sampled_from(ALL_LINES), st.sampled_from(ALL_LINES)).map(
            lambda two: two[0][: len(two[0]) // 2] + two[1][len(two[1]) // 2 :]
        ),
    ),
    max_size=12,
)


@pytest.mark.parametrize("probe", CATALOG, ids=lambda probe: probe.name)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=WILD,
    end=st.sampled_from(list(End)),
    error=st.booleans(),
    offset=st.sampled_from([None, 0.0, -3.5]),
)
def test_wild_text_is_read_or_unparsed_and_nothing_else(
    probe: Probe,
    texts: list[str],
    end: End,
    error: bool,
    offset: float | None,
) -> None:
    status = 0 if end is End.EXITED else None
    transcript = said(*texts, end=end, exit_status=status, offset=offset)
    transcript = replace(transcript, lines=tuple(replace(x, error=error) for x in transcript.lines))
    with contextlib.suppress(Unparsed):
        probe.parse(Ask(probe.name, "a/x", "b/y", NEEDED.get(probe.name, {})), transcript)
    for text in texts:
        assert probe.alive(text) in (True, False, None)


@pytest.mark.parametrize("probe", CATALOG, ids=lambda probe: probe.name)
@pytest.mark.parametrize("text", ["", "Segmentation fault", "sh: 1: ping: not found", "한글 —"])
def test_nothing_of_the_kind_is_unparsed_and_never_empty(probe: Probe, text: str) -> None:
    with pytest.raises(Unparsed):
        probe.parse(Ask(probe.name, "a/x", "b/y", NEEDED.get(probe.name, {})), said(text))


# --- the same text read by others -----------------------------------------------------


@pytest.mark.parametrize(
    "golden",
    [g for g in by_probe("ping") if "data" in g.transcript.text and g.name != "ping-ddos"],
    ids=lambda g: g.name,
)
def test_ping_replies_as_jc_reads_them(golden: Golden) -> None:
    """But for replies with a name before the address, which jc takes for something else."""
    reading = by_name("ping").parse(golden.ask, golden.transcript)
    assert isinstance(reading, PingReading)
    their = jc.parse("ping", golden.transcript.text, quiet=True)
    assert isinstance(their, dict)
    replies = {
        (row["icmp_seq"], round(row["time_ms"] / 1000, 9))
        for row in their["responses"]
        if row["type"] == "reply" and not row.get("duplicate")
    }
    if replies:  # jc drops what is not in the newest format: then there is nothing to compare
        ours = {(row.seq, round(row.rtt, 9)) for row in reading.rows if row.rtt is not None}
        assert ours == replies
    if "packets_transmitted" in their and golden.transcript.end is End.EXITED:
        assert reading.sent == their["packets_transmitted"]


@pytest.mark.parametrize(
    "golden",
    [
        g
        for g in by_probe("trace")
        if g.transcript.text.startswith(("traceroute to", "Note")) and "~" not in g.transcript.text
        and "alone" not in g.name and "no-route" not in g.name and " max\n" not in g.transcript.text
    ],
    ids=lambda g: g.name,
)  # fmt: skip
def test_trace_answers_as_jc_reads_them(golden: Golden) -> None:
    reading = by_name("trace").parse(golden.ask, golden.transcript)
    assert isinstance(reading, TraceReading)
    their = jc.parse("traceroute", golden.transcript.text, quiet=True)
    assert isinstance(their, dict)
    ours = {
        (hop.ttl, str(a), round((rtt or 0.0) * 1000, 6))
        for hop in reading.hops
        for a, rtt in zip(hop.answers, hop.rtts, strict=True)
        if a is not None
    }
    theirs = {
        (hop["hop"], probe["ip"], probe["rtt"])
        for hop in their["hops"]
        for probe in hop["probes"]
        if probe["ip"] is not None and probe["rtt"] is not None
    }
    assert theirs <= ours
    assert len(ours) - len(theirs) <= 1  # jc loses a second address of one row


@pytest.mark.parametrize("name", ["sockets-netstat-plain", "sockets-ddos-net-show-stats"])
def test_sockets_as_jc_reads_them(name: str) -> None:
    golden = load(name)
    reading = by_name("sockets").parse(golden.ask, golden.transcript)
    assert isinstance(reading, SocketsReading)
    text = golden.transcript.text
    # jc stumbles over what DD OS prints before and after.
    listing = text[text.index("Active Internet") :].partition("\n\n")[0]
    their: Any = jc.parse("netstat", listing, quiet=True)
    theirs = [
        (row["recv_q"], row["send_q"], row["local_port_num"], row["state"])
        for row in their
        if row.get("transport_protocol") == "tcp"
    ]
    words = {"ESTAB": "ESTABLISHED", "TIME-WAIT": "TIME_WAIT"}
    ours = [
        (s.recv_q, s.send_q, s.local_port, words.get(s.state, s.state))
        for s in reading.samples[0].sockets
    ]
    assert ours == theirs


@pytest.mark.parametrize("name", ["counters-ddos-6", "counters-ddos-new-ifconfig"])
def test_counters_as_jc_reads_them(name: str) -> None:
    golden = load(name)
    reading = by_name("counters").parse(golden.ask, golden.transcript)
    assert isinstance(reading, CountersReading)
    rows: Any = jc.parse("ifconfig", golden.transcript.text, quiet=True)
    their = {
        row["name"]: (row["rx_packets"], row["rx_errors"], row["tx_dropped"], row["mtu"])
        for row in rows
        if row["rx_packets"] is not None
    }
    ours = {i.name: (i.rx_packets, i.rx_errors, i.tx_dropped, i.mtu) for i in reading.interfaces}
    assert ours == their


# --- signs of life --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("probe", "line", "alive"),
    [
        ("ping", "[1700000000.1] 64 bytes from 10.0.0.1: icmp_seq=3 ttl=60 time=1.2 ms", True),
        ("ping", "64 bytes from 10.0.0.1: seq=0 ttl=64 time=0.045 ms", True),
        ("ping", "[1700000000.1] no answer yet for icmp_seq=3", False),
        ("ping", "From 10.0.0.9 icmp_seq=3 Packet filtered", False),
        ("ping", "PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.", None),
        ("knock", "knock port=22 at=1.0 result=open ttl=0 seconds=0.1", True),
        ("knock", "knock port=22 at=1.0 result=refused ttl=0 seconds=0.1", True),
        ("knock", "knock port=22 at=1.0 result=silent ttl=0", False),
        ("knock", "knock port=22 at=1.0 result=error ttl=0 errno=101", None),
        ("knock", "someone result=open", None),
        ("trace", " 1  10.0.0.1  0.1 ms", None),
    ],
)
def test_a_line_tells_life_from_silence(probe: str, line: str, alive: bool | None) -> None:
    assert by_name(probe).alive(line) is alive


# --- times ----------------------------------------------------------------------------


def test_a_request_was_sent_by_the_hosts_clock_less_its_offset() -> None:
    transcript = said(
        "PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.",
        f"[{STARTED + 3600.05:.6f}] 64 bytes from 10.0.0.1: icmp_seq=1 ttl=60 time=20.0 ms",
        f"[{STARTED + 3600.55:.6f}] no answer yet for icmp_seq=2",
        f"[{STARTED + 3601.05:.6f}] no answer yet for icmp_seq=3",
        argv=("/bin/ping", "-D", "-O", "-i", "0.5"), offset=3600.0, end=End.STOPPED,
        exit_status=None, seconds=2.6,
    )  # fmt: skip
    reading = by_name("ping").parse(Ask("ping", "a/x"), transcript)
    assert isinstance(reading, PingReading)
    sent = [row.sent - STARTED for row in reading.rows]
    assert sent == pytest.approx([0.03, 0.05, 0.55], abs=1e-5)
    assert [row.rtt for row in reading.rows] == [0.02, None, None]


def test_a_request_whose_answer_may_still_come_is_not_lost() -> None:
    texts = [
        "PING 10.0.0.1 (10.0.0.1) 56(84) bytes of data.",
        *(f"no answer yet for icmp_seq={n}" for n in range(1, 20)),
    ]  # fmt: skip
    transcript = said(
        *texts, argv=("/bin/ping", "-O", "-i", "0.1"), end=End.STOPPED, exit_status=None
    )
    reading = by_name("ping").parse(Ask("ping", "a/x"), transcript)
    assert isinstance(reading, PingReading)
    ended = transcript.started + transcript.seconds
    assert reading.rows
    assert max(row.sent for row in reading.rows) <= ended - 1.0
    assert reading.sent < 19


def test_rows_sent_at_once_have_the_starts_time() -> None:
    """A row that timed out a second later was sent at the start all the same (trap 17)."""
    transcript = said(
        "traceroute to 10.0.0.9 (10.0.0.9), 30 hops max, 60 byte packets",
        " 1  10.0.0.1  0.1 ms", " 2  *", " 3  *",
        argv=("traceroute", "-n", "-q", "1", "-w", "1", "-N", "30", "10.0.0.9"),
    )  # fmt: skip
    reading = by_name("trace").parse(Ask("trace", "a/x"), transcript)
    assert isinstance(reading, TraceReading)
    assert {round(hop.at - STARTED, 3) for hop in reading.hops} == {0.1}


def test_rows_sent_one_after_another_have_the_last_ones_arrival() -> None:
    transcript = said(
        "traceroute to 10.0.0.9 (10.0.0.9), 30 hops max, 40 byte packets",
        " 1  10.0.0.1  0.1 ms", " 2  *", " 3  10.0.0.3  150.0 ms",
        argv=("traceroute", "-n", "-q", "1", "-w", "1", "10.0.0.9"),
    )  # fmt: skip
    reading = by_name("trace").parse(Ask("trace", "a/x"), transcript)
    assert isinstance(reading, TraceReading)
    sent = [hop.at - STARTED for hop in reading.hops]
    assert sent == pytest.approx([0.1, 0.2, 0.25], abs=1e-5)  # 0.4 less 150 ms


def test_killed_by_timeout_is_not_a_trace_that_ended() -> None:
    lines = ("traceroute to 10.0.0.9 (10.0.0.9), 30 hops max, 60 byte packets", " 1  *")
    reading = by_name("trace").parse(Ask("trace", "a/x"), said(*lines, exit_status=124))
    assert isinstance(reading, TraceReading)
    assert not reading.complete


# --- what is in no list ---------------------------------------------------------------


def test_a_listing_that_was_cut_is_not_a_short_one() -> None:
    golden = load("sockets-netstat-plain")
    cut = replace(golden.transcript, end=End.LOST, exit_status=None)
    with pytest.raises(Unparsed):
        by_name("sockets").parse(golden.ask, cut)


def test_listeners_are_known_only_where_they_are_listed() -> None:
    reading = by_name("sockets").parse(*_of("account-netstat-datadomain"))
    listing = by_name("sockets").parse(*_of("sockets-ddos-net-show-stats"))
    assert isinstance(reading, SocketsReading)
    assert isinstance(listing, SocketsReading)
    assert reading.listens(2049) is None
    assert (listing.listens(2049), listing.listens(2051), listing.listens(80)) == (
        True,
        True,
        False,
    )


def _of(name: str) -> tuple[Ask, Transcript]:
    golden = load(name)
    return golden.ask, golden.transcript


def test_a_filter_rule_for_some_clients_decides_nothing() -> None:
    reading = by_name("hostfilter").parse(*_of("hostfilter"))
    assert isinstance(reading, HostFilterReading)
    allowed = {port: reading.allows(port) for port in (111, 2049, 2052, 5002, 80)}
    assert allowed == {111: True, 2049: None, 2052: None, 5002: False, 80: None}
    assert reading.allows(123, "udp") is True


# --- the account ----------------------------------------------------------------------


def test_the_account_read_back() -> None:
    """facts/path-diagnosis.md, "Reading the incident"."""
    last: dict[str, int] = {}
    for name in ("forward-idle", "forward-failing", "reverse-idle", "reverse-failing"):
        reading = by_name("trace").parse(*_of(f"account-trace-{name}"))
        assert isinstance(reading, TraceReading)
        assert reading.reached == name.endswith("idle")
        last[name] = max(hop.ttl for hop in reading.hops if hop.address is not None)
    assert last == {
        "forward-idle": 15, "forward-failing": 13, "reverse-idle": 10, "reverse-failing": 1,
    }  # fmt: skip
    source = by_name("sockets").parse(*_of("account-netstat-avamar"))
    far = by_name("sockets").parse(*_of("account-netstat-datadomain"))
    assert isinstance(source, SocketsReading)
    assert isinstance(far, SocketsReading)
    assert [(s.state, s.send_q) for s in source.samples[0].sockets] == [
        ("ESTAB", 60), ("SYN-SENT", 1),
    ]  # fmt: skip
    assert [s.send_q for s in far.samples[0].sockets] == [32, 32, 32]
    assert {s.peer for s in far.samples[0].sockets} == {ip_address("10.81.10.11")}
