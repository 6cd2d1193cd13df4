"""What became of the traffic: read from Kafka and MongoDB, with the brokers' and the database's own times."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pymongo import AsyncMongoClient

from device_events import Event, KafkaConnection, catalog
from device_events.envelope import decode
from tests.support.announced import records

SERVICES = ("contacts", "mobile-platform", "push-registry")
Times = Mapping[str, float]  # seconds by an event's id


@dataclass(frozen=True)
class Effects:
    """`events` once each, with the time at which each reached Kafka first; `acknowledged` as device-admin has it."""

    events: Sequence[Event]
    times: Times
    acknowledged: Mapping[tuple[str, str], float]  # by transaction id and service, in seconds

    def changes(self, devices: Iterable[str]) -> Mapping[str, Event]:
        """The status changes of these devices by the transaction that made them. Fails if one made two."""
        wanted = set(devices)
        found: dict[str, Event] = {}
        for event in self.of(catalog.DEVICE_STATUS_CHANGED):
            if event.data["deviceId"] in wanted and "transactionId" in event.data:
                key = str(event.data["transactionId"])
                assert key not in found, f"transaction {key} was announced as two events"
                found[key] = event
        return found

    def of(self, type_: str) -> list[Event]:
        """All of a type."""
        return [event for event in self.events if event.type == type_]

    def overtaken(self) -> Set[str]:
        """The ids of status changes that reached Kafka after a later one of their device.

        Two replicas announce side by side, so one may be late; whoever has read the later one passes the earlier by.
        """
        highest: dict[str, int] = {}
        late = set()
        for event in self.of(catalog.DEVICE_STATUS_CHANGED):  # those of one device in the order of their partition
            if event.sequence < highest.get(event.subject, 0):
                late.add(event.id)
            highest[event.subject] = max(event.sequence, highest.get(event.subject, 0))
        return late

    def by_cause(self, type_: str) -> Mapping[tuple[str, str], list[Event]]:
        """Those of a type that some status change caused, by that and by the service which announced them."""
        found: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in self.of(type_):
            if event.causationid:
                found[event.causationid, event.source.rpartition("/")[2]].append(event)
        return found

    def waits(self, service: str, changes: Mapping[str, Event]) -> list[float]:
        """How long each change waited for its effect in a service: from one record to the other, in seconds."""
        applied = self.by_cause(catalog.DEVICE_STATUS_APPLIED)
        causes = (event.id for event in changes.values())
        return [self.times[applied[cause, service][0].id] - self.times[cause] for cause in causes]

    def gaps(self, service: str, changes: Mapping[str, Event]) -> list[float]:
        """Between one effect in a service and the next, while changes went on, in seconds."""
        causes = {event.id for event in changes.values()}
        applied = self.by_cause(catalog.DEVICE_STATUS_APPLIED)
        return _between(
            self.times[event.id]
            for (cause, by), events in applied.items()
            if cause in causes and by == service
            for event in events
        )

    def acknowledgement_gaps(self, changes: Mapping[str, Event]) -> list[float]:
        """Between one acknowledgement that device-admin has taken in and the next, in seconds."""
        return _between(at for (transaction, _), at in self.acknowledged.items() if transaction in changes)


def _between(times: Iterable[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(sorted(times))]


async def effects(kafka: KafkaConnection, uri: str, database: str) -> Effects:
    """All of it, as of now."""
    events: dict[str, Event] = {}
    times: dict[str, float] = {}
    for record in await records(kafka, [kafka.name(topic) for topic in catalog.TOPICS]):
        event = decode(record.key, record.value, record.headers)
        events.setdefault(event.id, event)
        times.setdefault(event.id, record.timestamp / 1e3)
    return Effects(list(events.values()), times, await _acknowledgements(uri, database))


async def _acknowledgements(uri: str, database: str) -> dict[tuple[str, str], float]:
    async with AsyncMongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        return {
            (str(document["state"]["id"]), given["service"]): given["time"].timestamp()
            async for document in client[database]["device_admin"].find({"state.kind": "transaction"})
            for given in document["state"]["acknowledgements"]
        }
