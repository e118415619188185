"""What a person at a terminal sees: harmless whatever a host printed, whole at 80 columns, and
said in words, not in colour alone."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from bot.export import fenced, text
from bot.terminal.progress import Progress
from bot.terminal.record import timeline
from bot.terminal.report import print_report
from bot.terminal.safe import printable
from bot.words import LANGUAGES, Voice, titles_of
from probes.events import Landed
from probes.model import (
    Ask,
    Direction,
    Evidence,
    Gap,
    GapKind,
    Location,
    Outcome,
    Phase,
    Verdict,
)
from probes.readings import (
    StatusReading,
    TraceReading,
)
from tests.unit.samples import (
    CONTEXT,
    EVIDENCE,
    FAULT,
    INCONCLUSIVE,
    NEAR,
    T0,
    as_document,
    observed,
    ping,
)

VOICE = Voice("en", titles_of(CONTEXT))
HOSTILE = (
    "[red]x[/red] \x1b[31mred\x1b]0;title\x07 \u202egnp.exe\u2069 \x00 \r\b [link=http://x]y[/link]"
)


def report(
    verdict: Verdict = FAULT, evidence: Evidence = EVIDENCE, lang: str = "en", width: int = 80
) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False)
    print_report(console, as_document(verdict, evidence, lang=lang), evidence, lang)
    return out.getvalue()


def section(shown: str, title: str) -> str:
    """The lines below a heading, up to the next."""
    lines = shown.split("\n")
    start = lines.index(title.upper())
    rest = lines[start + 1 :]
    end = next((n for n, s in enumerate(rest) if s and not s.startswith(" ")), len(rest))
    return "\n".join(rest[:end])


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("verdict", [FAULT, INCONCLUSIVE])
def test_a_report_fits_80_columns(verdict: Verdict, lang: str) -> None:
    assert max(map(cell_len, report(verdict, lang=lang).split("\n"))) <= 80


def test_the_verdict_leads_and_the_rest_follows() -> None:
    shown = report()
    assert shown.startswith("FAULT: ")
    order = ["How sure", "THE PATH", "EVIDENCE", "WHAT IT IS NOT", "WHO HAS TO DO WHAT"]
    places = [shown.index(title) for title in order]
    assert places == sorted(places)


def test_colours_are_never_alone_and_never_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    console = Console(file=out, width=80, force_terminal=True, highlight=False)
    print_report(console, as_document(), EVIDENCE, "en")
    assert not any(f"[{code}m" in out.getvalue() for code in range(30, 50))
    assert "blocked behind here" in out.getvalue()
    assert "silent" in out.getvalue()


def test_the_blocked_stretch_stands_behind_the_last_answer_of_each_side() -> None:
    lines = section(report(), "The path").split("\n")
    marks = [n for n, line in enumerate(lines) if "blocked behind here" in line]
    assert len(marks) == 2
    assert "10.80.5.2" in lines[marks[0] - 1]
    assert "10.82.7.1" in lines[marks[1] - 1]
    assert lines[marks[0] + 1].rstrip().endswith("silent")


def test_a_block_of_one_direction_is_marked_on_its_way_only() -> None:
    location = replace(FAULT.location or Location(None, False, (), None),
                       direction=Direction.NEAR_TO_FAR)  # fmt: skip
    shown = report(replace(FAULT, location=location))
    assert shown.count("blocked behind here") == 1


def test_hops_show_idle_beside_failing() -> None:
    lines = section(report(), "The path").split("\n")
    (row,) = [s for s in lines if "10.80.1.1 " in s]
    assert row.split()[-4:] == ["3.0", "ms", "3.0", "ms"]
    (row,) = [s for s in lines if "10.82.7.2" in s]
    assert row.split()[-3:] == ["6.0", "ms", "silent"]


def test_korean_columns_stand_under_each_other() -> None:
    lines = section(report(lang="ko"), "경로").split("\n")
    starts = {cell_len(s[: s.index("1.5 ms")]) for s in lines if "1.5 ms" in s}
    heads = {cell_len(s[: s.index("평상시")]) for s in lines if "평상시" in s}
    assert starts == heads
    assert len(starts) == 1


def test_a_path_that_was_dark_from_the_start_ends_at_its_silent_target() -> None:
    dark = ping(1, Phase.BASELINE, T0, [False] * 8, "baseline")
    trace = replace(EVIDENCE.observations[5], plan="baseline", phase=Phase.BASELINE)
    transcript = replace(trace.transcript, started=T0)
    assert isinstance(trace.reading, TraceReading)
    hops = tuple(replace(hop, at=T0 + 0.1) for hop in trace.reading.hops)
    trace = replace(trace, transcript=transcript, reading=replace(trace.reading, hops=hops))
    shown = section(report(evidence=replace(EVIDENCE, observations=(dark, trace))), "The path")
    assert "idle" not in shown
    (row,) = [s for s in shown.split("\n") if "…" in s]
    assert row.split()[1] == "10.82.10.12"
    assert row.rstrip().endswith("silent")
    assert "Upper institution (2) ━━ ✖ blocked ━━ B기관 부산" in shown


def test_without_traces_the_drawing_says_so() -> None:
    shown = report(evidence=replace(EVIDENCE, observations=EVIDENCE.observations[:1]))
    assert "could not look" in shown


def test_a_check_that_learnt_nothing_is_reported() -> None:
    empty = replace(INCONCLUSIVE, flows=(), findings=(), gaps=(), advice=())
    assert report(empty, Evidence(CONTEXT)).startswith("INCONCLUSIVE")


def test_ids_of_evidence_that_is_not_shown_are_named() -> None:
    pings = tuple(replace(EVIDENCE.observations[0], id=f"o{n}") for n in range(100, 120))
    finding = replace(FAULT.findings[0], evidence=("o5", *(p.id for p in pings), "o6", "o7"))
    evidence = replace(EVIDENCE, observations=(*EVIDENCE.observations, *pings))
    shown = section(report(replace(FAULT, findings=(finding,)), evidence), "Evidence")
    for cited in finding.evidence:
        assert cited in shown
    for head in ("o5 send", "o6 trace", "o7 trace"):
        assert head in shown, "many pings do not crowd out the rest"


def test_a_healthy_pair_shows_what_answered_and_only_names_the_rest() -> None:
    required = replace(FAULT.flows[0], result="ok", cause=None)
    other = replace(
        required, flow=replace(required.flow, port=2052, required=False), evidence=("o1",)
    )
    healthy = replace(INCONCLUSIVE, outcome=Outcome.HEALTHY, flows=(required, other), findings=())
    shown = section(report(healthy), "Evidence")
    assert "o5 send" in shown
    assert "port 2052 works [o1]" in shown
    assert "o1 ping" not in shown


def test_the_timeline_is_for_people() -> None:
    what = {"from": "a 10.0.0.1", "port": 111, "sha256": "00ff", "xid": "1"}
    sent = {"at": "T", "check": "c1", "kind": "trigger", "body": {"plan": "p", "what": what}}
    quiet = sent | {"kind": "observed"}
    assert list(timeline({"timeline": [sent, quiet]}, VOICE)) == [
        "T  c1  bytes sent (plan: p, from: a 10.0.0.1, port: 111)"
    ]


# --- hostile text -------------------------------------------------------------------------


def hostile_evidence() -> Evidence:
    ask = Ask("status", NEAR)
    lines = [HOSTILE, "`" * 12, "second"]
    observation = observed(5, ask, Phase.BASELINE, lines, StatusReading({HOSTILE: HOSTILE}))
    gap = Gap("status", Phase.BASELINE, NEAR, None, GapKind.REFUSED, HOSTILE)
    kept = tuple(o for o in EVIDENCE.observations if o.id != "o5")
    return replace(EVIDENCE, observations=(*kept, observation), gaps=(gap,))


def is_harmless(shown: str) -> bool:
    return not any(c in shown for c in "\x1b\x07\x00\r\b\u202e\u2069")


def test_host_output_is_shown_and_does_nothing() -> None:
    evidence = hostile_evidence()
    shown = report(replace(FAULT, gaps=evidence.gaps), evidence)
    assert is_harmless(shown)
    assert "[red]x[/red]" in shown
    assert r"\x1b[31mred" in shown
    assert r"\u202e" in shown


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_harmless_too(terminal: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, width=300, force_terminal=terminal, color_system=None)
    progress = Progress(console, VOICE)
    observation = hostile_evidence().observations[-1]
    progress(Landed("baseline", observation.ask, observation, observation.transcript))
    gap = Gap("status", Phase.BASELINE, NEAR, None, GapKind.REFUSED, HOSTILE)
    progress(Landed("baseline", observation.ask, gap, None))
    assert is_harmless(out.getvalue())
    assert "[red]x[/red]" in out.getvalue()


def test_progress_strikes_secrets() -> None:
    out = io.StringIO()
    progress = Progress(Console(file=out, width=200), VOICE)
    ask = Ask("status", NEAR)
    reading = StatusReading({"config": "password=hunter2"})
    observation = observed(1, ask, Phase.BASELINE, ["x"], reading)
    progress(Landed("baseline", ask, observation, observation.transcript))
    assert "hunter2" not in out.getvalue()


@given(st.text())
def test_printable_text_is_one_visible_line(raw: str) -> None:
    shown = printable(raw)
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1


@given(st.text(alphabet=st.sampled_from("`~a\n #")))
def test_nothing_closes_a_fence_from_inside(raw: str) -> None:
    lines = fenced(raw)
    fence = lines[-1]
    assert lines[0] == fence + "text"
    assert all(fence not in line for line in lines[1:-1])


def test_text_in_markdown_is_only_text() -> None:
    assert text("<b>[x](y) `z` *a*\n# h") == r"\<b\>\[x\](y) \`z\` \*a\* \# h"
