"""A restricted command line as DD OS has it: the login shell of an appliance-like host.

Source: facts/backup-appliances.md, section 2. One command, no pipes, no `;`; errors are
lines that begin with `**** ` and the exit status is real. `net ping` and `net route trace`
become the real tools; sockets and counters are the kernel's. Every command is audited.
Runs alone with `python3 -I -S`, so that a login starts fast: standard library, few imports.
"""

from __future__ import annotations

import os
import sys
import time

CONFIG = "/mnt/ddos.conf"  # key=value lines: version, role, timezone, skew, mapped, model, name
AUDIT = "/mnt/audit.log"
PATHS = ("/usr/bin/ping", "/usr/sbin/traceroute", "/usr/bin/traceroute")
STATES = {
    "01": "ESTABLISHED", "02": "SYN_SENT", "03": "SYN_RECV", "04": "FIN_WAIT1",
    "05": "FIN_WAIT2", "06": "TIME_WAIT", "07": "CLOSE", "08": "CLOSE_WAIT",
    "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING",
}  # fmt: skip
REFUSED_TO_USER = (  # what role `user` may not run: backup-appliances.md, "Roles"
    "net filter", "net hosts show", "nfs status", "ddboost status", "ntp status", "alerts show",
)  # fmt: skip
SOCKET_HEADER = "Proto Recv-Q Send-Q Local Address           Foreign Address         State"


class Refused(Exception):
    """The command ends with these words and this exit status."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


# --- what the kernel knows --------------------------------------------------------------


def address(text: str) -> str:
    """`0B0A510A:006F` of /proc/net/tcp → `10.81.10.11:111`; a v4-mapped one stays one."""
    host, port = text.split(":")
    words = [bytes.fromhex(host[i : i + 8])[::-1] for i in range(0, len(host), 8)]
    raw = b"".join(words)
    number = int(port, 16)
    shown = "*" if number == 0 else str(number)
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
            for line in table.readlines()[1:]:
                fields = line.split()
                send, receive = fields[4].split(":")
                rows.append(
                    (protocol, int(receive, 16), int(send, 16), address(fields[1]),
                     address(fields[2]), STATES[fields[3]])
                )  # fmt: skip
    return rows


def interfaces() -> list[tuple[str, list[int]]]:
    """(name, the 16 counters) of every interface but the loop, as /proc/net/dev has them."""
    with open("/proc/net/dev") as table:
        lines = table.readlines()[2:]
    rows = [(line.split(":")[0].strip(), line.split(":")[1].split()) for line in lines]
    return sorted((name, [int(x) for x in numbers]) for name, numbers in rows if name != "lo")


def setting(name: str, item: str) -> str:
    with open(f"/sys/class/net/{name}/{item}") as file:
        return file.read().strip()


def own_addresses() -> dict[str, tuple[str, str]]:
    """Interface → (address, netmask), asked of the kernel."""
    import fcntl
    import socket
    import struct

    found = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for name, _numbers in interfaces():
            request = struct.pack("256s", name.encode())
            try:
                ip = fcntl.ioctl(sock, 0x8915, request)[20:24]  # SIOCGIFADDR
                mask = fcntl.ioctl(sock, 0x891B, request)[20:24]  # SIOCGIFNETMASK
            except OSError:
                continue
            found[name] = (socket.inet_ntoa(ip), socket.inet_ntoa(mask))
    return found


# --- commands -----------------------------------------------------------------------------


def sockets(config: dict[str, str]) -> list[str]:
    """netstat's table without its "Active Internet connections" line, as the account has it."""
    rows = [SOCKET_HEADER]
    for protocol, receive, send, local, peer, state in kernel_sockets():
        if config["mapped"] == "yes" and protocol == "tcp" and state != "LISTEN":
            protocol, local, peer = "tcp6", f"::ffff:{local}", f"::ffff:{peer}"
        rows.append(f"{protocol:<5}{receive:>7}{send:>7} {local:<23} {peer:<23} {state}")
    return rows


def kernel_table() -> list[str]:
    rows = [
        "Kernel Interface table",
        "Iface   MTU Met   RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg",
    ]
    for name, n in interfaces():
        rows.append(
            f"{name:<7}{setting(name, 'mtu'):>5}   0 {n[1]:>7} {n[2]:>6} {n[3]:>6} {n[4]:>6} "
            f"{n[9]:>8} {n[10]:>6} {n[11]:>6} {n[12]:>6} BMRU"
        )
    return rows


