"""What a hypothesis is: a cause, what it needs, and its test.

Law 1 is kept here: a hypothesis whose needs are missing is `unknown` before its test is
called. Law 2 is kept by Finding itself: a stance without evidence can't be built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from probes.model import Cause, Confidence, Finding, Flow, Location, Message, Stance
from probes.scene import Scene

Param = str | int | float | Message


@dataclass(frozen=True, slots=True)
class Need:
    """Something that must have been observed; `code` names the words for its absence."""

    code: str
    met: Callable[[Scene], bool]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One cause. `test` is only called when every need is met."""

    cause: Cause
    needs: tuple[Need, ...]
    test: Callable[[Scene], Finding]

    def examine(self, scene: Scene) -> Finding:
        for need in self.needs:
            if not need.met(scene):
                return unknown(self.cause, f"need.{need.code}")
        return self.test(scene)


LOOKED = Need("not-looked", lambda scene: scene.alive_at_start is not None)
ALIVE = Need("not-alive", lambda scene: bool(scene.alive_at_start))
TRIED = Need("not-tried", lambda scene: bool(scene.sent) or scene.window is not None)


def supported(
    cause: Cause,
    why: Message,
    evidence: Iterable[str],
    confidence: Confidence,
    location: Location | None = None,
    flow: Flow | None = None,
) -> Finding:
    """The evidence speaks for it; `confidence` says how strongly."""
    key = (flow.source, flow.target, flow.port) if flow else None
    return Finding(cause, Stance.SUPPORTED, why, _once(evidence), confidence, location, key)


def refuted(cause: Cause, code: str, evidence: Iterable[str], **params: Param) -> Finding:
    """An observation contradicts it; without one it is not refuted but unknown."""
    cited = _once(evidence)
    if not cited:
        return unknown(cause, "unknown.no-observation")
    return Finding(cause, Stance.REFUTED, Message(code, params), cited)


def unknown(cause: Cause, code: str, evidence: Iterable[str] = (), **params: Param) -> Finding:
    """It can't be told."""
    return Finding(cause, Stance.UNKNOWN, Message(code, params), _once(evidence))


def _once(evidence: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(evidence))
