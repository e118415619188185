"""Strikes secrets out of text before it is stored (law 6). Pure.

Rather too much than too little: a struck word can be asked for again, a stored secret
cannot be taken back. Ordinary text stays as it is: `rpcinfo -p host`, `ssh -p 22`,
`PWD=/root`, `Password: ********`, `verify username/passwd matches`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
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

# Programs whose -p is always a password. Elsewhere only `-u NAME … -p PASSWORD` is one.
_TAKES_P = r"\b(?:ddpconnchk|sshpass|mysql\w*|mccli|avmgr|smbclient|ldapsearch)\b"

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<keep>authorization(?:\\?[\"'])?\s*[:=]\s*{_OPEN}(?:bearer|basic|token)\s+)\S+",
        r"(?P<keep>cookie:\s*)(?=\S).+",
        rf"(?P<keep>(?!community){_NAMED}{_OPEN}){_VALUE}",
        rf"(?P<keep>community\s*[:=]\s*{_OPEN})(?!{_NUMBERS}){_VALUE}",
        rf"(?P<keep><[\w:.-]{{0,40}}{_NAME}(?:\s[^>]{{0,200}})?>)(?!{SECRET})[^<]+",
        rf"(?P<keep>(?<![\w.])-{{0,2}}(?:pw|pass|pwd|ap)={_OPEN})(?!/){_VALUE}",
        rf"(?P<keep>(?<!\S)--?[\w.-]{{0,40}}?(?:{_NAME}|pw|pass)\s+{_OPEN})(?!-){_VALUE}",
        rf"(?P<keep>{_TAKES_P}(?:\s.{{0,400}}?)?\s-[pw]\s*{_OPEN})(?![\s-]){_VALUE}",
        rf"(?P<keep>\s-u\s+[^\s-]\S{{0,80}}(?:\s.{{0,200}}?)?\s-p\s+{_OPEN})(?!-|{_NUMBERS}){_VALUE}",
        r"(?P<keep>\b(?:curl|wget)\b.{0,400}?\s(?:-u|--user)[\s=]\s*[^\s:]{1,80}:)\S+",
        r"(?P<keep>\bpass:)\S+",
        rf"(?P<keep>\bsnmp\w{{0,20}}\b.{{0,400}}?\s-c\s+{_OPEN}){_VALUE}",
        rf"(?P<keep>\bsnmp\S{{0,20}}\s.{{0,80}}?\bcommunity\s+{_OPEN}){_VALUE}",
        r"(?P<keep>\w://[^\s/:@]{0,80}:)[^\s/]+(?=@)",
        r"(?P<keep>\bhooks\.slack(?:-gov)?\.com/\w+/)[^\s\"'<>]+",
        r"(?P<keep>\bbearer\s+)(?=[a-z]{0,80}[\d._~+/=-])[\w.~+/=-]{8,}",
        r"(?P<keep>\b)(?:xox[a-z]|xapp|xwfp)-[\w-]+",
        r"(?P<keep>\b)(?:gh[pousr]_|github_pat_|glpat-)[\w-]{10,}",
        r"(?P<keep>\b)(?:AKIA|ASIA)[0-9A-Z]{16}\b",
        r"(?P<keep>(?<![\w-]))eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*",
        r"(?P<keep>)\$(?:1|2[abxy]|5|6|y|7|gy)\$[./\w$=,-]{8,}",
    )
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
    out = []
    in_key = False
    for line in lines:
        in_key = in_key or bool(_KEY_BEGINS.search(line))
        out.append(SECRET if in_key else _redact_line(line))
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


def clean(value: Any) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """A JSON value with secrets struck out of every text in it, however deep.

    A list of texts is read as the lines of one output, `argv` as a command's words, and
    what is named like a secret is one. What UTF-8 cannot hold (a lone surrogate out of
    someone's JSON) is written as its escape.
    """
    if isinstance(value, str):
        return redact(value.encode("utf-8", "backslashreplace").decode())
    if isinstance(value, Mapping):
        return {clean(key): _clean_item(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [clean(item) for item in value]
        return redact_lines(items) if all(isinstance(item, str) for item in items) else items
    return value


def _clean_item(key: object, item: Any) -> Any:  # noqa: ANN401
    if key == "argv":
        return redact_words(item)
    if isinstance(item, str) and item and _IS_SECRET_NAME.search(str(key)):
        return SECRET
    return clean(item)


def _redact_line(line: str) -> str:
    for pattern in _PATTERNS:
        line = pattern.sub(rf"\g<keep>{SECRET}", line)
    return line
