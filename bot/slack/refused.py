"""What Slack refuses for good, told from what passes: a wrong token waits for a person, a
Slack that is down only for time."""

from __future__ import annotations

from collections.abc import AsyncIterator

import stamina
from slack_sdk.errors import SlackApiError

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


class Refused(Exception):  # noqa: N818 - it is what Slack did
    """Slack says no, and goes on saying no until somebody mends it; `words` says how."""

    def __init__(self, words: Message) -> None:
        super().__init__(say(words))
        self.words = words


def refusal(error: BaseException, variable: str) -> Refused | None:
    """The refusal in a failed call that used this variable's token; None: it may pass.

    What failed has several shapes, some without an answer in them (facts/slack.md, pitfall 7).
    """
    data = getattr(getattr(error, "response", None), "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, SlackApiError) or code not in _MENDS:
        return None
    return Refused(Message(_MENDS[code], {"name": variable, "error": code}))


def again(first: float, most: float) -> AsyncIterator[stamina.Attempt]:
    """Attempts without end, for `with attempt:`; the pauses between them grow from `first` to
    `most` seconds. Refusals are tried again too: somebody may mend them meanwhile. Each failure
    is logged with the pause that follows it."""
    return stamina.retry_context(
        on=Exception,
        attempts=None,
        timeout=None,
        wait_initial=first,
        wait_max=most,
        wait_jitter=min(1.0, first),
    )
