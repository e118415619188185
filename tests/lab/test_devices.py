"""Each device does its harm, no more than that, and where the truth says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from tests.lab import namespaces, scenarios
from tests.lab.harness import FAR, NEAR, alive, eventually, inside, last_answer, opens, trace
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
