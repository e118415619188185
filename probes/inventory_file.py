"""sites.toml as it may be written: one pydantic model a table, every value checked at the edge.

The form is the contract's. A value that is wrong says what is wrong and how to mend it.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from probes.inventory_expect import parse as parse_expect
from probes.model import Address, Kind, Network
from probes.profiles import PROFILES

_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd])")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_HOST = re.compile(r"(?!-)[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+(?:%\w+)?")
_USER = re.compile(r"[A-Za-z_][\w.-]*")
_CHANNEL = re.compile(r"#(?!.*[A-Z])[\w-]{1,80}|[CG][A-Z0-9]+")
_CHANNEL_MEND = (
    'write its name with # ("#backup-incidents") or its ID ("C0123ABCD": in Slack, the foot of '
    "the channel's details)"
)
_MEMBER = re.compile(r"[UWS][A-Z0-9]+")
_VIA = re.compile(r"(?P<user>[^@\s]+)@(?P<host>\[[0-9A-Fa-f:.]+\]|[^@:\s]+)(?::(?P<port>\d+))?")


def wrong(what: str, mend: str) -> PydanticCustomError:
    """An error that carries its mend."""
    return PydanticCustomError("inventory", "{what}", {"what": what, "mend": mend})


def _address(value: object) -> Address:
    try:
        return ip_address(value if isinstance(value, str) else "")
    except ValueError:
        raise wrong(
            f"{value!r} is not an IP address", 'write a literal such as "10.81.10.11" or "fd00::11"'
        ) from None


def _network(value: object) -> Network:
    try:
        return ip_network(value if isinstance(value, str) else "")
    except ValueError as error:
        mend = 'write it as prefix and length, such as "10.81.0.0/16"'
        if isinstance(value, str) and "host bits" in str(error):
            mend = f'the network is "{ip_network(value, strict=False)}"'
        raise wrong(f"{value!r} is not a network", mend) from None


def _duration(value: object) -> float:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found or float(found[1]) <= 0:
        raise wrong(f"{value!r} is not a duration", 'write a number and s, m, h or d: "30m", "6h"')
    return float(found[1]) * _SECONDS[found[2]]


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise wrong(f"{value!r} is not a host name or address", "write a name or an IP literal")
    return value


def _user(value: str) -> str:
    if not _USER.fullmatch(value):
        raise wrong(f"{value!r} is not a user name", "letters, digits, dots and dashes only")
    return value


def _via(value: str) -> str:
    found = _VIA.fullmatch(value)
    port = int(found["port"] or 22) if found else 0
    if not found or not _USER.fullmatch(found["user"]) or not 0 < port < 65536:
        raise wrong(f"{value!r} is not a jump host", 'write "user@host:port"')
    _host(found["host"].strip("[]"))
    return f"{found['user']}@{found['host']}:{port}"


def channel_trouble(value: str) -> tuple[str, str] | None:
    """What is wrong with a channel's name or ID, and its mend; None if Slack may have it."""
    if _CHANNEL.fullmatch(value):
        return None
    likely = "#" + value.lstrip("#").lower()
    mend = f'write "{likely}"' if _CHANNEL.fullmatch(likely) else _CHANNEL_MEND
    return f"{value!r} is not a channel of Slack", mend


def _channel(value: str) -> str:
    if trouble := channel_trouble(value):
        raise wrong(*trouble)
    return value


def _member(value: str) -> str:
    """Names in Slack change and may be taken over; a right hangs on what stays."""
    if not _MEMBER.fullmatch(value):
        raise wrong(
            f"{value!r} is not the ID of a user or user group of Slack",
            "in Slack, open the person's profile, press the three dots and choose Copy member ID "
            '("U01ALICE"), or a user group\'s three dots and Copy group ID ("S0ONCALL")',
        )
    return value


def _kind(value: object) -> Kind:
    return Kind(_one_of("kind", value, tuple(Kind)))


def _profile(value: object) -> str:
    return _one_of("profile", value, tuple(PROFILES))


def _one_of(what: str, value: object, known: tuple[str, ...]) -> str:
    if value not in known:
        raise wrong(f"unknown {what} {value!r}", f"known: {', '.join(known)}")
    return str(value)


def _expect(value: str) -> str:
    try:
        parse_expect(value)
    except ValueError as error:
        raise wrong(str(error), 'write "daily by 06:00 Asia/Seoul"') from None
    return value


def _from_environment(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"env:[A-Za-z_]\w*", value):
        raise wrong(
            "a secret stands in the file",
            'move it to the environment or .env, and name it here: "env:HOOK_SECRET"',
        )
    return value


