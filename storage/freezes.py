"""No trigger at all, at a site or anywhere, until somebody lifts it. On disk: it holds for every
process that reads this record, and over restarts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from storage.database import Database, Rows


@dataclass(frozen=True, slots=True)
class Freeze:
    """site: None is every site. at: epoch seconds. by: who froze it, as the record names them."""

    site: str | None
    at: float
    by: str


class Freezes:
    """The room's door. Everything raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def freeze(self, site: str | None, by: str, now: float) -> bool:
        """Freeze a site, or all. False: it was frozen already, by the one who stays named."""
        return await self._database.write(lambda rows: _freeze(rows, site, by, now))

    async def lift(self, site: str | None, by: str, now: float) -> list[Freeze]:
        """Lift a site's freeze (None: all there are); those that were lifted."""
        return await self._database.write(lambda rows: _lift(rows, site, by, now))

    async def standing(self, sites: Collection[str] | None = None) -> list[Freeze]:
        """What holds now, of these sites or of all, oldest first."""
        return await self._database.read(lambda rows: standing(rows, sites))


def standing(rows: Rows, sites: Collection[str] | None = None) -> list[Freeze]:
    """What holds now, of these sites or of all."""
    sql = "SELECT * FROM freezes WHERE lifted IS NULL ORDER BY number"
    return [
        Freeze(row["site"], row["frozen"], row["frozen_by"])
        for row in rows.all(sql)
        if sites is None or row["site"] is None or row["site"] in sites
    ]


def _freeze(rows: Rows, site: str | None, by: str, now: float) -> bool:
    if any(freeze.site == site for freeze in standing(rows)):
        return False
    rows.add("freezes", {"site": site, "frozen": now, "frozen_by": by})
    return True


def _lift(rows: Rows, site: str | None, by: str, now: float) -> list[Freeze]:
    lifted = [freeze for freeze in standing(rows) if site is None or freeze.site == site]
    sql = "SELECT number, site FROM freezes WHERE lifted IS NULL"
    for row in rows.all(sql):
        if site is None or row["site"] == site:
            rows.change("freezes", "number", row["number"], lifted=now, lifted_by=by)
    return lifted
