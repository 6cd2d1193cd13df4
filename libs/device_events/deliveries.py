"""Delivery: which repeats a consumer wants to be spared, and the memory that this takes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from itertools import islice

from device_events.seen_store import Name
from device_events.window import Record


class Delivery(Enum):
    """What is dropped before it comes to a handler."""

    LATEST = "latest"
    """Repeats and stale events: of each device, an event comes only if its sequence is higher than that of the last
    one handled. A device ends with its newest event, and a change may be missing that was overtaken on the way."""

    EVERY = "every"
    """Repeats alone, by their ids: every event comes, those of one device in order but after a crash or across replicas
    of the announcing service, where `sequence` tells. From a compacted topic only a group that lags less than the
    compaction delay, a week, gets every one."""


class RepeatFilter:
    """Knows the sequences of at most `capacity` names; when it is full, the eighth not met for longest is forgotten.

    What was handled since the last `changes()` is kept apart if `recording`.
    """

    def __init__(self, delivery: Delivery, capacity: int, *, recording: bool) -> None:
        self._by_id = delivery is Delivery.EVERY
        if capacity < 8:
            raise ValueError("the repeat filter's memory needs room for 8 at least")
        self._capacity = capacity
        self.known: defaultdict[str, dict[bytes, int]] = defaultdict(dict)  # by topic
        self._count = 0
        self._changed: dict[Name, int] | None = {} if recording else None

    def __len__(self) -> int:
        return self._count

    @property
    def by_device(self) -> bool:
        """Whether it tells events by their devices and sequences, not by their ids."""
        return not self._by_id

    def outdated(self, topic: str, key: bytes, sequence: int) -> str | None:
        """Why the event is to be dropped: "repeated" or "stale"; None if it is not. `key` is its subject or its id."""
        last = self.known[topic].get(key)
        if last is None or (last < sequence and not self._by_id):
            return None
        return "repeated" if last == sequence else "stale"

    def handled(self, topic: str, key: bytes, sequence: int) -> None:
        """Remember it."""
        known = self.known[topic]
        if known.pop(key, None) is None:
            self._count += 1
        known[key] = sequence  # a name met again moves to the end
        if self._count > self._capacity:
            self._forget()
        if self._changed is not None:
            self._changed[topic, key] = sequence

    def _forget(self) -> None:
        # Many at once: the first entry of a dictionary is slow to find once those before it are gone.
        largest = max(self.known.values(), key=len)
        for key in list(islice(largest, max(1, len(largest) // 8))):
            del largest[key]
            self._count -= 1

    def unknown(self, records: Iterable[Record]) -> set[Name]:
        """The names of these records that the memory does not know."""
        names = ((record.topic, self._key(record)) for record in records)
        return {name for name in names if name[1] and name[1] not in self.known[name[0]]}

    def learn(self, sequences: Mapping[Name, int]) -> None:
        """What was handled long ago."""
        changed, self._changed = self._changed, None
        for (topic, key), sequence in sequences.items():
            self.handled(topic, key, sequence)
        self._changed = changed

    def changes(self) -> dict[Name, int]:
        """What was handled since this was last asked."""
        if not self._changed:
            return {}
        changed, self._changed = self._changed, {}
        return changed

    def unkept(self, changes: Mapping[Name, int]) -> None:
        """These could not be kept: they are changes still, but for those that were handled anew."""
        if self._changed is not None:
            self._changed = {**changes, **self._changed}

    def _key(self, record: Record) -> bytes:
        wanted = "ce_id" if self._by_id else "ce_subject"
        headers: Sequence[tuple[str, bytes]] = record.headers
        return next((value for name, value in headers if name == wanted and value), b"")
