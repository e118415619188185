"""The tables of a DD-OS-like command line, filled from this host's kernel.

Layouts: facts/backup-appliances.md, section 2 (`net show stats`, `net show config` …).
"""
# ruff: noqa: PTH123 - pathlib's import would cost every login more than the command itself

from __future__ import annotations

STATES = {  # include/net/tcp_states.h, in netstat's words
    "01": "ESTABLISHED", "02": "SYN_SENT", "03": "SYN_RECV", "04": "FIN_WAIT1",
    "05": "FIN_WAIT2", "06": "TIME_WAIT", "07": "CLOSE", "08": "CLOSE_WAIT",
    "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING", "0C": "SYN_RECV",
}  # fmt: skip
SOCKETS = "Proto Recv-Q Send-Q Local Address           Foreign Address         State"
KERNEL = "Iface   MTU Met   RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg"
HARDWARE = (
    "Port    Speed    Duplex   Supp Speeds   Hardware Address    Physical   Link Status   State"
)
SETTINGS = "port    enabled   state     DHCP   IP address     netmask          type"
ADDRESS, NETMASK = 0x8915, 0x891B  # SIOCGIFADDR, SIOCGIFNETMASK


# --- what the kernel knows ------------------------------------------------------------


def address(text: str) -> str:
    """`0B0A510A:006F` of /proc/net/tcp → `10.81.10.11:111`; a v4-mapped one stays one."""
    host, port = text.split(":")
    raw = b"".join(bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8))
    shown = str(int(port, 16)) if int(port, 16) else "*"
    if len(raw) == 4:
        return f"{'.'.join(map(str, raw))}:{shown}"
    if raw[:12] == bytes(10) + b"\xff\xff":
        return f"::ffff:{'.'.join(map(str, raw[12:]))}:{shown}"
    return f":::{shown}" if not any(raw) else f"[{raw.hex()}]:{shown}"


def kernel_sockets(net: str = "/proc/net") -> list[tuple[str, int, int, str, str, str]]:
    """(protocol, Recv-Q, Send-Q, local, peer, state) of every TCP socket of a namespace."""
    rows = []
    for protocol in ("tcp", "tcp6"):
        with open(f"{net}/{protocol}") as table:
            fields = [line.split() for line in table.readlines()[1:]]
        for row in fields:
            send, receive = (int(queue, 16) for queue in row[4].split(":"))
            ends = address(row[1]), address(row[2])
            rows.append((protocol, receive, send, *ends, STATES[row[3]]))
    return rows


def interfaces() -> list[tuple[str, list[int]]]:
    """(name, the 16 counters) of every interface but the loop, as /proc/net/dev has them."""
    with open("/proc/net/dev") as table:
        lines = table.readlines()[2:]
    rows = [(line.split(":")[0].strip(), line.split(":")[1].split()) for line in lines]
    return sorted((name, [int(x) for x in numbers]) for name, numbers in rows if name != "lo")


def setting(name: str, item: str) -> str:
    """One attribute of an interface, as /sys has it."""
    with open(f"/sys/class/net/{name}/{item}") as file:
        return file.read().strip()


def own_address(name: str) -> tuple[str, str]:
    """(address, netmask) of an interface, asked of the kernel; empty if it has none."""
    import fcntl  # here, since most commands need none of these
    import socket
    import struct

    request = struct.pack("256s", name.encode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            found = [fcntl.ioctl(sock, which, request)[20:24] for which in (ADDRESS, NETMASK)]
        except OSError:
            return "", ""
    return socket.inet_ntoa(found[0]), socket.inet_ntoa(found[1])


# --- tables ---------------------------------------------------------------------------


def sockets(*, mapped: bool) -> list[str]:
    """netstat's table without its "Active Internet connections" line, as the account has it."""
    rows = [SOCKETS]
    for protocol, receive, send, local, peer, state in kernel_sockets():
        ends, name = (local, peer), protocol
        if mapped and protocol == "tcp" and state != "LISTEN":
            ends, name = (f"::ffff:{local}", f"::ffff:{peer}"), "tcp6"
        rows.append(f"{name:<5}{receive:>7}{send:>7} {ends[0]:<23} {ends[1]:<23} {state}")
    return rows


def kernel_table() -> list[str]:
    """The Kernel Interface table of `net show stats`."""
    rows = ["Kernel Interface table", KERNEL]
    for name, n in interfaces():
        received = f"{n[1]:>7} {n[2]:>6} {n[3]:>6} {n[4]:>6}"
        sent = f"{n[9]:>8} {n[10]:>6} {n[11]:>6} {n[12]:>6}"
        rows.append(f"{name:<7}{setting(name, 'mtu'):>5}   0 {received} {sent} BMRU")
    return rows


def config() -> list[str]:
    """Old ifconfig text; the MTU lives here (backup-appliances.md, `net show config`)."""
    rows: list[str] = []
    for name, n in interfaces():
        ip, mask = own_address(name)
        received = f"errors:{n[2]} dropped:{n[3]} overruns:{n[4]} frame:{n[5]}"
        sent = f"errors:{n[10]} dropped:{n[11]} overruns:{n[12]} carrier:{n[14]}"
        rows += [
            f"{name:<9} Link encap:Ethernet  HWaddr {setting(name, 'address').upper()}",
            f"          inet addr:{ip}  Mask:{mask}",
            f"          UP BROADCAST RUNNING MULTICAST  MTU:{setting(name, 'mtu')}  Metric:1",
            f"          RX packets:{n[1]} {received}",
            f"          TX packets:{n[9]} {sent}",
            "          collisions:0 txqueuelen:1000",
            f"          RX bytes:{n[0]}  TX bytes:{n[8]}",
            "",
        ]
    return rows


def hardware() -> list[str]:
    """`net show hardware`."""
    rows = [HARDWARE]
    for name, _numbers in interfaces():
        mac = setting(name, "address")
        rows.append(
            f"{name:<7} 10Gb/s   full     10000         {mac}   Fiber      yes           running"
        )
    return rows


def settings() -> list[str]:
    """`net show settings`."""
    rows = [SETTINGS]
    for name, _numbers in interfaces():
        ip, mask = own_address(name)
        rows.append(f"{name:<7} yes       running   no     {ip:<14} {mask:<16} n/a")
    return rows


def filters(dropped: str) -> list[str]:
    """`net filter show seq-id-list all`; dropped: the ports that the host refuses itself."""
    ports = (7, 20, 21, 22, 23, 80, 111, 389, 443, 445, 2049, 2051, 2052, 3009, 5001)
    refused = dropped.split(",")
    words = [("block" if str(port) in refused else "allow", port) for port in ports]
    scope = "from all clients to all local with no exceptions"
    rows = [
        f"  {i:<5} yes     {word} tcp {port} {scope}" for i, (word, port) in enumerate(words, 1)
    ]
    return ["Id      Enabled  Function", *rows]


def hosts() -> list[str]:
    """`net hosts show`."""
    with open("/etc/hosts") as file:
        lines = [line.split() for line in file if line.strip() and line[0] != "#"]
    return ["Hostname Mappings:", *(f"    {ip} -> {' '.join(names)}" for ip, *names in lines)]


def lookup(name: str) -> str:
    """What the hosts file says of a name or address; empty if nothing."""
    for line in hosts()[1:]:
        ip, _arrow, *names = line.split()
        if name == ip or name in names:
            return f"{names[0]} ({ip})"
    return ""
