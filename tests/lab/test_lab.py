"""The lab does what it says: real packets, real sshd, real rpcbind, and nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.lab import namespaces, scenarios
from tests.lab.lab import REPOSITORY, Lab
from tests.lab.needs import missing
from tests.lab.spec import (
    DATADOMAIN,
    FAR_AVAMAR,
    FAR_DATADOMAIN,
    NEAR_AVAMAR,
    NEAR_DATADOMAIN,
    LabSpec,
)

pytestmark = [pytest.mark.lab, pytest.mark.skipif(bool(missing()), reason=missing())]
NEAR, FAR = "10.81.10.11", "10.82.20.12"


@pytest.fixture(scope="module")
def healthy() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


def inside(lab: Lab, host_id: str, *words: str) -> dict[str, Any]:
    """Send one RPC record from a host's network namespace (tests/lab/rpc.py)."""
    namespace = lab.reserved.namespace(lab.topology.hosts[host_id].node)
    command = namespaces.enter(namespace, sys.executable, "-m", "tests.lab.rpc", *words)
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def alive(lab: Lab, source: str, target: str) -> bool:
    """One echo request, answered within half a second."""
    return lab.run(source, "ping", "-n", "-c", "1", "-W", "0.5", target).returncode == 0


def opens(lab: Lab, source: str, target: str, port: int) -> bool:
    """A TCP connection opens within half a second."""
    script = f"exec 3<>/dev/tcp/{target}/{port}"
    return lab.run(source, "timeout", "0.5", "bash", "-c", script).returncode == 0


def trace(lab: Lab, source: str, target: str) -> list[str]:
    """The address at each hop, `*` where none answered; one probe a hop."""
    words = ("traceroute", "-n", "-q", "1", "-w", "0.5", "-m", "18", target)
    rows = lab.run(source, *words).stdout.splitlines()[1:]
    return [row.split()[1] for row in rows]


def last_answer(hops: list[str], own: str) -> str:
    return next((hop for hop in reversed(hops) if hop != "*"), own)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition comes true within the time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


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


# --- quarantine -----------------------------------------------------------------------


def test_quarantine_is_the_accounts() -> None:
    """One call passes, its answer does not, the pair is dark, its siblings live; it ends."""
    with Lab(scenarios.account(seconds=6.0)) as lab:
        with subprocess.Popen(
            [*namespaces.enter(lab.reserved.namespace("seoul-avamar"), sys.executable),
             "-m", "tests.lab.rpc", FAR, "111"],
            cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
        ) as call:  # fmt: skip
            assert eventually(lab.active, 3)
            assert " 60 " in lab.ssh(NEAR_AVAMAR, f"ss -Htn dst {FAR}").stdout
            answer = f"32 {FAR}:111 "
            assert eventually(lambda: answer in lab.ssh(FAR_DATADOMAIN, "netstat").stdout, 1)
            assert call.communicate()[0].count("TimeoutError") == 1
        assert not alive(lab, NEAR_AVAMAR, FAR)
        assert not alive(lab, FAR_DATADOMAIN, NEAR)
        assert alive(lab, NEAR_DATADOMAIN, FAR)
        assert alive(lab, NEAR_AVAMAR, "10.82.20.11")
        assert eventually(lambda: alive(lab, NEAR_AVAMAR, FAR))
        assert (lab.trips(), lab.active()) == (1, False)


@pytest.mark.parametrize(
    "name",
    ["account", "account-whole", "account-at-a-edge", "account-in-carrier", "account-firewall",
     "account-gate"],
)  # fmt: skip
def test_traces_in_the_dark_end_where_the_truth_says(name: str) -> None:
    with Lab(scenarios.SCENARIOS[name]()) as lab:
        lab.quarantine_now()
        near = last_answer(trace(lab, NEAR_AVAMAR, FAR), NEAR)
        far = last_answer(trace(lab, FAR_DATADOMAIN, NEAR), FAR)
        assert (near, far) == tuple(map(str, lab.truth[0].between))
        lab.release()
        assert alive(lab, NEAR_AVAMAR, FAR)


def test_a_device_may_eat_the_call_itself() -> None:
    with Lab(scenarios.account(pass_first=False)) as lab:
        assert inside(lab, NEAR_AVAMAR, FAR)["error"] == "TimeoutError"
        assert lab.trips() == 1
        assert f"32 {FAR}:111 " not in lab.ssh(FAR_DATADOMAIN, "netstat").stdout


@pytest.mark.parametrize(
    ("blocks", "to_sibling", "from_sibling"),
    [("pair", True, True), ("source", False, True), ("destination", True, False)],
)
def test_what_is_blocked(blocks: str, to_sibling: bool, from_sibling: bool) -> None:
    with Lab(scenarios.account(blocks=blocks)) as lab:
        inside(lab, NEAR_AVAMAR, FAR)
        assert not alive(lab, NEAR_AVAMAR, FAR)
        assert alive(lab, NEAR_AVAMAR, "10.82.20.11") is to_sibling
        assert alive(lab, NEAR_DATADOMAIN, FAR) is from_sibling


