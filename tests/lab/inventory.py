"""The inventory (`sites.toml`) of a running lab, in the contract's form (pure text)."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

from tests.lab.services import USER
from tests.lab.topology import Host, Topology

TITLES = {"seoul": "A기관 서울", "busan": "B기관 부산", "carrier": "Upper institution"}


def sites_toml(topology: Topology, management: IPv4Network) -> str:
    """Both sites with all four endpoints, the segments between, and the pair."""
    ends = (topology.near_site, topology.far_site)
    parts = [site(topology, name, management) for name in ends]
    parts += [owner("segments", topology, name) for name in topology.networks if name not in ends]
    pair = (
        f'[[pairs]]\nnear = "{ends[0]}"\nfar = "{ends[1]}"\n'
        'profile = "avamar-datadomain"\ntrigger = "ask"\n'
    )
    return "\n".join([*parts, pair])


def owner(table: str, topology: Topology, name: str) -> str:
    title, network = TITLES.get(name, name), topology.networks[name]
    return f'[{table}.{name}]\ntitle = "{title}"\nnetworks = ["{network}"]\n'


def site(topology: Topology, name: str, management: IPv4Network) -> str:
    hosts = [host for host in topology.hosts.values() if host.site == name]
    return "\n".join(
        [owner("sites", topology, name), *(endpoint(host, management) for host in hosts)]
    )


def endpoint(host: Host, management: IPv4Network) -> str:
    table = f"sites.{host.site}.endpoints.{host.role}"
    return (
        f'[{table}]\nkind = "{host.role}"\naddress = "{host.address}"\n'
        f'[{table}.ssh]\nhost = "{management[host.management_number]}"\nuser = "{USER}"\n'
        'key = "keys/replcheck"\nknown_hosts = "known_hosts"\n'
    )


def known_hosts(topology: Topology, management: IPv4Network, keys: dict[str, str]) -> str:
    """One line a host: its management address and its real host key."""
    return "".join(
        f"{management[host.management_number]} {' '.join(keys[host.id].split()[:2])}\n"
        for host in topology.hosts.values()
    )


def write(folder: Path, sites: str, known: str, private_key: Path) -> Path:
    """Write all three files; the path of sites.toml."""
    (folder / "keys").mkdir(parents=True, exist_ok=True)
    key = folder / "keys/replcheck"
    key.write_text(private_key.read_text())
    key.chmod(0o600)
    (folder / "known_hosts").write_text(known)
    (folder / "sites.toml").write_text(sites)
    return folder / "sites.toml"
