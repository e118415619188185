"""sites.toml: the example loads, and every mistake is named at once with its line."""

from __future__ import annotations

import os
import shutil
from ipaddress import ip_address
from pathlib import Path

import pytest

from probes.inventory import (
    ChannelSettings,
    IncidentSettings,
    Inventory,
    InventoryError,
    NoSuchPair,
    SlackSettings,
    load,
)
from probes.mistakes import Mistake
from probes.model import Kind, Segment, Site
from probes.ownership import owner_of

EXAMPLE = Path(__file__).parents[2] / "examples" / "sites.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example with its key and known_hosts beside it."""
    shutil.copy(EXAMPLE, tmp_path / "sites.toml")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/replcheck").write_text("key")
    (tmp_path / "known_hosts").write_text("hosts")
    return tmp_path


def changed(folder: Path, old: str, new: str) -> Path:
    path = folder / "sites.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return path


def mistakes(path: Path) -> tuple[Mistake, ...]:
    with pytest.raises(InventoryError) as caught:
        load(path)
    return caught.value.mistakes


def line_of(path: Path, text: str) -> int:
    return next(n for n, s in enumerate(path.read_text().splitlines(), 1) if text in s)


def test_example_loads(folder: Path) -> None:
    inventory = load(folder / "sites.toml")
    avamar = inventory.sites["seoul"].endpoints["avamar"]
    assert avamar.kind is Kind.AVAMAR
    assert avamar.ssh is not None
    assert (avamar.ssh.host, avamar.ssh.port) == ("10.89.0.11", 22)
    assert avamar.ssh.key == folder / "keys/replcheck"
    assert str(avamar.address_for("busan")) == "172.20.1.11"
    assert not inventory.warnings
    pair = inventory.pairs[0]
    assert (pair.trigger_every_seconds, pair.rpo_seconds) == (21600.0, 86400.0)
    assert pair.bandwidth_mbit == 50


def test_ssh_host_defaults_to_the_address(folder: Path) -> None:
    path = changed(folder, 'host = "10.89.0.12"\n', "")
    ssh = load(path).sites["seoul"].endpoints["datadomain"].ssh
    assert ssh is not None
    assert ssh.host == "10.81.10.12"


def test_an_endpoint_may_have_no_ssh(folder: Path) -> None:
    path = changed(
        folder,
        """[sites.seoul.endpoints.datadomain.ssh]
host = "10.89.0.12"
user = "replcheck"
key = "keys/replcheck"
known_hosts = "known_hosts"
""",
        "",
    )
    assert load(path).sites["seoul"].endpoints["datadomain"].ssh is None


@pytest.mark.parametrize(("a", "b"), [("seoul", "busan"), ("busan", "seoul")])
def test_a_pair_in_either_order(folder: Path, a: str, b: str) -> None:
    assert load(folder / "sites.toml").pair(a, b).near == "seoul"


def test_no_such_pair_names_the_nearest(folder: Path) -> None:
    inventory = load(folder / "sites.toml")
    with pytest.raises(NoSuchPair) as caught:
        inventory.pair("soul", "busan")
    assert caught.value.nearest == {"soul": ("seoul",)}
    assert [p.id for p in caught.value.pairs] == ["seoul:busan"]


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("10.80.5.2", "carrier"),
        ("10.82.7.1", "busan"),
        ("172.20.1.11", "seoul"),  # what NAT shows of an endpoint
        ("192.0.2.1", None),
        ("fd00::1", None),
    ],
)
def test_owner(folder: Path, address: str, owner: str | None) -> None:
    assert load(folder / "sites.toml").owner(ip_address(address)) == owner


def test_the_longest_prefix_wins_in_any_order() -> None:
    from ipaddress import ip_network

    wide = Segment("wide", "", (ip_network("10.0.0.0/8"),))
    narrow = Segment("narrow", "", (ip_network("10.1.0.0/16"),))
    site = Site("site", "", (ip_network("10.1.2.0/24"),), {})
    for segments in ((wide, narrow), (narrow, wide)):
        assert owner_of(ip_address("10.1.2.3"), [site], segments) == "site"
        assert owner_of(ip_address("10.1.3.3"), [site], segments) == "narrow"
        assert owner_of(ip_address("10.2.3.3"), [site], segments) == "wide"