@pytest.mark.parametrize(("traffic", "ssh_lives"), [("tcp", False), ("port", True)])
def test_which_traffic_is_blocked(traffic: str, ssh_lives: bool) -> None:
    with Lab(scenarios.account(traffic=traffic)) as lab:
        inside(lab, NEAR_AVAMAR, FAR)
        assert alive(lab, NEAR_AVAMAR, FAR)
        assert opens(lab, NEAR_AVAMAR, FAR, 22) is ssh_lives
        assert not opens(lab, NEAR_AVAMAR, FAR, 111)


@pytest.mark.parametrize("renews", [False, True])
def test_a_call_in_the_dark_renews_only_a_device_that_renews(renews: bool) -> None:
    """TCP sends the call again 0.2, 0.6 and 1.4 s after it; the socket is dropped after 3 s."""
    with Lab(scenarios.account(seconds=20.0, renews=renews)) as lab:
        inside(lab, NEAR_AVAMAR, FAR, "111", "call", "3")
        assert (lab.remaining() >= 17) is renews
        assert lab.trips() == 1


def test_a_site_may_let_nobody_in() -> None:
    with Lab(scenarios.one_sided()) as lab:
        assert lab.ssh(FAR_AVAMAR, "true").returncode == 255
        assert lab.ssh(NEAR_AVAMAR, "true").returncode == 0


def test_a_control_trips_only_a_device_that_minds_any_byte() -> None:
    with Lab(scenarios.account()) as lab:
        assert inside(lab, NEAR_AVAMAR, FAR, "111", "control")["opened"]
        assert lab.trips() == 0
    with Lab(scenarios.account(trigger="bytes")) as lab:
        assert opens(lab, NEAR_AVAMAR, FAR, 111)
        assert lab.trips() == 0
        inside(lab, NEAR_AVAMAR, FAR, "111", "control")
        assert lab.trips() == 1


def test_a_lab_may_start_dark() -> None:
    with Lab(scenarios.account(dark_at_start=2.0)) as lab:
        assert not alive(lab, NEAR_AVAMAR, FAR)
        assert eventually(lambda: alive(lab, NEAR_AVAMAR, FAR), 5)
        assert lab.trips() == 0


# --- other devices --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["payload-drop", "payload-drop-firewall", "reply-drop"])
def test_payload_drop_eats_only_the_payload(name: str) -> None:
    with Lab(scenarios.SCENARIOS[name]()) as lab:
        assert inside(lab, NEAR_AVAMAR, FAR)["error"] == "TimeoutError"
        assert lab.trips() >= 1
        control = inside(lab, NEAR_AVAMAR, FAR, "111", "control")
        assert "TimeoutError" not in control.values()
        assert alive(lab, NEAR_AVAMAR, FAR)
        assert opens(lab, NEAR_AVAMAR, FAR, 111)
        assert inside(lab, NEAR_AVAMAR, FAR, "2049")["bytes"] == 28


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("port-drop", "TimeoutError"),
        ("port-drop-l2", "TimeoutError"),
        ("host-filter", "TimeoutError"),
        ("port-reject-rst", "ConnectionRefusedError"),
        ("service-down", "ConnectionRefusedError"),
    ],
)
def test_port_faults(name: str, error: str) -> None:
    with Lab(scenarios.SCENARIOS[name]()) as lab:
        assert inside(lab, NEAR_AVAMAR, FAR) == {
            "opened": False,
            "error": error,
            "errno": 111 if error == "ConnectionRefusedError" else None,
        }
        assert opens(lab, NEAR_AVAMAR, FAR, 2049)
        assert alive(lab, NEAR_AVAMAR, FAR)
        listens = ":111 " in lab.ssh(FAR_DATADOMAIN, "netstat").stdout
        assert listens is (name != "service-down")


def test_a_clamp_lowers_a_whole_flow() -> None:
    """After one packet with a low TTL, later ones of the same flow get no further."""
    script = """
import socket, sys
def opens(ttl, port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        s.bind(("", port))
        s.settimeout(0.5)
        return s.connect_ex((sys.argv[1], 111)) == 0
print(opens(8, 40000), opens(64, 40000), opens(64, 40001))
"""
    with Lab(scenarios.SCENARIOS["ttl-clamp"]()) as lab:
        namespace = lab.reserved.namespace("seoul-avamar")
        command = namespaces.enter(namespace, sys.executable, "-c", script, FAR)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout == "False False True\n"


def test_an_unregistered_program_has_port_0() -> None:
    with Lab(LabSpec(hosts={FAR_DATADOMAIN: replace(DATADOMAIN, registered=())})) as lab:
        assert inside(lab, NEAR_AVAMAR, FAR)["hex"][-8:] == "00000000"


@pytest.mark.parametrize("name", ["dead-link", "site-dark", "no-route", "no-return"])
def test_dark_paths(name: str) -> None:
    with Lab(scenarios.SCENARIOS[name]()) as lab:
        assert not alive(lab, NEAR_AVAMAR, FAR)
        assert not alive(lab, FAR_AVAMAR, NEAR)
        said = lab.run(NEAR_AVAMAR, "ping", "-n", "-c", "3", "-W", "0.5", FAR).stdout
        assert ("Unreachable" in said) is (name == "no-route")


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
