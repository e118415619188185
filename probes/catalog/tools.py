"""What can this endpoint do? Found out, not assumed.

No parameters. On a shell: the absolute path of each tool, PATH first and then the places
that are not in an ordinary user's PATH (`/sbin` on SLES), and what each says of itself.
On an appliance: `system show version`; its one tool is `ddos`, the variant its version.

Variants, as later probes read them:
ping        `iputils 20221126 -D -O`: who made it, its version, and the options of its usage
            text that a probe may use; else `busybox …`, `inetutils …`, `unknown …`
traceroute  `modern 2.1.2` (Dmitry Butskoy's), `lbl …`, `busybox …`, `inetutils …`; `old` is
            whatever is none of them (the account's "-i and -I" note; path-diagnosis.md, trap 18)
others      the version as printed, or nothing
Perl counts as present only with the modules that our scripts need.
"""

from __future__ import annotations

import re
from collections import defaultdict

from probes.catalog._lines import not_understood
from probes.model import Ask, Command, GapKind, Kind, Probe, Route, Tool, Tools, Transcript
from probes.readings import ToolsReading

_SCRIPT = r"""
PATH="$PATH:/sbin:/usr/sbin:/usr/local/sbin:/bin:/usr/bin"
export PATH
date "+clock %s.%N"
for t in sh timeout date ping traceroute tracepath ss netstat ip perl python3 cat; do
  p=$(command -v "$t") || continue
  case $p in /*) echo "tool $t $p" ;; esac
done
says() {
  name=$1; shift
  command -v "$1" >/dev/null 2>&1 || return 0
  "$@" </dev/null 2>&1 | head -n 60 | while IFS= read -r line; do echo "says $name $line"; done
}
says timeout timeout --version
says ping ping -V
says ping ping -h
says traceroute traceroute --version
says tracepath tracepath -V
says ss ss -V
says netstat netstat -V
says ip ip -V
says perl perl -MSocket -MPOSIX -MFcntl -MErrno -MTime::HiRes -e 'printf qq(perl %vd\n), $^V'
exit 0
"""

_DDOS = re.compile(r"Data Domain OS\s+(\d+(?:\.\d+)+)")
_VERSION = re.compile(r"\d+(?:\.\d+)+|s?s?\d{6,8}")
_IPUTILS = re.compile(r"iputils[- ](?:ss?)?(\d{6,8})")
_BUSYBOX = re.compile(r"BusyBox v(\S+)", re.IGNORECASE)
_INETUTILS = re.compile(r"GNU inetutils\)? (\S+)")
_MODERN = re.compile(r"Modern traceroute for Linux, version (\d+(?:\.\d+)*)")
_LBL = re.compile(r"Version (1\.4\S*)")
_BUNDLE = re.compile(r"\[-([A-Za-z0-9]{2,})\]")
_OPTION = re.compile(r"^\s*-([A-Za-z])\b|\[-([A-Za-z])\b", re.MULTILINE)
_USEFUL = ("D", "O", "i")
_OLD_SERIES = re.compile(r"^iputils \d{6}$")
"""`ss021109`: older than both -D and -O, whatever a usage text says."""


def command(_ask: Ask, route: Route, _tools: Tools) -> Command | GapKind:
    if route.source.kind is Kind.DATADOMAIN:
        return Command(("system", "show", "version"))
    return Command(("sh", "-c", _SCRIPT))


def parse(_ask: Ask, transcript: Transcript) -> ToolsReading:
    if version := _DDOS.search(transcript.text):
        return ToolsReading({"ddos": Tool("", version[1])})
    paths: dict[str, str] = {}
    said: dict[str, list[str]] = defaultdict(list)
    for line in transcript.lines:
        kind, _, rest = line.text.partition(" ")
        name, _, words = rest.partition(" ")
        if kind == "tool" and words.startswith("/"):
            paths[name] = words
        elif kind == "says":
            said[name].append(words)
    if "sh" not in paths and "cat" not in paths:
        raise not_understood(transcript, "list of tools")
    if not any(words.startswith("perl ") for words in said["perl"]):
        paths.pop("perl", None)
    tools = {
        name: Tool(path, _variant(name, "\n".join(said[name]))) for name, path in paths.items()
    }
    return ToolsReading(tools)


def _variant(name: str, said: str) -> str:
    if name == "ping":
        maker = _ping(said)
        return maker if _OLD_SERIES.search(maker) else " ".join((maker, *_options(said)))
    if name == "traceroute":
        return _traceroute(said)
    version = _IPUTILS.search(said) or _VERSION.search(said)
    return version[version.lastindex or 0] if version else ""


def _ping(said: str) -> str:
    for maker, pattern in (
        ("busybox", _BUSYBOX), ("inetutils", _INETUTILS), ("iputils", _IPUTILS),
    ):  # fmt: skip
        if found := pattern.search(said):
            return f"{maker} {found[1]}"
    return "unknown"


def _options(said: str) -> list[str]:
    """The options that the usage text names, bundled (`[-LRUbdfnqrvVaAD]`) or one by one."""
    named = set("".join(_BUNDLE.findall(said)))
    named |= {letter for pair in _OPTION.findall(said) for letter in pair if letter}
    return [f"-{letter}" for letter in _USEFUL if letter in named]


def _traceroute(said: str) -> str:
    for maker, pattern in (
        ("modern", _MODERN), ("busybox", _BUSYBOX), ("inetutils", _INETUTILS), ("lbl", _LBL),
    ):  # fmt: skip
        if found := pattern.search(said):
            return f"{maker} {found[1]}"
    return "old"


PROBE = Probe(
    "tools",
    version=1,
    question="Which tools does this host have, and of which kind?",
    command=command,
    parse=parse,
)
