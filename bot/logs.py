"""Logs of a running bot: for people where standard error is a terminal, else a JSON line each.

Secrets are struck out of everything that is logged, whoever logs it (law 6).
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from storage.redact import clean


def to_stderr(stream: TextIO | None = None) -> None:
    """Send our own log lines and those of the libraries one way."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    shown: Processor = (
        structlog.dev.ConsoleRenderer()
        if stream.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shown],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.INFO)
    for library in ("aiohttp.access", "asyncssh"):  # they tell of every request, every channel
        logging.getLogger(library).setLevel(logging.WARNING)


def _without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    kept = {name: event.pop(name) for name in tuple(event) if name.startswith("_")}
    cleaned: EventDict = clean(event)
    return {**cleaned, **kept}
