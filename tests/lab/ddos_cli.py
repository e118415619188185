"""A restricted command line as DD OS has it: the login shell of an appliance-like host.

Source: facts/backup-appliances.md, section 2. One command, no pipes, no `;`; errors are
lines that begin with `**** ` and the exit status is real. `net ping` and `net route trace`
become the real tools; sockets and counters are the kernel's. Every command is audited.
Runs with `python3 -IS` and few imports, so that a login starts fast.
"""
# ruff: noqa: PTH123 - pathlib's import would cost every login more than the command itself

from __future__ import annotations

import os
import sys
import time
from typing import NoReturn

from tests.lab import ddos_tables as tables

CONFIG = "/mnt/ddos.conf"  # key=value lines; services.py writes it and says what they are
AUDIT = "/mnt/audit.log"
TOOLS = {
    "ping": ("/usr/bin/ping",),
    "traceroute": ("/usr/sbin/traceroute", "/usr/bin/traceroute"),
}
REFUSED_TO_USER = (  # what role `user` may not run: backup-appliances.md, "Roles"
    "net filter", "net hosts show", "nfs status", "ddboost status", "ntp status", "alerts show",
)  # fmt: skip
Config = dict[str, str]


class RefusedError(Exception):
    """The command ends with these words and this exit status."""

    def __init__(self, words: str, status: int = 1) -> None:
        super().__init__(words)
        self.status = status


def usage(word: str, form: str) -> RefusedError:
    """What an unknown word is answered with."""
    return RefusedError(f'**** Unrecognized keyword or argument "{word}".\nUsage:\n    {form}')


# --- commands that send packets -------------------------------------------------------


def ping(host: str, words: list[str]) -> NoReturn:
    """`net ping <host> [count n] [packet-size b] [path-mtu how] [interface if] [numeric]`."""
    flags = {"count": "-c", "packet-size": "-s", "path-mtu": "-M", "interface": "-I"}
    argv, rest = ["ping"], list(words)
    while rest:
        word = rest.pop(0)
        if word == "numeric":
            argv.append("-n")
        elif word in flags and rest:
            argv += [flags[word], rest.pop(0)]
        else:
            raise usage(word, "net ping <host> [count <n>] [interface <if>] [packet-size <bytes>]")
    become([*argv, host])


def trace(host: str, words: list[str]) -> NoReturn:
    """`net route trace <host> [no-resolve]`: the real tool with its default options."""
    if words not in ([], ["no-resolve"]):
        raise usage(words[0], "net route trace <host> [no-resolve]")
    become(["traceroute", *(["-n"] if words else []), host])


def become(argv: list[str]) -> NoReturn:
    """Become the real tool, so that nothing of ours is left when the channel closes."""
    path = next((path for path in TOOLS[argv[0]] if os.access(path, os.X_OK)), None)
    if path is None:
        raise RefusedError(f"**** {argv[0]} is not available.")
    os.execv(path, argv)


# --- commands that print --------------------------------------------------------------


def clock(config: Config) -> str:
    """`Sun Aug 21 04:16:48 PDT 2022`, ahead by the configured skew."""
    os.environ["TZ"] = config["timezone"]
    time.tzset()
    now = time.localtime(time.time() + int(config["skew"]))
    return time.strftime("%a %b %e %H:%M:%S %Z %Y", now)


def uptime() -> list[str]:
    with open("/proc/uptime") as file:
        minutes = int(float(file.read().split()[0])) // 60
    span = f"{minutes // 1440} days, {minutes // 60 % 24:2}:{minutes % 60:02}"
    now = time.strftime("%H:%M:%S")
    return [
        f" {now} up {span},  1 user,  load average: 0.10, 0.08, 0.05",
        f"Filesystem has been up {span}.",
    ]


