"""Does a TCP connection open? Connection requests, each closed at once without a byte.

Parameters: ports (`22,111`), count (rounds, 1), interval (seconds from one round's start to
the next's, 0.5: a silent round does not delay the next), wait (seconds for an answer, 1.0),
first_ttl and last_ttl (0: not limited). With a TTL range there is one round a TTL, ascending
(trap 8), one after another, from one fixed source port (trap 7); a port that has answered is
left out of the rest. Source of the facts: facts/path-diagnosis.md.

A reset is told from an ICMP error by the socket's error queue (IP_RECVERR; filled for
connection requests since Linux 5.9): which router, which type and code. Without it, the errno
decides: an unreachable host under a limited TTL is a hop that let it expire.
"""

from __future__ import annotations

import re

from probes.catalog import _perl
from probes.catalog._lines import (
    address,
    decimal,
    not_understood,
    on_our_clock,
    ports,
    record,
    records,
    seconds,
    whole,
)
from probes.model import Ask, Command, GapKind, Line, Probe, Route, Tools, Transcript
from probes.readings import Knock, KnockReading, KnockRow

_SCRIPT = _perl.script(
    _perl.PREAMBLE,
    r"""
    my ($ports, $count, $interval, $wait, $first, $last) = @arg;
    my (%waiting, %answered);
    my $from_port = 0;

    sub start {
      my ($port, $ttl) = @_;
      my $at = time();
      my ($s, $errno) = request($port, $ttl ? $from_port : 0, $ttl, 1);
      $from_port ||= local_port($s);
      my $one = { s => $s, port => $port, ttl => $ttl, at => $at };
      return settle($one, fate($s, $errno, $ttl, 1)) if $errno;
      $waiting{fileno($s)} = $one;
    }
    sub settle {
      my ($one, $word, @details) = @_;
      my $took = time() - $one->{at};
      push @details, q(seconds=) . stamp($took) unless $word eq q(silent);
      row(q(knock), qq(port=$one->{port}), q(at=) . stamp($one->{at}), qq(result=$word),
          qq(ttl=$one->{ttl}), @details);
      $answered{$one->{port}} = 1 if $word =~ /^(?:open|refused|prohibited)$/;
      delete $waiting{fileno($one->{s})};
      $word eq q(open) && !$one->{ttl} ? part($one->{s}) : drop($one->{s});
    }
    sub look_until {
      my ($until) = @_;
      while (1) {
        my $now = time();
        my @late = grep { $now - $_->{at} >= $wait } values %waiting;
        settle($_, q(silent)) for @late;
        last if $now >= $until or ($until == 9e99 and not %waiting);
        my ($mask, $next) = (q(), $until);
        for (values %waiting) {
          vec($mask, fileno($_->{s}), 1) = 1;
          $next = $_->{at} + $wait if $_->{at} + $wait < $next;
        }
        my $left = $next - $now > 0 ? $next - $now : 0;
        next unless select(undef, my $ready = $mask, undef, $left) > 0;
        my @now = values %waiting;
        for my $one (@now) {
          next unless vec($ready, fileno($one->{s}), 1);
          settle($one, fate($one->{s}, pending_error($one->{s}), $one->{ttl}, 0));
        }
      }
    }
    my @ports = split(/,/, $ports);
    if ($last) {
      for my $ttl ($first .. $last) {
        start($_, $ttl) for grep { not $answered{$_} } @ports;
        look_until(9e99);
      }
    } else {
      my $begin = time();
      for my $round (0 .. $count - 1) {
        look_until($begin + $round * $interval);
        start($_, 0) for @ports;
      }
      look_until(9e99);
    }
    """,
)

_ALIVE: dict[str, bool] = {Knock.OPEN: True, Knock.REFUSED: True, Knock.SILENT: False}
_ICMP = re.compile(r"(\d+)/(\d+)")


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    first, last = whole(ask, "first_ttl", 0, 0, 64), whole(ask, "last_ttl", 0, 0, 64)
    if bool(first) != bool(last) or first > last:
        raise ValueError("knock: first_ttl and last_ttl go together, and ascend")
    return _perl.command(
        tools,
        route,
        _SCRIPT,
        ",".join(str(port) for port in ports(ask)),
        str(whole(ask, "count", 1, 1, 20000)),
        decimal(seconds(ask, "interval", 0.5, 0.02, 60)),
        decimal(seconds(ask, "wait", 1.0, 0.05, 30)),
        str(first),
        str(last),
    )


def parse(ask: Ask, transcript: Transcript) -> KnockReading:
    found = records(transcript.lines, "knock")
    if not found:
        raise not_understood(transcript, "connection request")
    wait = seconds(ask, "wait", 1.0, 0.05, 30)
    try:
        rows = [_row(transcript, index, line, fields, wait) for index, line, fields in found]
    except (KeyError, ValueError) as problem:
        raise not_understood(transcript, f"whole record ({problem!r})") from problem
    return KnockReading(tuple(sorted(rows, key=lambda row: (row.ttl, row.at))))


def _row(
    transcript: Transcript, index: int, line: Line, fields: dict[str, str], wait: float
) -> KnockRow:
    took = float(fields["seconds"]) if "seconds" in fields else None
    icmp = _ICMP.fullmatch(fields.get("icmp", ""))
    return KnockRow(
        port=int(fields["port"]),
        at=on_our_clock(
            transcript, float(fields["at"]), line.at - (wait if took is None else took)
        ),
        result=Knock(fields["result"]),
        line=index,
        seconds=took,
        ttl=int(fields["ttl"]),
        icmp=(int(icmp[1]), int(icmp[2])) if icmp else None,
        icmp_from=address(fields.get("from", "")),
        detail=f"errno {fields['errno']}" if "errno" in fields else "",
    )


def alive(line: str) -> bool | None:
    """True for an answer of the far host itself, False for silence."""
    name, fields = record(line)
    return _ALIVE.get(fields.get("result", "")) if name == "knock" else None


PROBE = Probe(
    "knock",
    version=1,
    question="Does a TCP connection to these ports open?",
    command=command,
    parse=parse,
    alive=alive,
    uses=lambda _ask, _route, _tools: "perl",
)
