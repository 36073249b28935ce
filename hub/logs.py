"""Logs of ids and verbs: JSON lines for machines, readable lines on a terminal. Never people."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Final, Literal

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

_ADDRESS: Final = re.compile(r"[^\s<>@,;]+@[^\s<>@,;]+")
_CREDENTIALS: Final = re.compile(r"(?<=://)[^\s/@]+@")
_BREAKS: Final = {
    code: f"\\u{code:04x}"
    for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)
    if chr(code) != "\t"
}
"""Whatever some reader takes for the end of a line, or a terminal for a command."""
_TRACE: Final = "exception"
"""The one value that has lines of its own."""
_OWN: Final = {"_record", "_from_structlog"}
"""What structlog itself puts on a line and takes off again."""


def set_up_logs(form: Literal["auto", "json", "text"], level: str) -> None:
    """Send every log line of the process to standard error, in one form."""
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    renderer: Any = (
        structlog.processors.JSONRenderer(serializer=_json)
        if as_json
        else structlog.dev.ConsoleRenderer()
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_addresses,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # A library's view of one request is no business of the log: it may hold addresses.
    for noisy in ("aiohttp.access", "aiormq", "aio_pika", "mail.log", "aiosqlite", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _json(line: object, **how: Any) -> str:  # noqa: ANN401  # structlog passes json's own options
    return orjson.dumps(line, default=how.get("default")).decode()


def without_addresses(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Take out what looks like an address or a password, whoever wrote it (console.md, threats)."""
    return {
        key: value if key in _OWN else _indented(value) if key == _TRACE else _scrubbed(value)
        for key, value in line.items()
    }


def _indented(trace: object) -> object:
    """Keep the lines of a trace behind a margin: none of them looks like a line of the log."""
    lines = _without(str(trace)).split("\n")
    return "\n    ".join(line.translate(_BREAKS) for line in lines)


def _without(said: str) -> str:
    if "@" not in said:  # Both patterns have one; most of what is logged has none.
        return said
    return _ADDRESS.sub("[address]", _CREDENTIALS.sub("[credentials]@", said))


def _unbroken(said: str) -> str:
    # None of the breaks is printable, and to look at each character costs more than to ask.
    return said if said.isprintable() else said.translate(_BREAKS)


def _scrubbed(value: object) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _unbroken(_without(value))
        case list() | tuple():
            return [_scrubbed(item) for item in value]
        case dict():
            return {key: _scrubbed(item) for key, item in value.items()}
        case _:
            # A renderer would show it by its `repr`, an exception's words included.
            return _scrubbed(repr(value))
