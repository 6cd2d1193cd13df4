"""Intake: what becomes of a record before its handler, and who that is."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from device_events.envelope import decode, event_type
from device_events.errors import Undecodable
from device_events.event import Event
from device_events.window import Record

Handler = Callable[[Any], Awaitable[None]]
Taken = tuple[Handler, Any]  # a handler, and the event that it gets


class Intake(Protocol):
    """Decides about records one by one, in the order of their keys."""

    counts: Counter[str]

    def take(self, record: Record) -> Taken | None:
        """The handler and its event; None when the record is not for us. Raises Rejected for an event at fault."""
        ...

    def handled(self, record: Record, event: Any) -> None:
        """The handler has succeeded."""
        ...

    async def recall(self, records: Sequence[Record]) -> None:
        """Before these are taken: get ready what is known of them."""
        ...

    async def keep(self) -> bool:
        """Before offsets are committed: whether what was handled so far is kept where it has to be."""
        ...


class RawIntake:
    """Gives each type's handler the whole event, its payload as a dictionary, repeats and all."""

    def __init__(self, handlers: Mapping[str, Callable[[Event], Awaitable[None]]]) -> None:
        self.counts: Counter[str] = Counter()
        self._handlers = handlers

    def take(self, record: Record) -> Taken | None:
        """Every event that has a handler. Raises Undecodable."""
        kind = event_type(record.headers)
        handler = self._handlers.get(kind or "")
        if handler is None and kind:
            # Another handler's type, or one newer than this version: never ours to judge.
            self.counts["skipped"] += 1
            return None
        event = decode(record.key, record.value, record.headers)
        if handler is None:
            raise Undecodable("the record names no event type")
        return handler, event

    def handled(self, record: Record, event: Any) -> None:
        """Nothing is remembered: our own reactions tell repeats by what they have written."""

    async def recall(self, records: Sequence[Record]) -> None:
        """Nothing."""

    async def keep(self) -> bool:
        """Nothing has to be."""
        return True
