"""Calls: a command or the reaction to an event, and the ways it can go: to its end, crashing, unanswered, in flight."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from chassis.context import event_context, request_context
from chassis.errors import Refusal
from device_events import Event
from device_events.points import Point
from tests.model.members import Member
from tests.model.stepping import LostAnswer


class Crash(Exception):
    """The process ends here."""


@dataclass(frozen=True, slots=True)
class Whole:
    """The call runs to its end on this replica."""

    replica: int


@dataclass(frozen=True, slots=True)
class Crashing:
    """The replica ends when it reaches this point for the given time, from 1."""

    replica: int
    point: Point
    number: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """An answer of MongoDB's is lost on the way; the call itself goes on."""

    replica: int
    answer: LostAnswer


@dataclass(frozen=True, slots=True)
class InFlight:
    """After so many round trips the call halts, to go on or to be given up later."""

    steps: int


Way = Whole | Crashing | Unanswered | InFlight


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a caller gets. Without result and refusal it gets nothing, and cannot know what was done."""

    result: Any = None
    refusal: Refusal | None = None
    unknown: bool = False


@dataclass(frozen=True, kw_only=True)
class Call:
    """`name` is its correlation id. `announces`: events of these types, so many of them once it is acknowledged.

    A call that is refused has announced `despite_refusal` of them at the most, any other one at the most.
    """

    member: Member
    name: str
    do: Callable[[Any], Awaitable[Any]]
    event: Event | None = None
    announces: frozenset[str] = frozenset()
    bounds: tuple[int, int] = (1, 1)
    despite_refusal: int = 0
    ended: Callable[[Outcome], None] = lambda _: None

    def context(self) -> AbstractContextManager[object]:
        """A request's or an event's."""
        if self.event is None:
            return request_context(self.name, None)
        return event_context(self.event.correlationid, self.event.traceparent)
