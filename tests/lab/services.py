"""The files of a host: its accounts, its sshd, its login tools, its start script (text).

Every host sees its own folder of the lab as /mnt; /run, /tmp, /home and the account files
are its own too, so that the machine's stay untouched.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from tests.lab.spec import VERSIONS, HostSpec
from tests.lab.topology import Host

USER, UID = "replcheck", 64999  # the unprivileged login; exists in the hosts alone
HERE = Path(__file__).parent
TOOLS = HERE / "tools"
PYTHON = next(
    (p for p in ("/usr/bin/python3", "/usr/local/bin/python3") if Path(p).exists()), "python3"
)
REAL = PYTHON.replace("/usr/bin", "/mnt/real")  # still there where the host lacks python3

DDSH = f"""\
#!{PYTHON} -IS
import sys
sys.path.insert(0, "/mnt/lib")
from tests.lab.ddos_cli import main
sys.exit(main(sys.argv))
"""

SSHD_CONFIG = """\
ListenAddress {management}
ListenAddress {address}
HostKey /mnt/ssh_host_ed25519_key
AuthorizedKeysFile /mnt/authorized_keys
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PrintMotd no
PidFile none
LogLevel VERBOSE
SetEnv PATH={path}
{banner}
"""

START = """\
set -eu
mount --make-rprivate /
mount --bind {folder} /mnt
chmod 755 /mnt /mnt/etc
chmod -R a+rX /mnt/lib /mnt/tools
chmod a+r /mnt/etc/* /mnt/authorized_keys /mnt/banner /mnt/ddos.conf
chmod 600 /mnt/etc/shadow
for file in passwd shadow group hosts hostname nsswitch.conf; do
  mount --bind /mnt/etc/$file /etc/$file
done
mkdir -p /mnt/real
mount --bind /usr/bin /mnt/real
{overlay}
mount -t tmpfs -o mode=1777 lab /tmp
mount -t tmpfs -o mode=1777 lab /var/tmp
mount -t tmpfs -o mode=755 lab /home
mount -t tmpfs -o mode=755 lab /run
mkdir -p /run/sshd /run/rpcbind /home/{user}
chown {uid}:{uid} /home/{user}
hostname {name}
exec {python} -I -S /mnt/host.py /mnt/host.json
"""

OVERLAY = """\
mount -t tmpfs lab-tools /media
for dir in bin sbin; do
  upper=/media/$dir/new work=/media/$dir/work
  mkdir -p $upper $work
  chmod 755 /media /media/$dir $upper
  mount -t overlay lab -o lowerdir=/usr/$dir,upperdir=$upper,workdir=$work /usr/$dir
done
{changes}
umount -l /media
"""


@dataclass(frozen=True, slots=True)
class Keys:
    """The user's key pair and the folder that holds it."""

    private: Path
    public: str


def make_key(path: Path) -> str:
    """Make an ed25519 key; the public half."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path.with_suffix(".pub").read_text().strip()


def write_host(
    folder: Path, host: Host, spec: HostSpec, management: IPv4Address, user_key: str, names: str
) -> str:
    """Write all files of one host into its folder; the public half of its host key."""
    (folder / "etc").mkdir(parents=True)
    public = make_key(folder / "ssh_host_ed25519_key")
    banner = "Banner /mnt/banner" if host.appliance else ""
    files = {
        "authorized_keys": user_key + "\n",
        "banner": "Data Domain OS\n",
        "sshd_config": SSHD_CONFIG.format(
            management=management, address=host.address, path=spec.path, banner=banner
        ),
        "host.json": json.dumps(services(spec, management)),
        "ddos.conf": ddos_config(host, spec),
        "ddsh": DDSH,
        "start.sh": start_script(folder, host, spec),
        "audit.log": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    for name, mode in (("ddsh", 0o755), ("audit.log", 0o666)):
        (folder / name).chmod(mode)
    shutil.copy(HERE / "host.py", folder / "host.py")
    write_library(folder / "lib/tests/lab")
    shutil.copytree(TOOLS, folder / "tools")
    write_accounts(folder / "etc", host, names)
    return public


def write_library(folder: Path) -> None:
    """The appliance's command line as a package of its own, compiled for a fast start."""
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    for name in ("ddos_cli.py", "ddos_tables.py"):
        shutil.copy(HERE / name, folder / name)
    compile_all = [PYTHON, "-m", "compileall", "-q", str(folder.parents[1])]
    subprocess.run(compile_all, check=True)


def services(spec: HostSpec, management: IPv4Address) -> dict[str, object]:
    """What process 1 of the host is told (host.py)."""
    return {
        "management": str(management),
        "sshd": spec.sshd,
        "rpcbind": spec.rpcbind,
        "ports": spec.ports,
        "mapped": spec.mapped,
        "registered": spec.registered if spec.rpcbind else (),
    }


def ddos_config(host: Host, spec: HostSpec) -> str:
    """What the appliance's command line is told (ddos_cli.py)."""
    values = {
        "version": spec.version or VERSIONS.get(host.id, "6.2.1.30-640789"),
        "role": spec.role,
        "timezone": "Asia/Seoul",
        "skew": spec.skew,
        "ddboost": "enabled",
        "drops": ",".join(map(str, spec.drops)),
        "mapped": "yes" if spec.mapped else "no",
        "name": host.node,
        "user": USER,
    }
    return "".join(f"{key}={value}\n" for key, value in values.items())


def write_accounts(folder: Path, host: Host, names: str) -> None:
    """The host's account files: the machine's own and one login without a password."""
    shell = "/mnt/ddsh" if host.appliance else "/bin/bash"
    added = {
        "passwd": f"{USER}:x:{UID}:{UID}::/home/{USER}:{shell}\n",
        "shadow": f"{USER}:*:19000:0:99999:7:::\n",
        "group": f"{USER}:x:{UID}:\n",
    }
    for name, line in added.items():
        (folder / name).write_text(Path("/etc", name).read_text() + line)
    (folder / "hosts").write_text(names)
    (folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
    (folder / "hostname").write_text(host.node + "\n")


def start_script(folder: Path, host: Host, spec: HostSpec) -> str:
    """The script that becomes process 1 of the host."""
    changes = [f"rm -f /usr/bin/{tool} /usr/sbin/{tool}" for tool in globs(spec.without)]
    changes += [
        f"rm -f /usr/bin/{tool} /usr/sbin/{tool}; cp /mnt/tools/{tool} /usr/bin/"
        for tool in spec.old
    ]
    overlay = OVERLAY.format(changes="\n".join(changes)) if changes else ""
    return START.format(
        folder=folder, overlay=overlay, user=USER, uid=UID, name=host.node, python=REAL
    )


def globs(tools: tuple[str, ...]) -> list[str]:
    """A tool goes with its numbered and dotted names (`perl5.36.0`, `traceroute.db`)."""
    return [f"{tool}*" if tool in ("perl", "python3", "traceroute") else tool for tool in tools]
