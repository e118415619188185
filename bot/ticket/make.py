"""Evidence, its verdict and what was put on record before it was sent → the ticket (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.ticket import contrast, dark, missing, moments, paths, requests, wire
from bot.ticket.model import Section, Sent, Statement, Ticket, Tuple5, said
from bot.ticket.moments import Zones, moment
from bot.ticket.subject import devices, nothing_to_ask, with_exhibits
from probes.diagnosis import settled
from probes.model import (
    Cause,
    Confidence,
    Evidence,
    Finding,
    Flow,
    Message,
    Observation,
    Verdict,
)
from probes.scene import Scene, exchanged

Record = Mapping[str, Any]


def ticket(
    evidence: Evidence,
    verdict: Verdict,
    incident: str,
    sent: Sequence[Record] = (),
    zones: Zones = (),
) -> Ticket:
    """The ticket of one check. sent: what the record says was about to be sent, each
    `{"plan", "at", "what"}` (storage/records.py, add_trigger). zones: the readers'; without any,
    the zone of the pair's own schedule."""
    scene = Scene(settled(evidence))
    finding = devices(verdict)
    if finding is None:
        return nothing_to_ask(scene, verdict, incident)
    return _Maker(scene, verdict, finding, sent, zones or moments.known_zones(scene)).made(incident)


class _Maker:
    """One ticket, section by section: what all sections share is found once."""

    def __init__(
        self,
        scene: Scene,
        verdict: Verdict,
        finding: Finding,
        record: Sequence[Record],
        zones: Zones,
    ) -> None:
        self.scene, self.verdict, self.finding = scene, verdict, finding
        self.carries = finding.cause in requests.CARRIES
        self.record, self.zones = record, zones
        self.flow = _flow(scene, finding)
        exchange = _exchange(scene, finding, self.flow)
        self.sent = wire.sent(scene, exchange) if exchange else None
        self.dark = dark.darkness(scene) if finding.cause in requests.GO_DARK else None
        filtered = finding.cause in requests.FILTERS
        self.request = contrast.first_request(scene, self.flow) if filtered else None
        self.views = self._views()
        self.filters = wire.filters(self.views, self.sent)

    def made(self, incident: str) -> Ticket:
        return with_exhibits(
            self.scene,
            Ticket(
                check=self.scene.context.check,
                incident=incident,
                context=self.scene.context,
                device=True,
                title=self._title(),
                first=tuple(self._first()),
                appendix=tuple(self._appendix()),
                sent=self.sent,
                tuples=() if self.carries else self.views,
                dark=self.dark,
                filters=self.filters,
            ),
        )

    def _first(self) -> Iterator[Section]:
        yield _section("what", self._what())
        yield _section("find", self._find())
        yield _section("why", self._why())
        yield _section("ask", requests.asked(self.finding.cause, self._named(), self._when()))
        yield _section(
            "missing", missing.not_captured(self.scene, self.finding, self.sent, self.dark)
        )

    def _appendix(self) -> Iterator[Section]:
        yield _section("times", moments.clocks(self.scene, self.sent, self.zones))
        yield _section("wire", self._wire())
        if self.dark is not None:
            yield _section("dark", dark.by_way(self.scene, self.sent))
        placed = paths.ends(self.finding.location) != (None, None)
        swept = paths.swept(self.scene, self.flow) if placed else ()
        yield _section("paths", (*swept, *paths.paths(self.scene)))
        yield _section("search", requests.by_vendor(self.finding.cause, self.views))
        yield _section("gaps", missing.gaps(self.verdict))

    # --- the first page ---------------------------------------------------------------

    def _title(self) -> Message:
        first, second = paths.ends(self.finding.location)
        placed = "ticket-title.stretch" if self.carries else "ticket-title.between"
        code = placed if first and second else "ticket-title.somewhere"
        ends = {"source": self.flow.source, "target": self.flow.target}
        place = {"first": first or "", "second": second or ""} if first and second else {}
        return Message(code, {"cause": Message(f"cause.{self.finding.cause}"), **ends, **place})

    def _what(self) -> Iterator[Statement]:
        yield Statement(self.finding.why, self.finding.evidence)
        sure = self.finding.confidence or Confidence.LIKELY
        yield said("ticket-what.sure", *self.finding.evidence, sure=Message(f"confidence.{sure}"))
        yield from paths.last_hops(self.scene, self.finding)
        yield self._whose()
        yield from self._reach()
        for cause in (self.verdict.cause, *self.verdict.also):
            if cause not in (None, self.finding.cause):
                yield said("ticket-what.also", cause=Message(f"cause.{cause}"))

    def _reach(self) -> Iterator[Statement]:
        """What is stopped: for whom, of which traffic, in which direction."""
        trigger, location = self.verdict.trigger, self.finding.location
        if self.finding.cause is Cause.SOURCE_QUARANTINED and (trigger.blocked or trigger.traffic):
            yield said(
                "ticket-what.blocked",
                *(self.dark.evidence if self.dark else ()),
                blocked=Message(f"blocked.{trigger.blocked or 'unknown'}"),
                traffic=Message(f"traffic.{trigger.traffic or 'unknown'}"),
            )
        if location is not None and location.direction is not None:
            sites = {"near": self.scene.context.near.name, "far": self.scene.context.far.name}
            yield said(f"ticket-direction.{location.direction}", *self.finding.evidence, **sites)

    def _whose(self) -> Statement:
        """Until its owner confirms, it is a device between two addresses and nobody's."""
        location = self.finding.location
        owners = tuple(dict.fromkeys(location.owners)) if location else ()
        cited = self.finding.evidence
        if len(owners) > 1:
            code = "ticket-what.boundary-stretch" if self.carries else "ticket-what.boundary"
            return said(code, *cited, one=owners[0], other=owners[-1])
        if owners and location is not None and None not in (location.between or (None,)):
            code = "ticket-what.inside-stretch" if self.carries else "ticket-what.inside"
            return said(code, *cited, owner=owners[0])
        return said("ticket-what.unplaced", *cited)

    def _find(self) -> Iterator[Statement]:
        if self.sent is None:
            yield said("ticket-find.check", at=moment(self.scene.context.started, self.zones))
        else:
            called = self.sent.message == "call"
            code = "ticket-find.sent" if called else "ticket-find.sent-control"
            yield said(code, self.sent.id, at=moment(self.sent.at, self.zones),
                       host=self.sent.source, service=self.sent.service)  # fmt: skip
        if self.carries:
            named = self._named()
            yield said("ticket-find.hosts", source=named.source, target=named.target)
        yield from wire.tuples(self.scene, () if self.carries else self.views)
        if self.sent is not None:
            yield said("ticket-find.payload", self.sent.id, bytes=len(self.sent.payload),
                       sha256=self.sent.sha256)  # fmt: skip
            yield said("ticket-find.xid", self.sent.id, xid=f"0x{self.sent.xid:08x}")
        if self.dark is not None:
            yield from dark.lasted(self.scene, self.dark, self.zones)
        elif self.scene.job_window is not None:
            yield from self._job_times()
        elif self.request is not None:
            cited, at = self.request
            yield said("ticket-find.request", cited, at=moment(at, self.zones))

    def _job_times(self) -> Iterator[Statement]:
        window = self.scene.job_window
        if window is not None:
            yield said("ticket-dark.job", *window.evidence, began=moment(window.began, self.zones),
                       until=moment(window.watched_until, self.zones))  # fmt: skip

    def _why(self) -> Iterator[Statement]:
        """What stands against a host, the line or chance as the cause."""
        scene, flow, window = self.scene, self.flow, self.scene.window
        if self.finding.cause in requests.FILTERS:
            yield from contrast.requests(scene, flow)
            return
        if self.carries:
            yield from contrast.crossings(scene)
            return
        if self.sent is not None:
            yield from contrast.before(scene, self.sent.at)
            if self.sent.message == "call":
                yield from contrast.control(scene, flow)
            yield from contrast.answered(self.sent)
            yield from contrast.opened_only(scene, flow, self.sent)
            yield from contrast.after(scene, self.sent)
        if self.finding.cause in requests.INSPECTS:
            yield from contrast.arrived(scene, flow, job=self.sent is None)
        if window is not None:
            yield from contrast.lives_on(scene, window)
            yield from contrast.siblings(scene, window)

    # --- the appendix -----------------------------------------------------------------

    def _wire(self) -> Iterator[Statement]:
        if self.sent is not None:
            yield wire.payload(self.sent)
            yield wire.decoded(self.sent)
            if (recorded := _recorded(self.record, self.sent)) is not None:
                yield said("ticket-wire.recorded", self.sent.id, at=recorded)
        yield from wire.captures(self.filters, self.sent)

    # --- what they share --------------------------------------------------------------

    def _named(self) -> requests.Ends:
        """Both hosts with every address that a log may have for them."""
        source, target, port = self._ends()
        named = [wire.named(self.scene, a, b) for a, b in ((source, target), (target, source))]
        return requests.Ends(named[0], named[1], port)

    def _when(self) -> str | None:
        """The moment to search at, if the check knows one."""
        window = self.scene.window
        if self.sent is not None:
            return moment(self.sent.at, self.zones)
        if self.request is not None:
            return moment(self.request[1], self.zones)
        return moment(window.began, self.zones) if window else None

    def _ends(self) -> tuple[str, str, int]:
        return self.flow.source, self.flow.target, self.flow.port or 0

    def _views(self) -> tuple[Tuple5, ...]:
        """Of the message that was sent, else of the port that does not open."""
        source, target, port = self._ends()
        if self.sent is not None:
            local = _local_port(self.sent)
            return wire.views(self.scene, source, target, port, local, self.sent.id)
        if self.scene.job_window is not None and (seen := wire.of_job(self.scene, self.flow)):
            return seen
        return wire.views(self.scene, source, target, port, None) if port else ()


