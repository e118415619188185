"""A check on its way: what happens → what the root message shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.request import Began, Judged
from bot.slack.model import Press, Reader
from bot.slack.progress import Progress, after, answered, asked, notable, stopping
from bot.slack.views.running import running
from bot.words import titles_of
from probes.events import Asked, Event, Heard, Landed, PlanEnded, PlanStarted
from probes.model import Ask, Gap, GapKind, Observation, Phase, Plan
from tests.golden import incidents
from tests.slack.told import told_of
from tests.slack.valid import check_post, texts

pytestmark = pytest.mark.filterwarnings("error::bot.words.UnsaidWarning")

PING = Ask("ping", "seoul/avamar", "busan/datadomain")
KNOCK = Ask("knock", "busan/avamar", "seoul/avamar", {"ports": "111"})
PLAN = Plan("baseline", Phase.BASELINE, (PING, KNOCK))
GAP = Gap("knock", Phase.BASELINE, "busan/avamar", "seoul/avamar", GapKind.REFUSED, "10.0.0.1")
T = 1795372000.0


def begun(name: str = "account") -> Progress:
    context = told_of(name).result.evidence.context
    return after(Progress(), Began("c12", "i7", False, context), T)


def replayed(name: str) -> Iterator[Event]:
    """What the scheduler told while this incident was recorded, as far as evidence shows."""
    evidence = told_of(name).result.evidence
    for n, plan_name in enumerate(evidence.plans):
        mine = [o for o in evidence.observations if o.plan == plan_name]
        phase = mine[0].phase if mine else Phase.RECOVERY
        gaps = [g for g in evidence.gaps if g.phase is phase] if n == 1 else []
        intrusive = plan_name.startswith(("control", "trigger"))
        plan = Plan(plan_name, phase, tuple(o.ask for o in mine), intrusive=intrusive)
        yield PlanStarted(plan, T + n)
        for observation in mine:
            yield Asked(plan_name, observation.ask, T + n)
        for gap in gaps:
            yield Landed(plan_name, Ask(gap.probe, gap.source, gap.target), gap, None)
        for observation in mine:
            yield Landed(plan_name, observation.ask, observation, observation.transcript)
        yield PlanEnded(plan, 1.5)


def pings(name: str = "account") -> list[Observation]:
    return [o for o in told_of(name).result.evidence.observations if o.probe == "ping"]


def test_it_knows_its_pair_and_its_ids() -> None:
    found = begun()
    assert (found.check, found.incident, found.near, found.far) == ("c12", "i7", "seoul", "busan")


def test_a_step_counts_its_answers_and_its_gaps() -> None:
    progress = after(begun(), PlanStarted(PLAN, T), T)
    progress = after(progress, Asked("baseline", PING, T), T)
    progress = after(progress, Asked("baseline", KNOCK, T), T)
    assert progress.step is not None
    assert progress.step.open == (PING, KNOCK)
    progress = after(progress, Landed("baseline", KNOCK, GAP, None), T)
    progress = after(progress, Landed("baseline", PING, pings()[0], None), T)
    step = progress.step
    assert step is not None
    assert (step.asks, step.answered, step.gaps, step.open) == (2, 1, 1, ())
    ended = after(progress, PlanEnded(PLAN, 4.25), T)
    assert ended.step is None
    assert ended.steps[-1].seconds == 4.25


def test_equal_questions_are_told_apart() -> None:
    one, other = replace(PING), replace(PING)
    progress = after(begun(), PlanStarted(PLAN, T), T)
    for ask in (one, other):
        progress = after(progress, Asked("baseline", ask, T), T)
    progress = after(progress, Landed("baseline", other, GAP, None), T)
    assert progress.step is not None
    assert progress.step.open[0] is one


def test_what_ran_beside_is_open_no_longer_when_the_plan_ends() -> None:
    progress = after(begun(), PlanStarted(PLAN, T), T)
    progress = after(progress, Asked("baseline", PING, T), T)
    assert after(progress, PlanEnded(PLAN, 1.0), T).steps[-1].open == ()


def test_a_line_that_was_heard_changes_nothing() -> None:
    progress = after(begun(), PlanStarted(PLAN, T), T)
    heard = Heard(PLAN, PING, "o1", ("ping",), T, [])
    assert after(progress, heard, T + 9) is progress


def test_it_waits_for_a_person_until_somebody_answered() -> None:
    waiting = asked(begun(), T + 3)
    assert waiting.waits == T + 3
    done = answered(waiting, T + 9, yes=False)
    assert done.waits is None
    assert done.consent is not None
    assert not done.consent.yes


def test_who_said_stop_first_stays_named() -> None:
    first = stopping(begun(), Press("U0ONE", T))
    assert stopping(first, Press("U0TWO", T + 1)) is first
    assert first.stop == Press("U0ONE", T)


def test_the_verdict_is_known_once_it_is_judged() -> None:
    result = told_of("account").result
    assert after(begun(), Judged(result), T).outcome is result.verdict.outcome


def test_answers_that_say_something_are_kept_and_few() -> None:
    progress = begun()
    for event in replayed("account"):
        progress = after(progress, event, T)
        assert len(progress.latest) <= 3
        assert all(map(notable, progress.latest))
    assert progress.latest


def test_nothing_is_notable_in_a_baseline_that_is_fine() -> None:
    observations = told_of("healthy").result.evidence.observations
    idle = [o for o in observations if o.phase is Phase.BASELINE]
    assert len(idle) > 20
    assert [o.probe for o in idle if notable(o)] == []


@pytest.mark.parametrize("detail", ["addresses", "roles"])
@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize("name", incidents.names())
def test_every_moment_of_every_incident_can_be_shown(name: str, lang: str, detail: str) -> None:
    context = told_of(name).result.evidence.context
    reader = Reader(lang, "roles" if detail == "roles" else "addresses", titles_of(context))
    progress = begun(name)
    for event in replayed(name):
        progress = after(progress, event, T)
        if isinstance(event, PlanStarted | PlanEnded):
            check_post(running(progress, "U0ASKER", reader))
    check_post(running(stopping(asked(progress, T), Press("U0ASKER", T)), "U0ASKER", reader))


def test_a_picture_in_which_nothing_happened_is_the_same() -> None:
    progress = after(begun(), PlanStarted(PLAN, T), T)
    reader = Reader("en")
    assert running(progress, "U0ASKER", reader) == running(progress, "U0ASKER", reader)


def test_the_root_says_who_is_waited_for_and_offers_to_stop() -> None:
    context = told_of("account").result.evidence.context
    reader = Reader("en", "addresses", titles_of(context))
    progress = after(begun(), PlanStarted(PLAN, T), T)
    progress = after(progress, Asked("baseline", KNOCK, T), T)
    shown = running(progress, "U0ASKER", reader)
    said = "\n".join(texts(list(shown.blocks)))
    assert "Waiting for B기관 부산 avamar (open questions: 1)" in said
    assert "replcheck:stop" in said
    assert "<@U0ASKER>" in said
    stopped = running(stopping(progress, Press("U0ONE", T)), "U0ASKER", reader)
    said = "\n".join(texts(list(stopped.blocks)))
    assert "<@U0ONE>" in said
    assert "replcheck:stop" not in said


@given(st.integers(min_value=0, max_value=40), st.integers(min_value=0, max_value=60))
@settings(max_examples=30, deadline=None)
def test_any_number_of_steps_and_gaps_fits(steps: int, gaps: int) -> None:
    progress = begun()
    for n in range(steps):
        plan = replace(PLAN, name=f"locate:{n}{'x' * 400}", phase=Phase.LOCATE)
        progress = after(progress, PlanStarted(plan, T), T)
        for g in range(gaps):
            hit = replace(GAP, source=f"busan/{g}{'y' * 200}")
            progress = after(progress, Landed(plan.name, KNOCK, hit, None), T)
        progress = after(progress, PlanEnded(plan, 1.0, complete=bool(n % 2)), T)
    check_post(running(progress, "U0ASKER", Reader("ko")))
