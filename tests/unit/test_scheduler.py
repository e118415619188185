"""One plan against a transport of ours: when each question is put, and what becomes of it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import pytest

from probes.events import Asked, Event, Heard, Landed, PlanEnded, PlanStarted
from probes.model import (
    Ask,
    Command,
    Context,
    End,
    Endpoint,
    Gap,
    GapKind,
    Kind,
    Line,
    NotPermitted,
    Observation,
    Pair,
    Phase,
    Plan,
    Probe,
    Route,
    Site,
    Tool,
    Tools,
    Transcript,
    Unparsed,
)
from probes.readings import ClockReading, NamesReading, Reading, ToolsReading
from probes.scheduler import PlanResult, run_plan
from probes.transport import Failure

ANSWER = NamesReading({})


def transcript(
    *texts: str, end: End = End.EXITED, status: int | None = 0, error: bool = False
) -> Transcript:
    lines = tuple(Line(time.time(), text, error) for text in texts)
    return Transcript(("x",), 0.0, 0.1, end, status if end is End.EXITED else None, lines)


@dataclass
class Host:
    """A transport: each command's first word names the answer; `forever` runs until told."""

    answers: dict[str, Transcript | Failure | Exception] = field(default_factory=dict)
    asked: list[tuple[str, tuple[str, ...], float]] = field(default_factory=list)
    running: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False

    def set_patience(self, patient: bool) -> None:
        raise NotImplementedError

    async def run(
        self,
        endpoint_id: str,
        command: Command,
        *,
        deadline: float,
        enough: Callable[[Line], bool] = lambda _line: False,
        stop: asyncio.Event | None = None,
    ) -> Transcript | Failure:
        self.asked.append((endpoint_id, command.argv, time.monotonic()))
        word = command.argv[0]
        if word == "forever":
            assert stop is not None
            self.running.set()
            try:
                await asyncio.wait_for(stop.wait(), deadline)
            except asyncio.CancelledError:
                self.cancelled = True
                raise
            return transcript("so far", end=End.STOPPED)
        answer = self.answers.get(word, transcript("fine"))
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Transcript):
            for count, line in enumerate(answer.lines, 1):
                if enough(line):
                    return transcript(
                        *(kept.text for kept in answer.lines[:count]), end=End.STOPPED
                    )
        return answer

    async def close(self) -> None:
        """Nothing is open."""


def probe(
    name: str,
    parse: Callable[[Ask, Transcript], Reading] = lambda _ask, _transcript: ANSWER,
    command: Callable[[Ask, Route, Tools], Command | GapKind] | None = None,
    alive: Callable[[str], bool | None] = lambda _line: None,
) -> Probe:
    words = command or (lambda _ask, route, _tools: Command((name, str(route.target_address))))
    return Probe(name, 7, "?", words, parse, alive, lambda _ask, _route, _tools: name)


def raising(error: Exception) -> Callable[[Ask, Transcript], Reading]:
    def parse(_ask: Ask, _transcript: Transcript) -> Reading:
        raise error

    return parse


def site(name: str, net: int) -> Site:
    address = ip_address(f"10.{net}.0.1")
    seen = {"near": ip_address("192.0.2.9")} if name == "far" else {}
    host = Endpoint(name, "host", Kind.LINUX, address, None, seen)
    return Site(name, name, (ip_network(f"10.{net}.0.0/16"),), {"host": host})


CONTEXT = Context("c", Pair("near", "far", "p"), site("near", 1), site("far", 2), ())


@dataclass
class Played:
    result: PlanResult
    events: list[Event]
    seconds: float
    host: Host

    def gap(self) -> Gap:
        (gap,) = self.result.gaps
        return gap

    def landed(self) -> list[Landed]:
        return [event for event in self.events if isinstance(event, Landed)]


