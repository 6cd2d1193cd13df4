"""A thing with marks: the smallest aggregate, whose every change is announced as a change of status."""

from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from pymongo import ASCENDING, IndexModel

from chassis.decisions import Aggregate, Announcement, Decision
from device_events import catalog


class Thing(TypedDict, total=False):
    """`keys` are unique among all things."""

    marks: list[Any]
    keys: list[str]


Decide = Callable[[Aggregate[Thing]], Decision[Thing, Any]]
KEYS = IndexModel([("state.keys", ASCENDING)], name="thing_keys", unique=True, sparse=True)


class Marked(Exception):
    """A refusal of this test's domain."""


def announcement(subject: str, number: int) -> Announcement:
    """A valid event; its transaction id is the number."""
    runtime, _, device = subject.partition("/")
    data = {
        "runtime": runtime,
        "deviceId": device,
        "status": "LOST",
        "previous": "ACTIVE",
        "reason": "operator",
        "transactionId": number,
    }
    return Announcement(type=catalog.DEVICE_STATUS_CHANGED, data=data, deviceid=subject)


def mark(number: Any, *, keys: Sequence[str] = (), silent: bool = False) -> Decide:
    """Add a mark, take keys, announce it; the result is all marks."""

    def decide(aggregate: Aggregate[Thing]) -> Decision[Thing, Any]:
        state = aggregate.state or {}
        changed: Thing = {**state, "marks": [*state.get("marks", []), number]}
        if keys:
            changed["keys"] = [*state.get("keys", []), *keys]
        events = [] if silent else [announcement(aggregate.id, number)]
        return Decision(changed["marks"], changed, events)

    return decide


def mark_once(number: int) -> Decide:
    """Add the first mark; refuse another."""

    def decide(aggregate: Aggregate[Thing]) -> Decision[Thing, Any]:
        if (aggregate.state or {}).get("marks"):
            raise Marked(aggregate.existing["marks"])
        return mark(number)(aggregate)

    return decide


def look(aggregate: Aggregate[Thing]) -> Decision[Thing, Any]:
    """All marks, changing nothing."""
    return Decision((aggregate.state or {}).get("marks", []))
