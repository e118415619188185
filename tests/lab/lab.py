"""A lab: two sites in network namespaces, with real services and injected faults.

    with Lab(scenarios.account()) as lab:
        config = lab.write_inventory(tmp_path)

Needs root. It starts in a few seconds; when the owner dies, however it dies, a reaper that
holds the other end of a pipe takes the lab away, and if that one died too, the next lab's
start does.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.lab import devices, inventory, namespaces, network, services
from tests.lab.leftovers import Leftovers, look
from tests.lab.namespaces import enter
from tests.lab.spec import FAR_DATADOMAIN, NEAR_AVAMAR, Device, LabSpec, Quarantine
from tests.lab.topology import Topology

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Truth:
    """Where a device really is, as the contract's `location.between` would name it."""

    device: Device
    between: tuple[IPv4Address | None, IPv4Address | None]


class Lab:
    """One running lab; a context manager."""

    def __init__(self, spec: LabSpec | None = None) -> None:
        self.spec = spec or LabSpec()
        self.topology = Topology(self.spec)
        self._hosts: dict[str, subprocess.Popen[str]] = {}
        self._keys: dict[str, str] = {}

    # --- up and down ------------------------------------------------------------------

    def __enter__(self) -> Lab:
        self.reserved = namespaces.reserve(self.spec.management)
        self._reaper = self._start_reaper()
        try:
            self._build()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.down()

    def down(self) -> None:
        """Take everything away. Safe to call twice."""
        namespaces.take_down(self.reserved.id)
        for process in self._hosts.values():
            process.wait()
            if process.stdout:
                process.stdout.close()
        if self._reaper.poll() is None:
            self._reaper.communicate("done\n")

    def _start_reaper(self) -> subprocess.Popen[str]:
        """A shell that takes the lab away when our end of its pipe closes without a word."""
        down = f'exec "{sys.executable}" -m tests.lab down {self.reserved.id}'
        return subprocess.Popen(
            ["sh", "-c", f"read word || {{ {down}; }}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd=REPOSITORY,
            text=True,
            start_new_session=True,
        )

    def _build(self) -> None:
        with ThreadPoolExecutor() as pool:
            files = pool.submit(self._write_files)
            namespaces.batch(network.wires(self.reserved, self.topology))
            namespaces.configure(network.scripts(self.reserved, self.topology))
            files.result()
        for host in self.topology.hosts.values():
            self._hosts[host.id] = self._start_host(host.node)
        namespaces.configure(network.bridged(self.reserved, self.topology))
        namespaces.configure(network.acquainted(self.reserved, self.topology))
        self._await_hosts()
        for number, device in enumerate(self.spec.devices):
            if isinstance(device, Quarantine) and device.dark_at_start:
                self.quarantine_now(device.dark_at_start, number)

    def _await_hosts(self) -> None:
        for host_id, process in self._hosts.items():
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise RuntimeError(f"{host_id} did not start: {self._log(host_id)}")

    def _write_files(self) -> None:
        self.key = self.reserved.folder / "user_key"
        public = services.make_key(self.key)
        names = "127.0.0.1 localhost\n" + "".join(
            f"{host.address} {host.node}\n" for host in self.topology.hosts.values()
        )
        for host in self.topology.hosts.values():
            self._keys[host.id] = services.write_host(
                self.folder(host.id),
                host,
                self.spec.host(host.id),
                self.reserved.management[host.management_number],
                public,
                names,
            )

    def _start_host(self, node: str) -> subprocess.Popen[str]:
        alone = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts"]
        folder, name = self.reserved.folder / node, self.reserved.namespace(node)
        with (folder / "start.log").open("w") as log:
            return subprocess.Popen(
                ["ip", "netns", "exec", name, "unshare", *alone, "sh", str(folder / "start.sh")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def _log(self, host_id: str) -> str:
        logs = [self.folder(host_id) / name for name in ("start.log", "daemons.log", "sshd.log")]
        return "\n".join(path.read_text() for path in logs if path.exists())

    # --- using it ---------------------------------------------------------------------

    def folder(self, host_id: str) -> Path:
        """The host's files, which it sees as /mnt."""
        return self.reserved.folder / self.topology.hosts[host_id].node

    def management(self, host_id: str) -> IPv4Address:
        return self.reserved.management[self.topology.hosts[host_id].management_number]

    def write_inventory(self, folder: Path) -> Path:
        """Write sites.toml, the key and known_hosts; the path of sites.toml."""
        sites = inventory.sites_toml(self.topology, self.reserved.management)
        known = inventory.known_hosts(self.topology, self.reserved.management, self._keys)
        return inventory.write(folder, sites, known, self.key)

    def pid(self, host_id: str) -> int:
        """The host's process 1 as the machine counts it."""
        outer = self._hosts[host_id].pid
        return int(Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0])

    def run(
        self, host_id: str, *argv: str, timeout: float = 30
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as root inside a host's namespaces."""
        command = ["nsenter", "-t", str(self.pid(host_id)), "-n", "-m", "-p", "-u", "--", *argv]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout)

    def ssh(
        self, host_id: str, command: str, timeout: float = 30
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as the unprivileged user over real SSH."""
        known = self.reserved.folder / "known_hosts"
        if not known.exists():
            known.write_text(
                inventory.known_hosts(self.topology, self.reserved.management, self._keys)
            )
        options = ["-F", "none", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={known}"]
        target = f"{services.USER}@{self.management(host_id)}"
        return subprocess.run(
            ["ssh", "-q", "-i", str(self.key), *options, target, command],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def audit(self, host_id: str) -> list[str]:
        """The commands that an appliance was asked, in order."""
        lines = (self.folder(host_id) / "audit.log").read_text().splitlines()
        return [line.partition('command "')[2][:-1] for line in lines]

    # --- devices ----------------------------------------------------------------------

    @property
    def truth(self) -> tuple[Truth, ...]:
        """Each device that has a place on the path, and where that is."""
        return tuple(
            Truth(device, self.topology.between(place, devices.way(device)))
            for device in self.spec.devices
            if (place := getattr(device, "place", None))
        )

    def trips(self, number: int = 0) -> int:
        """How often a device acted; for a quarantine: how many messages set it off."""
        for item in self._nft(number, "list", "counters"):
            counter = item.get("counter", {})
            if counter.get("table") == f"device{number}":
                return int(counter["packets"])
        raise KeyError(f"device {number} counts nothing")

    def active(self, number: int = 0) -> bool:
        """Whether a quarantine holds anything right now."""
        return bool(self._dark(number))

    def remaining(self, number: int = 0) -> int:
        """Whole seconds that a quarantine still has; 0 if it holds nothing or has no time."""
        held = [e["elem"]["expires"] for e in self._dark(number) if "elem" in e]
        return max(map(int, held), default=0)

    def _dark(self, number: int) -> list[Any]:
        listed = self._nft(number, "list", "set", *self._table(number), "dark")
        found: list[Any] = []
        for item in listed:
            found += item.get("set", {}).get("elem", [])
        return found

    def quarantine_now(
        self,
        seconds: float | None = None,
        number: int = 0,
        pair: tuple[str, str] = (NEAR_AVAMAR, FAR_DATADOMAIN),
    ) -> None:
        """Set a quarantine as if a job had tripped it. seconds: None until released."""
        device = self.spec.devices[number]
        assert isinstance(device, Quarantine)
        source, target = (str(self.topology.hosts[end].address) for end in pair)
        key = {"pair": f"{source} . {target}", "source": source, "destination": target}
        element = f"{{ {key[device.blocks]}{devices.timeout(seconds)} }}"
        self._nft(number, "add", "element", *self._table(number), "dark", element)

    def release(self, number: int = 0) -> None:
        """End a quarantine by hand."""
        self._nft(number, "flush", "set", *self._table(number), "dark")

    def _table(self, number: int) -> tuple[str, str]:
        place = getattr(self.spec.devices[number], "place", None)
        family = "bridge" if place and place.where == "l2" else "ip"
        return family, f"device{number}"

    def _nft(self, number: int, *words: str) -> list[dict[str, dict[str, Any]]]:
        node = devices.node(number, self.spec.devices[number])
        command = enter(self.reserved.namespace(node), "nft", "-j", *words)
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        parsed: dict[str, list[dict[str, dict[str, Any]]]] = json.loads(done.stdout or "{}")
        return parsed.get("nftables", [])

    # --- what is left behind ----------------------------------------------------------

    def leftovers(self) -> dict[str, Leftovers]:
        """Host → what the login user left there; hosts with nothing are left out."""
        addresses = {str(host.address) for host in self.topology.hosts.values()}
        found = {host_id: look(self.pid(host_id), addresses) for host_id in self._hosts}
        return {host_id: left for host_id, left in found.items() if left != Leftovers()}