@pytest.mark.parametrize(
    ("old", "new", "what", "mend"),
    [
        ("bandwidth_mbit = 50", "bandwith_mbit = 50", "unknown key", "bandwidth_mbit"),
        ('kind = "avamar"', 'kind = "avmar"', "unknown kind", "datadomain"),
        ('profile = "avamar-datadomain"', 'profile = "netapp"', "unknown profile", "avamar"),
        ('"10.81.10.11"', '"10.81.10.311"', "not an IP address", "literal"),
        ('["10.81.0.0/16"]', '["10.81.0.5/16"]', "not a network", "10.81.0.0/16"),
        ('via = "jump@bastion.example:22"', 'via = "bastion"', "jump host", "user@host"),
        ('host = "10.89.0.11"', 'host = "-oProxyCommand=x"', "not a host", "name"),
        ('user = "replcheck"', "port = 0\nuser = 'x'", "0:", "documentation"),
        ('trigger_every = "6h"', 'trigger_every = "6 hours"', "not a duration", "6h"),
        ('rpo = "24h"', 'rpo = "0h"', "not a duration", "6h"),
        ('trigger = "ask"', "trigger = true", "not one of them", "yes"),
        ('far = "busan"', 'far = "bussan"', "unknown site", "busan"),
        ("{ busan =", "{ busam =", "unknown site", "busan"),
        ('address = "10.82.10.12"', 'address = "10.81.10.12"', "address too", "own"),
        ('networks = ["10.80.0.0/16"]', 'networks = ["10.82.0.0/16"]', "network too", "prefix"),
        ('user = "replcheck"', 'password = "x"\nuser = "r"', "secret", "environment"),
        ('key = "keys/replcheck"', 'key = "keys/other"', "there is no file", "private key"),
        ('known_hosts = "known_hosts"', 'known_hosts = "kh"', "there is no file", "ssh-keyscan"),
        ("[sites.busan]", "[sites.empty]\n[sites.busan]", "without endpoints", "segment"),
        ("[segments.carrier]", "[segments.busan]", "site and a segment", "name"),
        ('far = "busan"', 'far = "seoul"', "itself", "replicates to"),
        ('rpo = "24h"', 'ask_from = ["backup-incidents"]', "not a channel", '"#backup-incidents"'),
        ('rpo = "24h"', 'ask_from = ["#Backup"]', "not a channel", '"#backup"'),
        ('rpo = "24h"', 'ask_from = ["D0123"]', "not a channel", '"#d0123"'),
        ('rpo = "24h"', 'ask_from = ["# x"]', "not a channel", "details"),
        ('rpo = "24h"', 'may_trigger = ["@alice"]', "not the ID of a user", "Copy member ID"),
        ('rpo = "24h"', 'may_trigger = ["alice"]', "not the ID of a user", "Copy group ID"),
        ('rpo = "24h"', 'may_trigger = ["C0123"]', "not the ID of a user", "Copy member ID"),
        ("[sites.seoul]", 'slack.language = "kr"\n[sites.seoul]', "not one of them", "ko"),
    ],
)
def test_one_mistake(folder: Path, old: str, new: str, what: str, mend: str) -> None:
    line = line_of(folder / "sites.toml", old)
    (mistake,) = mistakes(changed(folder, old, new))
    assert what in mistake.what
    assert mend in mistake.mend
    assert mistake.line == line


def test_a_pair_twice_in_either_order(folder: Path) -> None:
    path = folder / "sites.toml"
    twin = '\n[[pairs]]\nnear = "busan"\nfar = "seoul"\nprofile = "avamar-datadomain"\n'
    path.write_text(path.read_text() + twin)
    (mistake,) = mistakes(path)
    assert "pair already" in mistake.what
    assert str(line_of(path, "[[pairs]]")) in mistake.mend
    assert mistake.line == len(path.read_text().splitlines()) - 3


