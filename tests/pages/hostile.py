"""A recorded incident in which hosts and people say what would harm a careless page."""

from __future__ import annotations

from dataclasses import replace

from probes.model import Evidence, Line
from tests.golden import incidents

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    '"><img src=x onerror=alert(2)>',
    "'; alert(3); '",
    "{{ 7 * 7 }}{% raw %}",
    "</li></ol></details><h1>owned</h1>",
    "<!-- ]]> -->",
    "javascript:alert(4)",
    "\x1b[31mred\x1b[0m \u202eright to left",
    "&lt;b&gt; &amp;",
)
PERSON = 'Eve <b onclick="x">'


def evidence() -> Evidence:
    """The account's, with every host printing all of that too, and hostile titles."""
    known = incidents.load("account")
    context = known.context
    near = replace(context.near, title=f"Seoul {SCRIPT}")
    segments = tuple(replace(s, title=f"{s.title} {SCRIPT}") for s in context.segments)
    observations = []
    for observation in known.observations:
        transcript = observation.transcript
        at = transcript.started
        said = (*transcript.lines, *(Line(at, text) for text in HOSTILE))
        observations.append(replace(observation, transcript=replace(transcript, lines=said)))
    return replace(
        known,
        context=replace(context, near=near, segments=segments),
        observations=tuple(observations),
    )
