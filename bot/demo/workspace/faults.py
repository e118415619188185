"""Faults on request: what goes wrong, where, how often.

As JSON (`POST /_/faults`): `{"clear": true, "add": [FAULT, …], "sockets": "drop", "seed": 7}`,
every key optional. `sockets` acts at once on the open connections: `drop` closes them all without a
word, `half_open` keeps them open but deaf and dumb, `refresh` sends the `disconnect` frames of a
planned renewal. `seed` sets the dice again. `GET /_/faults` answers `{"faults": [FAULT, …]}`.

A FAULT is `{"on": GLOB, "do": WHAT, "times": N | null, "chance": 0…1, "seconds": S,
"after": bool}`:

- `on` names a method (`chat.*`), what is called by its address (`response_url`, `upload`), or a
  delivery: its kind (`slash_commands`, `interactive`, `events_api`), or an event's type as
  `event:app_mention`.
- `do` for methods: `ratelimited` (429 with Retry-After `seconds`), `error500` (an HTML
  page), `error503` (one line of plain text, as a proxy in front of Slack answers),
  `hang` (waits `seconds`, then goes on), `reset` (the connection is cut). With `after` the method
  is carried out first; `hang` with `after` then cuts the connection instead of answering: it
  happened, and the caller can't know.
- `do` for `apps.connections.open` alone: `dead_address` (an address where nobody listens).
- `do` for `link`, the opening of a socket: `half_open` (accepted, and then neither `hello` nor
  anything else).
- `do` for deliveries: `late` (by `seconds`), `repeat` (the same once more, `seconds` later, on
  whatever connection there is then), `lost_ack` (delivered, the answer is not taken note of).
- `times` is how often it strikes before it is spent, null for always; `chance` is for each time.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Literal, get_args

from bot.demo.workspace.model import Json

Deed = Literal[
    "ratelimited",
    "error500",
    "error503",
    "hang",
    "reset",
    "dead_address",
    "half_open",
    "late",
    "repeat",
    "lost_ack",
]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong; the module says what each field means."""

    on: str
    do: Deed
    times: int | None = 1
    chance: float = 1.0
    seconds: float = 1.0
    after: bool = False

    def __post_init__(self) -> None:
        if self.do not in get_args(Deed):
            raise ValueError(f"no such fault: {self.do}; there are {', '.join(get_args(Deed))}")


class Faults:
    """The faults that are set, in order; the first that fits and whose dice fall strikes."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._set: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        self._set.extend(faults)

    def clear(self) -> None:
        self._set.clear()

    def seed(self, seed: int) -> None:
        self._dice.seed(seed)

    def strike(self, deeds: tuple[Deed, ...], *names: str, after: bool = False) -> Fault | None:
        """The fault that strikes now what goes by one of these names, counted as used."""
        for fault in self._set:
            if fault.do not in deeds or fault.after is not after or fault.times == 0:
                continue
            if not any(fnmatchcase(name, fault.on) for name in names):
                continue
            if fault.chance < 1 and self._dice.random() >= fault.chance:
                continue
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None

    def shown(self) -> list[Json]:
        return [asdict(fault) for fault in self._set]
