"""Clear a half-open socket on the far host: connect again from the same source port.

Parameters: port, local_port (that of the exchange which was eaten; required), wait (seconds,
5.0: the far host challenges the first SYN, and our reset clears it before the second, a
second later; facts/path-diagnosis.md, trap 14). Sends no byte, closes in order (FIN), and
does so only after recovery. Reads as one knock.
"""

from __future__ import annotations

from probes.catalog import _perl
from probes.catalog._lines import (
    decimal,
    not_understood,
    on_our_clock,
    port,
    records,
    seconds,
    whole,
)
from probes.model import Ask, Command, GapKind, Probe, Route, Tools, Transcript
from probes.readings import Knock, KnockReading, KnockRow

_SCRIPT = _perl.script(
    _perl.PREAMBLE,
    r"""
    my ($port, $from_port, $wait) = @arg;
    my $at = time();
    my ($s, $errno) = request($port, $from_port, 0, 1);
    my ($word, @details) = await_open($s, $errno, $wait);
    push @details, q(seconds=) . stamp(time() - $at) unless $word eq q(silent);
    row(q(reconnect), qq(port=$port), q(at=) . stamp($at), qq(result=$word), @details);
    if ($word eq q(open)) {
      # In order: our FIN, then up to half a second for theirs.
      setsockopt($s, SOL_SOCKET, SO_LINGER, pack(q(ii), 0, 0));
      shutdown($s, 1);
      my $mask = q();
      vec($mask, fileno($s), 1) = 1;
      my $theirs = select(my $ready = $mask, undef, undef, 0.5) > 0;
      if ($theirs) { close($s); exit 0; }
    }
    drop($s);
    """,
)


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    return _perl.command(
        tools,
        route,
        _SCRIPT,
        str(port(ask)),
        str(whole(ask, "local_port", 0, 1, 65535)),
        decimal(seconds(ask, "wait", 5.0, 0.1, 30)),
    )


def parse(_ask: Ask, transcript: Transcript) -> KnockReading:
    for index, line, fields in records(transcript.lines, "reconnect"):
        try:
            took = float(fields["seconds"]) if "seconds" in fields else None
            at = on_our_clock(transcript, float(fields["at"]), line.at - (took or 0.0))
            row = KnockRow(int(fields["port"]), at, Knock(fields["result"]), index, took)
        except (KeyError, ValueError) as problem:
            raise not_understood(transcript, f"whole record ({problem!r})") from problem
        return KnockReading((row,))
    raise not_understood(transcript, "connection request")


PROBE = Probe(
    "reconnect",
    version=1,
    question="Can the half-open connection be cleared from its own source port?",
    command=command,
    parse=parse,
    uses=lambda _ask, _route, _tools: "perl",
)