AddressIn = Annotated[Address, BeforeValidator(_address)]
NetworkIn = Annotated[Network, BeforeValidator(_network)]
DurationIn = Annotated[float, BeforeValidator(_duration)]
Language = Literal["en", "ko"]
Port = Annotated[int, Field(ge=1, le=65535)]


class Table(BaseModel):
    """A table in which only the known keys may stand, each of exactly its type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SshTable(Table):
    host: Annotated[str, AfterValidator(_host)] | None = None
    port: Port = 22
    user: Annotated[str, AfterValidator(_user)]
    key: Annotated[str, Field(min_length=1)]
    known_hosts: Annotated[str, Field(min_length=1)]
    via: Annotated[str, AfterValidator(_via)] | None = None
    legacy_algorithms: bool = False


class EndpointTable(Table):
    kind: Annotated[Kind, BeforeValidator(_kind)]
    address: AddressIn
    seen_from: dict[str, AddressIn] = {}
    ssh: SshTable | None = None


class SiteTable(Table):
    title: str | None = None
    networks: list[NetworkIn] = []
    endpoints: dict[str, EndpointTable] = {}


class SegmentTable(Table):
    title: str | None = None
    networks: list[NetworkIn]


class PairTable(Table):
    near: str
    far: str
    profile: Annotated[str, BeforeValidator(_profile)]
    trigger: Literal["yes", "ask", "no"] = "ask"
    trigger_from_hooks: bool = False
    trigger_every: DurationIn = 6 * 3600.0
    ask_from: list[Annotated[str, AfterValidator(_channel)]] = []
    may_trigger: list[Annotated[str, AfterValidator(_member)]] = []
    rpo: DurationIn | None = None
    expect: Annotated[str, AfterValidator(_expect)] | None = None
    loss_percent: Annotated[float, Field(gt=0, le=100)] = 1.0
    bandwidth_mbit: Annotated[float, Field(gt=0)] | None = None
    clock_skew_seconds: Annotated[float, Field(gt=0)] = 300.0


class MatchTable(Table):
    """Which jobs of a hook belong to which pair; job and labels are patterns with * and ?."""

    job: str = "*"
    labels: dict[str, str] = {}
    near: str
    far: str
    channel: Annotated[str, AfterValidator(_channel)] | None = None
    severity: Literal["minor", "major", "critical"] = "major"


class HookTable(Table):
    """A webhook's source. per_minute: how many deliveries are taken from it, at most."""

    format: Literal["generic", "alertmanager", "grafana", "pagerduty", "zabbix", "splunk"]
    auth: Literal["hmac", "bearer", "url-token"]
    secret: Annotated[str, BeforeValidator(_from_environment)]
    require_timestamp: bool = False
    per_minute: Annotated[int, Field(gt=0)] = 60_000
    match: list[MatchTable] = []


class IncidentsTable(Table):
    """Which failures are one incident, and how many pairs make a storm."""

    fingerprint: list[str] = ["job"]
    same_pair_within: DurationIn = 24 * 3600.0
    storm_pairs: Annotated[int, Field(ge=2)] = 5
    storm_within: DurationIn = 600.0


class ChannelTable(Table):
    detail: Literal["addresses", "roles"] = "addresses"
    language: Language | None = None


class SlackTable(Table):
    language: Language | None = None
    channels: dict[str, ChannelTable] = {}


class InventoryFile(Table):
    sites: dict[str, SiteTable] = {}
    segments: dict[str, SegmentTable] = {}
    pairs: list[PairTable] = []
    hooks: dict[str, HookTable] = {}
    incidents: IncidentsTable = IncidentsTable()
    slack: SlackTable = SlackTable()


_TABLES: tuple[tuple[tuple[str | None, ...], type[BaseModel]], ...] = (
    ((), InventoryFile),
    (("sites", None), SiteTable),
    (("sites", None, "endpoints", None), EndpointTable),
    (("sites", None, "endpoints", None, "ssh"), SshTable),
    (("segments", None), SegmentTable),
    (("pairs", None), PairTable),
    (("hooks", None), HookTable),
    (("hooks", None, "match", None), MatchTable),
    (("incidents",), IncidentsTable),
    (("slack",), SlackTable),
    (("slack", "channels", None), ChannelTable),
)


def known_keys(table: tuple[str | int, ...]) -> tuple[str, ...]:
    """The keys that may stand in the table at this path; None in a pattern is any name."""
    for pattern, model in _TABLES:
        if len(pattern) == len(table) and all(
            p in (None, key) for p, key in zip(pattern, table, strict=True)
        ):
            return tuple(model.model_fields)
    return ()
