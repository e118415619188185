"""What do the interfaces count? No parameters. Only a rise between two readings means
something: the totals are since boot (facts/path-diagnosis.md, "NIC").

A shell prints /proc/net/dev and each interface's MTU; an appliance `net show config`, which is
ifconfig's text, old or new.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from probes.catalog._lines import not_understood, ran_to_its_end
from probes.model import Ask, Command, GapKind, Kind, Line, Probe, Route, Tools, Transcript
from probes.readings import CountersReading, InterfaceCounters

_SCRIPT = (
    "cat /proc/net/dev; for f in /sys/class/net/*/mtu; do "
    '[ -r "$f" ] && echo "mtu $f $(cat "$f")"; done; exit 0'
)
_PROC = re.compile(r"^\s*([^\s:]+):\s*((?:\d+\s+){15}\d+)\s*$")
_MTU = re.compile(r"^mtu /sys/class/net/([^/]+)/mtu (\d+)$")
_NAME = re.compile(r"^([A-Za-z][\w.:-]*?):?\s+(?:Link encap|flags=)")
_IFCONFIG_MTU = re.compile(r"\bmtu[: ](\d+)", re.IGNORECASE)
_OLD = re.compile(r"^\s*([RT]X) packets:(\d+) errors:(\d+) dropped:(\d+)")
_NEW_PACKETS = re.compile(r"^\s*([RT]X) packets (\d+)")
_NEW_ERRORS = re.compile(r"^\s*([RT]X) errors (\d+)\s+dropped (\d+)")


def command(_ask: Ask, route: Route, _tools: Tools) -> Command | GapKind:
    if route.source.kind is Kind.DATADOMAIN:
        return Command(("net", "show", "config"))
    return Command(("sh", "-c", _SCRIPT))


def parse(_ask: Ask, transcript: Transcript) -> CountersReading:
    interfaces = _of_proc(transcript.lines) or _of_ifconfig(transcript.lines)
    if not interfaces or not ran_to_its_end(transcript):
        raise not_understood(transcript, "whole list of interface counters")
    return CountersReading(transcript.lines[0].at, interfaces)


def _of_proc(lines: Iterable[Line]) -> tuple[InterfaceCounters, ...]:
    rows: dict[str, tuple[int, list[int]]] = {}
    mtus: dict[str, int] = {}
    for index, line in enumerate(lines):
        if found := _PROC.match(line.text):
            rows[found[1]] = index, [int(word) for word in found[2].split()]
        elif found := _MTU.match(line.text):
            mtus[found[1]] = int(found[2])
    return tuple(
        InterfaceCounters(name, n[1], n[2], n[3], n[9], n[10], n[11], mtus.get(name), index)
        for name, (index, n) in rows.items()
    )


def _of_ifconfig(lines: Iterable[Line]) -> tuple[InterfaceCounters, ...]:
    """An interface without counters (an alias like `veth0:1`) is left out."""
    blocks: dict[str, dict[str, int]] = {}
    fields: dict[str, int] = {}
    for index, line in enumerate(lines):
        if found := _NAME.match(line.text):
            fields = blocks.setdefault(found[1], {"line": index})
        if found := _IFCONFIG_MTU.search(line.text):
            fields["mtu"] = int(found[1])
        if found := _OLD.match(line.text):
            fields |= {found[1]: int(found[2]), f"{found[1]}e": int(found[3]),
                       f"{found[1]}d": int(found[4])}  # fmt: skip
        elif found := _NEW_PACKETS.match(line.text):
            fields[found[1]] = int(found[2])
        elif found := _NEW_ERRORS.match(line.text):
            fields |= {f"{found[1]}e": int(found[2]), f"{found[1]}d": int(found[3])}
    return tuple(
        InterfaceCounters(
            name, f["RX"], f["RXe"], f["RXd"], f["TX"], f["TXe"], f["TXd"], f.get("mtu"), f["line"]
        )
        for name, f in blocks.items()
        if f.keys() >= {"RX", "RXe", "RXd", "TX", "TXe", "TXd"}
    )


PROBE = Probe(
    "counters",
    version=1,
    question="Which errors do the interfaces count?",
    command=command,
    parse=parse,
)
