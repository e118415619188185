"""First packet lost, first that passed again: the block's length, way by way (pure)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.ticket.model import Dark, Sent, Statement, said
from bot.ticket.moments import Zones, moment, time_of_day
from probes.model import Message
from probes.scene import Scene, Window
from probes.signs import Run, Sign, Way


def darkness(scene: Scene) -> Dark | None:
    """When the pair was dark, and what the block's true length lies between: no shorter than
    from the first lost to the last lost, no longer than any one way's last that passed before to
    its first that passed again. None where no packet was seen to be lost."""
    window = scene.window
    if window is None or not window.runs:
        return None
    passed = [before.at for run in window.runs if (before := _before(scene, run))]
    least = max(run.last_lost for run in window.runs) - window.began
    spans = [span for run in window.runs if (span := _longest(scene, run)) is not None]
    most = min(spans) if spans and window.ended is not None else None
    return Dark(
        began=window.began,
        passed=max(passed) if passed else None,
        ended=window.ended,
        watched_until=window.watched_until,
        least=least,
        most=most if most is not None and most >= least else None,
        evidence=window.evidence,
    )


def lasted(scene: Scene, dark: Dark, zones: Zones) -> Iterator[Statement]:
    """The first page's words: from when to when, to hold against a block timer."""
    began = moment(dark.began, zones)
    if scene.dark_start is not None:
        yield said("ticket-dark.from-the-start", *dark.evidence, began=began)
    elif dark.passed is None:
        yield said("ticket-dark.lost", *dark.evidence, began=began)
    else:
        cited = (*_beginning(scene), *dark.evidence)
        yield said("ticket-dark.began", *cited, began=began, passed=time_of_day(dark.passed))
    if dark.ended is None:
        watched = dark.watched_until - dark.began
        until = time_of_day(dark.watched_until)
        yield said("ticket-dark.not-ended", *dark.evidence, until=until, seconds=watched)
        return
    ended, seconds = moment(dark.ended, zones), dark.ended - dark.began
    code = "ticket-dark.ended" if scene.dark_start is None else "ticket-dark.ended-unknown-start"
    yield said(code, *_ending(scene), *dark.evidence, ended=ended, seconds=seconds)
    if dark.most is not None and scene.dark_start is None:
        yield said("ticket-dark.bounds", *dark.evidence, least=dark.least, most=dark.most)


def by_way(scene: Scene, sent: Sent | None) -> Iterator[Statement]:
    """The appendix: the same for each kind of packet, and what may lengthen it."""
    window = scene.window
    for run in window.runs if window else ():
        yield _run(scene, run)
    if window is not None:
        yield from _the_way_back(scene, window)
    if sent is not None:
        yield said("ticket-dark.renewed", sent.id)


def _run(scene: Scene, run: Run) -> Statement:
    before, after = _before(scene, run), _after(scene, run)
    cited = [*run.observations, *(s.observation for s in (before, after) if s)]
    code = {
        (True, True): "ticket-dark.way",
        (True, False): "ticket-dark.way-on",
        (False, True): "ticket-dark.way-back",
        (False, False): "ticket-dark.way-dark",
    }[before is not None, after is not None]
    return said(
        code,
        *cited,
        way=_way(run.way),
        count=run.lost,
        first=time_of_day(run.first_lost),
        last=time_of_day(run.last_lost),
        passed=time_of_day(before.at) if before else "",
        again=time_of_day(after.at) if after else "",
    )


def _the_way_back(scene: Scene, window: Window) -> Iterator[Statement]:
    """What the far host sent towards the near one meanwhile."""
    a, b = scene.destination, scene.source
    seen = [s for s in scene.between(a, b) if window.holds(s.at) and s.at > window.began]
    if seen:
        alive = sum(sign.alive for sign in seen)
        cited = [sign.observation for sign in seen]
        yield said("ticket-dark.other-way", *cited, source=a, target=b, alive=alive,
                   total=len(seen))  # fmt: skip


def _way(way: Way) -> Message:
    return Message("ticket-dark.ping") if way.is_ping else Message(
        "ticket-dark.connect", {"port": way.port}
    )  # fmt: skip


def _stream(scene: Scene, way: Way) -> list[Sign]:
    return [s for s in scene.between(scene.source, scene.destination) if s.way == way and s.alive]


def _before(scene: Scene, run: Run) -> Sign | None:
    """The last that passed on this way before the first that was lost."""
    return next((s for s in reversed(_stream(scene, run.way)) if s.at < run.first_lost), None)


def _after(scene: Scene, run: Run) -> Sign | None:
    if run.passed_again is None:
        return None
    return next((s for s in _stream(scene, run.way) if s.at >= run.passed_again), None)


def _longest(scene: Scene, run: Run) -> float | None:
    before = _before(scene, run)
    if before is None or run.passed_again is None:
        return None
    return run.passed_again - before.at


def _beginning(scene: Scene) -> tuple[str, ...]:
    """The observation with the last packet that passed before the first loss."""
    window = scene.window
    before = [found for run in (window.runs if window else ()) if (found := _before(scene, run))]
    return (max(before, key=lambda sign: sign.at).observation,) if before else ()


def _ending(scene: Scene) -> tuple[str, ...]:
    """The observation in which the last way to recover passed again."""
    window = scene.window
    after = [found for run in (window.runs if window else ()) if (found := _after(scene, run))]
    return (max(after, key=lambda sign: sign.at).observation,) if after else ()
