"""What people type in Slack → a command, or what is wrong with it and a call that is right."""

from __future__ import annotations

import re
import time
import unicodedata
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.command import (
    Ask,
    Command,
    Freeze,
    Help,
    Incidents,
    Mistake,
    Status,
    Stop,
    Summary,
    Unfreeze,
    read,
    typed,
)
from bot.slack.naming import pairs_in
from bot.slack.typed import key
from bot.words import LANGUAGES, catalog, say
from probes.inventory import Inventory
from probes.model import Endpoint, Kind, Pair, Site


def inventory(titles: dict[str, str], *pairs: tuple[str, str]) -> Inventory:
    sites = {}
    for number, (name, title) in enumerate(titles.items(), 81):
        host = Endpoint(name, "avamar", Kind.AVAMAR, ip_address(f"10.{number}.10.11"))
        networks = (ip_network(f"10.{number}.0.0/16"),)
        sites[name] = Site(name, title, networks, {"avamar": host})
    made = tuple(Pair(near, far, "avamar-datadomain") for near, far in pairs)
    return Inventory(Path("sites.toml"), sites, (), made, {})


KOREA = inventory(
    {"seoul": "A기관 서울", "busan": "B기관 부산", "daegu": "C기관 대구", "jeju": "Jeju, D/본사"},
    ("seoul", "busan"),
    ("seoul", "daegu"),
)
SEOUL_BUSAN = Ask("seoul", "busan")


@pytest.mark.parametrize(
    "text",
    [
        "seoul busan",
        "busan seoul",
        "Seoul BUSAN",
        "  seoul \u00a0 busan\u3000",
        "seoul\tbusan\n",
        "ｓｅｏｕｌ ｂｕｓａｎ",
        "se\u200boul\ufeff \u2066busan\u2069",
        "seoul, busan",
        "seoul -> busan",
        "seoul -&gt; busan",
        "seoul &lt;-&gt; busan",
        "seoul→busan",
        "seoul — busan",
        "seoul/busan",
        "seoul:busan",
        "seoul :arrow_right: busan",
        "*seoul* `busan`.",
        '"seoul" “busan”',
        "‘seoul’ 'busan'",
        "「seoul」 «busan»",
        '"seoul busan',
        "A기관 서울 B기관 부산",
        unicodedata.normalize("NFD", "A기관 서울 B기관 부산"),  # as a Mac's file names are
        "“A기관 서울” busan",
        "a기관 b기관",
        "서울, 부산",
        "<@U0123ABC> seoul busan",
        "<@U0123ABC|replcheck>: seoul busan",
        "<@U1> <@U2> /replcheck seoul busan",
        "/replcheck check seoul busan",
        "<http://seoul|seoul> <#C1|busan>",
        "<mailto:seoul|seoul> <busan>",
    ],
)
def test_ways_to_ask_for_one_pair(text: str) -> None:
    assert read(text, KOREA) == SEOUL_BUSAN


@pytest.mark.parametrize("option", ["--trigger", "—trigger", "–trigger", "-trigger", "--TRIGGER"])
@pytest.mark.parametrize("between", [" ", "=", " = ", ":", "\u00a0"])
def test_ways_to_say_something_of_the_trigger(option: str, between: str) -> None:
    assert read(f"seoul busan {option}{between}Yes", KOREA) == Ask("seoul", "busan", "yes")
    assert read(f"{option}{between}no seoul busan", KOREA) == Ask("seoul", "busan", "no")
    assert read(f"seoul {option}{between}“no” busan", KOREA) == Ask("seoul", "busan", "no")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", Help()),
        (" \u200b\u00a0 ", Help()),
        ("?", Help()),
        ("<@U0123ABC>", Help()),
        ("/replcheck", Help()),
        ("Help", Help()),
        ("help freeze", Help()),
        ("—help", Help()),
        ("seoul -h", Help()),
        ("STATUS", Status()),
        ("status!", Status()),
        ("stop", Stop()),
        ("stop c12", Stop("c12")),
        ("stop C12", Stop("c12")),
        ("stop #12.", Stop("c12")),
        ("<@U1> stop", Stop()),
        ("freeze", Freeze()),
        ("freeze busan", Freeze("busan")),
        ("freeze B기관 부산", Freeze("busan")),
        ("unfreeze “부산”", Unfreeze("busan")),
        ("unfreeze", Unfreeze()),
        ("incidents", Incidents()),
        ("summary", Summary(7)),
        ("summary 30d", Summary(30)),
        ("summary 30", Summary(30)),
        ("summary 1 day", Summary(1)),
        ("summary 14일", Summary(14)),
    ],
)
def test_the_other_commands(text: str, command: Command) -> None:
    assert read(text, KOREA) == command


