"""What travels with a request or an event through all awaits: correlation id, trace, and whether it is a reaction."""

import contextlib
import random
import re
from collections.abc import Iterator
from contextvars import ContextVar

_random = random.Random().getrandbits  # noqa: S311 - ids, not secrets
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_CORRELATION_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

_correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
_reaction: ContextVar[bool] = ContextVar("reaction", default=False)


def correlation_id() -> str | None:
    """The id that ties together all answers, logs and events of one cause."""
    return _correlation_id.get()


def traceparent() -> str | None:
    """The W3C trace context to hand on."""
    return _traceparent.get()


def in_reaction() -> bool:
    """Whether the running code reacts to an event, and not to a request."""
    return _reaction.get()


@contextlib.contextmanager
def request_context(correlation: str | None, trace: str | None) -> Iterator[str]:
    """Adopt the caller's correlation id and trace where they are well-formed, else make new ones; yields the id."""
    known = correlation is not None and _CORRELATION_ID.fullmatch(correlation) is not None
    chosen = correlation if correlation is not None and known else f"{_random(128):032x}"
    with _adopted(chosen, _child_of(trace), reaction=False):
        yield chosen


@contextlib.contextmanager
def event_context(correlation: str | None, trace: str | None) -> Iterator[None]:
    """Adopt an event's correlation id and trace for the reaction to it."""
    with _adopted(correlation or f"{_random(128):032x}", _child_of(trace), reaction=True):
        yield


@contextlib.contextmanager
def _adopted(correlation: str, trace: str, *, reaction: bool) -> Iterator[None]:
    tokens = (_correlation_id.set(correlation), _traceparent.set(trace), _reaction.set(reaction))
    try:
        yield
    finally:
        _correlation_id.reset(tokens[0])
        _traceparent.reset(tokens[1])
        _reaction.reset(tokens[2])


def _child_of(trace: str | None) -> str:
    if trace is None or not _TRACEPARENT.fullmatch(trace):
        return f"00-{_random(128):032x}-{_random(64):016x}-00"
    return f"{trace[:36]}{_random(64):016x}{trace[52:]}"
