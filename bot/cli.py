"""The command line: what was typed → a call, what came of it → words and an exit status.

Exit statuses are the contract's: 0 healthy, 1 a fault was found, 2 wrong usage or configuration
(nothing was sent to any host), 3 inconclusive, 130 stopped.
"""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import sys
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import click
import structlog
from rich.console import Console

from bot import app
from bot.export import markdown
from bot.request import CheckRequest, CheckResult, Consent, ConsentQuestion, TriggerWish
from bot.settings import Settings, current, options
from bot.terminal import consent
from bot.terminal.interrupt import GivenUp, stoppable
from bot.terminal.progress import Progress
from bot.terminal.record import print_audit, print_changes, print_incident, print_incidents
from bot.terminal.report import print_report
from bot.terminal.safe import printable
from bot.ticket.export import of_incident, written
from bot.usage import loaded, pair_of
from bot.words import Voice, titles, titles_of
from probes.inventory import Inventory
from storage.errors import StoreError

HEALTHY, FAULT, USAGE, INCONCLUSIVE, STOPPED = 0, 1, 2, 3, 130
_STATUS = {"healthy": HEALTHY, "fault": FAULT, "inconclusive": INCONCLUSIVE}


def run(arguments: Sequence[str] | None = None) -> int:
    """One call of `replcheck`; never a traceback for what a person or a network did."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that can't show Korean still gets a report
            stream.reconfigure(errors="backslashreplace")
    # Standard output holds the report or the document, and nothing else.
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    try:
        status = replcheck.main(arguments, prog_name="replcheck", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except StoreError as error:
        click.echo(f"Error: {printable(str(error))}", err=True)
        return USAGE
    except (click.Abort, KeyboardInterrupt, GivenUp):
        return STOPPED
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return HEALTHY
    return status if isinstance(status, int) else HEALTHY


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@options
def replcheck() -> None:
    """Find out why data does not replicate between two sites, and prove it."""


@replcheck.command()
@click.argument("near")
@click.argument("far")
@click.option(
    "--trigger",
    type=click.Choice(["yes", "no", "ask"]),
    default="ask",
    show_default=True,
    help="May bytes of the replication's handshake, or a control for them, be sent?",
)
@click.option(
    "--watch",
    type=click.FloatRange(min=0),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to watch a pair that went dark come back; 0 for not at all.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict's document only.")
@options
def check(near: str, far: str, trigger: TriggerWish, watch: float, as_json: bool) -> int:
    """Check the pair of NEAR and FAR, named in either order."""
    settings = current()
    inventory = loaded(settings)
    pair_of(inventory, near, far, settings)
    if trigger == "ask" and not consent.can_ask():
        trigger = "no"
    request = CheckRequest(near, far, trigger, watch, asked_by=_person())
    result = asyncio.run(_checked(request, inventory, settings))
    if as_json:
        _print_json(result.document)
    else:
        print_report(Console(highlight=False), result.document, result.evidence, settings.lang)
    return STOPPED if result.document["stopped"] else _STATUS[result.document["outcome"]]


async def _checked(request: CheckRequest, inventory: Inventory, settings: Settings) -> CheckResult:
    """Run the check with its progress shown, its question asked and Ctrl-C heard."""
    console = Console(stderr=True, highlight=False)
    voice = Voice(settings.lang, titles(inventory.sites.values(), inventory.segments))

    async def work(stop: asyncio.Event) -> CheckResult:
        async def ask(question: ConsentQuestion) -> Consent | None:
            with progress.paused():
                consent.show(console, question, voice)
                agreed = await consent.said_yes(stop)
            return Consent(request.asked_by, "asked and answered yes") if agreed else None

        return await app.check(
            request,
            inventory,
            settings.db,
            listener=progress,
            ask_consent=ask,
            stop=stop,
            lang=settings.lang,
        )

    with Progress(console, voice) as progress:
        try:
            return await stoppable(work, lambda: progress.say(voice("cli.stopping")))
        except GivenUp:
            progress.say(voice("cli.aborted"))
            raise


@replcheck.command()
@options
def serve() -> int:
    """Run the bot: Slack, webhooks, pages. Ends in good order at SIGTERM or Ctrl-C."""
    from bot.serve import run as run_bot  # noqa: PLC0415 -- Slack's SDK loads slowly, for this only

    return run_bot(current())


@replcheck.command()
@click.option("--json", "as_json", is_flag=True)
@click.option("--last", default=200, show_default=True, metavar="N", help="How many entries.")
@options
def audit(as_json: bool, last: int) -> None:
    """Show who asked, pressed and was refused what, and when: the newest entries."""
    settings = current()
    found = asyncio.run(app.audit(settings.db, last))
    if as_json:
        _print_json(found)
    else:
        print_audit(Console(highlight=False), found, Voice(settings.lang))


@replcheck.group()
@options
def incidents() -> None:
    """Read the record."""


@incidents.command("list")
@click.option("--json", "as_json", is_flag=True)
@options
def incidents_list(as_json: bool) -> None:
    """List all incidents, the oldest first."""
    settings = current()
    found = asyncio.run(app.incidents(settings.db))
    if as_json:
        _print_json(found)
    else:
        print_incidents(Console(highlight=False), found, Voice(settings.lang))


@incidents.command("show")
@click.argument("incident")
@click.option("--json", "as_json", is_flag=True)
@options
def incidents_show(incident: str, as_json: bool) -> None:
    """Show one incident: its events, its checks with their verdicts, its timeline."""
    settings = current()
    record = asyncio.run(app.incident(settings.db, incident))
    if as_json:
        _print_json(record)
    else:
        evidence = asyncio.run(app.evidence_of(settings.db, record))
        print_incident(Console(highlight=False), record, evidence, settings.lang)


def _zones(
    _context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[ZoneInfo, ...]:
    """Time zones by their IANA names."""
    try:
        return tuple(ZoneInfo(name) for name in names)
    except (OSError, ValueError, KeyError):  # a folder, a path, a name that is not there
        raise click.BadParameter("time zones are named like Asia/Seoul") from None


@incidents.command("export")
@click.argument("incident")
@click.option("--format", "form", type=click.Choice(["md", "text", "json"]), default="md")
@click.option(
    "--ticket",
    "as_ticket",
    is_flag=True,
    help="What the owner of the device that blocks needs to find it on their side.",
)
@click.option(
    "--zone",
    "zones",
    multiple=True,
    callback=_zones,
    metavar="ZONE",
    help="Of a ticket: a time zone of its readers, like Asia/Seoul; may be given again.",
)
@options
def incidents_export(
    incident: str, form: str, *, as_ticket: bool, zones: tuple[ZoneInfo, ...]
) -> None:
    """Print one incident as a document to hand on."""
    if not as_ticket and (form == "text" or zones):
        raise click.UsageError("--format text and --zone go with --ticket.")
    settings = current()
    record = asyncio.run(app.incident(settings.db, incident))
    if as_ticket:
        _print_ticket(record, form, zones, settings)
    elif form == "json":
        _print_json(record)
    else:
        evidence = asyncio.run(app.evidence_of(settings.db, record))
        known = {k: v for e in evidence.values() for k, v in titles_of(e.context).items()}
        click.echo(markdown(record, Voice(settings.lang, known)).encode(), nl=False)


def _print_ticket(
    record: dict[str, Any], form: str, zones: tuple[ZoneInfo, ...], settings: Settings
) -> None:
    evidence = asyncio.run(app.evidence_of(settings.db, record))
    made = of_incident(record, evidence, zones)
    if made is None:
        raise click.ClickException(f"incident {record['id']} has no check to make a ticket from.")
    click.echo(written(made, form, settings.lang).encode("utf-8", "replace"), nl=False)


@replcheck.command()
@click.argument("check_id", metavar="CHECK")
@click.option("--json", "as_json", is_flag=True, help="Print the new verdict's document only.")
@options
def judge(check_id: str, as_json: bool) -> int:
    """Judge a stored check's evidence again with today's rules, without touching a host."""
    settings = current()
    result, before = asyncio.run(app.judged_again(settings.db, check_id, settings.lang))
    if as_json:
        _print_json(result.document)
    else:
        console = Console(highlight=False)
        print_report(console, result.document, result.evidence, settings.lang)
        voice = Voice(settings.lang, titles_of(result.evidence.context))
        print_changes(console, before, result.document, voice)
    return _STATUS[result.document["outcome"]]


def _print_json(document: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    """UTF-8 whatever the locale says: the reader is a program."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "replace"))


def _person() -> str:
    """Who typed it, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return f"uid {os.getuid()}"
