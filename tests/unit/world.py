"""A network that answers plans: what a check would hear of it, without hosts or packets.

One device stands on link 4 of `CHAIN` (the carrier's hand-over to Busan). Its behaviour and
the hosts' are fields; `check` runs the experiment's own loop against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from probes.experiment import next_plan
from probes.model import Ask, Evidence, Plan
from probes.readings import (
    Answer,
    ClockReading,
    CountersReading,
    InterfaceCounters,
    Knock,
    Reading,
    StatusReading,
    ToolsReading,
    VersionReading,
)
from tests.unit.chain import Device, traces
from tests.unit.evidence import CHAIN, FAR, NEAR, NFS_PORT, T0, Heard, getport_answer

LINK = 4
RTT = 0.003
MOST_PLANS = 25
ANSWERS = (Knock.OPEN, Knock.REFUSED, Knock.PROHIBITED)


@dataclass
class World:
    """trips: messages (`call:portmapper`) after which the device blocks for `seconds`: `blocks`
    says whom (pair, source, destination), `traffic` what (all, tcp, port). eats: a message
    that vanishes and nothing else does. closed: ports that do not open. dark: it blocks the
    pair from the start, for so long. queue: what of a job's is stuck at the source."""

    heard: Heard = field(default_factory=Heard)
    trips: tuple[str, ...] = ()
    blocks: str = "pair"
    traffic: str = "all"
    seconds: float = 20.0
    eats: str = ""
    closed: Mapping[int, Knock] = field(default_factory=dict)
    listening: tuple[int, ...] = (22, 111, NFS_PORT)
    dark: float = 0.0
    loss: float = 0.0
    ping: bool = True
    queue: Mapping[int, int] = field(default_factory=dict)
    rng: Random = field(default_factory=lambda: Random(1))
    now: float = 0.0
    began: float | None = None
    port: int = 0
    services: dict[int, str] = field(default_factory=lambda: {111: "portmapper", NFS_PORT: "nfs"})

    # --- the device -------------------------------------------------------------------

    def _held(self, at: float, source: str, target: str) -> bool:
        """Does the device hold up these two hosts at this moment?"""
        ends = {source, target}
        concerned = {
            "pair": ends == {NEAR, FAR},
            "source": NEAR in ends,
            "destination": FAR in ends,
        }[self.blocks]
        asleep = at < self.dark and ends == {NEAR, FAR}
        awake = self.began is not None and self.began <= at < self.began + self.seconds
        return asleep or (awake and concerned)

    def passes(self, at: float, source: str, target: str, port: int = 0) -> bool:
        """Does a packet and its answer pass? port 0: a ping."""
        if not port and not self.ping:
            return False
        kind = {"all": True, "tcp": port > 0, "port": port == self.port}[self.traffic]
        held = self._held(at, source, target) and (kind or at < self.dark)
        return not held and self.rng.random() >= self.loss

    # --- hosts ------------------------------------------------------------------------

    def _ping(self, plan: str, ask: Ask, at: float, until: float) -> float:
        interval, fates, row = float(ask.params["interval"]), "", 0
        for n in range(int(ask.params["count"])):
            sent = at + n * interval
            if sent > min(until, at + ask.deadline):
                break
            fates += "!" if self.passes(sent, ask.source, ask.target or "") else "."
            row = row + 1 if fates[-1] == "!" else 0
            if ask.alive_rows and row >= ask.alive_rows:
                break
        self.heard.ping(plan, at, fates, source=ask.source, target=ask.target or "",
                        every=interval, size=int(ask.params.get("size", 56)))  # fmt: skip
        return at + interval * len(fates)

    def _fate(self, at: float, source: str, target: str, port: int) -> Knock:
        if not self.passes(at, source, target, port):
            return Knock.SILENT
        closed = self.closed.get(port) if target == FAR else None
        unserved = Knock.OPEN if port in self.listening else Knock.REFUSED
        return closed or unserved

    def _knock(self, plan: str, ask: Ask, at: float, until: float) -> float:
        ports = [int(port) for port in str(ask.params["ports"]).split(",")]
        source, target = ask.source, ask.target or ""
        if "last_ttl" in ask.params:
            last = int(ask.params["last_ttl"])
            rising = [
                self._expired(at, source, target, ports[0], ttl) for ttl in range(1, last + 1)
            ]
            answered = [n for n, knock in enumerate(rising, 1) if knock in ANSWERS]
            rising = rising[: min(answered, default=last)]
            self.heard.rising(plan, at, ports[0], rising, source=source, target=target)
            return at + 0.1 * last
        interval = float(ask.params.get("interval", 0.5))
        letters = {Knock.OPEN: "!", Knock.REFUSED: "R", Knock.SILENT: ".", Knock.PROHIBITED: "X"}
        rounds: list[list[str]] = []
        row = 0
        for n in range(int(ask.params["count"])):
            sent = at + n * interval
            if sent > min(until, at + ask.deadline):
                break
            rounds.append([letters[self._fate(sent, source, target, port)] for port in ports])
            row = row + 1 if "." not in rounds[-1] else 0
            if ask.alive_rows and row * len(ports) >= ask.alive_rows:
                break
        fates = {port: "".join(r[n] for r in rounds) for n, port in enumerate(ports)}
        self.heard.knock(plan, at, fates, source=source, target=target, every=interval)
        return at + interval * len(rounds)

    def _expired(self, at: float, source: str, target: str, port: int, ttl: int) -> Knock:
        """A request with a limited TTL: what stands behind the device is not reached."""
        fate = self._fate(at, source, target, port)
        if ttl <= (LINK if fate is Knock.SILENT else len(CHAIN.near_faces)):
            return Knock.EXPIRED
        return fate

    def _trace(self, plan: str, ask: Ask, at: float, until: float) -> float:  # noqa: ARG002
        source, target = ask.source, ask.target or ""
        if {source, target} == {NEAR, FAR}:
            held = self.loss >= 1 or (self._held(at, source, target) and self.traffic == "all")
            *_, near, far = traces(CHAIN, Device("link", LINK) if held else None)
            path = near if source == NEAR else far
            self.heard.trace(plan, at, path.hops, source=source, target=target)
        return at + 0.2

    def _exchange(self, plan: str, ask: Ask, at: float, until: float) -> float:  # noqa: ARG002
        port, message = int(ask.params["port"]), str(ask.params["message"])
        opened = self._fate(at, ask.source, ask.target or "", port)
        if opened is not Knock.OPEN:
            self.heard.exchange(plan, at, Answer.NOT_OPEN, opened=opened, port=port)
            return at + 1.0
        name = f"{message}:{self.services.get(port, '?')}"
        if name in self.trips:
            self.began, self.port = at, port
        if name in (*self.trips, self.eats):
            self.heard.exchange(plan, at, Answer.SILENT, port=port, acked=False)
            return at + float(ask.params["wait"])
        answer = Answer.CLOSED if message == "control" else Answer.REPLIED
        reply = getport_answer(NFS_PORT) if name == "call:portmapper" else b""
        self.heard.exchange(plan, at, answer, port=port, reply=reply)
        return at + RTT

    def _sweep(self, plan: str, ask: Ask, at: float, until: float) -> float:  # noqa: ARG002
        port, message = int(ask.params["port"]), str(ask.params["message"])
        eaten = f"{message}:{self.services[port]}" == self.eats
        last = Answer.SILENT if eaten else Answer.CLOSED
        expired = [Answer.EXPIRED] * (LINK if eaten else len(CHAIN.near_faces))
        self.heard.sweep(plan, at, message, port, [*expired, last])
        return at + 3.0

    def _itself(self, plan: str, ask: Ask, at: float, until: float) -> float:  # noqa: ARG002
        """What a host says of itself."""
        readings: dict[str, Reading] = {
            "tools": ToolsReading({}),
            "clock": ClockReading(0.01, 0.02),
            "counters": CountersReading(
                T0 + at, (InterfaceCounters("eth0", 9, 0, 0, 9, 0, 0, 1500, 0),)
            ),
            "version": VersionReading("Data Domain OS", (6, 2), "6.2"),
        }
        enabled = StatusReading({str(ask.params.get("about", "")): "enabled"})
        self.heard.add(
            ask.probe, plan, at, readings.get(ask.probe, enabled), source=ask.source, target=None
        )
        self.heard.relabel(ask.probe, ask)
        return at + 0.1

    def _sockets(self, plan: str, ask: Ask, at: float, until: float) -> float:  # noqa: ARG002
        listening = self.listening if ask.source == FAR else (22,)
        queued = self.queue if ask.source == NEAR else {}
        samples = int(ask.params.get("samples", 1))
        self.heard.sockets(plan, at, ask.source, listening=listening, queued=queued,
                           samples=samples)  # fmt: skip
        return at + 0.5 * samples

    def _reconnect(self, plan: str, ask: Ask, at: float, until: float) -> float:  # noqa: ARG002
        self.heard.knock(plan, at, {int(ask.params["port"]): "!"})
        self.heard.relabel("reconnect", ask)
        return at + 0.1

    # --- the check --------------------------------------------------------------------

    def run(self, plan: Plan) -> None:
        """Everything that the plan asks; what runs beside ends with it."""
        answer: dict[str, Callable[[str, Ask, float, float], float]] = {
            "ping": self._ping, "knock": self._knock, "trace": self._trace,
            "exchange": self._exchange, "sweep": self._sweep, "sockets": self._sockets,
            "reconnect": self._reconnect,
        }  # fmt: skip
        start = self.now
        ends = [
            answer.get(ask.probe, self._itself)(plan.name, ask, start + ask.after, 1e9)
            for ask in sorted(plan.main, key=lambda ask: ask.after)
        ]
        until = max(ends, default=start) + plan.settle
        for ask in plan.beside:
            answer.get(ask.probe, self._itself)(plan.name, ask, start + ask.after, until)
        self.now = until + 0.1
        if plan.name not in self.heard.plans:
            self.heard.plans.append(plan.name)

    def check(self) -> tuple[Evidence, list[Plan]]:
        """The whole loop: what was heard, and the plans in their order."""
        plans: list[Plan] = []
        while (plan := next_plan(self.heard.evidence)) is not None:
            plans.append(plan)
            assert len(plans) <= MOST_PLANS, f"it never ends: {[p.name for p in plans]}"
            self.run(plan)
        return self.heard.evidence, plans
