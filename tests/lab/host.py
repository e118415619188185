"""Process 1 of a lab host: starts its real services and stands in for the rest.

Runs alone (`python3 -I -S host.py /mnt/host.json`) inside the host's own network, mount,
process and host-name namespaces. It starts sshd and rpcbind, registers programs with a
real PMAPPROC_SET, listens on the stand-in ports, answers RPC NULL there, prints `ready`,
and reaps whatever is orphaned.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

PORTMAPPER, VERSION_2, SET = 100000, 2, 1
PROTOCOL = {"tcp": 6, "udp": 17}
SERVED = {100003: (3, 3), 100005: (1, 3)}  # NFS and mountd: lowest and highest version
SUCCESS, PROG_UNAVAIL, PROG_MISMATCH, PROC_UNAVAIL = 0, 1, 2, 3  # RFC 5531, accept_stat


def start(*argv: str) -> int:
    """Start a daemon with its output in the host's log; its process id."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        log = os.open("/mnt/daemons.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open("/dev/null", os.O_RDONLY)
        for fd, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(fd, target)
        os.execv(argv[0], argv)
    return pid


def register(program: int, version: int, protocol: str, port: int) -> None:
    """PMAPPROC_SET from a privileged loopback port, tried until rpcbind is there (2 s)."""
    call = struct.pack(
        ">14I", os.getpid(), 0, 2, PORTMAPPER, VERSION_2, SET, 0, 0, 0, 0,
        program, version, PROTOCOL[protocol], port,
    )  # fmt: skip
    for attempt in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 700 + attempt))
            sock.settimeout(0.02)
            try:
                sock.connect(("127.0.0.1", 111))
                sock.send(call)
                if struct.unpack(">7I", sock.recv(64))[6] == 1:
                    return
            except OSError:
                time.sleep(0.02)
    raise SystemExit(f"rpcbind refuses program {program}")


def reply(message: bytes) -> bytes | None:
    """The answer to one whole RPC record; None if it is no call, and the line is cut."""
    if len(message) < 24:
        return None
    xid, kind, rpc, program, version, procedure = struct.unpack(">6I", message[:24])
    if kind != 0 or rpc != 2:
        return None
    tail = b""
    if program not in SERVED:
        status = PROG_UNAVAIL
    elif not SERVED[program][0] <= version <= SERVED[program][1]:
        status, tail = PROG_MISMATCH, struct.pack(">2I", *SERVED[program])
    else:
        status = SUCCESS if procedure == 0 else PROC_UNAVAIL
    body = struct.pack(">6I", xid, 1, 0, 0, 0, status) + tail
    return struct.pack(">I", 0x80000000 | len(body)) + body


class Standin:
    """Listeners that accept, answer RPC, and close on what they do not understand."""

    def __init__(self, ports: list[int], mapped: bool) -> None:
        self.selector = selectors.DefaultSelector()
        self.pending: dict[socket.socket, bytes] = {}
        for port in ports:
            family = socket.AF_INET6 if mapped else socket.AF_INET
            listener = socket.create_server(("", port), family=family, dualstack_ipv6=mapped)
            listener.setblocking(False)
            self.selector.register(listener, selectors.EVENT_READ, self.accept)

    def accept(self, listener: socket.socket) -> None:
        connection, _peer = listener.accept()
        connection.setblocking(False)
        self.pending[connection] = b""
        self.selector.register(connection, selectors.EVENT_READ, self.read)

    def read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(65536)
        except OSError:
            data = b""
        self.pending[connection] += data
        if not data or not self.answer(connection):
            self.selector.unregister(connection)
            del self.pending[connection]
            connection.close()

    def answer(self, connection: socket.socket) -> bool:
        """Answer every whole record that has arrived; False: cut the line."""
        while len(self.pending[connection]) >= 4:
            buffer = self.pending[connection]
            length = struct.unpack(">I", buffer[:4])[0] & 0x7FFFFFFF
            if length > 65536:
                return False
            if len(buffer) < 4 + length:
                return True
            answer = reply(buffer[4 : 4 + length])
            if answer is None:
                return False
            connection.send(answer)
            self.pending[connection] = buffer[4 + length :]
        return True

    def serve(self) -> None:
        while True:
            for key, _events in self.selector.select():
                key.data(key.fileobj)


def reap(_signal: int, _frame: object) -> None:
    """Take in every child that ended, ours and orphans."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def wait_for(address: str, port: int) -> None:
    """Until something listens there; 3 s at most."""
    for _attempt in range(150):
        with socket.socket() as sock:
            if sock.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on {address}:{port}")


def main(config: dict[str, Any]) -> None:
    signal.signal(signal.SIGCHLD, reap)
    if config["sshd"]:
        start("/usr/sbin/sshd", "-D", "-f", "/mnt/sshd_config", "-E", "/mnt/sshd.log")
    if config["rpcbind"]:
        start("/usr/sbin/rpcbind", "-f", "-w")
    standin = Standin(config["ports"], config["mapped"])
    for entry in config["registered"]:
        register(*entry)
    if config["sshd"]:
        wait_for(config["management"], 22)
    print("ready", flush=True)
    standin.serve()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
