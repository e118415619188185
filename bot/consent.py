"""May bytes of the replication's handshake be sent? A reason, not a bool (pure).

Law 9: anyone may stop a check; sending needs the right to, and what a machine started never
has it by default. "no" in the inventory wins over everyone (contract.md, "Inventory").
"""

from __future__ import annotations

from bot.request import CheckRequest
from probes.model import NotSent, Pair


def refusal(
    request: CheckRequest, pair: Pair, last_by_machine: float | None, now: float, *, frozen: bool
) -> NotSent | None:
    """Why nothing may be sent, or None where it may, if the person who is asked says yes.

    last_by_machine: when a trigger of this pair was last sent that no person pressed (epoch
    seconds); only such ones cool down. frozen: somebody froze a site of the pair.
    """
    if frozen or pair.trigger == "no":
        return NotSent.NOT_PERMITTED
    if not request.by_person:
        if not pair.trigger_from_hooks:
            return NotSent.NOT_PERMITTED
        if last_by_machine is not None and now - last_by_machine < pair.trigger_every_seconds:
            return NotSent.COOL_DOWN
        return None
    return NotSent.NO_CONSENT if request.trigger == "no" else None
