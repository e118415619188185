"""What finds the message in a capture, and the 5-tuples where NAT stands between the hosts."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from bot.ticket import Ticket, ticket
from bot.ticket.model import Tuple5
from bot.ticket.wire import filters
from probes.diagnosis import judge
from probes.model import Address, Evidence
from probes.profiles import onc_rpc
from tests.unit.ticket.tickets import evidence_of, ticket_of

NEAR4, FAR4 = ip_address("10.81.10.11"), ip_address("10.82.20.12")
NEAR6, FAR6 = ip_address("2001:db8:1::11"), ip_address("2001:db8:2::12")
OPTIONS = b"\x01\x01\x08\x0a" + bytes(8)  # time stamps: the payload does not stand at byte 20


def view(source: Address, target: Address) -> tuple[Tuple5, ...]:
    return (Tuple5("seoul", source, 40000, target, 111),)


def frame(source: Address, target: Address, payload: bytes) -> bytes:
    """An Ethernet frame with one TCP segment."""
    offset = (20 + len(OPTIONS)) // 4 << 4
    segment = struct.pack(">HHIIBBHHH", 40000, 111, 1, 1, offset, 0x18, 1024, 0, 0)
    segment += OPTIONS + payload
    ends = source.packed + target.packed
    if source.version == 4:
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0)
        return bytes(12) + b"\x08\x00" + head + ends + segment
    head = struct.pack(">IHBB", 0x60000000, len(segment), 6, 64)
    return bytes(12) + b"\x86\xdd" + head + ends + segment


def capture(path: Path, frames: list[bytes]) -> Path:
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    records = (struct.pack("<IIII", 0, 0, len(f), len(f)) + f for f in frames)
    path.write_bytes(header + b"".join(records))
    return path


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump")
@pytest.mark.parametrize(("source", "target"), [(NEAR4, FAR4), (NEAR6, FAR6)])
def test_tcpdump_finds_this_checks_message_and_no_other(
    source: Address, target: Address, tmp_path: Path
) -> None:
    sent = ticket_of("account").sent
    assert sent is not None
    others = [onc_rpc.getport_call(sent.xid ^ 1), b"", sent.payload[4:]]
    frames = [frame(source, target, payload) for payload in (sent.payload, *others)]
    frames.append(frame(source, ip_address(int(target) + 1) if target.version == 4 else NEAR6,
                        sent.payload))  # fmt: skip
    path = capture(tmp_path / "x.pcap", frames)
    expression = filters(view(source, target), sent)["xid seoul"]
    shown = subprocess.run(
        ["tcpdump", "-nr", path, expression], capture_output=True, text=True, check=True
    )
    assert len(shown.stdout.splitlines()) == 1


def test_the_filter_reads_the_word_behind_the_record_mark() -> None:
    """Without the tool: its arithmetic, done by hand on a segment with options."""
    sent = ticket_of("account").sent
    assert sent is not None
    expression = filters(view(NEAR4, FAR4), sent)["xid seoul"]
    found = re.search(r"tcp\[\(\(tcp\[12\] & 0xf0\) >> 2\) \+ 4:4\] = (0x[0-9a-f]{8})$", expression)
    assert found
    tcp = frame(NEAR4, FAR4, sent.payload)[14 + 20 :]
    at = ((tcp[12] & 0xF0) >> 2) + 4
    assert int.from_bytes(tcp[at : at + 4], "big") == int(found[1], 16) == sent.xid


def test_the_mark_stands_in_the_call_the_control_and_the_answer() -> None:
    """A capture that is filtered by it shows all three."""
    evidence = evidence_of("account")
    xid = evidence.context.xid.to_bytes(4, "big")
    payloads = [bytes.fromhex(str(o.ask.params["payload"])) for o in evidence.of("exchange")]
    assert len(payloads) == 2
    assert all(payload[4:8] == xid for payload in payloads)
    answered = [o for o in evidence_of("healthy").of("exchange") if o.plan == "trigger:portmapper"]
    text = answered[0].transcript.text
    reply = re.search(r"reply hex=([0-9a-f]+)", text)
    mark = evidence_of("healthy").context.xid.to_bytes(4, "big").hex()
    assert reply
    assert reply[1][8:16] == mark


def behind_nat() -> Evidence:
    """The recorded incident, with an inventory that knows of NAT at both sites."""
    evidence = evidence_of("payload-drop")
    c = evidence.context
    near = {**c.near.endpoints}
    near["avamar"] = replace(near["avamar"], seen_from={"busan": ip_address("172.20.1.11")})
    far = {**c.far.endpoints}
    far["datadomain"] = replace(far["datadomain"], seen_from={"seoul": ip_address("172.30.1.12")})
    context = replace(c, near=replace(c.near, endpoints=near), far=replace(c.far, endpoints=far))
    return replace(evidence, context=context)


def nat_ticket() -> Ticket:
    verdict = judge(evidence_of("payload-drop"))
    return ticket(behind_nat(), verdict, "i1")


def test_each_side_has_its_own_view_of_the_connection() -> None:
    near, far = nat_ticket().tuples
    assert (str(near.source), str(near.target)) == ("10.81.10.11", "172.30.1.12")
    assert (str(far.source), str(far.target)) == ("172.20.1.11", "10.82.20.12")
    assert near.port is not None
    assert far.port is None, "the far host lists no connection from that address: not claimed"


def test_what_is_asked_names_every_address_of_a_host() -> None:
    made = nat_ticket()
    asks = next(section for section in made.first if section.code == "ask")
    exempt = next(s for s in asks.statements if s.words.code == "ticket-ask.exempt")
    source, target = exempt.words.params["source"], exempt.words.params["target"]
    assert not isinstance(source, str | int | float)
    assert not isinstance(target, str | int | float)
    assert source.params["address"] == "10.81.10.11"
    assert source.params["shown"] == "172.20.1.11"
    assert target.params["shown"] == "172.30.1.12"
    codes = {s.words.code for s in made.statements}
    assert "ticket-wire.nat" in codes
    assert "ticket-wire.no-nat" not in codes


def test_the_far_sides_source_port_is_the_one_that_its_host_lists() -> None:
    near, far = ticket_of("account").tuples
    assert near.port == far.port == 33867
    assert far.evidence
    assert ticket_of("one-sided").tuples[1].port is None
