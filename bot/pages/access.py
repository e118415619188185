"""Who may read what (pure; the requests' facts are handed in).

Without any setting only this machine reads, and it reads everything. A request counts as this
machine's when the connection comes from loopback, it was asked under a loopback name (a web site
that resolves its own name to 127.0.0.1 is kept out by that), and every proxy that says it passed
it on names loopback addresses only. As soon as access is configured (a token, or REPLCHECK_URL
with a name that others can reach, so a proxy is to be expected in front) nobody is trusted for
where they come from: a proxy that says nothing looks like this machine.

A link out of Slack is signed, expires, and opens the one incident that it names.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from itsdangerous import BadSignature, URLSafeSerializer

Opens = Literal["all", "one", "nothing"]

LINK_DAYS = 7
"""How long a link opens its incident."""
_SALT = "replcheck.incident"
_PROXIES = ("forwarded", "via", "x-real-ip")
_PROXIES_BEGIN = "x-forwarded-"
_FORWARDED_FOR = re.compile(r'for="?\[?([^"\];,]*)\]?(?::\d+)?"?', re.IGNORECASE)
_LONGEST_KEY = 500


@dataclass(frozen=True, slots=True)
class PagesAccess:
    """What is configured; its repr holds no secret. secret_key signs links; token opens all; url
    is where people find the pages (no slash at its end)."""

    secret_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    url: str = ""

    @property
    def configured(self) -> bool:
        """Is somebody else than this machine to read?"""
        return bool(self.token) or not (self.url == "" or _is_local_name(_host_of(self.url)))

    def address(self, incident: str, now: float, *, signed: bool) -> str | None:
        """Where people find this incident's page; None where no address is configured. signed: it
        opens by itself, for a while; else only for whoever may read the pages."""
        if not self.url:
            return None
        if signed and self.keys:
            return self.keys.signed_link(self.url, incident, now)
        return f"{self.url}/incidents/{incident}"

    @property
    def keys(self) -> Keys | None:
        """What signs links; None where no key is set."""
        return Keys(self.secret_key) if self.secret_key else None


class Keys:
    """Signs links, and knows its own signature again."""

    def __init__(self, secret_key: str) -> None:
        self._serializer = URLSafeSerializer(
            secret_key, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256}
        )

    def signed_link(self, base_url: str, incident: str, now: float) -> str:
        """The address that opens this incident for LINK_DAYS days. now: epoch seconds."""
        until = int(now) + LINK_DAYS * 86400
        key = self._serializer.dumps([incident, until])
        return f"{base_url.rstrip('/')}/incidents/{incident}?{urlencode({'key': key})}"

    def opens(self, key: str, incident: str, now: float) -> bool:
        """Is this our signature on this incident, and not too old?"""
        if len(key) > _LONGEST_KEY or not key.isascii():
            return False
        try:
            said: Any = self._serializer.loads(key)
        except BadSignature:
            return False
        match said:
            case [str(named), int(until)]:
                return named == incident and now < until
        return False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's facts. peer: the connection's other end, if it is known; key: the link's."""

    peer: str | None
    headers: Mapping[str, str]
    key: str = ""


def opens(access: PagesAccess, asked: Asked, incident: str | None, now: float) -> Opens:
    """What this request may read when it asks for this incident (None: the list)."""
    if access.token and _bears(asked.headers.get("Authorization", ""), access.token):
        return "all"
    if not access.configured and is_local(asked):
        return "all"
    if incident and asked.key and access.keys and access.keys.opens(asked.key, incident, now):
        return "one"
    return "nothing"


def is_local(asked: Asked) -> bool:
    """Does the request come from this machine, as far as it can be known?"""
    if not _is_loopback(asked.peer or ""):
        return False
    if not _is_local_name(_without_port(asked.headers.get("Host", ""))):
        return False
    proxied = any(
        name.startswith(_PROXIES_BEGIN) or name in _PROXIES
        for name in map(str.lower, asked.headers)
    )
    passed = list(_passed_on_for(asked.headers))
    return not proxied or (bool(passed) and all(map(_is_loopback, passed)))


def _passed_on_for(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if name.lower() in ("x-forwarded-for", "x-real-ip"):
            yield from (_without_port(part.strip()) for part in value.split(","))
        elif name.lower() == "forwarded":
            found = _FORWARDED_FOR.findall(value)
            yield from found or [""]


def _bears(header: str, token: str) -> bool:
    scheme, _, given = header.partition(" ")
    same = hmac.compare_digest(given.strip().encode(errors="replace"), token.encode())
    return same and scheme.lower() == "bearer"


def _host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def _without_port(host: str) -> str:
    """`[::1]:80` → `::1`, `localhost:80` → `localhost`; an address is left as it is."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.rpartition(":")[0] if host.count(":") == 1 else host


def _is_local_name(host: str) -> bool:
    return host.lower().rstrip(".") == "localhost" or _is_loopback(host)


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)
