"""A reading in a few words: what came back; and what would be sent (pure)."""

from __future__ import annotations

from statistics import median

from bot.request import Sending
from bot.words import Voice
from probes.model import Ask, Gap, Observation
from probes.readings import (
    Answer,
    ClockReading,
    CountersReading,
    ExchangeReading,
    JobLogReading,
    Knock,
    KnockReading,
    NamesReading,
    PingReading,
    ProgramsReading,
    SocketsReading,
    StatusReading,
    SweepReading,
    ThroughputReading,
    ToolsReading,
    TraceReading,
    VersionReading,
)


def question(ask: Ask, voice: Voice) -> str:
    """What is asked: the probe, with the one parameter that tells it from its like."""
    name = voice.or_else(f"probe.{ask.probe}", ask.probe)
    detail = next((ask.params[key] for key in _TELLING if key in ask.params), None)
    return name if detail is None else f"{name} {detail}"


_TELLING = ("message", "ports", "port", "about", "name")


def gap(found: Gap, voice: Voice) -> str:
    kind = voice(f"gap.{found.kind}")
    return f"{kind}: {found.detail}" if found.detail else kind


def answer(observation: Observation, voice: Voice) -> str:  # noqa: C901 - one line a type
    """One short phrase for each type of reading; host text in it is not yet made printable."""
    reading = observation.reading
    match reading:
        case PingReading():
            return _ping(reading, voice)
        case TraceReading():
            return _trace(reading, voice)
        case KnockReading():
            return _knocks(reading, voice)
        case ExchangeReading():
            return _exchange(reading, observation, voice)
        case SweepReading():
            tried = reading.steps[-1].ttl if reading.steps else 0
            return voice("reading.sweep", last=reading.last_expired, tried=tried)
        case SocketsReading():
            return _sockets(reading, voice)
        case CountersReading():
            errors = sum(i.rx_errors + i.tx_errors for i in reading.interfaces)
            return voice("reading.counters", count=len(reading.interfaces), errors=errors)
        case ClockReading():
            return voice("reading.clock", offset=reading.offset, within=reading.within)
        case ToolsReading():
            return voice("reading.tools", count=len(reading.tools))
        case NamesReading():
            named = (f"{n}: {', '.join(map(str, a)) or '-'}" for n, a in reading.names.items())
            return "; ".join(named)
        case VersionReading():
            return reading.text or reading.product
        case StatusReading():
            return "; ".join(f"{item}: {words}" for item, words in list(reading.items.items())[:2])
        case ProgramsReading():
            return voice("reading.programs", count=len(reading.programs))
        case JobLogReading():
            return voice("reading.joblog", count=len(reading.entries))
        case ThroughputReading():
            return voice("reading.throughput", mbit=reading.mbit, seconds=reading.seconds)
    return voice("reading.other")


def _ping(reading: PingReading, voice: Voice) -> str:
    times = [row.rtt for row in reading.rows if row.rtt is not None]
    if not times:
        return voice("reading.ping-none", sent=reading.sent, size=reading.size)
    return voice(
        "reading.ping",
        received=reading.received,
        sent=reading.sent,
        size=reading.size,
        ms=median(times) * 1000,
    )


def _trace(reading: TraceReading, voice: Voice) -> str:
    answered = [hop for hop in reading.hops if hop.address is not None]
    if reading.reached:
        return voice("reading.trace-reached", hops=reading.hops[-1].ttl)
    if not answered:
        return voice("reading.trace-silent")
    return voice("reading.trace-ends", hop=answered[-1].ttl, address=str(answered[-1].address))


def _knocks(reading: KnockReading, voice: Voice) -> str:
    if any(row.ttl for row in reading.rows):
        expired = [row.ttl for row in reading.rows if row.result is Knock.EXPIRED]
        last = max(expired, default=0)
        return voice("reading.sweep", last=last, tried=max(row.ttl for row in reading.rows))
    ports = dict.fromkeys(row.port for row in reading.rows)
    return ", ".join(_port(port, reading.results(port), voice) for port in ports)


def _port(port: int, results: tuple[Knock, ...], voice: Voice) -> str:
    """`111 open`; where the results differ, how many of each: `111 open 3, silent 5`."""
    kinds = {kind: results.count(kind) for kind in Knock if kind in results}
    if len(kinds) == 1:
        return f"{port} {voice(f'knock.{results[0]}')}"
    counted = " / ".join(f"{voice(f'knock.{kind}')} {count}" for kind, count in kinds.items())
    return f"{port} {counted}"


def _exchange(reading: ExchangeReading, observation: Observation, voice: Voice) -> str:
    what = voice(f"message.{reading.message}")
    if reading.sent is None or reading.answer is Answer.NOT_OPEN:
        return voice("reading.exchange-closed", what=what, knock=voice(f"knock.{reading.opened}"))
    if reading.answer is Answer.REPLIED:
        ms = (reading.seconds or 0.0) * 1000
        return voice("reading.exchange-replied", what=what, bytes=len(reading.reply), ms=ms)
    if reading.answer is not Answer.SILENT:
        return voice("reading.exchange-ended", what=what, end=voice(f"answer.{reading.answer}"))
    waited = observation.ask.params.get("wait", observation.transcript.seconds)
    left = reading.unacked[-1][1] if reading.unacked else None
    if left is None:
        return voice("reading.exchange-silent", what=what, seconds=float(waited))
    code = "reading.exchange-unacked" if left else "reading.exchange-acked"
    return voice(code, what=what, seconds=float(waited), bytes=left)


def _sockets(reading: SocketsReading, voice: Voice) -> str:
    last = reading.samples[-1].sockets if reading.samples else ()
    waiting = [s for s in last if s.send_q and s.state != "LISTEN"]
    return voice("reading.sockets", count=len(last), waiting=len(waiting))


def sending_words(sending: Sending, voice: Voice) -> str:
    """`port 111: portmapper, a control and then a call of 60 bytes each`."""
    service, size = sending.service, sending.bytes
    if sending.port is None:
        return voice("consent.named-port", service=service, bytes=size)
    return voice("consent.port", port=sending.port, service=service, bytes=size)
