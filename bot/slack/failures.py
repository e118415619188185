"""What can become of a call to Slack, told by what the caller can do about it.

The SDK raises seven kinds of things for four kinds of trouble (facts/slack.md, pitfall 7, and
what was met beside it: an answer that is no object, or HTML that calls itself JSON). Here they
are four types, and every caller asks one question: may it stand in Slack already?
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

_NO_RETRY_AFTER = 30.0  # seconds, where a 429 does not say
_LONGEST_RETRY_AFTER = 600.0  # longer is asked again: a broken proxy must not silence us for ever
_BUSY = {"ratelimited", "rate_limited"}
_MAYBE = {"internal_error", "fatal_error", "service_unavailable", "team_added_to_org"}
"""Slack's own words for trouble of its own; "some aspect of the operation" may have succeeded."""
_NOT_READ = {"request_timeout"}  # Slack did not get the whole call
_BAD_REQUEST = {400, 413, 414, 431}  # about the call itself: it won't fare better later
_WAITS_FOR_A_PERSON = {
    "access_denied",
    "account_inactive",
    "ekm_access_denied",
    "invalid_auth",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}


class SlackFailure(Exception):  # noqa: N818 - the four below are what Slack did
    """A call did not succeed. reason: one word, without anything that was said."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Refused(SlackFailure):
    """Slack said no, and would say no again: `channel_not_found`, `invalid_blocks` …"""

    @property
    def waits_for_a_person(self) -> bool:
        """It is about us, not about what was asked: a new token makes the same call pass."""
        return self.reason in _WAITS_FOR_A_PERSON


class Busy(SlackFailure):
    """429: not taken; after `retry_after` seconds it may be."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("ratelimited")
        self.retry_after = retry_after


class Unsure(SlackFailure):
    """No answer, or none of Slack's: it may have been done, or be done still."""


class Down(SlackFailure):
    """Slack was not reached: it was certainly not done."""


@contextmanager
def told() -> Iterator[None]:
    """What is raised within becomes one of the four."""
    try:
        yield
    except SlackApiError as error:
        raise _answered(error.response) from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Down(type(error).__name__) from error
    except aiohttp.ClientHttpProxyError as error:
        raise Down(f"proxy_{error.status}") from error
    except (TimeoutError, OSError, aiohttp.ClientError) as error:
        raise Unsure(type(error).__name__) from error
    except (AttributeError, ValueError) as error:
        # The SDK takes an answer apart before it looks whether it is an object: a proxy's text
        # page with status 200 ends here.
        raise Unsure("no_answer_of_slack") from error


def answer_of_response_url(status: int, headers: Mapping[str, str], body: str) -> None:
    """Raises what a response_url's answer means; it is "ok", JSON, or an error's name."""
    if status == 200 and not _said_no(body):
        return
    word = body.strip()
    said = {"error": word} if word.replace("_", "").isalnum() else _object(body)
    raise _failure(status, headers, said)


def answer_of_upload(status: int, headers: Mapping[str, str]) -> None:
    """Raises what the answer to a file's bytes means; 200 is all that is well."""
    if status != 200:
        raise _failure(status, headers, {})


def _said_no(body: str) -> bool:
    return _object(body).get("ok") is False


def _object(body: str) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _answered(response: Any) -> SlackFailure:  # noqa: ANN401 - three types, all untyped
    """response: AsyncSlackResponse with a dict, a str or nothing in it; or, where HTML called
    itself JSON, aiohttp's own response."""
    data = getattr(response, "data", None)
    status = response.status_code if hasattr(response, "status_code") else response.status
    return _failure(status, response.headers, data if isinstance(data, Mapping) else {})


def _failure(status: int, headers: Mapping[str, str], said: Mapping[str, Any]) -> SlackFailure:
    error = said.get("error")
    if status == 429 or error in _BUSY:
        return Busy(_retry_after(headers))
    if error in _NOT_READ:
        return Down(error)
    if isinstance(error, str) and error and error not in _MAYBE:
        return Refused(error)
    if status in _BAD_REQUEST:
        return Refused(f"http_{status}")
    return Unsure(error if isinstance(error, str) and error else f"http_{status}")


def _retry_after(headers: Mapping[str, str]) -> float:
    given = headers.get("Retry-After", "")
    seconds = float(given) if given.isascii() and given.isdigit() else _NO_RETRY_AFTER
    return min(max(seconds, 1.0), _LONGEST_RETRY_AFTER)
