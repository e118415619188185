"""Replication technologies, one a file."""

from probes.profiles import avamar_datadomain
from probes.profiles.base import Profile

PROFILES: dict[str, Profile] = {p.name: p for p in (avamar_datadomain.PROFILE,)}

__all__ = ["PROFILES", "Profile"]
