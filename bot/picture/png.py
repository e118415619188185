"""SVG → PNG, in a process of its own.

The renderer holds Python's lock while it draws (measured: 0.1 to 0.3 s), so in a thread of the bot
it would keep every answer to Slack waiting. What it might do wrong with wild input stays outside.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bot.picture.text import FAMILY

_HERE = Path(__file__).parent
_FONTS = ("ReplcheckGothic-Regular.ttf", "ReplcheckGothic-Bold.ttf")
_SECONDS = 20.0


class PictureError(Exception):
    """No image was made; the text says why."""


def png(svg: str) -> bytes:
    """The image, one pixel a unit. Waits for some tenths of a second: call it in a thread.
    Raises PictureError."""
    fonts = [str(_HERE / "fonts" / name) for name in _FONTS]
    command = [sys.executable, "-I", str(_HERE / "render.py"), FAMILY, *fonts]
    try:
        run = subprocess.run(  # noqa: S603 - constant words; the drawing goes in as data
            command, input=svg.encode(), capture_output=True, timeout=_SECONDS, env={}, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PictureError(f"the renderer did not run: {error}") from error
    if run.returncode != 0:
        raise PictureError(run.stderr.decode(errors="replace").strip()[-500:])
    return run.stdout
