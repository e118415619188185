"""judge(): evidence → verdict. Pure, and the same for a live check and a stored one.

Law 2 is kept here and in Finding: only what a hypothesis supports with evidence becomes a
cause. Law 3: the lowest broken layer leads, independent causes stand beside it.
"""

from __future__ import annotations

from dataclasses import replace

from probes.hypotheses import HYPOTHESES
from probes.model import (
    Advice,
    Cause,
    Evidence,
    Finding,
    Flow,
    FlowResult,
    Gap,
    GapKind,
    Location,
    Message,
    NotSent,
    Outcome,
    Phase,
    Stance,
    TriggerReport,
    Verdict,
)
from probes.readings import Knock
from probes.scene import Scene, exchanged

LAYERS = tuple(Cause)
Params = dict[str, str | int | float | Message]


def judge(evidence: Evidence) -> Verdict:
    """What blocks, where, how sure, what it is not, and who has to do what."""
    scene = Scene(settled(evidence))
    findings = tuple(hypothesis.examine(scene) for hypothesis in HYPOTHESES)
    causes = sorted(
        (f for f in findings if f.stance is Stance.SUPPORTED), key=lambda f: LAYERS.index(f.cause)
    )
    leading = causes[0] if causes else None
    outcome = _outcome(scene, leading)
    trigger = _trigger(scene)
    return Verdict(
        outcome=outcome,
        cause=leading.cause if leading else None,
        also=tuple(f.cause for f in causes[1:]),
        confidence=leading.confidence if leading else None,
        summary=_summary(scene, outcome, leading, trigger),
        flows=tuple(_flow(scene, flow, causes) for flow in scene.flows),
        location=leading.location if leading else None,
        trigger=trigger,
        findings=findings,
        gaps=(*evidence.gaps, *_not_tried(scene, outcome, trigger)),
        advice=_advice(scene, outcome, leading, trigger),
    )


def settled(evidence: Evidence) -> Evidence:
    """Without what a plan brought that was stopped on its way: half a baseline is no baseline.
    What was sent stays on record, and a watch says something at any moment."""
    return replace(
        evidence,
        observations=tuple(
            o
            for o in evidence.observations
            if o.plan in evidence.plans or o.probe == "exchange" or o.phase is Phase.RECOVERY
        ),
    )


def _outcome(scene: Scene, leading: Finding | None) -> Outcome:
    if leading is not None:
        return Outcome.FAULT
    answered = all(scene.answered(flow.service) for flow in scene.required)
    alive = not scene.fell_silent and scene.window is None
    return Outcome.HEALTHY if answered and alive else Outcome.INCONCLUSIVE


# --- flows ----------------------------------------------------------------------------


def _flow(scene: Scene, flow: Flow, causes: list[Finding]) -> FlowResult:
    """What became of one flow; one that is not required counts where the far host listens."""
    call = scene.exchange(flow.service, "call")
    key = (flow.source, flow.target, flow.port)
    blamed = next((f for f in causes if f.flow == key), None)
    whole = next((f for f in causes if _stops(scene, f, flow)), None)
    finding = blamed or whole
    if finding:
        return FlowResult(flow, "fault", finding.cause, finding.evidence)
    if call is not None and scene.answered(flow.service):
        return FlowResult(flow, "ok", None, (call.id,))
    knock, seen = scene.opening(flow)
    if not flow.required and knock is Knock.OPEN:
        return FlowResult(flow, "ok", None, seen)
    return FlowResult(flow, "unknown", None, seen)


def _stops(scene: Scene, finding: Finding, flow: Flow) -> bool:
    """A cause between source and destination stops every required flow between them."""
    if (flow.source, flow.target) != (scene.source, scene.destination) or not flow.required:
        return False
    return finding.cause in (Cause.UNREACHABLE, Cause.SOURCE_QUARANTINED) or (
        finding.cause is Cause.PACKET_LOSS
    )


# --- the trigger ----------------------------------------------------------------------


def _trigger(scene: Scene) -> TriggerReport:
    window = scene.window
    lasted, at_least = _timer(scene)
    if not scene.sent:
        return TriggerReport(
            sent=False,
            not_sent_reason=_why_not(scene),
            quarantine_seconds=lasted,
            quarantine_at_least=at_least if window else None,
        )
    trip = scene.trip
    shown = trip.exchange if trip else scene.sent[-1]
    flow = scene.flow_of(shown)
    return TriggerReport(
        sent=True,
        service=flow.service if flow else None,
        port=exchanged(shown).port,
        at=exchanged(shown).sent,
        blocked=_blocked(scene) if trip else None,
        traffic=scene.traffic(trip) if trip else None,
        quarantine_seconds=lasted,
        quarantine_at_least=at_least,
    )


def _why_not(scene: Scene) -> NotSent | None:
    """None where it was allowed and could not be done: the gaps say why."""
    if scene.job_sockets or scene.job_window:
        return NotSent.JOB_RUNNING
    closed = scene.closed_flow is not None and scene.closed_flow.required
    if scene.dark_start is not None or closed:
        return NotSent.NOT_NEEDED
    return scene.context.not_sent


