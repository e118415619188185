"""What several probes need to read lines and to check their own parameters. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

from probes.model import Address, Ask, End, Line, NotPermitted, Transcript, Unparsed

_HEX = re.compile(r"^(?:[0-9a-f]{2})*$")
_CHANGE_PASSWORD = re.compile(
    r"required to change your password|password (?:has )?(?:expired|aged)", re.IGNORECASE
)
_REFUSED = re.compile(
    r"permission denied|insufficient (?:privilege|permission|role)|not authori[sz]ed"
    r"|not permitted (?:to|for)|access (?:is )?denied|not have (?:the )?(?:permission|privilege)"
    r"|not allowed to (?:run|execute|use)",
    re.IGNORECASE,
)
# Prefixed by `timeout`, a command that was killed still exits: with one of these.
_KILLED = {124, 137, 143}


# --- reading --------------------------------------------------------------------------


def address(text: str) -> Address | None:
    """The literal in `text`, or None. Zones and brackets go, IPv4 in IPv6 becomes IPv4."""
    bare = text.strip("[]").partition("%")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def permission_refused(text: str) -> bool:
    """Does the host say that this account may not ask this, or must change its password?

    `Operation not permitted` is not among the words: ping says it of a local packet filter.
    """
    return bool(_REFUSED.search(text) or _CHANGE_PASSWORD.search(text))


def not_understood(transcript: Transcript, wanted: str) -> Unparsed:
    """The error for a transcript without what was `wanted`, with the line that says most."""
    for line in transcript.lines:
        if permission_refused(line.text):
            return NotPermitted(line.text.strip("* ")[:200])
    said = [line.text.strip() for line in transcript.lines if line.text.strip()]
    errors = [line.text.strip() for line in transcript.lines if line.error and line.text.strip()]
    words = (errors or said or [f"nothing was printed ({transcript.end})"])[0]
    return Unparsed(f"no {wanted}: {words[:200]}")


def ran_to_its_end(transcript: Transcript) -> bool:
    """It ended by itself: not stopped by us, and not killed by `timeout` either."""
    return transcript.end is End.EXITED and transcript.exit_status not in _KILLED


def on_our_clock(transcript: Transcript, stamp: float | None, otherwise: float) -> float:
    """A host's own time stamp on the checker's clock; `otherwise` if that can't be known."""
    if stamp is None or transcript.offset is None:
        return otherwise
    return stamp - transcript.offset


def record(text: str) -> tuple[str, dict[str, str]]:
    """One line `name key=value …` of our own scripts; the name is empty if it is none."""
    name, _, rest = text.partition(" ")
    fields = dict(part.split("=", 1) for part in rest.split() if "=" in part)
    return (name, fields) if fields else ("", {})


def records(lines: Iterable[Line], name: str) -> list[tuple[int, Line, dict[str, str]]]:
    """All records of that name: (index of the line, the line, its fields)."""
    found = []
    for index, line in enumerate(lines):
        its_name, fields = record(line.text)
        if its_name == name and not line.error:
            found.append((index, line, fields))
    return found


# --- parameters -----------------------------------------------------------------------


def whole(ask: Ask, name: str, default: int, least: int, most: int) -> int:
    """A whole-number parameter; ValueError if it is anything else or out of range."""
    value = ask.params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{ask.probe}: {name} must be a whole number {least}..{most}: {value!r}")
    return value


def seconds(ask: Ask, name: str, default: float, least: float, most: float) -> float:
    """A parameter in seconds; ValueError if it is anything else or out of range."""
    value = ask.params.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{ask.probe}: {name} must be a number: {value!r}")  # noqa: TRY004
    if not least <= value <= most:  # also refuses NaN
        raise ValueError(f"{ask.probe}: {name} must be {least}..{most} seconds: {value!r}")
    return float(value)


def word(ask: Ask, name: str, default: str, allowed: Iterable[str]) -> str:
    """A parameter that is one of a few words of our own."""
    value = ask.params.get(name, default)
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{ask.probe}: {name} must be one of {sorted(allowed)}: {value!r}")
    return value


def port(ask: Ask) -> int:
    """The parameter `port`, 1..65535; required."""
    return whole(ask, "port", 0, 1, 65535)


def ports(ask: Ask) -> tuple[int, ...]:
    """The parameter `ports`: numbers with commas between (`22,111`), at most 16; required."""
    value = ask.params.get("ports", "")
    words = str(value).split(",") if isinstance(value, str | int) else []
    numbers = tuple(int(w) for w in words if re.fullmatch(r"[0-9]{1,5}", w))
    if not 0 < len(numbers) == len(words) <= 16 or not all(0 < n < 65536 for n in numbers):
        raise ValueError(f"{ask.probe}: ports must be numbers like 22,111: {value!r}")
    return numbers


def payload(ask: Ask) -> str:
    """The parameter `payload`: 1..1024 bytes as lower-case hex; required."""
    value = ask.params.get("payload", "")
    if not isinstance(value, str) or not 2 <= len(value) <= 2048 or not _HEX.fullmatch(value):
        raise ValueError(f"{ask.probe}: payload must be 1..1024 bytes as hex")
    return value


def decimal(number: float) -> str:
    """A number as a word of a command line: never `1e-05`, no trailing zeros."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