MISTAKES = [
    ("seol busan", "did-you-mean", "seoul (A기관 서울)", "seoul busan"),
    ("seoul degu", "did-you-mean", "daegu", "seoul daegu"),
    ("seoul busna —trigger no", "did-you-mean", "busan", "seoul busan --trigger no"),
    ("서을 부산", "did-you-mean", "seoul", "seoul busan"),
    ("mars busan", "no-site", "The sites are: seoul", "seoul busan"),
    ("busan daegu", "no-pair", "seoul busan, seoul daegu", "seoul busan"),
    ("jeju daegu", "no-pair", "are: seoul daegu, seoul busan", "seoul daegu"),
    ("daegu Jeju, D/본사", "no-pair", "daegu and jeju", "seoul daegu"),
    ("daegu", "one-site", "are: seoul daegu.", "seoul daegu"),
    ("--trigger yes", "no-sites", "seoul busan, seoul daegu", "seoul busan --trigger yes"),
    ("jeju", "alone", "seoul busan, seoul daegu", "seoul busan"),
    ("Seoul “A기관 서울”", "same-site", "twice", "seoul busan"),
    ("seoul busan daegu", "two-sites", "daegu (C기관 대구)", "seoul busan"),
    ("기관 부산", "did-you-mean", "busan", "seoul busan"),
    ("please check seoul daegu", "leftover", "please", "seoul daegu"),
    ("seoul busan <@U1|kim>", "leftover", "kim", "seoul busan"),
    ("seoul busan --watch 60", "unknown-option", "--watch", "seoul busan"),
    ("seoul busan --triger yes", "unknown-option", "--triger", "seoul busan --trigger yes"),
    ("seoul busan —trigger", "trigger-value", "yes or no", "seoul busan"),
    ("seoul daegu --trigger maybe", "trigger-value", "yes or no", "seoul daegu"),
    ("--trigger seoul daegu", "trigger-value", "yes or no", "seoul daegu"),
    ("seoul daegu --trigger yes --trigger no", "trigger-value", "once", "seoul daegu --trigger no"),
    ("stauts", "unknown-word", "/replcheck status", "status"),
    ("hlep me", "unknown-word", "/replcheck help", "help"),
    ("sotp c12", "unknown-word", "/replcheck stop", "stop c12"),
    ("freze busan", "unknown-word", "/replcheck freeze", "freeze busan"),
    ("unfreez mars", "unknown-word", "/replcheck unfreeze", "unfreeze seoul"),
    ("stop seoul busan", "no-check", "seoul busan", "stop"),
    ("stop c0", "no-check", "c0", "stop"),
    ("stop c12; rm -rf", "no-options", "-rf", "stop"),
    ("freeze busan --force", "no-options", "--force", "freeze busan"),
    ("freeze busn", "did-you-mean", "busan", "freeze busan"),
    ("freeze mars", "no-site", "jeju", "freeze seoul"),
    ("freeze b기관 c기관", "did-you-mean", "busan", "freeze busan"),
    ("status seoul", "takes-nothing", "seoul", "status"),
    ("status --trigger yes", "no-options", "--trigger", "status"),
    ("incidents now", "takes-nothing", "now", "incidents"),
    ("summary 367d", "no-days", "366d", "summary 7d"),
    ("summary 0", "no-days", "“0”", "summary 7d"),
    ("summary soon", "no-days", "soon", "summary 7d"),
    ("explain", "later", "later", "help"),
    ("seoul busan " * 60, "too-long", "longer", "help"),
]


@pytest.mark.parametrize(("text", "code", "words", "call"), MISTAKES)
def test_what_is_wrong_and_the_right_call(text: str, code: str, words: str, call: str) -> None:
    mistake = read(text, KOREA)
    assert isinstance(mistake, Mistake), mistake
    assert mistake.message.code == f"command.{code}"
    assert words in say(mistake.message)
    assert mistake.call == f"/replcheck {call}"
    assert say(mistake.message, "ko")


HQ = inventory(
    {"seoul-hq": "서울 본사", "seoul-dr": "서울 재해복구", "seoul": "Seoul", "busan": "부산"},
    ("seoul-hq", "seoul-dr"),
    ("busan", "seoul"),
)


