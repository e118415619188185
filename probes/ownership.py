"""Whose address is it: the longest prefix over all sites and segments wins (pure)."""

from __future__ import annotations

from collections.abc import Iterable

from probes.model import Address, Context, Segment, Site


def owner_of(address: Address, sites: Iterable[Site], segments: Iterable[Segment]) -> str | None:
    """The name of the site or segment whose longest network holds `address`, or None.

    An endpoint's own address, and what NAT shows for it, belongs to its site even where
    no network of the site holds it.
    """
    best: tuple[int, str] | None = None
    owners: tuple[Site | Segment, ...] = (*sites, *segments)
    for owner in owners:
        if isinstance(owner, Site) and _is_endpoint(address, owner):
            return owner.name
        for network in owner.networks:
            if address in network and (best is None or network.prefixlen > best[0]):
                best = (network.prefixlen, owner.name)
    return best[1] if best else None


def owner_in(context: Context, address: Address) -> str | None:
    """`owner_of` with all the sites and segments that a check knows."""
    sites = (context.near, context.far, *context.other_sites)
    return owner_of(address, sites, context.segments)


def _is_endpoint(address: Address, site: Site) -> bool:
    return any(address in (e.address, *e.seen_from.values()) for e in site.endpoints.values())