def show_config() -> list[str]:
    """Old ifconfig text; the MTU lives here (backup-appliances.md, `net show config`)."""
    rows: list[str] = []
    addresses = own_addresses()
    for name, n in interfaces():
        ip, mask = addresses.get(name, ("", ""))
        rows += [
            f"{name:<9} Link encap:Ethernet  HWaddr {setting(name, 'address').upper()}",
            f"          inet addr:{ip}  Mask:{mask}",
            f"          UP BROADCAST RUNNING MULTICAST  MTU:{setting(name, 'mtu')}  Metric:1",
            f"          RX packets:{n[1]} errors:{n[2]} dropped:{n[3]} overruns:{n[4]} frame:{n[5]}",
            f"          TX packets:{n[9]} errors:{n[10]} dropped:{n[11]} overruns:{n[12]} carrier:{n[14]}",
            "          collisions:0 txqueuelen:1000",
            f"          RX bytes:{n[0]}  TX bytes:{n[8]}",
            "",
        ]
    return rows


def show_hardware() -> list[str]:
    rows = [
        "Port    Speed      Duplex   Supp Speeds   Hardware Address    Physical   Link Status   State",
        "-----   --------   ------   -----------   -----------------   --------   -----------   -------",
    ]
    for name, _numbers in interfaces():
        mac = setting(name, "address")
        rows.append(
            f"{name:<7} 10Gb/s     full     10000         {mac}   Fiber      yes           running"
        )
    return rows


def show_settings() -> list[str]:
    rows = [
        "port    enabled   state     DHCP   IP address     netmask          type   additional setting",
        "        -------   -------   ----   ------------   --------------   ----   ------------------",
    ]
    for name, (ip, mask) in own_addresses().items():
        rows.append(f"{name:<7} yes       running   no     {ip:<14} {mask:<16} n/a")
    return rows


def filters() -> list[str]:
    ports = "7 20 21 22 23 80 111 389 443 445 2049 2051 2052 3009 5001".split()
    return [
        "Id      Enabled  Function",
        *(
            f"  {i:<5} yes     allow tcp {port} from all clients to all local with no exceptions"
            for i, port in enumerate(ports, 1)
        ),
    ]


def hosts() -> list[str]:
    with open("/etc/hosts") as file:
        lines = [line.split() for line in file if line.strip() and line[0] != "#"]
    return ["Hostname Mappings:", *(f"    {ip} -> {' '.join(names)}" for ip, *names in lines)]


def lookup(name: str) -> list[str]:
    for line in hosts()[1:]:
        ip, _arrow, *names = line.split()
        if name == ip or name in names:
            return [f"{names[0]} ({ip})"]
    raise Refused(f'**** Could not find host "{name}".', 1)


def date(config: dict[str, str]) -> str:
    os.environ["TZ"] = config["timezone"]
    time.tzset()
    return time.strftime(
        "%a %b %e %H:%M:%S %Z %Y", time.localtime(time.time() + int(config["skew"]))
    )


def uptime() -> list[str]:
    with open("/proc/uptime") as file:
        seconds = int(float(file.read().split()[0]))
    days, rest = divmod(seconds, 86400)
    span = f"{days} days, {rest // 3600:2}:{rest % 3600 // 60:02}"
    return [
        f" {time.strftime('%H:%M:%S')} up {span},  1 user,  load average: 0.10, 0.08, 0.05",
        f"Filesystem has been up {span}.",
    ]


# --- commands that send packets -------------------------------------------------------------


def ping(words: list[str]) -> None:
    """`net ping <host> [count n] [packet-size b] [path-mtu how] [interface if] [numeric]`."""
    flags = {"count": "-c", "packet-size": "-s", "path-mtu": "-M", "interface": "-I"}
    argv, rest = ["ping"], words[1:]
    while rest:
        word = rest.pop(0)
        if word == "numeric":
            argv.append("-n")
        elif word in flags and rest:
            argv += [flags[word], rest.pop(0)]
        else:
            raise Refused(usage(word, "net ping <host> [count <n>] [packet-size <bytes>] …"), 1)
    run([*argv, words[0]])