def test_a_whole_name_is_meant_before_a_beginning() -> None:
    assert read("seoul busan", HQ) == Ask("busan", "seoul")
    assert read("Seoul‑HQ seoul–dr", HQ) == Ask("seoul-hq", "seoul-dr")
    assert read("서울 본사 서울 재해복구", HQ) == Ask("seoul-hq", "seoul-dr")
    assert read("본사 재해복구", HQ) == Ask("seoul-hq", "seoul-dr")


def test_a_beginning_of_two_is_neither() -> None:
    mistake = read("서울 부산", HQ)
    assert isinstance(mistake, Mistake)
    assert say(mistake.message) == (
        "서울 may mean more than one site: seoul-hq (서울 본사), seoul-dr (서울 재해복구)."
    )
    frozen = read("freeze 서울", HQ)
    assert isinstance(frozen, Mistake)
    assert frozen.message.code == "command.several-sites"


def test_words_that_part_in_two_ways_are_not_guessed() -> None:
    two_ways = inventory(
        {"one": "A", "two": "B C", "three": "A B", "four": "C"}, ("one", "two"), ("three", "four")
    )
    mistake = read("A B C", two_ways)
    assert isinstance(mistake, Mistake)
    assert say(mistake.message) == "That may mean more than one pair: one two, three four."
    assert read('A "B C"', two_ways) == Ask("one", "two")


def test_without_pairs_there_is_nothing_to_check() -> None:
    for empty in (inventory({}), inventory({"seoul": "Seoul"})):
        mistake = read("seoul busan", empty)
        assert isinstance(mistake, Mistake)
        assert mistake == Mistake(mistake.message, "/replcheck help")
        assert "no pairs" in say(mistake.message)


def test_a_long_list_is_cut() -> None:
    names = {f"s{n}": f"s{n}" for n in range(30)}
    many = inventory(names, *((f"s{n}", "s0") for n in range(1, 30)))
    mistake = read("s0", many)
    assert isinstance(mistake, Mistake)
    assert "s8 s0, …" in say(mistake.message)
    assert "s9" not in say(mistake.message)


COMMANDING = inventory(
    {"stop": "Stop", "status": "Status Island", "check": "Check", "explain": "Explain"},
    ("stop", "status"),
    ("check", "explain"),
)


def test_sites_that_are_called_like_commands() -> None:
    assert read("stop", COMMANDING) == Stop()
    assert read('"stop" status', COMMANDING) == Ask("stop", "status")
    assert read("“Status” ‘stop’", COMMANDING) == Ask("stop", "status")
    assert read("check explain", COMMANDING) == Ask("check", "explain")
    assert read("freeze stop", COMMANDING) == Freeze("stop")
    mistake = read("stap", COMMANDING)
    assert isinstance(mistake, Mistake)
    assert say(mistake.message, titles={"stop": "Stop Town"}).endswith("/replcheck stop?")
    lonely = read('"status"', COMMANDING)
    assert isinstance(lonely, Mistake)
    assert lonely.call == '/replcheck "stop" "status"'


def test_every_mistake_is_met_and_has_words() -> None:
    met = {f"command.{code}" for _, code, _, _ in MISTAKES}
    met |= {f"command.{code}" for code in ("several-sites", "several-pairs", "no-pairs")}
    for lang in LANGUAGES:
        assert {code for code in catalog(lang) if code.startswith("command.")} == met


# --- whatever is typed ---------------------------------------------------------------------

_NAMES = st.one_of(
    st.from_regex(r"\w[\w.-]{0,8}", fullmatch=True),
    st.sampled_from(["stop", "help", "check", "seoul", "Seoul", "explain", "c12", "7d", "서울"]),
)
_TITLES = st.one_of(st.text(max_size=12), st.sampled_from(["A기관 서울", "서울", "stop", "A & B"]))


@st.composite
def _inventories(draw: st.DrawFn) -> Inventory:
    names = draw(st.lists(_NAMES, max_size=5, unique=True))
    sites = {name: draw(_TITLES) for name in names}
    possible = [(a, b) for n, a in enumerate(names) for b in names[n + 1 :]]
    pairs = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    return inventory(sites, *pairs)


_TRIGGERS: st.SearchStrategy[Literal["yes", "no"] | None] = st.sampled_from(["yes", "no", None])
_PIECES = st.sampled_from(
    [
        *("seoul", "busan", "서울", "A기관", "mars", "seol", "stop", "stpo", "freeze", "unfreeze"),
        *("summary", "help", "explain", "check", "c12", "7d", "--trigger", "—trigger", "yes", "no"),
        *("=", "->", "&gt;", "&amp;lt;", "<", ">", "|", '"', "“", "'", "<@U1>", "<#C1|seoul>", "-"),
        *("<http://x|y>", "<!channel>", ":x:", "\u00a0", "\u200b", "\ud800", "\x00", "{near}"),
    ]
)
_TYPED = st.one_of(
    st.text(max_size=80),
    st.lists(_PIECES | st.text(max_size=3), max_size=12).map(" ".join),
    st.lists(_PIECES, max_size=12).map("".join),
)


