"""Who may read what: links that are signed, tokens, and what counts as this machine."""

from __future__ import annotations

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.access import LINK_DAYS, Asked, Keys, PagesAccess, is_local, opens

NOW = 1_795_000_000.0
SECRET, TOKEN = "a secret key of some length", "a token that opens everything"
HERE = Asked("127.0.0.1", {"Host": "127.0.0.1:8080"})


def key_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["key"][0]


def link(incident: str = "i7", secret: str = SECRET) -> str:
    return Keys(secret).signed_link("https://replcheck.example/", incident, NOW)


def test_a_link_names_its_incident_and_opens_it() -> None:
    assert link().startswith("https://replcheck.example/incidents/i7?key=")
    assert Keys(SECRET).opens(key_of(link()), "i7", NOW + 1)


@pytest.mark.parametrize("incident", ["i8", "i77", "", "I7"])
def test_a_link_opens_no_other_incident(incident: str) -> None:
    assert not Keys(SECRET).opens(key_of(link()), incident, NOW)


def test_a_link_expires() -> None:
    until = NOW + LINK_DAYS * 86400
    assert Keys(SECRET).opens(key_of(link()), "i7", until - 1)
    assert not Keys(SECRET).opens(key_of(link()), "i7", until)


def test_another_secret_signs_nothing_here() -> None:
    assert not Keys(SECRET).opens(key_of(link(secret="another key of some length")), "i7", NOW)


@given(st.data())
def test_a_key_that_was_changed_in_any_place_opens_nothing(data: st.DataObject) -> None:
    key = key_of(link())
    place = data.draw(st.integers(0, len(key) - 2))  # the last sign has bits that are not used
    sign = data.draw(st.characters(codec="ascii").filter(lambda c: c != key[place]))
    assert not Keys(SECRET).opens(key[:place] + sign + key[place + 1 :], "i7", NOW)


@given(st.text(max_size=600))
def test_no_text_is_a_key(text: str) -> None:
    assert not Keys(SECRET).opens(text, "i7", NOW)


@pytest.mark.parametrize("said", [["i7"], "i7", {"i7": 1}, ["i7", "9"], [7, 9], ["i7", 9, 9], None])
def test_what_is_signed_in_another_form_opens_nothing(said: object) -> None:
    keys = Keys(SECRET)
    assert not keys.opens(str(keys._serializer.dumps(said)), "i7", NOW)


def test_a_key_tells_no_secret() -> None:
    payload = key_of(link()).partition(".")[0]
    padded = payload + "=" * (-len(payload) % 4)
    assert json.loads(base64.urlsafe_b64decode(padded)) == ["i7", int(NOW) + LINK_DAYS * 86400]


# --- without any setting ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1:8080"},
        {"Host": "localhost"},
        {"Host": "localhost:8080"},
        {"Host": "[::1]:8080"},
        {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"},
        {"Host": "127.0.0.1", "Forwarded": 'for="[::1]:4711";proto=http'},
    ],
)
@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "127.9.9.9", "::ffff:127.0.0.1"])
def test_this_machine_reads_everything(peer: str, headers: dict[str, str]) -> None:
    assert opens(PagesAccess(), Asked(peer, headers), None, NOW) == "all"


@pytest.mark.parametrize("peer", ["10.81.10.11", "::ffff:10.0.0.1", "fe80::1%eth0", "", None])
def test_other_machines_read_nothing(peer: str | None) -> None:
    assert opens(PagesAccess(), Asked(peer, {"Host": "127.0.0.1"}), "i7", NOW) == "nothing"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"},
        {"X-Forwarded-For": "203.0.113.9, 127.0.0.1"},
        {"X-Forwarded-For": ""},
        {"X-Forwarded-For": "unknown"},
        {"x-forwarded-for": "203.0.113.9"},
        {"X-Forwarded-Host": "replcheck.example"},
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "for=203.0.113.9"},
        {"Forwarded": "for=127.0.0.1, for=203.0.113.9"},
        {"Forwarded": "proto=https"},
        {"Forwarded": "for=_hidden"},
        {"X-Real-IP": "203.0.113.9"},
        {"Via": "1.1 squid"},
    ],
)
def test_what_a_proxy_passed_on_from_elsewhere_is_not_this_machine(headers: dict[str, str]) -> None:
    assert not is_local(Asked("127.0.0.1", {"Host": "127.0.0.1", **headers}))


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1", "", "[::]"])
def test_a_foreign_name_that_resolves_to_this_machine_is_kept_out(host: str) -> None:
    """A web site that is open in a browser here may give its own name our address."""
    assert not is_local(Asked("127.0.0.1", {"Host": host}))


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=20), st.text(max_size=40)))
def test_no_header_makes_another_machine_this_one(host: str, headers: dict[str, str]) -> None:
    asked = Asked("203.0.113.9", {**headers, "Host": host})
    assert opens(PagesAccess(SECRET), asked, "i7", NOW) == "nothing"


# --- as soon as access is configured --------------------------------------------------------------


def bearing(token: str, scheme: str = "Bearer") -> Asked:
    return Asked("203.0.113.9", {"Authorization": f"{scheme} {token}"})


def test_the_token_opens_all_from_anywhere() -> None:
    access = PagesAccess(token=TOKEN)
    assert opens(access, bearing(TOKEN), None, NOW) == "all"
    assert opens(access, bearing(TOKEN, "bearer"), "i7", NOW) == "all"


@pytest.mark.parametrize(
    "asked", [bearing("x"), bearing(""), bearing(TOKEN, "Basic"), bearing("é")]
)
def test_another_token_opens_nothing(asked: Asked) -> None:
    assert opens(PagesAccess(token=TOKEN), asked, None, NOW) == "nothing"


def test_without_a_token_none_is_right() -> None:
    assert opens(PagesAccess(), bearing(""), None, NOW) == "nothing"


@pytest.mark.parametrize("access", [PagesAccess(token=TOKEN), PagesAccess(url="https://r.example")])
def test_then_nobody_is_trusted_for_where_they_come_from(access: PagesAccess) -> None:
    """A proxy that says nothing of itself looks like this machine."""
    assert opens(access, HERE, None, NOW) == "nothing"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost", "http://[::1]:80", ""]
)
def test_an_address_of_this_machine_configures_nobody_else(url: str) -> None:
    assert opens(PagesAccess(SECRET, url=url), HERE, None, NOW) == "all"


def test_a_link_opens_one_incident_and_never_the_list() -> None:
    access = PagesAccess(SECRET, TOKEN)
    with_key = Asked("203.0.113.9", {}, key_of(link()))
    assert opens(access, with_key, "i7", NOW) == "one"
    assert opens(access, with_key, "i8", NOW) == "nothing"
    assert opens(access, with_key, None, NOW) == "nothing"


def test_without_a_secret_no_link_opens() -> None:
    forged = Asked("203.0.113.9", {}, key_of(link(secret="")))
    assert opens(PagesAccess(), forged, "i7", NOW) == "nothing"


def test_secrets_stand_in_no_log() -> None:
    shown = repr(PagesAccess(SECRET, TOKEN, "https://r.example"))
    assert SECRET not in shown
    assert TOKEN not in shown
