"""The hooks' secrets, out of the environment and into nothing else."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping

from bot.secrets import BadEnvironment
from probes.inventory import Hook
from probes.model import Message


def take(environ: MutableMapping[str, str], hooks: Iterable[Hook]) -> dict[str, str]:
    """Each hook's secret by its name, removed from the environment. Raises BadEnvironment: an
    empty secret would let in whoever signs with nothing."""
    hooks = tuple(hooks)
    given = {name: environ.pop(name, "").strip() for name in {hook.secret for hook in hooks}}
    mistakes = tuple(
        Message("intake.no-secret", {"hook": hook.name, "name": hook.secret})
        for hook in hooks
        if not given[hook.secret]
    )
    if mistakes:
        raise BadEnvironment(mistakes)
    return {hook.name: given[hook.secret] for hook in hooks}
