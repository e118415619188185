"""The picture in words, for who can't see it (Slack's `alt_text`)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.path import ways
from bot.picture import story
from bot.picture.lanes import Lane, lanes
from bot.picture.names import Detail, Names
from bot.picture.story import Document
from bot.words import Voice
from probes.localise import Path
from probes.model import Evidence

MOST = 990
"""Characters. Slack takes 2,000 in an image block and 1,000 with a file."""


def alt_text(document: Document, evidence: Evidence, voice: Voice, detail: Detail) -> str:
    """What the picture shows, under 1,000 characters: the verdict first, then each direction."""
    names = Names.of(evidence.context, voice, detail)
    location = document["location"]
    both = lanes(ways(evidence, location), evidence.context, location, detail)
    text = " ".join(_sentences(document, both, names))
    return text if len(text) <= MOST else text[: MOST - 1].rstrip() + "…"


def _sentences(document: Document, both: tuple[Lane, Lane], names: Names) -> Iterator[str]:
    voice, location = names.voice, document["location"]
    yield voice(f"outcome.{document['outcome']}") + ": " + ", ".join(
        words for words in (story.headline(document, names), story.where(document, names)) if words
    ) + "."  # fmt: skip
    near, far = (names.host(lane.way.source) for lane in both)
    yield voice("picture.about", near=near, far=far)
    if location and location["between"]:
        sides = story.neighbours(location, both, names)
        before, behind = (
            ", ".join([names.owner(s.owner), *story.details(s, names)]) for s in sides
        )
        towards = story.direction(location, both, names) or voice("picture.blocked")
        yield voice("picture.stretch", direction=towards, before=before, behind=behind)
        if story.traces_pass(both):
            yield voice("picture.traces-pass")
    for lane in both:
        yield from _way(lane, names)


def _way(lane: Lane, names: Names) -> Iterator[str]:
    """One direction: its owners and hops, and how far it answers."""
    voice, way = names.voice, lane.way
    source, target = names.host(way.source), names.host(way.target)
    if way.spine is None:
        yield voice("picture.not-looked", source=source) + "."
        return
    parts = story.runs(lane, names)
    yield voice("picture.each-way", source=source, target=target, hops=" → ".join(parts))
    if way.idle:
        yield voice("picture.at-idle", reached=_reach(way.idle, target, names))
    if way.failing:
        yield voice("picture.when-failing", reached=_reach(way.failing, target, names))


def _reach(path: Path, target: str, names: Names) -> str:
    if path.reached:
        return names.voice("picture.reaches", target=target)
    if not path.hops:
        return names.voice("picture.never-answers")
    return names.voice("picture.ends", hop=len(path.hops) + 1)