async def play(
    *main: Ask,
    probes: tuple[Probe, ...],
    host: Host | None = None,
    beside: tuple[Ask, ...] = (),
    settle: float = 0.0,
    stop_after: float | None = None,
    offsets: dict[str, float] | None = None,
    tools: dict[str, Tools] | None = None,
) -> Played:
    host = host or Host()
    events: list[Event] = []
    ids = (f"o{n}" for n in itertools.count(1))
    stop = asyncio.Event()
    if stop_after is not None:
        asyncio.get_running_loop().call_later(stop_after, stop.set)
    started = time.monotonic()
    result = await run_plan(
        Plan("plan", Phase.BASELINE, main, beside, settle),
        CONTEXT,
        tools or {},
        host,
        catalog={p.name: p for p in probes},
        next_id=lambda: next(ids),
        listener=events.append,
        stop=stop,
        offsets=offsets,
    )
    return Played(result, events, time.monotonic() - started, host)


def ask(name: str, **more: object) -> Ask:
    return Ask(name, "near/host", "far/host", **more)  # type: ignore[arg-type]


FOREVER = probe("forever")


async def test_an_answer_becomes_an_observation_and_is_told() -> None:
    tools = {"near/host": Tools({"a": Tool("/bin/a", "a 1.2")})}
    played = await play(ask("a"), probes=(probe("a"),), tools=tools)
    (seen,) = played.result.observations
    assert (seen.id, seen.plan, seen.phase, seen.parser) == ("o1", "plan", Phase.BASELINE, 7)
    assert (seen.variant, seen.reading, seen.transcript.text) == ("a 1.2", ANSWER, "fine")
    assert [type(event) for event in played.events] == [
        PlanStarted,
        Asked,
        Heard,
        Landed,
        PlanEnded,
    ]
    assert played.landed()[0].outcome is seen


async def test_the_target_is_named_as_the_source_sees_it() -> None:
    played = await play(
        ask("a"), Ask("a", "far/host", "near/host"), Ask("a", "far/host"), probes=(probe("a"),)
    )
    assert [argv[1] for _, argv, _ in played.host.asked] == ["192.0.2.9", "10.1.0.1", "None"]


async def test_questions_are_put_at_their_time() -> None:
    asks = (ask("a"), ask("a", after=0.3), ask("a", after=0.15))
    played = await play(*asks, probes=(probe("a"),))
    times = sorted(at for _, _, at in played.host.asked)
    assert times[1] - times[0] == pytest.approx(0.15, abs=0.1)
    assert times[2] - times[0] == pytest.approx(0.3, abs=0.1)


async def test_beside_is_stopped_when_main_has_ended_and_settled() -> None:
    played = await play(
        ask("a", after=0.1), probes=(probe("a"), FOREVER), beside=(ask("forever"),), settle=0.3
    )
    assert 0.4 <= played.seconds < 0.8
    assert [o.probe for o in played.result.observations] == ["a", "forever"]
    assert played.result.observations[1].transcript.text == "so far"


async def test_stop_ends_everything_and_keeps_what_was_said() -> None:
    played = await play(
        ask("forever", deadline=60.0),
        ask("a", after=60.0),
        probes=(probe("a"), FOREVER),
        beside=(ask("forever", deadline=60.0),),
        settle=60.0,
        stop_after=0.1,
    )
    assert played.seconds < 1.0
    assert [o.transcript.end for o in played.result.observations] == [End.STOPPED] * 2
    assert (played.gap().kind, played.gap().probe) == (GapKind.NOT_TRIED, "a")


async def test_enough_signs_of_life_in_a_row_end_a_question() -> None:
    signs = {"up": True, "down": False}
    host = Host({"a": transcript("up", "up", "down", "up", "?", "up", "up", "up")})
    watcher = probe("a", alive=signs.get)
    played = await play(ask("a", alive_rows=3), probes=(watcher,), host=host)
    assert len(played.result.observations[0].transcript.lines) == 7
    whole = await play(ask("a"), probes=(watcher,), host=host)
    assert len(whole.result.observations[0].transcript.lines) == 8


@pytest.mark.parametrize(
    "broken",
    [
        probe("bad", parse=raising(ZeroDivisionError("parser"))),
        probe("bad", command=lambda _a, _r, tools: Command((tools["gone"].path,))),
        probe("bad", alive=lambda line: bool(int(line))),
    ],
    ids=["parser", "command", "alive"],
)
async def test_one_broken_probe_ends_no_other(broken: Probe) -> None:
    """Law 4, wherever in the probe the mistake is."""
    asks = (ask("bad", alive_rows=1), ask("a", after=0.1))
    played = await play(*asks, probes=(broken, probe("a")))
    assert [o.probe for o in played.result.observations] == ["a"]
    assert played.gap().kind is GapKind.BROKEN
    error = played.gap().detail.partition(":")[0]
    assert error in {"ZeroDivisionError", "KeyError", "ValueError"}


