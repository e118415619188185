"""One connection that carries one message: does it open, is the message taken, what comes back?

Parameters: port, payload (hex of the whole message, record mark included), message (`call` or
`control`), reply_bytes (length of a good answer, 0: any byte is one), wait (seconds for the
connection and then for an answer, 2.0), local_port (0: the host picks one), sample (seconds
between looks at the send queue, 0.25).

The message is written once; TCP itself sends it again while nobody acknowledges it (trap 15).
An answer is whole when reply_bytes are there or when its RPC record mark says so: an error is
shorter than a good answer. Stuck or taken is told by SIOCOUTQ (0x5411), the bytes that the
peer's TCP has not acknowledged (facts/path-diagnosis.md, "did the peer take it").
"""

from __future__ import annotations

from probes.catalog import _perl
from probes.catalog._lines import (
    decimal,
    not_understood,
    on_our_clock,
    payload,
    port,
    records,
    seconds,
    whole,
    word,
)
from probes.model import Ask, Command, GapKind, Line, Probe, Route, Tools, Transcript
from probes.readings import Answer, ExchangeReading, Knock

_SCRIPT = _perl.script(
    _perl.PREAMBLE,
    r"""
    my ($port, $hex, $reply_bytes, $wait, $from_port, $sample) = @arg;
    my $began = time();
    my ($s, $errno) = request($port, $from_port, 0, 1);
    row(q(local), q(port=) . local_port($s));
    my ($word, @details) = await_open($s, $errno, $wait);
    row(q(opened), q(at=) . stamp($began), qq(result=$word), q(seconds=) . stamp(time() - $began),
        @details);
    if ($word ne q(open)) { row(q(answer), q(result=not-open)); drop($s); exit 0; }

    # From here an ICMP error is a hint, and shall not end the connection.
    setsockopt($s, 0, 11, 0);
    setsockopt($s, 6, 1, 1);
    my ($sent, $reply, $end) = (time(), q(), q());
    my $written = syswrite($s, pack(q(H*), $hex));
    row(q(sent), q(at=) . stamp($sent), q(bytes=) . ($written || 0));

    sub unacked {
      my $bytes = pack(q(i), 0);
      ioctl($s, 0x5411, $bytes) or return;
      row(q(unacked), q(at=) . stamp(time()), q(bytes=) . unpack(q(i), $bytes));
    }
    sub whole_answer {
      my $length = length($reply);
      return 0 unless $length;
      return 1 if $length >= $reply_bytes;
      return $length >= 4 && $length == 4 + (unpack(q(N), $reply) & 0x7fffffff);
    }
    my $next = $sent;
    while (not $end) {
      my $now = time();
      if ($now >= $next) { unacked(); $next += $sample; next; }
      if ($now - $sent >= $wait) { $end = q(silent); last; }
      my $mask = q();
      vec($mask, fileno($s), 1) = 1;
      my $until = $next < $sent + $wait ? $next : $sent + $wait;
      next unless select(my $ready = $mask, undef, undef, $until - $now) > 0;
      my $got = sysread($s, $reply, 4096, length($reply));
      if (defined $got) { $end = not($got) ? q(closed) : whole_answer() ? q(replied) : q(); }
      elsif ($!{ECONNRESET} or $!{EPIPE}) { $end = q(reset); }
      elsif (not($!{EAGAIN} or $!{EINTR})) {
        push @details, q(errno=) . ($! + 0);
        $end = q(silent);
      }
    }
    my $took = time() - $sent;
    unacked() unless $end eq q(reset);
    my $hint = pending_error($s);
    push @details, qq(errno=$hint) if $hint and $end eq q(silent);
    row(q(reply), q(hex=) . unpack(q(H*), $reply)) if length($reply);
    row(q(answer), qq(result=$end), q(seconds=) . stamp($took), @details);
    $end eq q(replied) ? part($s) : drop($s);
    """,
)


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    word(ask, "message", "call", ("call", "control"))
    return _perl.command(
        tools,
        route,
        _SCRIPT,
        str(port(ask)),
        payload(ask),
        str(whole(ask, "reply_bytes", 0, 0, 65536)),
        decimal(seconds(ask, "wait", 2.0, 0.05, 60)),
        str(whole(ask, "local_port", 0, 0, 65535)),
        decimal(seconds(ask, "sample", 0.25, 0.02, 10)),
    )


def parse(ask: Ask, transcript: Transcript) -> ExchangeReading:
    """A message that was sent and whose answer's line is missing (the command was cut) says
    nothing of the answer (Answer.VOID), but it was sent."""
    try:
        return _read(ask, transcript)
    except (KeyError, ValueError) as problem:
        raise not_understood(transcript, f"whole exchange ({problem!r})") from problem


def _read(ask: Ask, transcript: Transcript) -> ExchangeReading:
    found = _by_name(transcript)
    _, _, opened = found["opened"]
    sent = None
    if "sent" in found:
        _, sent_line, fields = found["sent"]
        sent = on_our_clock(transcript, float(fields["at"]), sent_line.at)
    cut = {"result": Answer.VOID} if sent is not None else {}
    answer = found["answer"][2] if "answer" in found else cut
    errno = answer.get("errno") or opened.get("errno")
    return ExchangeReading(
        message=word(ask, "message", "call", ("call", "control")),
        port=port(ask),
        local_port=int(found["local"][2]["port"]),
        opened=Knock(opened["result"]),
        sent=sent,
        answer=Answer(answer["result"]),
        reply=bytes.fromhex(found["reply"][2]["hex"]) if "reply" in found else b"",
        seconds=float(answer["seconds"]) if "seconds" in answer else None,
        unacked=_unacked(transcript),
        lines={name: index for name, (index, _, _) in found.items()},
        detail=f"errno {errno}" if errno else "",
    )


def _by_name(transcript: Transcript) -> dict[str, tuple[int, Line, dict[str, str]]]:
    """The last record of each name: for `unacked` that is the send queue at the end."""
    names = ("local", "opened", "sent", "unacked", "reply", "answer")
    return {name: found[-1] for name in names if (found := records(transcript.lines, name))}


def _unacked(transcript: Transcript) -> tuple[tuple[float, int], ...]:
    return tuple(
        (on_our_clock(transcript, float(fields["at"]), line.at), int(fields["bytes"]))
        for _, line, fields in records(transcript.lines, "unacked")
    )


PROBE = Probe(
    "exchange",
    version=1,
    question="Is the message answered on an open connection, and was it taken?",
    command=command,
    parse=parse,
    uses=lambda _ask, _route, _tools: "perl",
)
