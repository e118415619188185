"""What the Perl probes share: core modules only, fit for Perl 5.10 (SLES 11), IPv4.

Laws: a script is bounded in time, prints `name key=value` records at once, and leaves
nothing open on the far host, however it ends (law 4). A socket whose message may still be
under way closes with a reset, and with its TTL set back to normal before that, so that neither
a payload is sent again at full TTL nor the reset dies on the way (facts/path-diagnosis.md,
trap 5). One that owes nothing parts orderly: a lost FIN is sent again, a lost reset is not,
and would leave the far host with an open connection.
"""

from __future__ import annotations

from probes.model import Command, GapKind, Route, Tools


def script(*fragments: str) -> str:
    """Fragments as one line, without comments: it passes any login shell in one word."""
    lines = (line.strip() for fragment in fragments for line in fragment.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("#"))


def command(tools: Tools, route: Route, text: str, *args: str) -> Command | GapKind:
    """`perl -e text SOURCE TARGET args…`, with the addresses of the route as IPv4 literals."""
    if not route.source.kind.has_shell or "perl" not in tools:
        return GapKind.NOT_AVAILABLE
    if route.target_address is None:
        raise ValueError("this probe needs a target")
    if route.target_address.version != 4 or route.source.address.version != 4:
        return GapKind.NOT_AVAILABLE
    ends = (str(route.source.address), str(route.target_address))
    return Command((tools["perl"].path, "-e", text, *ends, *args))


PREAMBLE = r"""
use strict; use warnings; use Socket; use POSIX (); use Fcntl; use Errno;
use Time::HiRes qw(time sleep);
$| = 1;
my ($src, $dst, @arg) = @ARGV;
my %open;
sub row { print join(q( ), @_), qq(\n); }
sub stamp { return sprintf(q(%.6f), $_[0]); }

# Linux: IPPROTO_IP 0, IP_TTL 2, IP_RECVERR 11.
sub drop {
  my ($s) = @_;
  setsockopt($s, 0, 2, 64);
  setsockopt($s, SOL_SOCKET, SO_LINGER, pack(q(ii), 1, 0));
  delete $open{fileno($s)};
  close($s);
}
sub part {
  my ($s) = @_;
  setsockopt($s, SOL_SOCKET, SO_LINGER, pack(q(ii), 0, 0));
  delete $open{fileno($s)};
  close($s);
}
sub drop_all { drop($_) for values %open; }
$SIG{$_} = sub { drop_all(); POSIX::_exit(1); } for qw(TERM HUP INT PIPE);

# A connection request under way: (socket, 0) or (socket, errno). Not blocking.
sub request {
  my ($port, $from_port, $ttl, $queue_errors) = @_;
  socket(my $s, PF_INET, SOCK_STREAM, 6) or die qq(socket: $!\n);
  $open{fileno($s)} = $s;
  setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
  setsockopt($s, SOL_SOCKET, SO_LINGER, pack(q(ii), 1, 0));
  setsockopt($s, 0, 11, 1) if $queue_errors;
  setsockopt($s, 0, 2, $ttl) if $ttl;
  fcntl($s, F_SETFL, fcntl($s, F_GETFL, 0) | O_NONBLOCK);
  bind($s, sockaddr_in($from_port, inet_aton($src))) or return ($s, $! + 0);
  connect($s, sockaddr_in($port, inet_aton($dst))) and return ($s, 0);
  return ($s, $!{EINPROGRESS} ? 0 : $! + 0);
}
sub local_port { return (sockaddr_in(getsockname($_[0])))[0]; }
sub pending_error { return unpack(q(i), getsockopt($_[0], SOL_SOCKET, SO_ERROR)); }

# Who sent an ICMP error, out of the socket's error queue: (type, code, address) or nothing.
# recvmsg(2) by its number; the layouts are those of 64-bit Linux, elsewhere nothing is known.
sub offender {
  my ($s) = @_;
  my %number = (x86_64 => 47, aarch64 => 212);
  my $call = $number{(POSIX::uname())[4]} or return;
  my ($name, $data, $control) = (qq(\0) x 64, qq(\0) x 512, qq(\0) x 512);
  my $found = eval {
    my $vector = pack(q(P Q), $data, 512);
    my $message = pack(q(P L x4 P Q P Q i x4), $name, 64, $vector, 1, $control, 512, 0);
    length($message) == 56 and syscall($call, fileno($s), $message, 0x2040) >= 0;
  };
  return unless $found;
  my ($level, $type) = unpack(q(x8 i i), $control);
  return unless $level == 0 and $type == 11;
  my ($origin, $icmp, $code) = unpack(q(x20 C C C), $control);
  return unless $origin == 2;
  return ($icmp, $code, inet_ntoa(substr($control, 36, 4)));
}

# One word for what became of a connection request, and the details beside it.
sub fate {
  my ($s, $errno, $ttl, $at_once) = @_;
  return q(open) unless $errno;
  my @who = offender($s);
  if (@who) {
    my $word = $who[0] == 11 ? q(expired) : q(prohibited);
    return ($word, qq(icmp=$who[0]/$who[1]), qq(from=$who[2]));
  }
  return q(refused) if $errno == Errno::ECONNREFUSED();
  return (q(error), qq(errno=$errno)) if $at_once;
  return (q(silent), qq(errno=$errno)) if $errno == Errno::ETIMEDOUT();
  my $unreachable = $errno == Errno::EHOSTUNREACH();
  return (q(expired), qq(errno=$errno)) if $unreachable and $ttl;
  return (q(prohibited), qq(errno=$errno)) if $unreachable or $errno == Errno::ENETUNREACH();
  return (q(error), qq(errno=$errno));
}

# Waits for one connection: (word, details). A full window of seconds without a word: silent.
sub await_open {
  my ($s, $errno, $wait) = @_;
  return fate($s, $errno, 0, 1) if $errno;
  my $mask = q();
  vec($mask, fileno($s), 1) = 1;
  my $until = time() + $wait;
  while ((my $left = $until - time()) > 0) {
    next unless select(undef, my $ready = $mask, undef, $left) > 0;
    return fate($s, pending_error($s), 0, 0);
  }
  return q(silent);
}
"""
"""The scripts' common ground; the names in it are documented where they stand."""
