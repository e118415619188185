"""A channel for roles: no address, host name, port, command, output or code in anything that
stands there, whatever the incident, its phase, or what hosts are called."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from typing import Any

import pytest

from bot.document import command_line
from bot.excerpt import excerpt
from bot.exposure import exposed, question_of
from bot.request import Began
from bot.slack.model import Dialog, Post, Press, Reader, Told
from bot.slack.progress import Progress, after, asked
from bot.slack.views import consent, dialogs
from bot.slack.views.findings import findings, long_output
from bot.slack.views.running import running
from bot.slack.views.speech import Speech
from bot.slack.views.summary import summary
from bot.slack.views.verdict import interrupted, recovery, reply, verdict
from bot.words import LANGUAGES, catalog, titles_of
from probes.events import PlanEnded, PlanStarted
from probes.model import Cause, Context, Evidence, Gap, Message, Tools
from storage.codec import Raw, decode
from storage.codec import evidence as evidence_of
from tests.golden import incidents
from tests.slack.test_progress import replayed
from tests.slack.told import ASKER, CHECK, INCIDENT, result_of, told_of
from tests.slack.valid import texts

pytestmark = pytest.mark.filterwarnings("error::bot.words.UnsaidWarning")

Json = Any
T = 1795372300.0
DATE = re.compile(r"<!date\^\d+\^[^<>]*>")
CANDIDATE = re.compile(r"[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]*")
HOSTS = {
    "seoul/avamar": "seoul/ave01.prod.example",
    "seoul/datadomain": "seoul/ddsrv7",
    "busan/avamar": "busan/ave02.prod.example",
    "busan/datadomain": "busan/ddsrv8",
}


def everything(told: Told, reader: Reader) -> Iterator[Post | Dialog]:
    """All that a check can make stand in a channel, or open from it."""
    yield verdict(told, reader)
    yield reply(told, reader)
    yield recovery(told, reader)
    yield summary(told, reader)
    yield interrupted(ASKER, CHECK, INCIDENT, reader, None, ("seoul", "busan"))
    yield from (post for _, post in findings(told, reader))
    yield dialogs.evidence(told, reader)
    evidence = told.result.evidence
    question = question_of(evidence)
    if question is not None:
        yield consent.question(question, reader, ("U0ALICE",), INCIDENT)
        yield consent.answered(question, Press("U0ALICE", T), reader, yes=True)
        shown = exposed(evidence, question)
        yield consent.dialog(question, shown, reader, "{}")
        sockets = tuple(
            s
            for o in evidence.of("sockets")
            for sample in getattr(o.reading, "samples", ())
            for s in sample.sockets
        )
        yield consent.dialog(question, type(shown)(T, sockets), reader, "{}")
    progress = after(Progress(), Began(CHECK, INCIDENT, False, evidence.context), T)
    for event in replayed_of(told):
        progress = after(progress, event, T)
        if isinstance(event, PlanStarted | PlanEnded):
            yield running(progress, ASKER, reader)
    yield running(asked(progress, T), ASKER, reader)


def replayed_of(told: Told) -> Iterator[Any]:
    name = next(name for name in incidents.names() if told_of(name) is told)
    yield from replayed(name)


def shown(view: Post | Dialog) -> list[str]:
    """Every string in it but moments in time, which Slack renders."""
    every = [view.text, *texts(list(view.blocks))] if isinstance(view, Post) else texts(view.view)
    return [DATE.sub("", text) for text in every]


def addresses(text: str) -> list[str]:
    return [word for word in CANDIDATE.findall(text) if _is_address(word.strip("."))]


def _is_address(word: str) -> bool:
    try:
        ip_address(word)
    except ValueError:
        return word.count(".") == 3 and all(part.isdigit() for part in word.split("."))
    return True


@cache
def outputs(name: str) -> frozenset[str]:
    """Commands, and lines that hosts printed, as far as they say something of their own."""
    lines: set[str] = set()
    for observation in told_of(name).result.evidence.observations:
        lines |= set(excerpt(observation)[0].split("\n"))
        lines.add(command_line(observation.transcript.argv, observation.probe))
    return frozenset(line.strip() for line in lines if len(line.strip()) > 8)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", incidents.names())
def test_nothing_of_the_networks_stands_there(name: str, lang: str) -> None:
    told = told_of(name)
    reader = Reader(lang, "roles", titles_of(told.result.evidence.context))
    flows = told.result.verdict.flows
    ports = {str(f.flow.port) for f in flows if f.flow.port} | {"2049"}
    port = re.compile(rf"(?<![\w.])(?:{'|'.join(ports)})(?![\w.])")
    services = re.compile(
        "|".join(rf"\b{f.flow.service}\b" for f in flows if "-" in f.flow.service)
    )
    codes = {str(cause) for cause in Cause if "-" in str(cause)}
    for view in everything(told, reader):
        for text in shown(view):
            assert addresses(text) == [], text
            assert not port.search(text), text
            assert not services.search(text), text
            assert not [code for code in codes if code in text], text
        whole = "\n".join(shown(view))
        assert not [line for line in outputs(name) if line in whole]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["account", "one-sided", "host-filter", "port-reject-icmp"])
def test_hosts_are_called_by_their_role_whatever_they_are_called(name: str, lang: str) -> None:
    told = renamed(name)
    reader = Reader(lang, "roles", titles_of(told.result.evidence.context))
    own = {host.partition("/")[2] for host in HOSTS.values()}
    views = [verdict(told, reader), reply(told, reader), summary(told, reader)]
    views += [post for _, post in findings(told, reader)]
    question = question_of(told.result.evidence)
    assert question is not None
    views.append(consent.question(question, reader, ()))
    for view in views:
        whole = "\n".join(shown(view))
        assert not [host for host in own if host in whole], whole
    assert "B기관 부산 datadomain" in "\n".join(shown(views[0]))
    by_name = verdict(told, Reader(lang, "addresses"))
    assert "ddsrv8" in "\n".join(shown(by_name)), "elsewhere a host has its name"


def test_the_same_check_holds_them_where_they_may_stand() -> None:
    """So that what is searched for above could be found."""
    views = everything(told_of("account"), Reader("en", "addresses"))
    whole = "\n".join(text for view in views for text in shown(view))
    assert len(set(addresses(whole))) > 5
    assert re.search(r"(?<![\w.])111(?![\w.])", whole)
    assert [line for line in outputs("account") if line in whole]


def test_files_are_not_attached_there() -> None:
    assert long_output(told_of("account"), Reader("en", "roles")) == []


def test_every_sentence_that_names_a_place_has_a_twin_without() -> None:
    """A template with an address, a port or a service in it is said by its twin, or not at all
    there; a twin has none."""
    held_back = {"port", "service", "sender", "last", "first", "second", "interface"}
    speech = Speech(Reader("en", "roles"))
    for lang in LANGUAGES:
        for code, template in catalog(lang).items():
            named = set(re.findall(r"{(\w+)", template))
            if code.startswith("roles."):
                assert not named & held_back, code
                assert f"{code.removeprefix('roles.')}" in catalog(lang), code
    for section in ("advice", "payload", "port", "quarantine", "rpc", "service", "transit", "link"):
        for code in (c for c in catalog("en") if c.startswith(f"{section}.")):
            params = {n: f"«{n}»" for n in re.findall(r"{(\w+)", catalog("en")[code])}
            words = speech.message(Message(code, params))
            assert words is not None, code
            assert not [n for n in held_back & set(params) if f"«{n}»" in words], code


def test_a_message_with_an_address_and_no_twin_is_not_said() -> None:
    speech = Speech(Reader("en", "roles"))
    for value in ("10.80.5.2", "2001:db8::1"):
        assert speech.message(Message("path.from-to", {"source": value, "target": "x"})) is None
    inner = Message("where.between", {"first": "10.0.0.1", "second": "10.0.0.2"})
    assert speech.message(Message("path.from-to", {"source": inner, "target": "x"})) is None


@cache
def renamed(name: str) -> Told:
    """The incident as if its hosts had names of their own in the inventory."""
    text = gzip.decompress((incidents.FOLDER / f"{name}.json.gz").read_bytes()).decode()
    for role, host in HOSTS.items():
        text = text.replace(f'"{role}"', f'"{host}"')
    data = json.loads(text)
    for site in (data["context"]["near"], data["context"]["far"]):
        site["endpoints"] = {
            host.partition("/")[2]: {**endpoint, "name": host.partition("/")[2]}
            for role, endpoint in site["endpoints"].items()
            if (host := HOSTS[f"{site['name']}/{role}"])
        }
    base = Evidence(
        decode(Context, data["context"]),
        plans=tuple(data["plans"]),
        tools={endpoint: decode(Tools, tools) for endpoint, tools in data["tools"].items()},
    )
    raws = [decode(Raw, raw) for raw in data["raws"]]
    gaps = [decode(Gap, gap) for gap in data["gaps"]]
    found = evidence_of(base, raws, gaps, incidents.parse)
    return Told(result_of(found), "finished", ASKER)
