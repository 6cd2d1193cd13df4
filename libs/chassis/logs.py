"""Structured logs: one JSON object a line on standard output, ours and the libraries' alike."""

import json
import logging
import sys
from typing import Any

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
        # Local variables of a traceback would be logged by default, passwords among them.
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        shared.append(structlog.processors.ExceptionRenderer(tracebacks))
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
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
            foreign_pre_chain=shared,
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


def _redact(_logger: Any, _method: str, event: Any) -> Any:
    return {key: "***" if key in _REDACTED else value for key, value in event.items()}