def _section(code: str, statements: Iterable[Statement]) -> Section:
    return Section(code, tuple(statements))


def _flow(scene: Scene, finding: Finding) -> Flow:
    """The flow that the finding speaks of, else the first that replication needs."""
    flows = ((f.source, f.target, f.port) for f in scene.flows)
    named = dict(zip(flows, scene.flows, strict=True))
    return named.get(finding.flow or ("", "", None)) or scene.required[0]


def _exchange(scene: Scene, finding: Finding, flow: Flow) -> Observation | None:
    """The message that showed it; none for what no message of ours has to do with."""
    if finding.cause is Cause.SOURCE_QUARANTINED:
        return scene.trip.exchange if scene.trip else None
    if finding.cause in requests.INSPECTS:
        return scene.exchange(flow.service, "call")
    return None


def _local_port(sent: Sent) -> int:
    return exchanged(sent.exchange).local_port


def _recorded(record: Sequence[Record], sent: Sent) -> str | None:
    """When the record says that exactly these bytes were about to be sent."""
    for entry in record:
        what = entry["what"]
        same = (what.get("message"), what.get("sha256")) == (sent.message, sent.sha256)
        if same and entry["plan"] == sent.exchange.plan:
            return str(entry["at"]).replace("T", " ").replace("Z", " UTC")
    return None
