"""The evidence, for the thread: one message a finding, tables where tables are read, and whole
outputs as files where they do not fit. Never is a line of a host changed to make it fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.document import command_line, iso
from bot.excerpt import excerpt
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.markup import bold, lines, marked
from bot.slack.model import Attachment, Post, Reader, Told
from bot.slack.views import account
from bot.slack.views.answers import answer, asked, when, who
from bot.slack.views.contrast import contrast
from bot.slack.views.speech import Speech
from probes.model import Finding, FlowResult, Observation, Stance
from storage.redact import redact_lines

MOST_CITED, MOST_LINES = 6, 6
_LONGEST_LINE, _LONGEST_COMMAND, _LONGEST_GAP = 160, 160, 200

Suffixed = tuple[str, Post]


def findings(told: Told, reader: Reader) -> list[Suffixed]:
    """(key suffix, message): what is supported first, then what is ruled out, what could not be
    decided or measured, and the flows. The suffixes hold no code: channels can read metadata."""
    speech = account.speech_for(told, reader)
    supported = account.of_stance(told, Stance.SUPPORTED)
    said: list[Suffixed] = [
        (str(n), _supported(told, finding, speech)) for n, finding in enumerate(supported, start=1)
    ]
    if not supported:
        said += _answered(told, speech)
    return [*said, *_ruled_out(told, speech), *_undecided(told, speech), *_flows(told, speech)]


def long_output(told: Told, reader: Reader) -> list[Attachment]:
    """For each supported finding of which the thread shows only lines: all that its hosts
    printed, as a file. Nothing where a channel may not read output."""
    speech = account.speech_for(told, reader)
    if speech.roles:
        return []
    return [
        _file(told, n, finding, cited, speech)
        for n, finding in enumerate(account.of_stance(told, Stance.SUPPORTED), start=1)
        if not _fits(cited := account.cited(told, finding.evidence))
    ]


# --- what is supported --------------------------------------------------------------------


def _supported(told: Told, finding: Finding, speech: Speech) -> Post:
    sure = speech.plain(f"confidence.{finding.confidence}")
    title = speech("slack-finding.supported", cause=speech.cause(finding.cause))
    said = [bold(title), marked(account.why(finding, speech)), marked(sure)]
    cited = account.cited(told, finding.evidence)
    text = f"{speech.plain('slack-finding.supported', cause=speech.cause(finding.cause))}: "
    body = [blocks.section(lines(said)), *_cited(cited, told, speech)]
    return _post(text + account.why(finding, speech), body, told, speech)


def _answered(told: Told, speech: Speech) -> list[Suffixed]:
    """Without a fault: the lines that show which first messages were answered."""
    ok = [r for r in told.result.verdict.flows if r.flow.required and r.result == "ok"]
    if not ok:
        return []
    cited = [o for result in ok for o in account.cited(told, result.evidence)]
    title = speech.plain("slack-finding.answered", count=len(ok))
    body = [blocks.section(bold(title)), *_cited(cited, told, speech)]
    return [("answered", _post(title, body, told, speech))]


def _cited(observations: Sequence[Observation], told: Told, speech: Speech) -> Iterator[Block]:
    """A few of many with their lines, those that contrast first; the others by their ids."""
    if speech.roles:
        yield from _counted(observations, speech)
        return
    shown = _various(observations)
    for observation in shown:
        yield from item(observation, told, speech)
    more = [o.id for o in observations if o not in shown]
    if more:
        yield blocks.context(speech("slack-finding.more", ids=", ".join(more)))


def item(observation: Observation, told: Told, speech: Speech) -> list[Block]:
    """One answer: who was asked what, when, and the telling lines as the host printed them."""
    phase = when(observation, told.result.evidence.plans, speech)
    head = speech(
        "slack-finding.item",
        id=observation.id,
        asked=asked(observation, speech),
        phase=phase,
        answer=answer(observation, speech),
    )
    return [blocks.section(head), blocks.preformatted(_shown(observation, speech))]


def _shown(observation: Observation, speech: Speech) -> str:
    command = command_line(observation.transcript.argv, observation.probe)
    text, numbers = excerpt(observation)
    numbered = list(zip(numbers, text.split("\n"), strict=False))
    said = [f"$ {_short(command, _LONGEST_COMMAND)}"]
    said += [f"{number} {_short(line, _LONGEST_LINE)}" for number, line in numbered[:MOST_LINES]]
    left = len(observation.transcript.lines) - min(len(numbered), MOST_LINES)
    if left > 0:
        said.append(speech.plain("slack-finding.lines-left", count=left))
    return "\n".join(said)


def _short(line: str, most: int) -> str:
    return line if len(line) <= most else line[: most - 1] + "…"


def _various(observations: Sequence[Observation]) -> list[Observation]:
    """The two that contrast, then of each question and host the first, in the cited order."""
    first = contrast(observations)
    seen: Counter[tuple[str, str]] = Counter()
    ranked = []
    for place, one in enumerate(observations):
        if one not in first:
            ranked.append((seen[one.probe, one.source], place))
            seen[one.probe, one.source] += 1
    rest = [observations[place] for _, place in sorted(ranked)]
    return [*first, *rest][:MOST_CITED]


def _counted(observations: Sequence[Observation], speech: Speech) -> Iterator[Block]:
    """For a channel that may not read output: on how much a claim rests."""
    counted = Counter(
        (speech.plain(f"slack-phase.{o.phase}"), _probe(o.probe, speech)) for o in observations
    )
    rests = speech("slack-finding.rests-on", count=len(observations))
    each = (f"• {phase}: {probe} ×{count}" for (phase, probe), count in counted.items())
    yield blocks.section(lines([rests, *each]))


# --- tables -------------------------------------------------------------------------------


def _ruled_out(told: Told, speech: Speech) -> list[Suffixed]:
    rows = _stances(told, Stance.REFUTED, speech)
    if not rows:
        return []
    names = account.ruled_out(told, speech) or ""
    title = speech.plain("slack-finding.ruled-out", count=len(rows))
    head = _columns(speech, "cause", "by-what")
    body = [blocks.section(bold(title)), blocks.table(head, rows)]
    return [("ruled-out", _post(f"{title}: {names}", body, told, speech))]


def _undecided(told: Told, speech: Speech) -> list[Suffixed]:
    """What could not be decided, and what could not be measured: neither is health."""
    unknown = _stances(told, Stance.UNKNOWN, speech)
    missing = list(_gaps(told, speech))
    if not unknown and not missing:
        return []
    gaps = len(told.result.verdict.gaps)
    title = speech.plain("slack-finding.undecided", count=len(unknown), gaps=gaps)
    body = [
        blocks.section(bold(title)),
        blocks.table(_columns(speech, "open", "why"), [*unknown, *missing]),
    ]
    return [("undecided", _post(title, body, told, speech))]


def _flows(told: Told, speech: Speech) -> list[Suffixed]:
    flows = told.result.verdict.flows
    if not flows:
        return []
    title = speech.plain("slack-finding.flows", **_results(flows))
    rows = list(dict.fromkeys(_flow(flow, speech) for flow in flows))
    head = _columns(speech, "result", "from-to")
    body = [blocks.section(bold(title)), blocks.table(head, rows)]
    return [("flows", _post(title, body, told, speech))]


def _flow(result: FlowResult, speech: Speech) -> tuple[str, str]:
    flow = result.flow
    said = speech.plain(f"flow.{result.result}")
    said = speech.plain("slack-finding.required", result=said) if flow.required else said
    ends = who(flow.source, flow.target, speech)
    if speech.roles:
        return said, ends
    port = flow.port or "?"
    return said, speech.plain("slack-finding.flow", ends=ends, port=port, service=flow.service)


def _results(flows: Sequence[FlowResult]) -> dict[str, int]:
    counted = Counter(flow.result for flow in flows)
    return {result: counted[result] for result in ("ok", "fault", "unknown")}


def _stances(told: Told, stance: Stance, speech: Speech) -> list[tuple[str, str]]:
    """Two columns, since a phone has no room for more."""
    return [
        (speech.cause(f.cause), _resting(account.why(f, speech), f.evidence, speech))
        for f in account.of_stance(told, stance)
    ]


def _resting(why: str, ids: Sequence[str], speech: Speech) -> str:
    """With the observations that it rests on; in a channel for roles, how many they are."""
    if not ids:
        return why
    if speech.roles:
        return speech.plain("slack-finding.resting", why=why, count=len(ids))
    return f"{why} [{speech.listed(ids, MOST_CITED)}]"


def _gaps(told: Told, speech: Speech) -> Iterator[tuple[str, str]]:
    """Gaps of one kind at one host in one row: a host that is down leaves dozens."""
    rows: dict[tuple[str, str, str], Counter[str]] = {}
    for gap in told.result.verdict.gaps:
        detail = "" if speech.roles else _short(gap.detail, _LONGEST_GAP)
        kind = speech.plain(f"gap.{gap.kind}")
        counted = rows.setdefault((speech.title(gap.source), kind, detail), Counter())
        counted[_probe(gap.probe, speech)] += 1
    for (host, kind, detail), probes in rows.items():
        asked_for = ", ".join(f"{p} ×{n}" if n > 1 else p for p, n in probes.items())
        yield f"{host}: {asked_for}", f"{kind}: {detail}" if detail else kind


def _probe(name: str, speech: Speech) -> str:
    return speech.voice.or_else(f"probe.{name}", name)


def _columns(speech: Speech, *names: str) -> list[str]:
    return [speech.plain(f"slack-column.{name}") for name in names]


def _post(text: str, body: Sequence[Block], told: Told, speech: Speech) -> Post:
    incident = str(told.result.document["incident"])
    return blocks.post(text, body, speech("slack-verdict.folded", incident=incident), last=0)


# --- files --------------------------------------------------------------------------------


def _fits(observations: Sequence[Observation]) -> bool:
    """Whether the thread shows all of it."""
    if len(observations) > MOST_CITED:
        return False
    return all(
        len(o.transcript.lines) <= MOST_LINES
        and all(len(line.text) <= _LONGEST_LINE for line in o.transcript.lines)
        for o in observations
    )


def _file(
    told: Told, number: int, finding: Finding, cited: Sequence[Observation], speech: Speech
) -> Attachment:
    check = str(told.result.document["check"])
    title = speech.plain("slack-finding.file", cause=speech.cause(finding.cause), check=check)
    text = "\n".join(line for observation in cited for line in _transcript(observation, speech))
    comment = speech.plain("slack-finding.file-comment", count=len(cited))
    name = f"{check}-{number}-{finding.cause}.txt"
    return Attachment(name, title, text.encode("utf-8", "backslashreplace"), comment=comment)


def _transcript(observation: Observation, speech: Speech) -> Iterator[str]:
    """All of one answer, line by line and numbered; secrets are struck out (law 6)."""
    transcript = observation.transcript
    status = "-" if transcript.exit_status is None else transcript.exit_status
    yield f"{observation.id}  {asked(observation, speech)}  {iso(transcript.started)}"
    yield f"$ {command_line(transcript.argv, observation.probe)}"
    printed = redact_lines(line.text for line in transcript.lines)
    yield from (f"{n:>5}  {line}" for n, line in enumerate(printed, start=1))
    yield f"({transcript.end}, {status}, {transcript.seconds:.1f} s)"
    yield ""
