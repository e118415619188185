"""Where an incident stands in its life, out of what is on record about it.

open → checking → diagnosed → acknowledged → recovering → closed: the farthest that holds. What
came later never takes an incident back: only a check that closed it may open it again.
"""

from __future__ import annotations

from typing import Any, Literal

from storage.database import Rows

Json = Any
How = Literal["job", "check", "person"]


def settle(rows: Rows, incident_id: str) -> None:
    """Write down the state that follows from the rest of the record."""
    row = rows.one("SELECT * FROM incidents WHERE id = ?", incident_id)
    if row and (state := _state(rows, row)) != row["state"]:
        rows.change("incidents", "id", incident_id, state=state)


def close(
    rows: Rows, incident_id: str, at: float, how: How, *, ref: str | None, by: str | None = None
) -> None:
    """It is over. ref: the event or check that says so; by: the person who does."""
    rows.change(
        "incidents",
        "id",
        incident_id,
        state="closed",
        closed=at,
        closed_how=how,
        closed_ref=ref,
        closed_by=by,
    )


def found_faulty(rows: Rows, incident_id: str, check_id: str, cause: Json) -> None:
    """A check found a cause. It opens again what it had closed itself, and nothing else."""
    row = rows.one("SELECT * FROM incidents WHERE id = ?", incident_id) or {}
    if row["state"] == "closed" and row["closed_how"] == "check" and row["closed_ref"] == check_id:
        again: dict[str, Json] = {"closed": None, "closed_how": None, "closed_ref": None}
        rows.change("incidents", "id", incident_id, state="open", **again)
    rows.change("incidents", "id", incident_id, cause=cause)
    settle(rows, incident_id)


def _state(rows: Rows, row: dict[str, Json]) -> str:
    if row["state"] == "closed":
        return "closed"
    if row["recovering"] is not None:
        return "recovering"
    if row["acknowledged"] is not None:
        return "acknowledged"
    if row["cause"] is not None:
        return "diagnosed"
    running = "SELECT 1 FROM checks WHERE incident_id = ? AND state = 'running'"
    return "checking" if rows.one(running, row["id"]) else "open"
