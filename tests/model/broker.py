"""The machine in Kafka's place: a log of records, read by anybody in any order and as often as wanted."""

from collections.abc import Sequence

from device_events import Event, catalog
from device_events.envelope import decode
from device_events.publisher import OutgoingRecord, Publisher
from tests.model.fleet import NOWHERE
from tests.model.members import MEMBERS, Member


class Broker(Publisher):
    """All topics in one log, and who has read what. While `deaf` it acknowledges nothing, so records come again."""

    def __init__(self) -> None:
        super().__init__(NOWHERE)
        self.deaf = False
        self._log: list[tuple[str, Event]] = []
        self._read: set[tuple[str, str]] = set()  # by source and id
        self._compacted: set[tuple[str, str]] = set()

    async def publish(self, records: Sequence[OutgoingRecord]) -> list[bool]:
        self._log += [(record.topic, decode(record.key, record.value, record.headers)) for record in records]
        return [not self.deaf] * len(records)

    def readable(self, *only: Member) -> list[tuple[Member, Event]]:
        """What these services, or all of them, may read and react to, whether they have or not."""
        return [
            (one, event)
            for one in only or MEMBERS
            for event in self._events(*one.topics)
            if event.type in one.reactions and (one.source, event.id) not in self._compacted
        ]

    def unread(self, *only: Member) -> list[tuple[Member, Event]]:
        """What they have yet to read."""
        return [(one, event) for one, event in self.readable(*only) if (one.source, event.id) not in self._read]

    def note(self, member: Member, event: Event) -> None:
        """A service has reacted to an event, to the end."""
        self._read.add((member.source, event.id))

    def compact(self) -> None:
        """Of each device only the newest status is left to those that have not read the older ones."""
        newest: dict[str, int] = {}
        for one in self._events(catalog.DEVICE_STATUS_TOPIC):
            newest[one.subject] = max(one.sequence, newest.get(one.subject, 0))
        self._compacted |= {
            (member.source, event.id)
            for member, event in self.unread()
            if event.type == catalog.DEVICE_STATUS_CHANGED and event.sequence < newest[event.subject]
        }

    @property
    def has_compacted(self) -> bool:
        """Whether somebody will never read some status."""
        return bool(self._compacted)

    def _events(self, *topics: str) -> list[Event]:
        """Each once, in the order of its first arrival."""
        found: dict[str, Event] = {}
        for topic, event in self._log:
            if topic in topics:
                known = found.setdefault(event.id, event)
                assert known == event, f"published again as another: {known} and {event}"
        return list(found.values())
