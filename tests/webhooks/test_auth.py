"""Who may send: each form of the contract, right, wrong, missing, old and replayed."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.secrets import BadEnvironment
from bot.webhooks.auth import refusal
from bot.webhooks.secrets import take
from probes.inventory import Hook
from tests.webhooks.desk import NOW, SECRET, hook, sending, signed

Json = Any
BODY = b'{"job": "repl-seoul-1", "status": "failed", "id": "run-1"}'
AT = int(NOW)


def mac(text: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def ours(text: bytes = BODY, secret: str = SECRET, at: int | None = None) -> dict[str, str]:
    timed = {} if at is None else {"x-replcheck-timestamp": str(at)}
    return {"x-replcheck-signature": f"sha256={mac(text, secret)}", **timed}


def why(given_to: Hook, headers: dict[str, str], *tokens: str, body: bytes = BODY) -> str | None:
    return refusal(given_to, CIMultiDict(headers), list(tokens), body, SECRET, NOW)


STAMPED = ours(f"{AT}.".encode() + BODY, at=AT)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (ours(), None),
        ({k: v.upper().replace("SHA", "sha") for k, v in ours().items()}, None),
        (STAMPED, None),
        ({}, "no-signature"),
        (ours(secret="another"), "wrong-signature"),
        (ours(BODY + b" "), "wrong-signature"),
        ({"x-replcheck-signature": mac(BODY)}, "no-signature"),
        ({"x-replcheck-signature": "sha256="}, "no-signature"),
        ({"x-replcheck-signature": "sha1=" + mac(BODY)}, "no-signature"),
        ({"x-replcheck-signature": "sha256=é"}, "wrong-signature"),
        (ours(at=AT), "wrong-signature"),  # a timestamp put beside a signature of the body
        ({k: v for k, v in STAMPED.items() if "time" not in k}, "wrong-signature"),  # taken away
        ({**STAMPED, "x-replcheck-timestamp": str(AT + 1)}, "wrong-signature"),
        ({**STAMPED, "x-replcheck-timestamp": "now"}, "wrong-timestamp"),
        ({**STAMPED, "x-replcheck-timestamp": "-1"}, "wrong-timestamp"),
        ({**STAMPED, "x-replcheck-timestamp": "٣"}, "wrong-timestamp"),
        ({"x-pagerduty-signature": "v1=" + mac(BODY)}, "no-signature"),
        ({"x-grafana-alerting-signature": mac(BODY)}, "no-signature"),
    ],
)
def test_the_contracts_signature(headers: dict[str, str], code: str | None) -> None:
    assert why(hook(), headers) == (code and f"intake.{code}")


@pytest.mark.parametrize(
    ("off", "code"),
    [(-300, None), (-301, "old-timestamp"), (300, None), (301, "old-timestamp")],
)
def test_a_timestamp_holds_for_five_minutes(off: int, code: str | None) -> None:
    at = AT + off
    headers = ours(f"{at}.".encode() + BODY, at=at)
    assert why(hook(), headers) == (code and f"intake.{code}")


def test_a_hook_may_want_a_timestamp() -> None:
    strict = hook(require_timestamp=True)
    assert why(strict, STAMPED) is None
    assert why(strict, ours()) == "intake.no-timestamp"
    of_grafana = hook(format="grafana", require_timestamp=True)
    assert why(of_grafana, {"x-grafana-alerting-signature": mac(BODY)}) == "intake.no-timestamp"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"x-grafana-alerting-signature": mac(BODY)}, None),
        (
            {
                "x-grafana-alerting-signature": mac(f"{AT}:".encode() + BODY),
                "x-grafana-alerting-timestamp": str(AT),
            },
            None,
        ),
        (
            {
                "x-grafana-alerting-signature": mac(f"{AT - 301}:".encode() + BODY),
                "x-grafana-alerting-timestamp": str(AT - 301),
            },
            "old-timestamp",
        ),
        ({"x-grafana-alerting-signature": mac(BODY, "another")}, "wrong-signature"),
        ({"x-grafana-alerting-signature": ""}, "wrong-signature"),
        (ours(), None),
        ({}, "no-signature"),
    ],
)
def test_grafanas_own_header(headers: dict[str, str], code: str | None) -> None:
    assert why(hook(format="grafana"), headers) == (code and f"intake.{code}")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (f"v1={mac(BODY)}", None),
        (f"v1={mac(BODY, 'the one before')},v1={mac(BODY)}", None),
        (f"v1={mac(BODY, 'a')}, v1={mac(BODY, 'b')}", "wrong-signature"),
        (f"v2={mac(BODY)}", "no-signature"),
        ("", "no-signature"),
        ("v1=" * 100, "wrong-signature"),
    ],
)
def test_pagerdutys_own_header(header: str, code: str | None) -> None:
    found = why(hook(format="pagerduty"), {"X-PagerDuty-Signature": header})
    assert found == (code and f"intake.{code}")


@pytest.mark.parametrize(
    ("given_as", "fits"),
    [
        (f"Bearer {SECRET}", True),
        (f"bearer  {SECRET}", True),
        ("Bearer wrong", False),
        ("Bearer", False),
        (f"Basic {SECRET}", False),
        (SECRET, False),
        ("Bearer \udcff", False),
        (None, False),
    ],
)
def test_bearer(given_as: str | None, fits: bool) -> None:
    headers = {"authorization": given_as} if given_as is not None else {}
    assert why(hook(auth="bearer"), headers) == (None if fits else "intake.wrong-bearer")


@pytest.mark.parametrize(
    ("tokens", "fits"),
    [((SECRET,), True), (("wrong",), False), ((), False), ((SECRET, "wrong"), False)],
)
def test_a_token_in_the_address(tokens: tuple[str, ...], fits: bool) -> None:
    found = why(hook(auth="url-token"), {}, *tokens)
    assert found == (None if fits else "intake.wrong-token")


@pytest.mark.parametrize("auth", ["hmac", "bearer", "url-token"])
@pytest.mark.parametrize("form", ["generic", "grafana", "pagerduty"])
@given(header=st.text(), timestamp=st.text(), token=st.text())
def test_no_wild_credentials_pass(
    auth: str, form: str, header: str, timestamp: str, token: str
) -> None:
    headers = {
        "X-Replcheck-Signature": header,
        "X-Grafana-Alerting-Signature": header,
        "X-PagerDuty-Signature": header,
        "Authorization": header,
        "X-Replcheck-Timestamp": timestamp,
        "X-Grafana-Alerting-Timestamp": timestamp,
    }
    assert why(hook(auth=auth, format=form), headers, token) is not None


async def test_over_http(tmp_path: Path) -> None:
    hooks = (hook(), hook("bearer", auth="bearer"), hook("token", auth="url-token"))
    json_type = {"Content-Type": "application/json"}
    async with sending(tmp_path / "replcheck.db", *hooks) as sender:

        async def status(name: str, headers: dict[str, str]) -> int:
            return (await sender.post(BODY, name, headers=json_type | headers)).status

        assert await status("avamar", signed(BODY)) == 202
        assert await status("avamar", signed(BODY, at=AT)) == 202
        assert await status("avamar", signed(BODY, at=AT - 301)) == 401
        assert await status("bearer", {"Authorization": f"Bearer {SECRET}"}) == 202
        assert await status("bearer", signed(BODY)) == 401
        address = "/hooks/token"
        for query, expected in (({"token": SECRET}, 202), ({"token": "x"}, 401), ({}, 401)):
            answer = await sender.client.post(address, params=query, data=BODY, headers=json_type)
            assert answer.status == expected


async def test_a_replay_changes_nothing(tmp_path: Path) -> None:
    """Within five minutes a copied delivery passes, and is the same event."""
    async with sending(tmp_path / "replcheck.db") as sender:
        headers = signed(BODY, at=AT)
        first = await (await sender.post(BODY, headers=headers)).json()
        sender.clock.now += 200
        again = await (await sender.post(BODY, headers=headers)).json()
        assert (again["duplicate"], again["event"]) == (True, first["event"])
        sender.clock.now += 200
        assert (await sender.post(BODY, headers=headers)).status == 401


def test_secrets_are_taken_out_of_the_environment() -> None:
    environ = {"HOOK_SECRET": " s3cret ", "OTHER": "x"}
    assert take(environ, [hook(), hook("second")]) == {"avamar": "s3cret", "second": "s3cret"}
    assert environ == {"OTHER": "x"}


@pytest.mark.parametrize("environ", [{}, {"HOOK_SECRET": ""}, {"HOOK_SECRET": "  "}])
def test_a_hook_without_a_secret_is_named(environ: dict[str, str]) -> None:
    with pytest.raises(BadEnvironment) as found:
        take(environ, [hook()])
    (mistake,) = found.value.mistakes
    assert mistake.params == {"hook": "avamar", "name": "HOOK_SECRET"}
