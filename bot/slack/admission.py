"""Whether Slack takes our tokens: a wrong one waits for a person, a Slack that is down for time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import stamina

from bot.slack.failures import Busy, Refused, SlackFailure, told
from bot.words import say
from probes.model import Message

_MENDS = {
    "invalid_auth": "serve.token-unknown",
    "not_authed": "serve.token-unknown",
    "account_inactive": "serve.app-removed",
    "token_revoked": "serve.app-removed",
    "token_expired": "serve.token-expired",
    "not_allowed_token_type": "serve.wrong-kind",
    "missing_scope": "serve.scope-missing",
    "no_permission": "serve.scope-missing",
    "org_login_required": "serve.workspace-refuses",
    "ekm_access_denied": "serve.workspace-refuses",
    "team_access_not_granted": "serve.workspace-refuses",
    "access_denied": "serve.workspace-refuses",
}


class NotAdmitted(Exception):  # noqa: N818 - it is what we are
    """Slack does not take a token, and won't until somebody mends it; `words` says how."""

    def __init__(self, words: Message) -> None:
        super().__init__(say(words))
        self.words = words


@contextmanager
def admitted(variable: str) -> Iterator[None]:
    """What calls with this variable's token raise becomes NotAdmitted or a SlackFailure."""
    try:
        with told():
            yield
    except Refused as refused:
        if refused.reason not in _MENDS:
            raise
        words = {"name": variable, "error": refused.reason}
        raise NotAdmitted(Message(_MENDS[refused.reason], words)) from refused


def again(first: float, most: float) -> AsyncIterator[stamina.Attempt]:
    """Attempts without end, for `with attempt:`; the pauses between them grow from `first` to
    `most` seconds, or are what Slack asks for. A token that was not taken is tried again too:
    somebody may mend it meanwhile. Each failure is logged with the pause that follows it."""
    return stamina.retry_context(
        on=_pause,
        attempts=None,
        timeout=None,
        wait_initial=first,
        wait_max=most,
        wait_jitter=min(1.0, first),
    )


def _pause(error: Exception) -> bool | float:
    if isinstance(error, Busy):
        return error.retry_after
    return isinstance(error, NotAdmitted | SlackFailure)
