"""A small language for what a JSON value may be, with refusals in Slack's words (pure).

A `Rule` looks at a value and yields what is wrong with it: the sentence, and where as a JSON
pointer. The sentences are those that Slack answers, as met in public issue threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bot.demo.workspace.model import Json

Rule = Callable[[object, str], Iterator[str]]


def wrong(sentence: str, at: str) -> str:
    return f"{sentence} [json-pointer:{at}]"


@dataclass(frozen=True, slots=True)
class Text:
    """A string of `least` to `most` characters."""

    most: int
    least: int = 1

    def __call__(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield wrong("must be a string", at)
        elif len(value) < self.least:
            yield wrong(f"must be more than {self.least - 1} characters", at)
        elif len(value) > self.most:
            yield wrong(f"must be less than {self.most + 1} characters", at)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of these strings."""

    allowed: tuple[str, ...]

    def __call__(self, value: object, at: str) -> Iterator[str]:
        if value not in self.allowed:
            yield wrong("must be a valid enum value", at)


@dataclass(frozen=True, slots=True)
class Flag:
    def __call__(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, bool):
            yield wrong("must be a boolean", at)


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, or any number in text where a field takes that."""

    least: int = 0
    most: int = 10**12

    def __call__(self, value: object, at: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, int):
            yield wrong("must be a number", at)
        elif not self.least <= value <= self.most:
            yield wrong(f"must be between {self.least} and {self.most}", at)


@dataclass(frozen=True, slots=True)
class ListOf:
    """`least` to `most` items, each by one rule."""

    item: Rule
    most: int
    least: int = 1

    def __call__(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield wrong("must be an array", at)
            return
        if len(value) > self.most:
            yield wrong(f"no more than {self.most} items allowed", at)
        if len(value) < self.least:
            yield wrong(f"no less than {self.least} items allowed", at)
        for n, item in enumerate(value[: self.most]):
            yield from self.item(item, f"{at}/{n}")


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these keys and no others."""

    needed: dict[str, Rule]
    optional: dict[str, Rule] = field(default_factory=dict)

    def __call__(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield wrong("must be an object", at)
            return
        for name in self.needed.keys() - value.keys():
            yield wrong(f"missing required field: {name}", at)
        rules = self.needed | self.optional
        for name, part in value.items():
            if name not in rules:
                yield wrong(f"invalid additional property: {name}", at)
            else:
                yield from rules[name](part, f"{at}/{name}")


@dataclass(frozen=True, slots=True)
class ByType:
    """An object that is read by its `type`."""

    kinds: dict[str, Rule]

    def __call__(self, value: object, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield wrong("must be an object", at)
            return
        kind = value.get("type")
        if kind is None:
            yield wrong("missing required field: type", at)
        elif not isinstance(kind, str) or kind not in self.kinds:
            yield wrong(f"unsupported type: {kind}", f"{at}/type")
        else:
            yield from self.kinds[kind](value, at)


@dataclass(frozen=True, slots=True)
class Either:
    """ByType as Slack words it where several object types may stand in one field."""

    rule: ByType

    def __call__(self, value: object, at: str) -> Iterator[str]:
        mistakes = list(self.rule(value, at))
        if mistakes:
            yield wrong("failed to match all allowed schemas", at)
            yield from mistakes


@dataclass(frozen=True, slots=True)
class Also:
    """A rule, and then a look at the whole that no single field's rule can take."""

    rule: Rule
    look: Callable[[Json, str], Iterator[str]]

    def __call__(self, value: object, at: str) -> Iterator[str]:
        mistakes = list(self.rule(value, at))
        yield from mistakes
        if not mistakes and isinstance(value, dict):
            yield from self.look(value, at)


def anything(_value: object, _at: str) -> Iterator[str]:
    """The rule for a field that is not looked into."""
    return iter(())


def typed(kind: str, needed: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Shape:
    """An object of one `type`."""
    return Shape({"type": Choice((kind,)), **needed}, optional or {})