def system(text: str, config: Config) -> list[str] | None:
    """The answer of a command about the appliance itself; None if it is no such command."""
    words = {
        "system show version": [f"Data Domain OS {config['version']}"],
        "uname -a": [f"Welcome to Data Domain OS {config['version']}"],
        "system show modelno": ["Model number: DD6300"],
        "config show timezone": [f"The Timezone name is: {config['timezone']}"],
        "net show hostname": [f"The Hostname is: {config['name']}"],
        "filesys status": ["The filesystem is enabled and running."],
        "ddboost status": [f"DD Boost status: {config['ddboost']}"],
        "nfs status": [
            "The NFS system is currently active and running.",
            "NFS server version(s) 3 enabled.",
        ],
        "ntp status": ["NTP is enabled.", "NTP peers: none reachable."],
        "alerts show current": ["No active alerts."],
    }
    if text == "system show date":
        return [clock(config)]
    return uptime() if text == "system show uptime" else words.get(text)


def network(text: str, config: Config) -> list[str] | None:
    """The answer of a command about the network; None if it is no such command."""
    mapped = config["mapped"] == "yes"
    made = {
        "net show stats": lambda: [*tables.kernel_table(), "", *tables.sockets(mapped=mapped)],
        "netstat": lambda: tables.sockets(mapped=mapped),
        "net show config": tables.config,
        "net show hardware": tables.hardware,
        "net show settings": tables.settings,
        "net filter show seq-id-list all": lambda: tables.filters(config["drops"]),
        "net hosts show": tables.hosts,
    }
    return made[text]() if text in made else None


# --- reading a command ----------------------------------------------------------------


def answer(line: str, config: Config) -> list[str]:
    """The lines that a command prints; raises RefusedError for all that has no answer."""
    words = line.split()
    text = " ".join(words)
    if config["role"] == "user" and text.startswith(REFUSED_TO_USER):
        raise RefusedError("**** You do not have permission to run this command.")
    found = system(text, config) or network(text, config)
    if found is not None:
        return found
    match words:
        case ["net", "ping", host, *rest]:
            ping(host, rest)
        case ["net", "route", "trace", host, *rest] | ["traceroute", host, *rest]:
            trace(host, rest)
        case ["net", "lookup", name]:
            if entry := tables.lookup(name):
                return [entry]
            raise RefusedError(f'**** Could not find host "{name}".')
        case ["replication", "status", *_rest]:
            raise RefusedError("**** This restorer is not configured for replication.", 2)
    raise usage(words[0] if words else "", "help <topic>")


def audit(line: str, user: str) -> None:
    """One line a command, as the appliance's own messages log has it (MSG-DDSH-00009)."""
    stamp = time.strftime("%b %e %H:%M:%S")
    with open(AUDIT, "a") as log:
        log.write(
            f'{stamp} MSG-DDSH-00009: (tty=<>, session={os.getppid()}) {user}: command "{line}"\n'
        )


def execute(line: str, config: Config) -> int:
    """Audit, answer, print; the exit status."""
    audit(line, config["user"])
    try:
        print("\n".join(answer(line, config)), flush=True)
    except RefusedError as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return refusal.status
    return 0


def interactive(config: Config) -> int:
    """A login without a command: the welcome, and a prompt until end of input."""
    print(f"Welcome to Data Domain OS {config['version']}\n{'-' * 45}")
    while True:
        print(f"{config['user']}@{config['name']}# ", end="", flush=True)
        line = sys.stdin.readline()
        if line.strip() in ("exit", "quit") or not line:
            return 0
        child = os.fork()
        if child == 0:
            os._exit(execute(line.strip(), config))
        os.waitpid(child, 0)


def main(argv: list[str]) -> int:
    """The login shell: `ddsh -c COMMAND`, or a prompt."""
    with open(CONFIG) as file:
        config = dict(line.rstrip("\n").split("=", 1) for line in file)
    if len(argv) == 3 and argv[1] == "-c":
        return execute(argv[2], config)
    return interactive(config)
