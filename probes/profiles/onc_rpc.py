"""ONC RPC over TCP: the few messages that replication's own first steps consist of.

Layouts from RFC 5531 (record marking, call header) and RFC 1833 (portmapper v2). Lengths
as facts/path-diagnosis.md measured them: GETPORT 60 bytes, its answer 32; NULL 44 and 28.
"""

from __future__ import annotations

import struct

LAST_FRAGMENT = 0x8000_0000
CALL, REPLY = 0, 1
PORTMAPPER, NFS = 100_000, 100_003
GETPORT, NULL = 3, 0
TCP = 6
GETPORT_REPLY_BYTES = 32
NULL_REPLY_BYTES = 28


def _record(body: bytes) -> bytes:
    return struct.pack(">I", LAST_FRAGMENT | len(body)) + body


def _call(xid: int, program: int, version: int, procedure: int, arguments: bytes = b"") -> bytes:
    """A call with AUTH_NULL credentials and verifier."""
    header = struct.pack(">6I4I", xid, CALL, 2, program, version, procedure, 0, 0, 0, 0)
    return _record(header + arguments)


def getport_call(xid: int) -> bytes:
    """Ask the portmapper (v2) for the TCP port of NFS v3: exactly 60 bytes."""
    return _call(xid, PORTMAPPER, 2, GETPORT, struct.pack(">4I", NFS, 3, TCP, 0))


def null_call(xid: int) -> bytes:
    """NFS v3's procedure that does nothing: exactly 44 bytes."""
    return _call(xid, NFS, 3, NULL)


def control_for(message: bytes) -> bytes:
    """A record of the same length with a right record mark whose body is no call.

    ASCII would read as a record larger than the packet, itself an attack signature
    (facts/path-diagnosis.md, trap 16); an answer that nobody asked for is merely dropped.
    """
    body = struct.pack(">I", REPLY) + bytes(len(message) - 12)
    return message[:8] + body


def getport_answer(reply: bytes) -> int | None:
    """The port in a GETPORT answer, 0 if the program is not registered; None if it is no
    successful answer."""
    if len(reply) < GETPORT_REPLY_BYTES:
        return None
    _mark, _xid, kind, state, _flavour, _length, accepted, port = struct.unpack(">8I", reply[:32])
    if (kind, state, accepted) != (REPLY, 0, 0):
        return None
    return int(port)


def is_success(reply: bytes) -> bool:
    """Is it an accepted answer with status SUCCESS?"""
    if len(reply) < NULL_REPLY_BYTES:
        return False
    _mark, _xid, kind, state, _flavour, _length, accepted = struct.unpack(">7I", reply[:28])
    return (kind, state, accepted) == (REPLY, 0, 0)
