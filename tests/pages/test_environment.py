"""What opens the pages to others, out of the environment."""

from __future__ import annotations

import pytest

from bot.pages.access import PagesAccess
from bot.secrets import PAGES_TOKEN, PAGES_URL, SECRET_KEY, BadEnvironment, take
from bot.words import say

TOKEN = "a token that opens everything"


def test_without_any_only_this_machine_reads() -> None:
    assert take({}).pages == PagesAccess()
    assert not take({}).pages.configured


def test_what_is_set_is_taken_out_of_the_environment() -> None:
    environ = {SECRET_KEY: "signs links", PAGES_TOKEN: TOKEN, PAGES_URL: "https://r.example/"}
    assert take(environ).pages == PagesAccess("signs links", TOKEN, "https://r.example")
    assert SECRET_KEY not in environ
    assert PAGES_TOKEN not in environ


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({PAGES_TOKEN: "short"}, "at least 16 characters"),
        ({PAGES_URL: "r.example"}, "http(s) address"),
        ({PAGES_URL: "javascript:alert(1)"}, "http(s) address"),
        ({PAGES_URL: "https://r.example/?a=b"}, "http(s) address"),
        ({PAGES_URL: "https://r.example/under/here"}, "http(s) address"),
        ({PAGES_URL: "https://a b"}, "http(s) address"),
    ],
)
def test_what_cannot_be_used_is_named_without_its_value(environ: dict[str, str], says: str) -> None:
    (value,) = environ.values()
    with pytest.raises(BadEnvironment) as bad:
        take(dict(environ))
    (mistake,) = bad.value.mistakes
    assert says in say(mistake)
    assert value not in say(mistake)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "https://[::1]:8443", "https://r.example:443"]
)
def test_addresses_that_can_be_reached_are_taken(url: str) -> None:
    assert take({PAGES_URL: url}).pages.url == url