def _timer(scene: Scene) -> tuple[float | None, float | None]:
    """(seconds from the first lost to the first that passed again, or at least so long)."""
    window = scene.window
    if window is None:
        return None, None
    if scene.dark_start is not None and window.ended is None and not scene.watched:
        return None, None
    seen = round(max(0.0, (window.ended or window.watched_until) - window.began), 1)
    if scene.trip is not None and window.ended is not None:
        return seen, None
    return None, seen


def _blocked(scene: Scene) -> str | None:
    """pair, source or destination: as the siblings tell."""
    trip = scene.trip
    if trip is None:
        return None
    a, b = trip.flow.source, trip.flow.target
    others = [e.id for e in scene.context.endpoints if e.id not in (a, b)]
    to_other = [scene.fate(a, o, trip.window) for o in others if _site(o) == _site(b)]
    from_other = [scene.fate(o, b, trip.window) for o in others if _site(o) == _site(a)]
    source_lives, destination_lives = _any(to_other), _any(from_other)
    if source_lives is False and destination_lives is not False:
        return "source" if destination_lives else None
    if destination_lives is False and source_lives:
        return "destination"
    return "pair" if source_lives or destination_lives else None


def _any(fates: list[bool | None]) -> bool | None:
    known = [fate for fate in fates if fate is not None]
    return any(known) if known else None


def _site(endpoint_id: str) -> str:
    return endpoint_id.partition("/")[0]


# --- gaps, words, advice --------------------------------------------------------------


def _not_tried(scene: Scene, outcome: Outcome, trigger: TriggerReport) -> tuple[Gap, ...]:
    """What was not tried is a gap, and never health (law 1)."""
    if outcome is not Outcome.INCONCLUSIVE:
        return ()
    return tuple(
        Gap(
            "exchange",
            Phase.TRIGGER,
            flow.source,
            flow.target,
            GapKind.NOT_TRIED,
            f"{flow.service}: {trigger.not_sent_reason or 'an earlier step decided'}",
        )
        for flow in scene.required
        if scene.exchange(flow.service, "call") is None
    )


def _summary(
    scene: Scene, outcome: Outcome, leading: Finding | None, trigger: TriggerReport
) -> Message:
    ends: Params = {"near": scene.context.near.name, "far": scene.context.far.name}
    if leading is not None:
        sure = Message(f"confidence.{leading.confidence}")
        return Message(
            f"summary.{leading.cause}",
            {**ends, **_numbers(trigger), "where": _place(leading.location), "sure": sure},
        )
    if outcome is Outcome.HEALTHY:
        return Message("summary.healthy", ends)
    if scene.window is not None:
        return Message("summary.dark", ends)
    if not trigger.sent and scene.alive_at_start:
        reason = Message(f"not-sent.{trigger.not_sent_reason or 'none'}")
        return Message("summary.idle-fine", {**ends, "reason": reason})
    return Message("summary.inconclusive", ends)


def _numbers(trigger: TriggerReport) -> Params:
    if trigger.quarantine_seconds is not None:
        return {"timer": Message("timer.lasted", {"seconds": trigger.quarantine_seconds})}
    if trigger.quarantine_at_least is not None:
        return {"timer": Message("timer.at-least", {"seconds": trigger.quarantine_at_least})}
    return {"timer": Message("timer.unknown")}


def _place(location: Location | None) -> Message:
    """Where, in words: a boundary names both owners."""
    if location is None:
        return Message("place.unknown")
    if location.host:
        return Message("place.host", {"host": location.host})
    if location.segment is None and len(location.owners) > 1:
        one, other = location.owners[0], location.owners[-1]
        return Message("place.somewhere", {"one": one, "other": other})
    if location.boundary and location.segment:
        return Message("place.boundary", {"one": location.owners[0], "other": location.owners[-1]})
    if location.segment:
        return Message("place.inside", {"owner": location.segment})
    return Message("place.unknown")


def _advice(
    scene: Scene, outcome: Outcome, leading: Finding | None, trigger: TriggerReport
) -> tuple[Advice, ...]:
    if leading is None:
        if outcome is Outcome.HEALTHY:
            return ()
        code = "advice.send-trigger" if not trigger.sent else "advice.look-again"
        return (Advice(scene.context.near.name, Message(code)),)
    params: Params = {"source": scene.source, "destination": scene.destination}
    location = leading.location
    between = location.between if location else None
    for name, end in zip(("first", "second"), between or (), strict=False):
        params[name] = end or "?"
    code = f"advice.{leading.cause}" + ("" if between else "-unplaced")
    if leading.cause is Cause.UNREACHABLE and between and None in between:
        code += "-one-sided"
        params["seen"] = next((end for end in between if end), "?")
    owners = dict.fromkeys(location.owners) if location and location.owners else {}
    if location and location.host:
        return (Advice(location.segment or "", Message(f"advice.{leading.cause}-host", params)),)
    whose = list(owners) or [scene.context.near.name, scene.context.far.name]
    return tuple(Advice(owner, Message(code, params)) for owner in whose)
