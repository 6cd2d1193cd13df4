"""Survey: what Kafka knows and MongoDB does not, after MongoDB was restored from an older copy. It changes nothing."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from chassis.comparison import Stamp, behind, stamp_of, topics_of
from chassis.records import RecordReader, header
from device_events import BLOCKING, Event, Rejected
from device_events.catalog import DEVICE_STATUS_TOPIC, PUSH_TOKEN_REMOVED, PUSH_TOPIC, TOPICS
from device_events.envelope import decode, event_type
from device_events.window import Record
from rollcall.services import DEVICE_ADMIN, MOBILE_PLATFORM, SERVICES, ServiceData, StatusFields
from rollcall.workbench import Collections

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Newest:
    """A device's status as it was announced last, and the record that says so."""

    runtime: str
    device_id: str
    status: str
    time: datetime
    sequence: int
    partition: TopicPartition
    offset: int


@dataclass(frozen=True, slots=True)
class Lost:
    """An event whose change is in no document any more, and which no document can be made from."""

    service: str
    type: str
    id: str
    subject: str
    sequence: int
    time: str


@dataclass(slots=True)
class Survey:
    """By service: the highest sequences on Kafka, and the documents behind them (None: missing).

    `unapplied`: devices whose newest status the service has read and, by its documents, not applied. `removals`: the
    events of tokens taken from those that mobile-platform should shut out; it follows clients by them.
    """

    newest: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in SERVICES})
    late: dict[str, dict[str, int | None]] = field(default_factory=dict)
    statuses: dict[str, Newest] = field(default_factory=dict)
    transactions: dict[str, int] = field(default_factory=dict)  # the latest announced by device
    highest_transaction: int = 0
    unapplied: dict[str, set[str]] = field(default_factory=dict)
    removals: list[Record] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    strange: int = 0  # records that are none of the topic's writer's events

    @property
    def is_level(self) -> bool:
        """Whether there is nothing to do."""
        return not any(self.late.values()) and not self.to_say_again

    @property
    def to_say_again(self) -> list[str]:
        """Devices that some service has forgotten the newest status of, but device-admin has not."""
        return sorted(set().union(*self.unapplied.values()) - set(self.late[DEVICE_ADMIN.name]))


Offsets = Mapping[TopicPartition, int]


async def survey(reader: RecordReader, found: Collections, committed: Mapping[str, Offsets]) -> Survey:
    """Read every topic and compare. `committed` are the offsets of each service's group. Raises what backends raise."""
    seen = Survey()
    async for record in reader.read(TOPICS):
        if (one := _stamped(reader, record)) is None:
            seen.strange += 1
            continue
        service, stamp = one
        newest = seen.newest[service.name]
        newest[stamp.subject] = max(newest.get(stamp.subject, 0), stamp.sequence)
        if service is DEVICE_ADMIN:
            _take_status(seen, record)
    for name, newest in seen.newest.items():
        seen.late[name] = await behind(found[name], newest)
    for name, service in SERVICES.items():
        if service.statuses:
            seen.unapplied[name] = await _unapplied(seen, service.statuses, found, name, committed[name])
    late = [service for service in SERVICES.values() if seen.late[service.name]]
    seen.lost = [lost async for lost in _lost(reader, seen, late)]
    seen.removals = await _removals(reader, seen)
    return seen


def summary(seen: Survey) -> dict[str, Any]:
    """What a report shows of it, JSON-plain."""
    services = {
        name: {
            "behind": sum(have is not None for have in seen.late[name].values()),
            "missing": sum(have is None for have in seen.late[name].values()),
            "lost": dict(Counter(lost.type for lost in seen.lost if lost.service == name)),
        }
        for name in SERVICES
    }
    lost = [
        {"service": one.service, "type": one.type, "id": one.id, "subject": one.subject, "sequence": one.sequence}
        | {"time": one.time}
        for one in seen.lost
    ]
    devices = sorted(seen.late[DEVICE_ADMIN.name])
    return {
        "services": services,
        "statuses": {"adopt": devices, "sayAgain": seen.to_say_again},
        "lost": lost,
        "strangeRecords": seen.strange,
    }


