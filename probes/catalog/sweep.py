"""Which hop eats the message? It is sent with rising TTL on otherwise normal connections.

Parameters: port, payload (hex), message (`call` or `control`), first and last (TTL), wait
(seconds a step, 0.6), local_port (0: the host picks one, and keeps it for the whole sweep:
trap 7). One connection a TTL: open it, limit the TTL, send once, poll SO_ERROR; an
unreachable-host error means that some hop let it expire, so it got that far
(facts/path-diagnosis.md, "which hop eats the payload"). Silence says something only against
the control's sweep (trap 4).

Ascending, one after another, at most ten a second (traps 1 and 8). A step in which TCP sent
anything else than the message is void, and tried again once: a repeated handshake ACK at a
limited TTL expires too (trap 2; TCP_INFO, tcpi_segs_out at 136, tcpi_data_segs_out at 156).
The sweep ends where the far host answers, or where a connection no longer opens: then the
device was tripped.
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
from probes.model import Ask, Command, GapKind, Probe, Route, Tools, Transcript
from probes.readings import Answer, SweepReading, SweepStep

_SCRIPT = _perl.script(
    _perl.PREAMBLE,
    r"""
    my ($port, $hex, $first, $last, $wait, $from_port) = @arg;

    # Segments sent that carry no data; undef where the kernel does not count them.
    sub bare_segments {
      my $info = getsockopt($_[0], 6, 11);
      return unless defined $info and length($info) >= 160;
      my ($all, $data) = unpack(q(x136 L x16 L), $info);
      return $all - $data;
    }
    # A connection that a SYN's repetition clears needs more than one second (trap 14).
    sub opened {
      my ($s, $errno) = request($port, $from_port, 0, 1);
      unless ($from_port) {
        $from_port = local_port($s);
        row(q(local), qq(port=$from_port));
      }
      my ($word, @details) = await_open($s, $errno, 2.5);
      setsockopt($s, 0, 11, 0);
      setsockopt($s, 6, 1, 1);
      return ($s, $word, @details);
    }
    sub watched {
      my ($s, $until) = @_;
      while (time() < $until) {
        my $errno = pending_error($s);
        return q(expired) if $errno == Errno::EHOSTUNREACH();
        return q(reset) if $errno == Errno::ECONNRESET();
        my $mask = q();
        vec($mask, fileno($s), 1) = 1;
        next unless select(my $ready = $mask, undef, undef, 0.01) > 0;
        my $got = sysread($s, my $reply, 4096);
        return $got ? q(replied) : q(closed) if defined $got;
        return q(reset) if $!{ECONNRESET};
        return q(expired) if $!{EHOSTUNREACH};
      }
      return q(silent);
    }
    sub step {
      my ($ttl) = @_;
      my ($s, $word, @details) = opened();
      my $at = time();
      my $result = q(not-open);
      if ($word eq q(open)) {
        my $before = bare_segments($s);
        setsockopt($s, 0, 2, $ttl);
        $at = time();
        syswrite($s, pack(q(H*), $hex));
        $result = watched($s, $at + $wait);
        my $after = bare_segments($s);
        my $grew = defined $before && defined $after && $after > $before;
        $result = q(void) if $grew and $result eq q(expired);
      } else {
        push @details, qq(knock=$word);
      }
      drop($s);
      row(q(step), qq(ttl=$ttl), q(at=) . stamp($at), qq(result=$result),
          q(seconds=) . stamp(time() - $at), @details);
      sleep(0.1);
      return $result;
    }
    for my $ttl ($first .. $last) {
      my $result = step($ttl);
      $result = step($ttl) if $result eq q(void);
      last unless $result =~ /^(?:expired|silent|void)$/;
    }
    """,
)


def command(ask: Ask, route: Route, tools: Tools) -> Command | GapKind:
    word(ask, "message", "call", ("call", "control"))
    first, last = whole(ask, "first", 1, 1, 64), whole(ask, "last", 30, 1, 64)
    if first > last:
        raise ValueError("sweep: TTLs ascend, first..last")
    return _perl.command(
        tools,
        route,
        _SCRIPT,
        str(port(ask)),
        payload(ask),
        str(first),
        str(last),
        decimal(seconds(ask, "wait", 0.6, 0.05, 10)),
        str(whole(ask, "local_port", 0, 0, 65535)),
    )


def parse(ask: Ask, transcript: Transcript) -> SweepReading:
    """A void step that was tried again is left out, so that each TTL stands there once."""
    found = records(transcript.lines, "step")
    if not found:
        raise not_understood(transcript, "step of a sweep")
    steps: dict[int, SweepStep] = {}
    try:
        for index, line, fields in found:
            at = on_our_clock(transcript, float(fields["at"]), line.at - float(fields["seconds"]))
            ttl = int(fields["ttl"])
            steps[ttl] = SweepStep(ttl, at, Answer(fields["result"]), index)
    except (KeyError, ValueError) as problem:
        raise not_understood(transcript, f"whole step ({problem!r})") from problem
    message = word(ask, "message", "call", ("call", "control"))
    local = [int(fields["port"]) for _, _, fields in records(transcript.lines, "local")]
    ordered = tuple(steps[ttl] for ttl in sorted(steps))
    return SweepReading(message, port(ask), ordered, local[0] if local else 0)


PROBE = Probe(
    "sweep",
    version=1,
    question="How far does the message get before it vanishes?",
    command=command,
    parse=parse,
    uses=lambda _ask, _route, _tools: "perl",
)