def test_all_mistakes_in_one_go(folder: Path) -> None:
    changed(folder, 'address = "10.81.10.11"', 'adress = "10.81.10.11"')
    changed(folder, "networks = [", "networks = [1, ")
    path = changed(folder, 'trigger = "ask"', 'trigger = "maybe"\nsecret = "hunter2"')
    found = mistakes(path)
    assert {m.what.split(" ")[0] for m in found} >= {"unknown", "missing", "'maybe'", "a", "1"}
    assert [m.line for m in found] == sorted(m.line for m in found)
    assert line_of(path, "adress") in {m.line for m in found}


def test_syntax_mistakes_are_named_with_the_others(folder: Path) -> None:
    changed(folder, 'title = "A기관 서울"', "title = A기관")
    changed(folder, 'kind = "datadomain"', 'kind = "dd"')
    path = changed(folder, 'networks = ["10.80.0.0/16"]', 'networks = ["10.80.0.0/16"')
    lines = [m.line for m in mistakes(path)]
    assert lines == [
        line_of(path, "title = A기관"),
        line_of(path, '"dd"'),
        line_of(path, '["10.80.0.0/16"'),
    ]


def test_the_same_site_twice(folder: Path) -> None:
    path = folder / "sites.toml"
    path.write_text(path.read_text() + '\n[sites.seoul]\ntitle = "again"\n')
    (mistake,) = mistakes(path)
    assert mistake.line == len(path.read_text().splitlines()) - 1
    assert "twice" in mistake.mend


def test_an_address_outside_its_networks_is_only_a_warning(folder: Path) -> None:
    path = changed(folder, 'address = "10.82.10.12"', 'address = "10.99.10.12"')
    (warning,) = load(path).warnings
    assert warning.line == line_of(path, "10.99.10.12")


@pytest.mark.parametrize("secret", ['"hunter2"', '"env:not a name"', "7"])
def test_a_hook_holds_no_secret(folder: Path, secret: str) -> None:
    hook = f'\n[hooks.avamar]\nformat = "generic"\nauth = "hmac"\nsecret = {secret}\n'
    path = folder / "sites.toml"
    path.write_text(path.read_text() + hook)
    (mistake,) = mistakes(path)
    assert "env:" in mistake.mend
    assert "hunter2" not in str(mistake)


def test_a_hook_of_the_contract_loads(folder: Path) -> None:
    text = """
[hooks.avamar]
format = "generic"
auth = "hmac"
secret = "env:HOOK_AVAMAR_SECRET"
[[hooks.avamar.match]]
job = "repl-seoul-*"
near = "seoul"
far = "busan"
channel = "#backup-incidents"
"""
    path = folder / "sites.toml"
    path.write_text(path.read_text() + text)
    inventory: Inventory = load(path)
    hook = inventory.hooks["avamar"]
    assert (hook.secret, hook.match[0].job) == ("HOOK_AVAMAR_SECRET", "repl-seoul-*")
    assert hook.match[0].pair is inventory.pairs[0]
    assert (hook.match[0].channel, hook.match[0].severity) == ("#backup-incidents", "major")


HOOK = """
[hooks.avamar]
format = "generic"
auth = "hmac"
secret = "env:HOOK_AVAMAR_SECRET"
[[hooks.avamar.match]]
near = "seoul"
far = "busan"
"""


@pytest.mark.parametrize(
    ("old", "new", "what", "mend"),
    [
        ("[hooks.avamar]", '[hooks."a/b"]', "cannot be a name", "in an address"),
        ("far =", 'jobs = "x"\nfar =', "unknown key 'jobs'", "did you mean job?"),
        ("far =", 'severity = "high"\nfar =', "'high' is not one of them", "critical"),
        ("far =", 'channel = "Backup"\nfar =', "not a channel", '"#backup"'),
        ('"busan"', '"seoul"', "seoul and seoul are no pair", "[[pairs]]"),
        ("secret", "per_minute = 0\nsecret", "0", "documentation"),
        ('"hmac"', '"bearer"\nrequire_timestamp = true', "only a signature", "take it out"),
        ('"generic"', '"pagerduty"\nrequire_timestamp = true', "PagerDuty's", "take it out"),
        ('"generic"', '"nagios"', "'nagios' is not one of them", "zabbix"),
    ],
)
def test_mistakes_in_a_hook(folder: Path, old: str, new: str, what: str, mend: str) -> None:
    path = folder / "sites.toml"
    hook = HOOK.replace(old, new) if "avamar]" not in old else HOOK.replace("avamar", '"a/b"')
    path.write_text(path.read_text() + hook)
    (mistake,) = mistakes(path)
    assert what in mistake.what
    assert mend in mistake.mend
    assert mistake.where.startswith("hooks.")