async def test_an_unknown_probe_and_an_unknown_host_are_gaps() -> None:
    played = await play(ask("none"), Ask("a", "mars/host"), probes=(probe("a"),))
    assert [gap.kind for gap in played.result.gaps] == [GapKind.BROKEN] * 2


@pytest.mark.parametrize(
    ("answer", "parse", "kind"),
    [
        (Failure(GapKind.REFUSED, "why"), None, GapKind.REFUSED),
        (transcript(end=End.DEADLINE), None, GapKind.TIMED_OUT),
        (transcript(end=End.LOST), None, GapKind.UNREACHABLE),
        (transcript("sh: no", status=127, error=True), None, GapKind.NOT_AVAILABLE),
        (transcript(status=126), None, GapKind.NOT_AVAILABLE),
        (transcript("?"), raising(Unparsed("why")), GapKind.UNPARSED),
        (transcript("?"), raising(NotPermitted("why")), GapKind.NOT_PERMITTED),
        (RuntimeError("why"), None, GapKind.BROKEN),
    ],
)
async def test_no_answer_is_a_gap_of_its_own_kind(
    answer: Transcript | Failure | Exception,
    parse: Callable[[Ask, Transcript], Reading] | None,
    kind: GapKind,
) -> None:
    asked = probe("a", parse) if parse else probe("a")
    played = await play(ask("a"), probes=(asked,), host=Host({"a": answer}))
    assert played.result.observations == ()
    gap = played.gap()
    assert (gap.kind, gap.probe, gap.source, gap.target) == (kind, "a", "near/host", "far/host")
    assert gap.detail
    kept = answer if isinstance(answer, Transcript) else None
    assert played.landed()[0].transcript == kept  # raw text is kept, also where nobody reads it


async def test_a_probe_that_has_no_way_to_ask_is_a_gap_and_nothing_runs() -> None:
    missing = probe("a", command=lambda _a, _r, _t: GapKind.NOT_AVAILABLE)
    played = await play(ask("a"), probes=(missing,))
    assert played.gap().kind is GapKind.NOT_AVAILABLE
    assert played.host.asked == []
    assert not any(isinstance(event, Asked) for event in played.events)


@pytest.mark.parametrize(
    "answer", [transcript("a", end=End.LOST), transcript("said", status=127)], ids=["lost", "said"]
)
async def test_what_was_printed_is_read_however_it_ended(answer: Transcript) -> None:
    played = await play(ask("a"), probes=(probe("a"),), host=Host({"a": answer}))
    assert isinstance(played.landed()[0].outcome, Observation)


async def test_clocks_and_tools_that_are_learnt_serve_those_that_follow() -> None:
    clock = probe("clock", parse=lambda _a, _t: ClockReading(2.5, 0.1))
    found = {"x": Tool("/bin/x")}
    tools = probe("tools", parse=lambda _a, _t: ToolsReading(found))
    user = probe("user", command=lambda _a, _r, tools: Command((tools["x"].path,)))
    played = await play(
        ask("clock"),
        ask("tools"),
        ask("user", after=0.1),
        probes=(clock, tools, user),
        offsets={"far/host": 9.0},
        tools={"near/host": Tools({"y": Tool("/bin/y")})},
    )
    by_probe = {o.probe: o for o in played.result.observations}
    assert by_probe["clock"].transcript.offset is None
    assert by_probe["user"].transcript.offset == 2.5
    assert played.host.asked[-1][1] == ("/bin/x",)
    assert played.result.offsets == {"far/host": 9.0, "near/host": 2.5}
    assert set(played.result.tools["near/host"].found) == {"x", "y"}


async def test_who_cancels_the_plan_cancels_its_questions() -> None:
    host = Host()
    task = asyncio.create_task(play(ask("forever", deadline=60.0), probes=(FOREVER,), host=host))
    await host.running.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert host.cancelled
