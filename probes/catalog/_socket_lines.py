"""Reading one line of a list of sockets: ss, netstat (DD OS too), /proc/net/tcp. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from probes.catalog._lines import address
from probes.model import Address
from probes.readings import Socket

_STATES = {
    "ESTAB": "ESTAB", "ESTABLISHED": "ESTAB", "SYN-SENT": "SYN-SENT", "SYN-RECV": "SYN-RECV",
    "FIN-WAIT-1": "FIN-WAIT-1", "FIN-WAIT1": "FIN-WAIT-1", "FIN-WAIT-2": "FIN-WAIT-2",
    "FIN-WAIT2": "FIN-WAIT-2", "TIME-WAIT": "TIME-WAIT", "CLOSE-WAIT": "CLOSE-WAIT",
    "LAST-ACK": "LAST-ACK", "LISTEN": "LISTEN", "CLOSING": "CLOSING", "UNCONN": "UNCONN",
    "CLOSE": "UNCONN", "CLOSED": "UNCONN", "NEW-SYN-RECV": "SYN-RECV",
}  # fmt: skip
"""Every tool's word (with `_` as `-`) → ss(8)'s."""

_PROC_STATES = (
    "", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN",
    "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING", "SYN-RECV",
)  # fmt: skip
"""include/net/tcp_states.h, by number."""

_PORT_NAMES = {"*": 0, "sunrpc": 111, "rpcbind": 111, "ssh": 22, "nfs": 2049}
_NETSTAT = re.compile(r"^tcp[46]?\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+([A-Z_0-9]+)\b")
_SS = re.compile(r"^([A-Z][A-Z0-9-]+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)")
_PROC = re.compile(
    r"^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2}) "
    r"([0-9A-F]{8}):([0-9A-F]{8}) "
)
_HEADERS = ("State ", "Proto ", "Active Internet", "  sl ", "Netid")


def is_header(text: str) -> bool:
    """Does this line head a list of sockets?"""
    return text.startswith(_HEADERS)


def looks_like_row(text: str) -> bool:
    """A line in the form of a TCP socket, whether or not its addresses can be read."""
    return bool(_NETSTAT.match(text) or _PROC.match(text) or _ss_row(text))


def socket(text: str, line: int) -> Socket | None:
    """The TCP socket of this line; None for other lines and for addresses by name."""
    if found := _NETSTAT.match(text):
        recv_q, send_q, local, peer, state = found.groups()
    elif found := _ss_row(text):
        state, recv_q, send_q, local, peer = found.groups()
    elif found := _PROC.match(text):
        return _of_proc(found, line)
    else:
        return None
    ends = _end(local), _end(peer)
    state = _STATES.get(state.replace("_", "-"), "")
    if ends[0] is None or ends[1] is None or not state:
        return None
    return Socket(state, int(recv_q), int(send_q), *ends[0], *ends[1], line)


def _ss_row(text: str) -> re.Match[str] | None:
    found = _SS.match(text)
    return found if found and found[1] in _STATES else None


def _end(text: str) -> tuple[Address | None, int] | None:
    """`address:port` → (address or None for any, port or 0 for any); None if not readable."""
    host, _, port_text = text.rpartition(":")
    port = _PORT_NAMES.get(port_text, int(port_text) if port_text.isdecimal() else -1)
    if not 0 <= port < 65536:
        return None
    if host in ("*", "", "[::]", "::", "0.0.0.0"):  # noqa: S104 -- read, not bound
        return None, port
    found = address(host)
    return None if found is None else (found, port)


def _of_proc(found: re.Match[str], line: int) -> Socket | None:
    local, local_port, peer, peer_port, state, send_q, recv_q = found.groups()
    number = int(state, 16)
    if number >= len(_PROC_STATES) or not _PROC_STATES[number]:
        return None
    try:
        ends = _hex_address(local), _hex_address(peer)
    except ValueError:
        return None
    return Socket(
        _PROC_STATES[number], int(recv_q, 16), int(send_q, 16),
        ends[0], int(local_port, 16), ends[1], int(peer_port, 16), line,
    )  # fmt: skip


def _hex_address(text: str) -> Address | None:
    """The kernel prints 32-bit words of network order as the (little-endian) host reads them."""
    raw = bytes.fromhex(text)
    words = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
    found: Address = IPv4Address(words) if len(words) == 4 else IPv6Address(words)
    if found.is_unspecified:
        return None
    return address(str(found))
