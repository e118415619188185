"""Two hosts and a chain of routers between them; what traces show of it, simulated hop by hop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from probes.localise import Path, merge
from probes.model import Address, Direction

BOTH, THERE, BACK = Direction.BOTH, Direction.NEAR_TO_FAR, Direction.FAR_TO_NEAR


@dataclass(frozen=True)
class Chain:
    """A chain of routers between two hosts. Each link is a network of its own, so that every
    router shows another address to either side."""

    origin: IPv4Address
    target: IPv4Address
    near_faces: tuple[IPv4Address, ...]
    far_faces: tuple[IPv4Address, ...]

    @property
    def there(self) -> tuple[IPv4Address, ...]:
        """What a trace from the origin shows."""
        return (*self.near_faces, self.target)

    @property
    def back(self) -> tuple[IPv4Address, ...]:
        """What a trace from the target shows."""
        return (*reversed(self.far_faces), self.origin)


@dataclass(frozen=True)
class Device:
    """On link `at` (link k leads to router k; the last to the target), or router `at` itself,
    which then inspects before or after its TTL check."""

    kind: str  # link | before | after
    at: int
    direction: Direction = BOTH


def _shown(faces: Sequence[IPv4Address], end: IPv4Address, answer: int, mute: frozenset[int],
           routers: Sequence[int]) -> tuple[Address | None, ...]:  # fmt: skip
    """The rows of a trace in which `answer` routers answer; the end too if all do."""
    rows: list[Address | None] = [
        None if router in mute else face for router, face in zip(routers, faces, strict=True)
    ]
    return (*rows, end) if answer > len(faces) else tuple(rows[:answer])


def traces(chain: Chain, device: Device | None, mute: frozenset[int] = frozenset()) -> list[Path]:
    """idle, back, near and far: simulated hop by hop, not computed from the device's place.

    A probe meets routers one after another. A router's own answer is no packet of the pair and
    passes; the far host's answer is one, and does not where its direction is blocked.
    """
    count = len(chain.near_faces)
    faces = list(zip(chain.near_faces, chain.far_faces, strict=True))

    def walk(blocking: Device | None, *, there: bool) -> int:
        order = range(count) if there else range(count - 1, -1, -1)
        mine, other = (THERE, BACK) if there else (BACK, THERE)
        answered = 0
        for router in order:
            entered = router if there else router + 1
            if _stops(blocking, mine, "link", entered) or _stops(blocking, mine, "before", router):
                return answered
            answered += 1
            if _stops(blocking, mine, "after", router):
                return answered
        last_link = count if there else 0
        dies = _stops(blocking, mine, "link", last_link)
        unanswered = blocking is not None and blocking.direction in (BOTH, other)
        return answered if dies or unanswered else answered + 1

    found = []
    for blocking in (None, device):
        for there in (True, False):
            shown = [f[0] for f in faces] if there else [f[1] for f in reversed(faces)]
            routers = list(range(count)) if there else list(range(count - 1, -1, -1))
            origin, end = (chain.origin, chain.target) if there else (chain.target, chain.origin)
            rows = _shown(shown, end, walk(blocking, there=there), mute, routers)
            found.append(merge(origin, end, [rows]))
    return found


def _stops(device: Device | None, direction: Direction, kind: str, at: int) -> bool:
    return (
        device is not None
        and device.direction in (BOTH, direction)
        and (device.kind, device.at) == (kind, at)
    )


def truth(chain: Chain, device: Device) -> tuple[Address, Address]:
    """The contract's `location.between`, out of the topology alone."""
    last = device.at - 1 if device.kind in ("link", "before") else device.at
    next_ = device.at + 1 if device.kind == "before" else device.at
    first = chain.near_faces[last] if last >= 0 else chain.origin
    second = chain.far_faces[next_] if next_ < len(chain.far_faces) else chain.target
    return first, second