def _stamped(reader: RecordReader, record: Record) -> tuple[ServiceData, Stamp] | None:
    """The event's service and stamp, if it stands on a topic which that service writes."""
    stamp = stamp_of(record)
    service = next((one for one in SERVICES.values() if stamp and one.source == stamp.source), None)
    if stamp is None or service is None:
        return None
    name = record.topic.removeprefix(reader.connection.topic_prefix)
    return (service, stamp) if name in topics_of(service.source) else None


def _take_status(seen: Survey, record: Record) -> None:
    try:
        event: Event = decode(record.key, record.value, record.headers)
    except Rejected:
        return
    known = seen.statuses.get(event.subject)
    # Sequences given out again before anybody noticed are told apart by the time.
    if known is None or (event.sequence, event.time) >= (known.sequence, known.time):
        seen.statuses[event.subject] = Newest(
            runtime=event.data["runtime"],
            device_id=event.data["deviceId"],
            status=event.data["status"],
            time=event.time,
            sequence=event.sequence,
            partition=TopicPartition(record.topic, record.partition),
            offset=record.offset,
        )
    if (transaction := event.data.get("transactionId")) is not None:
        seen.transactions[event.subject] = max(seen.transactions.get(event.subject, 0), transaction)
        seen.highest_transaction = max(seen.highest_transaction, transaction)


async def _unapplied(seen: Survey, fields: StatusFields, found: Collections, name: str, committed: Offsets) -> set[str]:
    """Devices whose newest status this service's group is past, while its documents do not show it."""
    passed = [device for device, newest in seen.statuses.items() if committed.get(newest.partition, 0) > newest.offset]
    devices = set()
    for page in _pages(passed):
        cursor = found[name].find({"_id": {"$in": page}}, {"state": 1})
        states = {document["_id"]: document["state"] async for document in cursor}
        devices |= {one for one in page if not _shows(states.get(one) or {}, fields, seen.statuses[one])}
    return devices


def _shows(state: Mapping[str, Any], fields: StatusFields, newest: Newest) -> bool:
    applied: int = state.get(fields.applied, 0)
    taken: int = state.get(fields.taken, 0)
    if applied >= newest.sequence:
        return True
    if fields.status not in state:
        return newest.status not in BLOCKING
    # A status set again, or one that a service passes over as nothing changes by it.
    return bool(state[fields.status] == newest.status and applied == taken)


async def _lost(reader: RecordReader, seen: Survey, services: list[ServiceData]) -> Any:
    """Each event above its document's sequence, but for statuses, which are adopted."""
    topics = [topic for one in services for topic in topics_of(one.source) if topic != DEVICE_STATUS_TOPIC]
    ids = set()
    async for record in reader.read(topics):
        service, stamp = _stamped(reader, record) or (None, None)
        if service is None or stamp is None or stamp.subject not in seen.late[service.name]:
            continue
        id = header(record, "ce_id") or ""
        if stamp.sequence > (seen.late[service.name][stamp.subject] or 0) and id not in ids:
            ids.add(id)
            type_, time = header(record, "ce_type") or "", header(record, "ce_time") or ""
            yield Lost(service.name, type_, id, stamp.subject, stamp.sequence, time)


async def _removals(reader: RecordReader, seen: Survey) -> list[Record]:
    forgotten = {device for device in seen.unapplied[MOBILE_PLATFORM.name] if seen.statuses[device].status in BLOCKING}
    if not forgotten:
        return []
    removals = [
        record async for record in reader.read([PUSH_TOPIC]) if event_type(record.headers) == PUSH_TOKEN_REMOVED
    ]
    return [record for record in removals if header(record, "ce_deviceid") in forgotten]


def _pages(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), _PAGE):
        yield items[start : start + _PAGE]
