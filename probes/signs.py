"""Signs of life between two endpoints, on one clock: what passed, what did not, and when.

Pure. Pings and connection requests are one stream of signs, so that "dark" means the same
for a host that drops ping as for one that answers it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from probes.model import Evidence, Observation
from probes.readings import Knock, KnockReading, PingReading

PING, KNOCK = "ping", "knock"
RETRANSMITTED_AFTER = 0.9
"""Seconds: a connection that took longer lost its first SYN, which TCP repeats after 1 s
(RFC 6298, section 2)."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which packets may pass: ping (port 0) or connection requests to a port."""

    protocol: str
    port: int = 0

    @property
    def is_ping(self) -> bool:
        return self.protocol == PING


@dataclass(frozen=True, slots=True)
class Sign:
    """One packet's fate. alive: an answer came from the far host itself."""

    at: float
    alive: bool
    way: Way
    observation: str
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive losses on one way. passed_again: when the first one passed after it."""

    way: Way
    first_lost: float
    last_lost: float
    lost: int
    passed_again: float | None
    observations: tuple[str, ...]

    @property
    def seen_for(self) -> float:
        """Seconds from the first lost to the first that passed, or to the last looked at."""
        return (self.passed_again or self.last_lost) - self.first_lost


def of_observation(observation: Observation) -> Iterable[Sign]:
    """The signs in one ping or in one series of connection requests without a TTL limit.

    What clears a half-open connection is no sign: it meets the far host's old one first.
    """
    if observation.probe not in (PING, KNOCK):
        return
    reading = observation.reading
    if isinstance(reading, PingReading):
        way = Way(PING)
        for row in reading.rows:
            yield Sign(row.sent, row.rtt is not None, way, observation.id)
    elif isinstance(reading, KnockReading):
        for knock in reading.rows:
            if knock.ttl or knock.result is Knock.ERROR:
                continue
            answered = knock.result in (Knock.OPEN, Knock.REFUSED)
            slow = knock.seconds is not None and knock.seconds >= RETRANSMITTED_AFTER
            yield Sign(knock.at, answered, Way("tcp", knock.port), observation.id, slow)


def between(evidence: Evidence, source: str, target: str) -> tuple[Sign, ...]:
    """All signs of packets that `source` sent to `target`, in the order sent."""
    signs = [
        sign
        for observation in evidence.observations
        if observation.source == source and observation.target == target
        for sign in of_observation(observation)
    ]
    return tuple(sorted(signs, key=lambda sign: sign.at))


def ways(signs: Iterable[Sign]) -> tuple[Way, ...]:
    return tuple(dict.fromkeys(sign.way for sign in signs))


def first_run(signs: Sequence[Sign], way: Way, since: float, least: int) -> Run | None:
    """The first run of at least `least` losses in a row on one way, sent at or after `since`."""
    run: list[Sign] = []
    for sign in signs:
        if sign.way != way or sign.at < since:
            continue
        if not sign.alive:
            run.append(sign)
        elif len(run) >= least:
            return _run(run, sign.at)
        else:
            run = []
    return _run(run, None) if len(run) >= least else None


def _run(lost: Sequence[Sign], passed_again: float | None) -> Run:
    observations = tuple(dict.fromkeys(sign.observation for sign in lost))
    return Run(lost[0].way, lost[0].at, lost[-1].at, len(lost), passed_again, observations)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many were lost."""

    lost: int
    sent: int

    @property
    def percent(self) -> float:
        return 100.0 * self.lost / self.sent if self.sent else 0.0

    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share, in percent (E. B. Wilson, 1927)."""
        if not self.sent:
            return 0.0, 100.0
        z, n, p = 1.96, self.sent, self.lost / self.sent
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return 100.0 * max(0.0, middle - half), 100.0 * min(1.0, middle + half)

    def __add__(self, other: Share) -> Share:
        return Share(self.lost + other.lost, self.sent + other.sent)


def ping_share(signs: Iterable[Sign]) -> Share:
    """Pings lost."""
    pings = [sign for sign in signs if sign.way.is_ping]
    return Share(sum(not sign.alive for sign in pings), len(pings))


def connect_share(signs: Iterable[Sign]) -> Share:
    """Connection requests whose first packet or its answer was lost."""
    knocks = [sign for sign in signs if not sign.way.is_ping]
    return Share(sum(sign.slow or not sign.alive for sign in knocks), len(knocks))
