"""`python -m bot.demo.workspace --port 8899`: a workspace by itself, with its tokens printed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from ruamel.yaml import YAML

from bot.demo.workspace.server import start
from bot.demo.workspace.state import Workspace

_MANIFEST = Path(__file__).parents[2] / "slack" / "manifest.yml"


@click.command()
@click.option("--port", default=8899, show_default=True, help="Loopback port to listen on.")
@click.option(
    "--manifest",
    default=_MANIFEST,
    type=click.Path(path_type=Path, exists=True),
    help="The app's manifest; by default replcheck's own.",
)
def main(port: int, manifest: Path) -> None:
    """Runs a local workspace until it is interrupted."""
    asyncio.run(_run(port, YAML(typ="safe").load(manifest)))


async def _run(port: int, manifest: dict[str, object]) -> None:
    workspace = Workspace()
    tokens = workspace.install_app(manifest)
    mina = workspace.add_user("Mina Park", "ko-KR", "Asia/Seoul")
    alex = workspace.add_user("Alex Reed", "en-US", "Europe/London")
    channel = workspace.add_channel("backup-incidents", [mina, alex])
    running = await start(workspace, port=port)
    click.echo(f"Open {running.url}/?as={mina.id}&channel={channel.id}")
    click.echo(f"SLACK_API_URL={running.api_url}")
    click.echo(f"SLACK_BOT_TOKEN={tokens.bot}")
    click.echo(f"SLACK_APP_TOKEN={tokens.app}")
    click.echo(f"SLACK_SIGNING_SECRET={tokens.signing_secret}")
    try:
        await asyncio.Event().wait()
    finally:
        await running.close()


if __name__ == "__main__":
    main()
