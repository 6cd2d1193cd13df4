"""Deliveries and effects: what came more than once."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence

from tests.faults.audit.records import Record

Key = tuple[Hashable, ...]
REGISTERED = "rollcall.mobile-client.registered.v1"
GONE = "rollcall.mobile-client.deregistered.v1"


def deliveries_beyond_the_first(events: Sequence[Record]) -> int:
    """How many records only repeat one that is there."""
    return sum(number - 1 for number in Counter(event.id for event in events).values())


def _removed(event: Record) -> Key | None:
    return (event.cause, event.data["applicationId"]) if event.cause else None


def _triggered(event: Record) -> Key:
    # Called for by a request or by a status: each once for one contact and custom event.
    return (event.cause or event.correlation, event.data["cause"], event.data["customEvent"])


def _changed(event: Record) -> Key | None:
    return (event.data["transactionId"],) if "transactionId" in event.data else None


# What may be there once for each document and key: two ids are an effect that was made twice.
ONCE: Mapping[str, Callable[[Record], Key | None]] = {
    "rollcall.push.token-removed.v1": _removed,
    "rollcall.contact.custom-event-triggered.v1": _triggered,
    "rollcall.device.status-applied.v1": lambda event: (event.device, event.cause),
    "rollcall.device.status-changed.v1": _changed,
}


def repeated(events: Sequence[Record]) -> Iterator[str]:
    """Effects that were made more than once for one cause, by distinct events."""
    made: defaultdict[Key, set[str]] = defaultdict(set)
    for event in events:
        if (key_of := ONCE.get(event.type)) and (key := key_of(event)) is not None:
            made[(event.type, *event.stream, *key)].add(event.id)
    for key, ids in made.items():
        for _ in range(len(ids) - 1):
            yield f"{key} was made by {len(ids)} events: {sorted(ids)}"


def ended_twice(streams: Mapping[tuple[str, str], Mapping[int, Record]]) -> Iterator[str]:
    """Mobile clients that were deregistered although they were not registered."""
    for stream, own in streams.items():
        registered = False
        for sequence, event in sorted(own.items()):
            if event.type == GONE and not registered:
                yield f"{stream} #{sequence} is deregistered a second time"
            if event.type in (REGISTERED, GONE):
                registered = event.type == REGISTERED
