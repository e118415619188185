"""Law 5: every command of every probe, for every kind of endpoint, against a read-only list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from probes.catalog import CATALOG, by_name
from probes.model import Ask, Command, Endpoint, GapKind, Kind, Probe, Route, Tool, Tools

NEAR, FAR, FAR6 = ip_address("10.81.10.11"), ip_address("172.20.1.12"), ip_address("2001:db8::12")
CALL = "80000038" + "00" * 56

PARAMS: dict[str, tuple[dict[str, str | int | float], ...]] = {
    "ping": ({}, {"count": 40, "interval": 0.05, "size": 1472, "df": 1, "wait": 0.5}),
    "trace": ({}, {"method": "icmp"}),
    "knock": (
        {"ports": "22,111"},
        {"ports": "111", "first_ttl": 1, "last_ttl": 15, "wait": 0.7},
    ),
    "exchange": ({"port": 111, "payload": CALL, "message": "control", "reply_bytes": 32},),
    "sweep": ({"port": 111, "payload": CALL, "message": "call", "first": 1, "last": 9},),
    "reconnect": ({"port": 111, "local_port": 40000},),
    "sockets": ({}, {"samples": 3, "interval": 0.6}, {"form": "netstat"}),
    "status": tuple({"about": about} for about in ("replication", "filesys", "ddboost", "nfs")),
}
"""Parameters beside none; a probe that is not named here takes none."""

TOOLS = (
    Tools(),
    Tools({"ddos": Tool("", "6.2.1.30")}),
    Tools({"ddos": Tool("", "8.6.0.0")}),
    *(
        Tools(
            {
                "ping": Tool("/bin/ping", ping),
                "traceroute": Tool("/usr/sbin/traceroute", traceroute),
                "tracepath": Tool("/usr/bin/tracepath", ""),
                "ss": Tool("/usr/sbin/ss", ""),
                "perl": Tool("/usr/bin/perl", "5.10.0"),
                "date": Tool("/bin/date", ""),
            }
        )
        for ping, traceroute in (
            ("iputils 20221126 -D -O -i -W -M -I -s", "modern 2.1.2"),
            ("iputils 021109 -i -W -M -I -s", "old"),
            ("busybox 1.35.0 -i -W -I -s", "busybox 1.35.0"),
            ("inetutils 2.4 -i -W -s", "inetutils 2.4"),
            ("unknown", "lbl 1.4a12"),
        )
    ),
    Tools({"tracepath": Tool("/usr/bin/tracepath", ""), "netstat": Tool("/bin/netstat", "")}),
)

# What may stand first on a command line of a shell, and what may begin a DD OS command.
PROGRAMS = {"sh", "perl", "ping", "traceroute", "tracepath", "date"}
APPLIANCE = (
    "system show version", "system show date", "net ping", "net route trace", "net show stats",
    "netstat", "net show config", "replication status", "filesys status", "ddboost status",
    "nfs status", "net filter show seq-id-list all",
)  # fmt: skip
# facts/backup-appliances.md, section 2, "Never"; and what never ends or is a load.
NEVER = re.compile(
    r"\b(enable|disable|set|reset|add|del|break|resync|sync|start|stop|restart|destroy|clean"
    r"|upgrade|priv|se|reg|watch|iperf|tcpdump)\b"
)
LITERAL = re.compile(
    r"-[A-Za-z]+|[0-9]+(\.[0-9]+)?|[0-9]{1,5}(,[0-9]{1,5})*|[0-9a-f.:]+|-tan|/proc/net/tcp6?"
    r"|do|count|packet-size|path-mtu|no-resolve|cat|sh|\+%s\.%N"
)
WRITES = re.compile(
    r"(?<![0-9&>])>(?!/dev/null|&1)|>>|\b(rm|mv|cp|dd|tee|chmod|chown|kill|mkdir|touch|ln|sudo|su"
    r"|curl|wget|nc|ssh|scp|eval|exec|rpcinfo|unlink|truncate|reboot|service|systemctl|mapall)\b"
)


def routes(kind: Kind) -> Iterator[Route]:
    source = Endpoint("seoul", "a", kind, NEAR)
    for address in (FAR, FAR6):
        yield Route(source, Endpoint("busan", "b", Kind.DATADOMAIN, FAR), address)


def commands(probe: Probe) -> Iterator[tuple[Kind, Command | GapKind]]:
    for kind in Kind:
        for route in routes(kind):
            for tools in TOOLS:
                for params in PARAMS.get(probe.name, ({},)):
                    ask = Ask(probe.name, "seoul/a", "busan/b", params)
                    yield kind, probe.command(ask, route, tools)


def test_probes_are_told_apart_by_name() -> None:
    assert len({probe.name for probe in CATALOG}) == len(CATALOG)
    assert all(by_name(probe.name) is probe for probe in CATALOG)


@pytest.mark.parametrize("probe", CATALOG, ids=lambda probe: probe.name)
def test_only_what_the_list_allows_is_run(probe: Probe) -> None:
    for kind, command in commands(probe):
        if isinstance(command, GapKind):
            continue
        if kind is Kind.DATADOMAIN:
            words = " ".join(command.argv)
            assert words.startswith(APPLIANCE)
            assert not NEVER.search(words)
            assert not set(words) & set("|;&<>$`\"'()\\*?\n")
            continue
        program, *rest = command.argv
        assert program.rpartition("/")[2] in PROGRAMS
        if rest[0] in ("-c", "-e") and program.rpartition("/")[2] in ("sh", "perl"):
            rest = rest[2:]
        paths = {tool.path for tools in TOOLS for tool in tools.found.values()}
        assert [w for w in rest if not LITERAL.fullmatch(w) and w not in paths] == []


@pytest.mark.parametrize("probe", CATALOG, ids=lambda probe: probe.name)
def test_scripts_are_the_same_whatever_is_asked(probe: Probe) -> None:
    scripts = {
        command.argv[2]
        for _, command in commands(probe)
        if isinstance(command, Command) and command.argv[1:2] in (("-c",), ("-e",))
        and command.argv[0].rpartition("/")[2] in ("sh", "perl")
    }  # fmt: skip
    assert len(scripts) <= 1


@pytest.mark.parametrize("probe", CATALOG, ids=lambda probe: probe.name)
def test_shell_scripts_write_nothing(probe: Probe) -> None:
    scripts = {
        command.argv[2]
        for _, command in commands(probe)
        if isinstance(command, Command) and command.argv[:2] == ("sh", "-c")
    }
    for script in scripts:
        assert not WRITES.search(script.replace("2>/dev/null", "").replace("2>&1", ""))


@pytest.mark.parametrize("name", ["knock", "exchange", "sweep", "reconnect"])
def test_perl_scripts_run_no_program_and_touch_no_file(name: str) -> None:
    scripts = {c.argv[2] for _, c in commands(by_name(name)) if isinstance(c, Command)}
    assert len(scripts) == 1
    (script,) = scripts
    banned = (
        r"\b(open|sysopen|system|exec|fork|unlink|rename|mkdir|rmdir|qx|require|do FILE)\s*[\(`]"
    )
    assert not re.search(banned, script)
    assert "`" not in script
    assert "'" not in script  # it stands in one quoted word; the shorter, the easier to read
    assert "\n" not in script
    used = set(re.findall(r"\buse (\w[\w:]*)", script))
    assert used == {"strict", "warnings", "Socket", "POSIX", "Fcntl", "Errno", "Time::HiRes"}


def test_every_probe_has_a_command_or_says_why_not() -> None:
    never = {"ddpconnchk": GapKind.NOT_PERMITTED, "throughput": GapKind.NOT_TRIED}
    for probe in CATALOG:
        found = [command for _, command in commands(probe)]
        if probe.name in never:
            assert set(found) == {never[probe.name]}
        else:
            assert any(isinstance(command, Command) for command in found), probe.name


WILD = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["$(id)", "`id`", "; id", "22;id", "111\nid", "-oProxyCommand=id", "1 || id"]),
    st.integers(),
    st.floats(),
    st.booleans(),
)
NAMES = sorted(
    {name for sets in PARAMS.values() for params in sets for name in params}
    | {"local_port", "sample", "interval", "reply_bytes"}
)


@pytest.mark.parametrize("probe", CATALOG, ids=lambda probe: probe.name)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(wild=st.dictionaries(st.sampled_from(NAMES), WILD, max_size=4), pick=st.integers(0, 99))
@example(wild={"ports": "٢٢"}, pick=0)
@example(wild={"payload": "80 00"}, pick=0)
@example(wild={"interval": float("nan"), "count": True}, pick=1)
def test_wild_parameters_never_reach_a_command_line(
    probe: Probe, wild: dict[str, str | int | float], pick: int
) -> None:
    sets = PARAMS.get(probe.name, ({},))
    params = {**sets[pick % len(sets)], **wild}
    ask = Ask(probe.name, "seoul/a", "busan/b", params)
    for kind in Kind:
        for route in routes(kind):
            try:
                command = probe.command(ask, route, TOOLS[pick % len(TOOLS)])
            except ValueError:
                continue
            if isinstance(command, GapKind):
                continue
            script = command.argv[1:2] in (("-c",), ("-e",))
            rest = command.argv[3:] if script and kind is not Kind.DATADOMAIN else command.argv[1:]
            assert all(re.fullmatch(r"[A-Za-z0-9.,:/+%_-]+", word) for word in rest)
            assert not any(re.search("id$|Proxy", word) for word in rest)


def test_a_target_with_ipv6_is_a_gap_where_perl_cannot() -> None:
    _, route = routes(Kind.LINUX)
    ask = Ask("knock", "seoul/a", "busan/b", {"ports": "22"})
    assert by_name("knock").command(ask, route, TOOLS[3]) is GapKind.NOT_AVAILABLE
