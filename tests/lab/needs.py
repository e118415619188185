"""What a lab needs of the machine, and what of it is missing."""

from __future__ import annotations

import os
import shutil

TOOLS = {  # tool → Debian package
    "ip": "iproute2",
    "ss": "iproute2",
    "bridge": "iproute2",
    "nft": "nftables",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "rpcbind": "rpcbind",
    "ping": "iputils-ping",
    "traceroute": "traceroute",
    "netstat": "net-tools",
    "perl": "perl-base",
    "nsenter": "util-linux",
}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> str:
    """Why no lab can start here, in words; empty if one can."""
    if os.geteuid() != 0:
        return "the lab needs root (network namespaces)"
    packages = {package for tool, package in TOOLS.items() if not shutil.which(tool, path=PATH)}
    return f"the lab needs: apt-get install {' '.join(sorted(packages))}" if packages else ""
