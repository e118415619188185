"""Whether a verdict is a matter for the owner of a device at all, and what a ticket says if not
(pure)."""

from __future__ import annotations

from dataclasses import replace

from bot.ticket.model import Section, Statement, Ticket, said
from bot.ticket.requests import ON_DEVICES
from probes.model import Finding, Message, Outcome, Stance, Verdict
from probes.scene import Scene


def devices(verdict: Verdict) -> Finding | None:
    """The lowest of the verdict's causes that a device on the path makes."""
    causes = [c for c in (verdict.cause, *verdict.also) if c is not None]
    found = (
        finding
        for cause in causes
        for finding in verdict.findings
        if finding.cause is cause and finding.stance is Stance.SUPPORTED
        if cause in ON_DEVICES and not (finding.location and finding.location.host)
    )
    return next(found, None) if verdict.outcome is Outcome.FAULT else None


def nothing_to_ask(scene: Scene, verdict: Verdict, incident: str) -> Ticket:
    """Why there is nothing to ask of a device's owner, and whom to ask instead."""
    ends = {"source": scene.source, "target": scene.destination}
    leading = next((f for f in verdict.findings if f.cause is verdict.cause), None)
    if verdict.outcome is not Outcome.FAULT or leading is None:
        cited = tuple(o for result in verdict.flows for o in result.evidence)
        why = said(f"ticket-none.{verdict.outcome}", *cited, **ends)
    elif leading.location is not None and leading.location.host:
        why = said("ticket-none.host", *leading.evidence, host=leading.location.host)
    else:
        why = said("ticket-none.cause", *leading.evidence)
    statements = [why]
    if leading is not None:
        statements.append(Statement(leading.why, leading.evidence))
    first = (Section("none", tuple(statements)),)
    return with_exhibits(
        scene,
        Ticket(scene.context.check, incident, scene.context, False,
               Message("ticket-title.none", ends), first),
    )  # fmt: skip


def with_exhibits(scene: Scene, made: Ticket) -> Ticket:
    """All that is cited anywhere, by number."""
    cited = {o for statement in made.statements for o in statement.evidence}
    shown = [o for o in scene.evidence.observations if o.id in cited]
    return replace(made, exhibits=tuple(sorted(shown, key=lambda o: (len(o.id), o.id))))