def trace(words: list[str]) -> None:
    """`net route trace <host> [no-resolve]`: the real tool with its default options."""
    if words[1:] not in ([], ["no-resolve"]):
        raise Refused(usage(words[1], "net route trace <host> [no-resolve]"), 1)
    run(["traceroute", *(["-n"] if words[1:] else []), words[0]])


def run(argv: list[str]) -> None:
    """Become the real tool, so that nothing of ours is left when the channel closes."""
    sys.stdout.flush()
    path = next((p for p in PATHS if p.endswith("/" + argv[0]) and os.access(p, os.X_OK)), None)
    if path is None:
        raise Refused(f"**** Internal error: {argv[0]} is not available.", 1)
    os.execv(path, argv)


# --- reading a command ----------------------------------------------------------------------


def usage(word: str, form: str) -> str:
    return f'**** Unrecognized keyword or argument "{word}".\nUsage:\n    {form}'


def answer(line: str, config: dict[str, str]) -> list[str]:
    """The lines that a command prints; raises Refused for all that has no answer."""
    words = line.split()
    text = " ".join(words)
    fixed = {
        "system show version": lambda: [f"Data Domain OS {config['version']}"],
        "uname -a": lambda: [f"Welcome to Data Domain OS {config['version']}"],
        "system show date": lambda: [date(config)],
        "system show uptime": uptime,
        "system show modelno": lambda: ["Model number: DD6300"],
        "config show timezone": lambda: [f"The Timezone name is: {config['timezone']}"],
        "net show stats": lambda: [*kernel_table(), "", *sockets(config)],
        "netstat": lambda: sockets(config),
        "net show config": show_config,
        "net show hardware": show_hardware,
        "net show settings": show_settings,
        "net show hostname": lambda: [f"The Hostname is: {config['name']}"],
        "net filter show seq-id-list all": filters,
        "net hosts show": hosts,
        "filesys status": lambda: ["The filesystem is enabled and running."],
        "ddboost status": lambda: ["DD Boost status: enabled"],
        "nfs status": lambda: [
            "The NFS system is currently active and running.",
            "NFS server version(s) 3 enabled.",
        ],
        "ntp status": lambda: ["NTP is enabled.", "NTP peers: none reachable."],
        "alerts show current": lambda: ["No active alerts."],
    }
    if config["role"] == "user" and text.startswith(REFUSED_TO_USER):
        raise Refused("**** You do not have permission to run this command.", 1)
    if text.startswith("replication status"):
        raise Refused("**** This restorer is not configured for replication.", 2)
    if text in fixed:
        return fixed[text]()
    match words:
        case ["net", "ping", _host, *_rest]:
            ping(words[2:])
        case ["net", "route", "trace", _host, *_rest] | ["traceroute", _host, *_rest]:
            trace(words[words.index(_host) :])
        case ["net", "lookup", name]:
            return lookup(name)
    raise Refused(usage(words[0] if words else "", "help <topic>"), 1)


def audit(line: str) -> None:
    """One line an executed command, as DD's own messages log has it (MSG-DDSH-00009)."""
    stamp = time.strftime("%b %e %H:%M:%S")
    with open(AUDIT, "a") as log:
        log.write(f'{stamp} MSG-DDSH-00009: (tty=<>, session={os.getppid()}) command "{line}"\n')


def execute(line: str, config: dict[str, str]) -> int:
    """Audit, answer, print; the exit status."""
    audit(line)
    try:
        print("\n".join(answer(line, config)), flush=True)
    except Refused as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return refusal.status
    return 0


def interactive(config: dict[str, str]) -> int:
    """A login without a command: the welcome, and a prompt until end of input."""
    print(f"Welcome to Data Domain OS {config['version']}\n{'-' * 45}", flush=True)
    while True:
        print(f"{config['user']}@{config['name']}# ", end="", flush=True)
        line = sys.stdin.readline()
        if line.strip() in ("", "exit", "quit"):
            return 0
        child = os.fork()
        if child == 0:
            os._exit(execute(line.strip(), config))
        os.waitpid(child, 0)


def main(argv: list[str]) -> int:
    with open(CONFIG) as file:
        config = dict(line.rstrip("\n").split("=", 1) for line in file)
    if len(argv) == 3 and argv[1] == "-c":
        return execute(argv[2], config)
    return interactive(config)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