def _made_of_the_inventory(command: Command, known: Inventory) -> bool:
    match command:
        case Ask(near, far, trigger):
            pair = next((p for p in known.pairs if (p.near, p.far) == (near, far)), None)
            return pair is not None and trigger in ("yes", "no", None)
        case Freeze(site) | Unfreeze(site):
            return site is None or site in known.sites
        case Stop(check):
            return check is None or re.fullmatch(r"c[1-9][0-9]{0,8}", check) is not None
        case Summary(days):
            return 1 <= days <= 366
    return True


@given(_TYPED, _inventories() | st.just(KOREA))
def test_it_never_raises_and_nothing_typed_goes_further_than_into_words(
    text: str, known: Inventory
) -> None:
    answer = read(text, known)
    if not isinstance(answer, Mistake):
        assert _made_of_the_inventory(answer, known)
        return
    for lang in LANGUAGES:
        assert len(say(answer.message, lang)) < 1500
    if len({key(name) for name in known.sites}) == len(known.sites):  # else `Seoul` and `seoul`
        right = read(answer.call, known)
        assert not isinstance(right, Mistake), "what is shown as the right call is one"


@given(st.sampled_from([KOREA, HQ, COMMANDING]), st.data())
def test_a_command_is_read_as_it_is_typed(known: Inventory, data: st.DataObject) -> None:
    sites = st.sampled_from([None, *known.sites])
    pairs = st.sampled_from(known.pairs)
    command = data.draw(
        st.one_of(
            st.sampled_from([Help(), Status(), Incidents()]),
            st.builds(Freeze, sites),
            st.builds(Unfreeze, sites),
            st.builds(Summary, st.integers(1, 366)),
            st.builds(Stop, st.none() | st.integers(1, 999_999_999).map("c{}".format)),
            st.tuples(pairs, _TRIGGERS).map(
                lambda drawn: Ask(drawn[0].near, drawn[0].far, drawn[1])
            ),
        )
    )
    assert read(typed(command), known) == command


@pytest.mark.parametrize(
    "piece", ["-", "<", "&lt;", '"', "' ", ":a", "a ", "seoul ", "ﷺ", "1:", "."]
)
def test_long_text_costs_little(piece: str) -> None:
    many = inventory({f"site{n}": f"A title of {n}" for n in range(150)}, ("site1", "site2"))
    begun = time.process_time()
    read(piece * 40_000, many)
    read((piece * 500)[:500], many)
    pairs_in((piece * 40_000)[:40_000], many)
    assert time.process_time() - begun < 1.0


# --- which pair a failure's message speaks of ----------------------------------------------


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("Replication seoul -&gt; busan failed", "seoul:busan"),
        ("job repl-seoul_busan-nightly: FAILED", "seoul:busan"),
        ("A기관 서울에서 B기관 부산으로 복제 실패", "seoul:busan"),
        ("<http://busan.example|BUSAN>, Seoul", "seoul:busan"),
        ("connect 10.81.10.11 -> 10.82.10.11:111 timed out at 12:30:01", "seoul:busan"),
        ("daegu does not answer", "seoul:daegu"),
        ("10.83.0.9.", "seoul:daegu"),
        ("seoul is slow", None),  # two pairs
        ("seoul, busan and daegu", None),
        ("busan and daegu", None),
        ("busan2 and seoulful", None),
        ("10.81.10.11.5", None),
        ("jeju", None),
        ("", None),
    ],
)
def test_the_pair_that_a_failure_speaks_of(text: str, pair: str | None) -> None:
    found = pairs_in(text, KOREA)
    assert (found.id if found else None) == pair


def test_a_title_of_two_sites_is_neither() -> None:
    twins = inventory({"a1": "HQ", "b1": "HQ", "c1": "DR"}, ("a1", "c1"), ("b1", "c1"))
    assert pairs_in("HQ to DR failed", twins) is None
    assert pairs_in("a1 to DR failed", twins) == twins.pairs[0]


@given(_TYPED, _inventories())
def test_any_message_may_be_looked_through(text: str, known: Inventory) -> None:
    found = pairs_in(text, known)
    assert found is None or found in known.pairs
