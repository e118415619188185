"""The data file of what to search: every string has its source, or says that it has none."""

from __future__ import annotations

import string

import pytest

from bot.ticket.vendors import KINDS, UNVERIFIED, Search, searches
from tests.unit.ticket.tickets import ticket_of


@pytest.mark.parametrize("search", searches(), ids=lambda s: f"{s.vendor} {s.what[:20]}")
def test_each_has_a_kind_and_a_source(search: Search) -> None:
    assert search.kind in KINDS
    assert search.source == UNVERIFIED or search.source.startswith("https://")
    assert search.verified is (search.source != UNVERIFIED)
    fields = {name for _, name, _, _ in string.Formatter().parse(search.what) if name}
    assert fields <= {"source", "destination", "port"}


def test_every_vendor_has_the_log_or_inspection_and_the_table() -> None:
    for vendor in {search.vendor for search in searches()}:
        kinds = {search.kind for search in searches() if search.vendor == vendor}
        assert "block-table" in kinds, vendor
        assert kinds & {"ips-log", "rpc-inspection"}, vendor


def test_a_ticket_shows_what_its_cause_needs_filled_with_its_addresses() -> None:
    def shown(name: str) -> list[str]:
        section = next(s for s in ticket_of(name).appendix if s.code == "search")
        return [line for statement in section.statements for line in statement.literal]

    quarantine, payload, port = shown("account"), shown("payload-drop"), shown("port-drop")
    assert any("banned-ip list" in line for line in quarantine)
    assert not any("banned-ip list" in line for line in (*payload, *port))
    assert any("srcip=10.81.10.11 dstip=10.82.20.12 dstport=111" in line for line in payload)
    assert not any("{" in line for line in (*quarantine, *payload, *port))
    assert shown("dead-link") == []