def test_what_is_one_incident_can_be_set(folder: Path) -> None:
    path = folder / "sites.toml"
    assert load(path).incidents == IncidentSettings(("job",), 86_400.0, 5, 600.0)
    table = '\n[incidents]\nfingerprint = ["dataset"]\nsame_pair_within = "2h"\n'
    path.write_text(path.read_text() + table)
    assert load(path).incidents == IncidentSettings(("dataset",), 7200.0, 5, 600.0)
    path.write_text(path.read_text() + "storm_pairs = 1\nstorm = 2\n")
    assert [one.where for one in mistakes(path)] == ["incidents.storm_pairs", "incidents.storm"]


SLACK = """
[slack]
language = "ko"
[slack.channels."#backup-incidents"]
detail = "roles"
language = "en"
[slack.channels.C0123ABCD]
"""


def test_without_a_slack_table_nothing_is_set(folder: Path) -> None:
    assert load(folder / "sites.toml").slack == SlackSettings(None, {})


def test_slack_settings(folder: Path) -> None:
    path = changed(folder, 'rpo = "24h"', 'ask_from = ["#복제-장애", "C01"]\nmay_trigger = ["W0A"]')
    path.write_text(path.read_text() + SLACK)
    inventory = load(path)
    assert inventory.pairs[0].ask_from == ("#복제-장애", "C01")
    assert inventory.pairs[0].may_trigger == ("W0A",)
    assert inventory.slack.language == "ko"
    assert inventory.slack.channels == {
        "#backup-incidents": ChannelSettings("roles", "en"),
        "C0123ABCD": ChannelSettings("addresses", None),
    }


def test_mistakes_in_the_slack_table_are_named_at_once(folder: Path) -> None:
    path = folder / "sites.toml"
    broken = SLACK.replace("[slack]\n", '[slack]\nlang = "ko"\n').replace("detail", "details")
    broken += '[slack.channels.backup]\ndetail = "all"\n'
    path.write_text(path.read_text() + broken)
    assert [(m.line, m.what, m.mend) for m in mistakes(path)] == [
        (line_of(path, "lang = "), "unknown key 'lang'", "did you mean language?"),
        (line_of(path, "details ="), "unknown key 'details'", "did you mean detail?"),
        (
            line_of(path, "channels.backup]"),
            "'backup' is not a channel of Slack",
            'write "#backup"',
        ),
        (line_of(path, '"all"'), "'all' is not one of them", "known: 'addresses' or 'roles'"),
    ]


def test_the_lines_that_the_example_leaves_out_load(folder: Path) -> None:
    """Whoever uncomments them gets what they say."""
    path = folder / "sites.toml"
    text = path.read_text()
    for line in ("ask_from", "may_trigger", "[slack", "language", "detail ="):
        assert f"# {line}" in text
        text = text.replace(f"# {line}", line)
    path.write_text(text)
    inventory = load(path)
    assert inventory.pairs[0].may_trigger == ("U01ALICE", "S0ONCALL")
    assert inventory.slack.channels["#backup-incidents"].language == "en"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (mistake,) = mistakes(tmp_path / "none.toml")
    assert "--config" in mistake.mend


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_bytes(os.urandom(8) + b"\xff\xfe")
    assert len(mistakes(tmp_path / "s.toml")) == 1


def test_a_file_that_is_no_toml_ends(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("{[(\n" * 200)
    assert 1 <= len(mistakes(tmp_path / "s.toml")) <= 40
