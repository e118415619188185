"""The vocabulary ↔ what JSON can hold. Pure.

Dataclasses are written field by field, as probes/model.py declares them, and read back
by the declared types: a field that is added there, with a default, is stored and read
without a change here, and older records get its default. Two things are not stored: how
the checker logs in (judging needs none of it), and what a parser read (it is read again
from the raw lines, by today's parser).
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, TypeVar

from probes.model import (
    Ask,
    End,
    Evidence,
    Gap,
    GapKind,
    Line,
    Observation,
    Phase,
    SshAccess,
    Transcript,
    Unparsed,
)
from probes.readings import Reading

T = TypeVar("T")
Json = Any  # None, bool, int, float, str, and lists and dicts of them

Parse = Callable[[Ask, Transcript], Reading]


@dataclass(frozen=True, slots=True)
class Raw:
    """An observation without its reading: all that is stored of it.

    parser: the version of the parser when it was first read. variant: the tool's.
    """

    id: str
    plan: str
    phase: Phase
    ask: Ask
    transcript: Transcript
    parser: int
    variant: str = ""

    @classmethod
    def of(cls, observation: Observation) -> Raw:
        """The observation, its reading left out."""
        return cls(*(getattr(observation, field.name) for field in dataclasses.fields(cls)))

    def read(self, reading: Reading) -> Observation:
        """The observation, as today's parser reads it."""
        return Observation(
            id=self.id,
            plan=self.plan,
            phase=self.phase,
            ask=self.ask,
            transcript=self.transcript,
            parser=self.parser,
            reading=reading,
            variant=self.variant,
        )


def encode(value: object) -> Json:
    """Anything of the vocabulary → what json.dumps takes."""
    if isinstance(value, Transcript):
        return _encode_transcript(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _encode_fields(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [encode(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, IPv4Address | IPv6Address | IPv4Network | IPv6Network):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} is not of the vocabulary")


def decode(kind: type[T], data: Json) -> T:
    """What `encode` made of a `kind` → the `kind`. KeyError or ValueError if it is not that."""
    return typing.cast(T, _decode(kind, data))


def evidence(base: Evidence, raws: Iterable[Raw], gaps: Iterable[Gap], parse: Parse) -> Evidence:
    """The stored evidence, its raw lines read by today's parsers.

    What a parser does not understand today is the gap `unparsed`; what it did not
    understand then and does now is a gap no more.
    """
    observations = []
    unparsed = []
    raws = tuple(raws)
    for raw in raws:
        try:
            observations.append(raw.read(parse(raw.ask, raw.transcript)))
        except Unparsed as error:
            ask = raw.ask
            unparsed.append(
                Gap(ask.probe, raw.phase, ask.source, ask.target, GapKind.UNPARSED, str(error))
            )
    asked = {(raw.ask.probe, raw.phase, raw.ask.source, raw.ask.target) for raw in raws}
    kept = (
        gap
        for gap in gaps
        if gap.kind is not GapKind.UNPARSED
        or (gap.probe, gap.phase, gap.source, gap.target) not in asked
    )
    return dataclasses.replace(base, observations=tuple(observations), gaps=(*kept, *unparsed))


def _encode_fields(value: Any) -> dict[str, Json]:  # noqa: ANN401 (any dataclass)
    return {
        field.name: encode(item)
        for field in dataclasses.fields(value)
        if not isinstance(item := getattr(value, field.name), SshAccess)
    }


def _encode_transcript(transcript: Transcript) -> dict[str, Json]:
    """Its lines by column: the texts stand together, so that a secret that spans lines is
    seen as one when it is struck out (storage/redact.py)."""
    return {
        "argv": list(transcript.argv),
        "started": transcript.started,
        "seconds": transcript.seconds,
        "end": transcript.end.value,
        "exit_status": transcript.exit_status,
        "offset": transcript.offset,
        "lines": [line.text for line in transcript.lines],
        "at": [line.at for line in transcript.lines],
        "errors": [number for number, line in enumerate(transcript.lines) if line.error],
    }


def _decode_transcript(data: Mapping[str, Json]) -> Transcript:
    errors = set(data["errors"])
    texts = zip(data["at"], data["lines"], strict=True)
    return Transcript(
        argv=tuple(data["argv"]),
        started=data["started"],
        seconds=data["seconds"],
        end=End(data["end"]),
        exit_status=data["exit_status"],
        lines=tuple(Line(at, text, n in errors) for n, (at, text) in enumerate(texts)),
        offset=data["offset"],
    )


@cache
def _types(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@cache
def _is_record(kind: type) -> bool:
    """Asking an Enum for a dataclass' mark is slow, and it is asked of each value."""
    return dataclasses.is_dataclass(kind)


def _decode(kind: Any, data: Json) -> Any:  # noqa: ANN401 (driven by the declared type)
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(typing.get_args(kind), data)
    if origin is tuple:
        return _decode_tuple(typing.get_args(kind), data)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        item = typing.get_args(kind)[1]
        return {key: _decode(item, value) for key, value in data.items()}
    if kind is Transcript:
        return _decode_transcript(data)
    if _is_record(kind):
        return _decode_fields(kind, data)
    if kind in (IPv4Address, IPv6Address):
        return ip_address(data)
    if kind in (IPv4Network, IPv6Network):
        return ip_network(data)
    if kind is bytes:
        return bytes.fromhex(data)
    return kind(data) if issubclass(kind, StrEnum) else data


def _decode_fields(kind: Any, data: Mapping[str, Json]) -> Any:  # noqa: ANN401
    hints = _types(kind)
    names = (field.name for field in dataclasses.fields(kind))
    return kind(**{name: _decode(hints[name], data[name]) for name in names if name in data})


def _decode_tuple(items: tuple[Any, ...], data: list[Json]) -> tuple[Any, ...]:
    if items[-1] is Ellipsis:
        return tuple(_decode(items[0], item) for item in data)
    return tuple(_decode(kind, item) for kind, item in zip(items, data, strict=True))


def _decode_union(kinds: tuple[Any, ...], data: Json) -> Any:  # noqa: ANN401
    """Unions of the vocabulary: something or None, one address or network or the other,
    plain values, tuples of one shape or another, words or a Message."""
    if data is None:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    if isinstance(data, dict):
        return _decode(next(kind for kind in kinds if _is_record(kind)), data)
    if isinstance(data, list):
        return tuple(data)
    plain = [kind for kind in kinds if not _is_record(kind)]
    return _decode(plain[0], data) if plain[0] not in (str, int, float) else data
