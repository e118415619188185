"""A table of examples both ways: what must go, and what must stay as it is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.redact import SECRET, clean, harmless, redact, redact_lines, redact_words

PEM = "-----BEGIN OPENSSH PRIVATE KEY-----"
PEM_END = "-----END OPENSSH PRIVATE KEY-----"

STRUCK = [
    ("./ddpconnchk -s 10.82.20.12 -u ddboost -p P@SsW0rd", "P@SsW0rd"),
    ("./ddpconnchk -s DATA_DOMAIN_IP -u ddboost -p 123456", "123456"),
    ("tool -u svc_dd_boost -x -p hunter2 --verbose", "hunter2"),
    ("sshpass -p s3cr3t ssh host", "s3cr3t"),
    ("sshpass -ps3cr3t ssh host", "s3cr3t"),
    ("mysql -u root -pTopSecret db", "TopSecret"),
    ("avtar --id=u --password=Changeme1 --path=/x", "Changeme1"),
    ("avtar --id=u --ap=Changeme1", "Changeme1"),
    ("mccli login --mcspasswd=Avam@r1", "Avam@r1"),
    ("mccli login --mcspasswd Avam@r1", "Avam@r1"),
    ("--password 'two words' --next", "two words"),
    ('--password="two words" --next', "two words"),
    ("plink -pw geheim host", "geheim"),
    ("pw=geheim", "geheim"),
    ("password: letmein", "letmein"),
    ("Password for ddboost: letmein", "letmein"),
    ("비밀번호: 비밀이다", "비밀이다"),
    ("DB_PASSWORD=abc,def;ghi", "def"),
    ('{"password": "a\\"bc"}', "bc"),
    (r'"{\"password\": \"escaped1\", \"user\": 1}"', "escaped1"),
    ("{'api_key': 'k-12345'}", "k-12345"),
    ("<mcspasswd>Avam@r1</mcspasswd>", "Avam@r1"),
    ('<snmp community="cHVibGlj" version="2c">', "cHVibGlj"),
    ("snmp-server community s3cr3tro RO", "s3cr3tro"),
    ("snmpwalk -v2c -c s3cr3tro 10.0.0.1", "s3cr3tro"),
    ("shared secret = 0xdeadbeef", "0xdeadbeef"),
    ("client_secret=abc123&x=1", "abc123"),
    ("curl -u admin:hunter2 https://host/", "hunter2"),
    ("https://user:p@ss@host:443/path", "p@ss"),
    ("Authorization: Bearer abcdefghijkl", "abcdefghijkl"),
    ("Authorization: Basic dXNlcjpwdw==", "dXNlcjpwdw=="),
    ("X-DD-AUTH-TOKEN: 7f3a99", "7f3a99"),
    ("Set-Cookie: a=1; session=fedcba", "fedcba"),
    ("sent bearer 0a1b2c3d4e5f", "0a1b2c3d4e5f"),
    ("token xoxb-12345-67890-abcDEF", "12345-67890"),
    ("xapp-1-A0-1-deadbeef", "deadbeef"),
    ("cloned with ghp_0123456789abcdefABCDEF", "0123456789abcdef"),
    ("id AKIAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", "wJalrXUtnFEMI"),
    ("x eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSM y", "SflKxwRJSM"),
    ("https://hooks.slack.com/services/T000/B000/XXXX", "B000/XXXX"),
    ("root:$6$salt$hashhashhash:19000:0", "hashhashhash"),
    ("openssl rsa -passin pass:geheim", "geheim"),
]

ORDINARY = [
    "rpcinfo -p 10.82.20.12",
    "ping -p ff 10.0.0.1",
    "ssh -p 2222 root@host",
    "mkdir -p /tmp/x",
    "iperf -u -c 10.0.0.1 -p 5001",
    "nmap -u root -p 111,2049",
    "ps -u root -p 4711",
    "perl -e 'print 1' 10.82.20.12 111",
    "PWD=/root OLDPWD=/home/admin",
    "**   Username: svc_dd_boost",
    "**   Password: **************",
    "** - Verify username/passwd matches values",
    "You are required to change your password immediately (password aged)",
    "global-authentication-mode    two-way-password",
    "PasswordAuthentication yes",
    "ddboost user show list: Using Token Access",
    "41439 | Using invalid token | same",
    "Community: 65000:100",
    "see dell.com/community about roles",
    "tests pass: 5, failed: 0",
    "http://10.0.0.1:8080/a@b",
    "Basic authentication is off",
    "a bearer certificate",
    "tcp        0     60 10.81.10.11:44537     10.82.20.12:111        ESTABLISHED",
    "64 bytes from 10.82.20.12: icmp_seq=1 ttl=50 time=4.26 ms",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI host",
    "avtar Info <5314>: Command failed (5 errors, exit code 10007: miscellaneous error)",
]


@pytest.mark.parametrize(("text", "secret"), STRUCK)
def test_a_secret_goes(text: str, secret: str) -> None:
    struck = redact(text)
    assert secret not in struck
    assert SECRET in struck
    assert redact(struck) == struck


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    assert redact(text) == text


def test_what_stands_around_a_secret_stays() -> None:
    assert redact('<snmp community="abc" version="2c">') == (
        f'<snmp community="{SECRET}" version="2c">'
    )
    assert redact("ddpconnchk -s H -u ddboost -p x1 -v") == (
        f"ddpconnchk -s H -u ddboost -p {SECRET} -v"
    )


def test_a_private_key_goes_line_by_line() -> None:
    lines = ["before", PEM, "b3BlbnNzaC1rZXk", "AAAA", PEM_END, "after"]
    assert redact_lines(lines) == ["before", *[SECRET] * 4, "after"]


def test_a_private_key_whose_end_was_cut_off_goes_to_the_end() -> None:
    assert redact(f"before\n{PEM}\nb3BlbnNz\nAAAA") == "\n".join(["before", *[SECRET] * 3])


def test_a_command_given_as_words() -> None:
    words = ("ddpconnchk", "-s", "10.0.0.1", "-u", "ddboost", "-p", "P@ss W0rd")
    assert redact_words(words) == [*words[:-1], SECRET]
    ordinary = ("/usr/bin/ping", "-n", "-p", "ff", "10.0.0.1")
    assert redact_words(ordinary) == list(ordinary)
    script = ("perl", "-e", "my $x = 1;\nprint $x", "10.0.0.1", "111", "")
    assert redact_words(script) == list(script)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("pas word=:-u'\"\\ <>/@*community\n\u00ab")))
def test_striking_twice_changes_nothing_and_lines_are_kept(text: str) -> None:
    once = redact(text)
    assert once.count("\n") == text.count("\n")
    assert redact(once) == once


FRAGMENTS = st.sampled_from(
    [text for text, _ in STRUCK]
    + ORDINARY
    + [PEM, PEM_END, "password", "pw", "argv", "-p", "x", "\ud800", "\n", "비밀번호"]
)
VALUES = st.recursive(
    FRAGMENTS | st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FRAGMENTS, inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None)
@given(VALUES)
def test_what_looks_harmless_has_nothing_to_clean(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    cleaned = clean(json.loads(text))
    assert not harmless(text) or cleaned == json.loads(text)


@pytest.mark.parametrize(("text", "secret"), STRUCK)
def test_no_secret_looks_harmless(text: str, secret: str) -> None:
    del secret
    assert not harmless(json.dumps({"said": [text]}, ensure_ascii=False))
    assert not harmless(json.dumps({"argv": text.split()}, ensure_ascii=False))


@pytest.mark.parametrize(
    "unit", ["a", "0f", "password", "curl ", "eyJa-", "-u x ", "snmp ", "x://", "<password", "  "]
)
def test_hostile_output_costs_little(unit: str) -> None:
    """Ten times the text costs about ten times the time, not a hundred times."""
    text = unit * (100_000 // len(unit))
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 5.0
