"""Structured logs: one JSON object a line on standard output, ours and the libraries' alike.

Of an exception the classes and the places are written, never its text: a driver's, a parser's or a handler's text may
quote what it worked on, a mail address or a token. Ids of events, transactions and calls tell which one it was; device
ids, user ids and user names are in events, for those who may read these, and never in a log or a metric.
"""

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import orjson
import structlog

from chassis.context import correlation_id

# Never written, whatever a call passes: credentials, push tokens and personal data.
_REDACTED = frozenset({"token", "password", "secret", "authorization", "phoneNumber", "values"})


def configure(level: str, *, service: str, console: bool = False) -> None:
    """Send every log record of this process to standard output at this level. Call once, at start."""
    shared: list[Any] = [
        _with_correlation_id,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _redact,
    ]
    if not console:
        shared.append(structlog.processors.ExceptionRenderer(_stacks))
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_write_stacks)
        if console
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_with_fields, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                lambda _logger, _method, event: {"service": service, **event},
                renderer,
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    # aiokafka reports every retry at its own pace; what matters of that is logged by us.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    logging.getLogger("pymongo").setLevel(logging.WARNING)


_FIELDS = structlog.stdlib.ExtraAdder()
# Local variables of a traceback would be logged by default, passwords among them.
_TRACEBACKS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def _stacks(exc_info: Any) -> list[dict[str, Any]]:
    return [_without_text(stack) for stack in _TRACEBACKS(exc_info)]


def _without_text(stack: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: stack[name] for name in ("exc_type", "is_cause", "frames")}
    inner = [_without_text(one) for stacks in stack["exceptions"] for one in stacks]
    return {**kept, **({"exceptions": inner} if inner else {})}


def _write_stacks(out: TextIO, exc_info: Any) -> None:
    out.write("\n" + "\n".join(line for stack in _stacks(exc_info) for line in _lines(stack)))


def _lines(stack: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'caused by ' if stack['is_cause'] else ''}{stack['exc_type']}"
    for frame in stack["frames"]:
        yield f"  {frame['filename']}:{frame['lineno']} in {frame['name']}"
    for inner in stack.get("exceptions", ()):
        yield from _lines(inner)


def _json(event: Any, **_: Any) -> str:
    try:
        return orjson.dumps(event, default=str).decode()
    except TypeError:
        # A lone surrogate or a number beyond 64 bits, which orjson does not write.
        return json.dumps(event, default=str)


def _with_correlation_id(_logger: Any, _method: str, event: Any) -> Any:
    if (correlation := correlation_id()) is not None:
        event["correlation_id"] = correlation
    return event


def _with_fields(logger: Any, method: str, event: Any) -> Any:
    """What device_events, which knows only the standard library's logging, says beside the name of an event."""
    return _FIELDS(logger, method, event) if event["_record"].name.startswith("device_events.") else event


def _redact(_logger: Any, _method: str, event: Any) -> Any:
    return {key: "***" if key in _REDACTED else value for key, value in event.items()}
