"""Strikes secrets out of text before it is stored (law 6). Pure.

Rather too much than too little: a struck word can be asked for again, a stored secret
cannot be taken back. Ordinary text stays as it is: `rpcinfo -p host`, `ssh -p 22`,
`PWD=/root`, `Password: ********`, `verify username/passwd matches`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

SECRET = "«secret»"  # noqa: S105 (this is what stands in a secret's place)

# What may stand after `password=`: a quoted string, closed or not, else all up to a blank.
# The quotes are kept, so that XML and JSON can still be read. Every repetition that could
# begin anew at each character is bounded: what a host prints must not cost minutes.
_OPEN = r"""(?:\\"|"|'|)"""
_VALUE = (
    rf"""(?!{SECRET}|[*•]+(?:[\s"'\\]|$))"""
    r"""(?:(?<=\\")(?:[^"\\]|\\[^"])+|(?<!\\)(?<=")(?:[^"\\]|\\.)+|(?<=')[^']+"""
    r"""|(?<!["'])(?!\\?["'])\S+)"""
)

# Names whose value is a secret. Short ones only with `=`: `pass: 5` is a test's summary.
_NAME = (
    r"(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|auth[_-]?key|credentials?|cert-chain|community|authorization|비밀번호|암호)"
)
_NAMED = rf"""{_NAME}(?:\s+for\s+\S{{1,80}}?)?(?:\\?["'])?\s*[:=]\s*"""
_NUMBERS = r"[\d:,.-]+(?:\s|$)"  # a port, a process, a BGP community: no password

_NAME_SIGNS = (
    "passw phrase secret token key credential cert-chain community authorization 비밀번호 암호"
)

# `-p` is a password after some programs; elsewhere only `-u NAME … -p PASSWORD` is one.
_PASSWORD_TOOL = (
    r"(?P<keep>\b(?:ddpconnchk|sshpass|mysql\w*|mccli|avmgr|smbclient|ldapsearch)\b"
    rf"(?:\s.{{0,400}}?)?\s-[pw]\s*{_OPEN})(?![\s-]){_VALUE}"
)
_USER_AND_PASSWORD = (
    rf"(?P<keep>\s-u\s+[^\s-]\S{{0,80}}(?:\s.{{0,200}}?)?\s-p\s+{_OPEN})(?!-|{_NUMBERS})"
    rf"{_VALUE}"
)

# Each rule: the texts of which one must occur (in small letters) for it to be worth
# trying, and what stands before the secret, then the secret.
_RULES = tuple(
    (frozenset(signs.split()), re.compile(pattern, re.IGNORECASE))
    for signs, pattern in (
        (
            "authorization",
            rf"(?P<keep>authorization(?:\\?[\"'])?\s*[:=]\s*{_OPEN}(?:bearer|basic|token)\s+)\S+",
        ),
        ("cookie:", r"(?P<keep>cookie:\s*)(?=\S).+"),
        (_NAME_SIGNS, rf"(?P<keep>(?!community){_NAMED}{_OPEN}){_VALUE}"),
        ("community", rf"(?P<keep>community\s*[:=]\s*{_OPEN})(?!{_NUMBERS}){_VALUE}"),
        (
            _NAME_SIGNS,
            rf"(?P<keep><[\w:.-]{{0,40}}{_NAME}(?:\s[^>]{{0,200}})?>)(?!{SECRET})[^<]+",
        ),
        (
            "pw= pass= pwd= ap=",
            rf"(?P<keep>(?<![\w.])-{{0,2}}(?:pw|pass|pwd|ap)={_OPEN})(?!/){_VALUE}",
        ),
        (
            f"{_NAME_SIGNS} pw pass",
            rf"(?P<keep>(?<!\S)--?[\w.-]{{0,40}}?(?:{_NAME}|pw|pass)\s+{_OPEN})(?!-){_VALUE}",
        ),
        ("ddpconnchk sshpass mysql mccli avmgr smbclient ldapsearch", _PASSWORD_TOOL),
        ("-p", _USER_AND_PASSWORD),
        (
            "curl wget",
            r"(?P<keep>\b(?:curl|wget)\b.{0,400}?\s(?:-u|--user)[\s=]\s*[^\s:]{1,80}:)\S+",
        ),
        ("pass:", r"(?P<keep>\bpass:)\S+"),
        ("snmp", rf"(?P<keep>\bsnmp\w{{0,20}}\b.{{0,400}}?\s-c\s+{_OPEN}){_VALUE}"),
        ("snmp", rf"(?P<keep>\bsnmp\S{{0,20}}\s.{{0,80}}?\bcommunity\s+{_OPEN}){_VALUE}"),
        ("://", r"(?P<keep>\w://[^\s/:@]{0,80}:)[^\s/]+(?=@)"),
        ("hooks.slack", r"(?P<keep>\bhooks\.slack(?:-gov)?\.com/\w+/)[^\s\"'<>]+"),
        ("bearer", r"(?P<keep>\bbearer\s+)(?=[a-z]{0,80}[\d._~+/=-])[\w.~+/=-]{8,}"),
        ("xox xapp- xwfp-", r"(?P<keep>\b)(?:xox[a-z]|xapp|xwfp)-[\w-]+"),
        (
            "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat-",
            r"(?P<keep>\b)(?:gh[pousr]_|github_pat_|glpat-)[\w-]{10,}",
        ),
        ("akia asia", r"(?P<keep>\b)(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("eyj", r"(?P<keep>(?<![\w-]))eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*"),
        ("$", r"(?P<keep>)\$(?:1|2[abxy]|5|6|y|7|gy)\$[./\w$=,-]{8,}"),
    )
)

_WORD = 40  # the longest text of which it is remembered how it is stored
_SIGNS = tuple(sorted(frozenset().union(*(signs for signs, _ in _RULES))))
_ALL_SIGNS = {*_SIGNS, "pw", "pass", "private key"}
_ANY_SIGN = tuple(  # those that no shorter one stands in for
    sign for sign in sorted(_ALL_SIGNS) if not any(sign != s and s in sign for s in _ALL_SIGNS)
)
_IS_SECRET_NAME = re.compile(rf"(?:{_NAME}|^pw|^pass|^pwd)$", re.IGNORECASE)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----")


def redact(text: str) -> str:
    """The text with every secret struck out; it has as many lines as before."""
    return "\n".join(redact_lines(text.split("\n")))


def redact_lines(lines: Iterable[str]) -> list[str]:
    """Lines of one output, in order. A private key is struck from its beginning to its
    end, which may be lines away; where the end was cut off, all that follows goes."""
    lines = list(lines)
    seen = "\n".join(lines).lower()
    found = [sign for sign in _SIGNS if sign in seen]
    patterns = [rule for signs, rule in _RULES if not signs.isdisjoint(found)] if found else []
    out = []
    in_key = False
    for line in lines:
        in_key = in_key or bool(_KEY_BEGINS.search(line))
        out.append(SECRET if in_key else _redact_line(line, patterns))
        if in_key:
            in_key = not _KEY_ENDS.search(line)
    return out


def redact_words(words: Sequence[str]) -> list[str]:
    """A command's words: a secret may be told only by the words before it (`-p`, `secret`)."""
    out: list[str] = []
    said = ""
    for word in words:
        solid = "_".join(word.split())
        bare = redact(f"{said} {solid}")
        out.append(SECRET if solid and bare.endswith(f" {SECRET}") else redact(word))
        said = f"{said} {solid}"
    return out


def harmless(text: str) -> bool:
    """Nothing in the text could be a secret or the name of one, nor is any of it unfit for
    UTF-8: `clean` would leave it, and what is written in it as JSON, as it is."""
    seen = text.lower()
    for sign in _ANY_SIGN:
        if sign in seen:
            return False
    return _storable(text) == text


def clean(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """A JSON value with secrets struck out of every text in it, however deep.

    A list of texts is read as the lines of one output, `argv` as a command's words, and
    what is named like a secret is one. What UTF-8 cannot hold (a lone surrogate out of
    someone's JSON) is written as its escape.
    """
    if isinstance(value, str):
        return _word(value) if len(value) <= _WORD else redact(_storable(value))
    if isinstance(value, Mapping):
        return {clean(key): _clean_item(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        if all(isinstance(item, str) for item in value):
            return redact_lines(map(_storable, value))
        return [clean(item) for item in value]
    return value


@lru_cache(maxsize=4096)
def _word(text: str) -> str:
    """Names, codes and states come again and again."""
    return redact(_storable(text))


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _clean_item(key: object, item: Any) -> Any:  # noqa: ANN401
    if key == "argv" and isinstance(item, list | tuple) and all(isinstance(w, str) for w in item):
        return redact_words([_storable(word) for word in item])
    if isinstance(item, str) and item and _IS_SECRET_NAME.search(str(key)):
        return SECRET
    return clean(item)


def _redact_line(line: str, patterns: Iterable[re.Pattern[str]]) -> str:
    for pattern in patterns:
        line = pattern.sub(rf"\g<keep>{SECRET}", line)
    return line
