"""Is a delivery from whom it says: a reason, not a bool (pure).

Secrets are compared in constant time. A signature is over the raw body; where a timestamp goes
with it, over both, and what is older than five minutes is refused (contract.md, "Serving").
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping

from probes.inventory import Hook

SIGNATURE, TIMESTAMP = "X-Replcheck-Signature", "X-Replcheck-Timestamp"
GRAFANA, GRAFANA_TIMESTAMP = "X-Grafana-Alerting-Signature", "X-Grafana-Alerting-Timestamp"
"""The second has no default at Grafana: this is the name to configure there. The text signed is
then TIMESTAMP:BODY (grafana.com/docs, "Configure webhook notifications")."""
PAGERDUTY = "X-PagerDuty-Signature"
"""`v1=HEX`, several with commas while a secret is replaced; any may fit
(developer.pagerduty.com, "Verifying signatures")."""
OLDEST = 300.0
"""Seconds by which a timestamp may differ from our clock."""

_TIME = re.compile(r"[0-9]{1,12}")


def refusal(
    hook: Hook,
    headers: Mapping[str, str],
    tokens: list[str],
    body: bytes,
    secret: str,
    now: float,
) -> str | None:
    """Why the delivery is not taken, as a code of words; None: it is from whom it says.

    headers: without regard to case. tokens: all `token` in the address. now: epoch seconds.
    """
    if hook.auth == "bearer":
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        fits = scheme.lower() == "bearer" and _same(given.strip(), secret)
        return None if fits else "intake.wrong-bearer"
    if hook.auth == "url-token":
        fits = len(tokens) == 1 and _same(tokens[0], secret)
        return None if fits else "intake.wrong-token"
    return _unsigned(hook, headers, body, secret, now)


def _unsigned(
    hook: Hook, headers: Mapping[str, str], body: bytes, secret: str, now: float
) -> str | None:
    given, timestamp, signed = _claims(hook, headers, body)
    if not given:
        return "intake.no-signature"
    if hook.require_timestamp and timestamp is None:
        return "intake.no-timestamp"
    if timestamp is not None:
        if not _TIME.fullmatch(timestamp):
            return "intake.wrong-timestamp"
        if abs(now - int(timestamp)) > OLDEST:
            return "intake.old-timestamp"
    right = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    fits = [_same(one.lower(), right) for one in given]  # all of them, however many fit
    return None if any(fits) else "intake.wrong-signature"


def _claims(
    hook: Hook, headers: Mapping[str, str], body: bytes
) -> tuple[list[str], str | None, bytes]:
    """The signatures given in hex, the timestamp, and the text that they are to cover."""
    if hook.format == "pagerduty" and PAGERDUTY in headers:
        return list(_versions(headers[PAGERDUTY])), None, body
    if hook.format == "grafana" and GRAFANA in headers:
        timestamp = headers.get(GRAFANA_TIMESTAMP)
        signed = body if timestamp is None else timestamp.encode() + b":" + body
        return [headers[GRAFANA].strip()], timestamp, signed
    timestamp = headers.get(TIMESTAMP)
    signed = body if timestamp is None else timestamp.encode() + b"." + body
    form, _, given = headers.get(SIGNATURE, "").strip().partition("=")
    return [given] if form.lower() == "sha256" and given else [], timestamp, signed


def _versions(header: str) -> Iterator[str]:
    for claim in header.split(",")[:10]:
        version, _, given = claim.strip().partition("=")
        if version == "v1" and given:
            yield given


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), right.encode())
