"""The catalog: every probe there is. A new one is one file and one line here.

Law 5: commands are constant argument lists with literals out of the inventory; quoting is
done in ssh.py alone. Parameters are numbers, hex or words of our own, and everything else is a
ValueError. tests/unit/test_catalog_readonly.py holds every command against a read-only list.
Law 6: what a host printed is data; text that is not understood is Unparsed, never empty.
"""

from __future__ import annotations

from probes.catalog import (
    clock,
    counters,
    ddpconnchk,
    exchange,
    hostfilter,
    joblog,
    knock,
    ping,
    reconnect,
    sockets,
    status,
    sweep,
    throughput,
    tools,
    trace,
    version,
)
from probes.model import Probe

CATALOG: tuple[Probe, ...] = (
    tools.PROBE,
    clock.PROBE,
    ping.PROBE,
    trace.PROBE,
    knock.PROBE,
    exchange.PROBE,
    sweep.PROBE,
    reconnect.PROBE,
    sockets.PROBE,
    counters.PROBE,
    version.PROBE,
    status.PROBE,
    hostfilter.PROBE,
    joblog.PROBE,
    ddpconnchk.PROBE,
    throughput.PROBE,
)

_BY_NAME = {probe.name: probe for probe in CATALOG}


def by_name(name: str) -> Probe:
    """The probe of that name; KeyError if there is none."""
    return _BY_NAME[name]
