"""Logs: one JSON object a line on standard output, or lines for people.

Of an exception the classes and the places are written, never its text, which may quote what it worked on: a contact's
mail address. `extra` of a call becomes fields.
"""

import contextlib
import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_correlation: ContextVar[str | None] = ContextVar("correlation", default=None)


@contextlib.contextmanager
def correlated(id: str | None) -> Iterator[None]:
    """Have what is logged inside carry the correlation id of the event."""
    token = _correlation.set(id)
    try:
        yield
    finally:
        _correlation.reset(token)


def configure(level: str, *, service: str, console: bool = False) -> None:
    """Send every log record of this process to standard output at this level. Call once, at start."""
    output = logging.StreamHandler(sys.stdout)
    output.setFormatter(_Console() if console else _Json(service))
    logging.basicConfig(handlers=[output], level=level, force=True)
    # aiokafka reports every retry at its own pace; what matters of that is logged by us.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("pymongo").setLevel(logging.WARNING)


class _Json(logging.Formatter):
    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "service": self._service,
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            **_fields(record),
        }
        if record.exc_info and record.exc_info[1]:
            line["exception"] = [_stack(error) for error in _chain(record.exc_info[1])]
        return json.dumps(line, default=str)


class _Console(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = "".join(f" {name}={value}" for name, value in _fields(record).items())
        lines = [
            f"{datetime.fromtimestamp(record.created):%H:%M:%S} {record.levelname:<7} {record.getMessage()}{fields}"
        ]
        if record.exc_info and record.exc_info[1]:
            for error in _chain(record.exc_info[1]):
                stack = _stack(error)
                lines.append(stack["exc_type"])
                lines += [f"  {at['filename']}:{at['lineno']} in {at['name']}" for at in stack["frames"]]
        return "\n".join(lines)


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    own = {name: value for name, value in vars(record).items() if name not in _OWN}
    correlation = _correlation.get()
    return own if correlation is None else {**own, "correlation_id": correlation}


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _stack(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "exc_type": type(error).__name__,
        "frames": [{"filename": at.filename, "lineno": at.lineno, "name": at.name} for at in frames],
    }
