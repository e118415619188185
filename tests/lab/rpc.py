"""One connection with one RPC record, as replication's first message is one.

`python -m tests.lab.rpc ADDRESS [PORT] [call|control] [SECONDS]` prints what became of it; it trips
a lab's device by hand. The record sizes: facts/path-diagnosis.md, "Reading the incident".
"""

from __future__ import annotations

import json
import socket
import struct
import sys

PORTMAPPER, NFS = 100000, 100003


def record(body: bytes) -> bytes:
    """A whole RPC record: its mark and its body."""
    return struct.pack(">I", 0x80000000 | len(body)) + body


def getport(xid: int = 7) -> bytes:
    """PMAPPROC_GETPORT for NFS v3 over TCP: 60 bytes."""
    return record(struct.pack(">14I", xid, 0, 2, PORTMAPPER, 2, 3, 0, 0, 0, 0, NFS, 3, 6, 0))


def null(program: int = NFS, xid: int = 7) -> bytes:
    """The NULL call of NFS v3: 44 bytes."""
    return record(struct.pack(">10I", xid, 0, 2, program, 3, 0, 0, 0, 0, 0))


def control(like: bytes, xid: int = 7) -> bytes:
    """A record of the same size that is no call: message type 7 does not exist."""
    return record(struct.pack(">2I", xid, 7) + bytes(len(like) - 12))


def send(address: str, port: int, message: bytes, wait: float = 1.0) -> dict[str, object]:
    """Connect, send, wait for an answer, and leave nothing that could be sent again."""
    with socket.socket() as sock:
        sock.settimeout(wait)
        try:
            sock.connect((address, port))
        except OSError as error:
            return {"opened": False, "error": type(error).__name__, "errno": error.errno}
        sock.sendall(message)
        try:
            answer = sock.recv(1000)
            found: dict[str, object] = {"opened": True, "bytes": len(answer), "hex": answer.hex()}
        except OSError as error:
            found = {"opened": True, "error": type(error).__name__, "errno": error.errno}
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return found


def main(argv: list[str]) -> None:
    port = int(argv[2]) if len(argv) > 2 else 111
    call = getport() if port == 111 else null()
    message = control(call) if argv[3:4] == ["control"] else call
    wait = float(argv[4]) if len(argv) > 4 else 1.0
    print(json.dumps(send(argv[1], port, message, wait)))


if __name__ == "__main__":
    main(sys.argv)
