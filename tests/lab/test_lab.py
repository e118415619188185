"""The lab does what it says: real packets, real sshd, real rpcbind, and nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.lab import namespaces, scenarios
from tests.lab.harness import FAR, NEAR, alive, eventually, inside, opens, trace
from tests.lab.lab import REPOSITORY, Lab
from tests.lab.needs import missing
from tests.lab.spec import (
    FAR_AVAMAR,
    FAR_DATADOMAIN,
    NEAR_AVAMAR,
)

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(missing()), reason=missing())]


@pytest.fixture(scope="module")
def healthy() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


# --- the path -------------------------------------------------------------------------


def test_traces_show_the_path_both_ways(healthy: Lab) -> None:
    forward = [str(hop.address) for hop in healthy.topology.forward()]
    backward = [str(hop.address) for hop in healthy.topology.backward()]
    assert trace(healthy, NEAR_AVAMAR, FAR) == [*forward, FAR]
    assert trace(healthy, FAR_DATADOMAIN, NEAR) == [*backward, NEAR]


def test_the_way_back_may_be_another(tmp_path: Path) -> None:
    with Lab(replace(scenarios.account_whole(), devices=(), prefix=31)) as lab:
        assert len(trace(lab, NEAR_AVAMAR, FAR)) == 15
        back = trace(lab, FAR_DATADOMAIN, NEAR)
        assert back == [str(hop.address) for hop in lab.topology.backward()] + [NEAR]
        assert len(back) == 10
        assert lab.write_inventory(tmp_path).read_text().count("[sites.") == 10


def test_two_labs_do_not_meet(healthy: Lab) -> None:
    with Lab(scenarios.account(dark_at_start=30.0)) as other:
        assert other.reserved.management != healthy.reserved.management
        assert not alive(other, NEAR_AVAMAR, FAR)
        assert alive(healthy, NEAR_AVAMAR, FAR)
        assert other.ssh(NEAR_AVAMAR, "hostname").stdout == "seoul-avamar\n"


def test_manners_that_are_no_fault() -> None:
    spec = replace(scenarios.drop_ping(), devices=scenarios.SCENARIOS["mute-routers"]().devices)
    with Lab(spec) as lab:
        assert not alive(lab, NEAR_AVAMAR, FAR)
        assert opens(lab, NEAR_AVAMAR, FAR, 22)
        hops = trace(lab, NEAR_AVAMAR, FAR)
        assert [i for i, hop in enumerate(hops, 1) if hop == "*"] == [3, 4, 7]


def test_loss_loses_about_its_share() -> None:
    with Lab(scenarios.SCENARIOS["loss5"]()) as lab:
        words = ("ping", "-n", "-q", "-i", "0.002", "-c", "1000", "-W", "1", FAR)
        lost = re.search(r"([\d.]+)% packet loss", lab.run(NEAR_AVAMAR, *words).stdout)
        assert lost
        assert 2.5 < float(lost[1]) < 8.0


# --- services and logins --------------------------------------------------------------


@pytest.mark.parametrize("host_id", [NEAR_AVAMAR, FAR_AVAMAR])
def test_login_is_unprivileged_and_has_a_shell(healthy: Lab, host_id: str) -> None:
    done = healthy.ssh(host_id, "id -u; command -v python3; ping -c1 -W1 10.80.4.1 | tail -1")
    assert done.stdout.startswith("64999\nrtt ")


def test_services_answer_as_the_real_ones(healthy: Lab) -> None:
    found = inside(healthy, NEAR_AVAMAR, FAR, "111")
    assert (found["bytes"], found["hex"][-8:]) == (32, f"{2049:08x}")
    assert inside(healthy, NEAR_AVAMAR, FAR, "2049")["bytes"] == 28
    for port in (111, 2049):
        answer = inside(healthy, NEAR_AVAMAR, FAR, str(port), "control")
        assert answer["opened"]
        assert answer.get("bytes") == 0 or answer.get("error") == "ConnectionResetError"


@pytest.mark.parametrize(
    ("command", "status", "words"),
    [
        ("system show version", 0, "Data Domain OS 6.2.1.30-640789"),
        ("system show date", 0, " KST 20"),
        ("system show uptime", 0, "Filesystem has been up"),
        ("config show timezone", 0, "The Timezone name is: Asia/Seoul"),
        ("netstat", 0, "0.0.0.0:111             0.0.0.0:*               LISTEN"),
        ("net show stats", 0, "Kernel Interface table"),
        ("net show config", 0, "MTU:1500"),
        ("net show hardware", 0, "ethMa"),
        ("net show settings", 0, "10.82.20.12"),
        ("net filter show seq-id-list all", 0, "allow tcp 111 from all clients"),
        ("net hosts show", 0, "10.81.10.11 -> seoul-avamar"),
        ("net lookup seoul-avamar", 0, "10.81.10.11"),
        ("filesys status", 0, "enabled and running"),
        ("ddboost status", 0, "DD Boost status: enabled"),
        ("nfs status", 0, "currently active and running"),
        ("net ping 10.81.10.11 count 2 packet-size 100 numeric", 0, "2 received"),
        ("net ping 10.81.10.11 count 1 path-mtu do packet-size 1472", 0, "1 received"),
        ("net route trace 10.81.10.11 no-resolve", 0, " 9  10.81.10.11"),
        ("replication status", 2, "**** This restorer is not configured for replication."),
        ("ls /", 1, "**** "),
        ("netstat | grep 111", 1, "**** "),
        ("system show version; system show date", 1, "**** "),
        ("net ping 10.81.10.11 -c 1", 1, "**** "),
    ],
)
def test_appliance_answers(healthy: Lab, command: str, status: int, words: str) -> None:
    asked = len(healthy.audit(FAR_DATADOMAIN))
    done = healthy.ssh(FAR_DATADOMAIN, command)
    assert (done.returncode, words in done.stdout + done.stderr) == (status, True), done
    assert healthy.audit(FAR_DATADOMAIN)[asked:] == [command]


def test_appliance_with_a_limited_role_and_mapped_sockets() -> None:
    with Lab(scenarios.monitors()) as lab:
        refused = lab.ssh(FAR_DATADOMAIN, "net filter show seq-id-list all")
        assert (refused.returncode, refused.stderr[:5]) == (1, "**** ")
        assert lab.ssh(FAR_DATADOMAIN, "system show version").returncode == 0
        assert "::ffff:" in lab.ssh(FAR_DATADOMAIN, "netstat").stdout


def test_old_hosts_have_old_tools() -> None:
    with Lab(scenarios.old_hosts()) as lab:
        ping = lab.ssh(NEAR_AVAMAR, f"ping -D -c 1 {FAR}; ping -c 1 -i 0.05 {FAR}; ping -c1 {FAR}")
        assert ping.stderr.startswith("ping: invalid option")
        assert "cannot flood" in ping.stderr
        assert "1 received" in ping.stdout
        traced = lab.ssh(NEAR_AVAMAR, f"traceroute -n -q 1 {FAR}").stdout.splitlines()
        assert traced[0].startswith("Note: the -i and -I options were exchanged")
        assert traced[-1].split()[:2] == ["9", FAR]
        wrong = lab.ssh(NEAR_AVAMAR, f"traceroute -n -N 30 {FAR}")
        assert (wrong.returncode, "Usage" in wrong.stderr) == (1, True)
        icmp = lab.ssh(NEAR_AVAMAR, f"traceroute -I {FAR}")
        assert "not permitted" in icmp.stderr
        assert lab.ssh(NEAR_AVAMAR, "command -v ss; echo $PATH").stdout == "/usr/bin:/bin\n"


# --- nothing is left behind -----------------------------------------------------------


def test_leftovers_are_seen(healthy: Lab) -> None:
    assert eventually(lambda: healthy.leftovers() == {})
    left = f"touch /tmp/mine; sleep 30 <>/dev/tcp/{FAR}/2051 >/dev/null 2>&1 &"
    assert healthy.ssh(NEAR_AVAMAR, left).returncode == 0
    found = healthy.leftovers()
    assert found[NEAR_AVAMAR].files == ("tmp/mine",)
    assert "sleep 30" in found[NEAR_AVAMAR].processes
    assert any(f" {FAR}:2051 ESTABLISHED" in s for s in found[NEAR_AVAMAR].sockets)
    assert found[FAR_DATADOMAIN].sockets
    healthy.run(NEAR_AVAMAR, "sh", "-c", "rm /tmp/mine; kill $(pidof sleep)")
    assert eventually(lambda: healthy.leftovers() == {})


def start_by_hand() -> tuple[subprocess.Popen[str], str]:
    """A lab in a process of its own; it and its id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab", "up", "--scenario", "healthy"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().split()[1].rstrip(":")


def gone(lab_id: str) -> bool:
    """No namespace, no link, no folder of a lab is there any more."""
    links = Path("/sys/class/net").glob(f"rl{lab_id}*")
    names = namespaces.NETNS.glob(f"rl{lab_id}-*")
    return not (any(links) or any(names) or (namespaces.ROOT / lab_id).exists())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_ended_owner_leaves_nothing(how: signal.Signals) -> None:
    process, lab_id = start_by_hand()
    with process:
        assert not gone(lab_id)
        process.send_signal(how)
    assert eventually(lambda: gone(lab_id))


def test_the_next_lab_takes_away_what_even_the_reaper_left() -> None:
    process, lab_id = start_by_hand()
    with process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        readers = [
            int(c) for c in children if "read word" in Path(f"/proc/{c}/cmdline").read_text()
        ]
        os.kill(readers[0], signal.SIGKILL)
        process.kill()
    assert not gone(lab_id)
    with Lab():
        assert gone(lab_id)
