"""What was typed or configured wrong, said with its mend; exit status 2, nothing was sent."""

from __future__ import annotations

import click

from bot.settings import Settings
from bot.terminal.safe import printable
from bot.words import Voice
from probes.inventory import Inventory, InventoryError, NoSuchPair, load
from probes.model import Pair


class Unusable(click.ClickException):
    """What was typed or configured cannot be used."""

    exit_code = 2


def loaded(settings: Settings) -> Inventory:
    """The inventory; its warnings go to standard error, its mistakes all into one error."""
    voice = Voice(settings.lang)
    try:
        inventory = load(settings.config)
    except InventoryError as error:
        count, path = len(error.mistakes), str(error.path)
        head = voice("cli.broken-inventory", path=path, count=count)
        raise _error([head, *(f"  {mistake}" for mistake in error.mistakes)]) from None
    for warning in inventory.warnings:
        click.echo(printable(voice("cli.warning", mistake=str(warning))), err=True)
    return inventory


def pair_of(inventory: Inventory, near: str, far: str, settings: Settings) -> Pair:
    """The pair that was named, if it is one and at least one of its hosts can be asked."""
    voice = Voice(settings.lang)
    try:
        pair = inventory.pair(near, far)
    except NoSuchPair as error:
        raise _error(_no_such_pair(error, voice)) from None
    sites = (inventory.sites[pair.near], inventory.sites[pair.far])
    if not any(e.ssh for site in sites for e in site.endpoints.values()):
        where = {"near": pair.near, "far": pair.far, "path": str(inventory.path)}
        raise _error([voice("cli.no-endpoints", **where)])
    return pair


def _no_such_pair(error: NoSuchPair, voice: Voice) -> list[str]:
    pairs = ", ".join(f"{pair.near} {pair.far}" for pair in error.pairs)
    lines = []
    for name, nearest in error.nearest.items():
        if nearest:
            lines.append(voice("cli.did-you-mean", name=name, nearest=", ".join(nearest)))
        else:
            lines.append(voice("cli.no-site", name=name))
    if pairs:
        lines.append(voice("cli.no-pair", near=error.near, far=error.far, pairs=pairs))
    else:
        lines.append(voice("cli.no-pairs"))
    return lines


def _error(lines: list[str]) -> Unusable:
    return Unusable("\n".join(printable(line) for line in lines))
