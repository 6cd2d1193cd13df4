"""The current state: the newest change of status of each device, read from the compacted topic."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError

from device_events.catalog import DEVICE_STATUS_CHANGED, DEVICE_STATUS_TOPIC
from device_events.closing import close
from device_events.connection import KafkaConnection
from device_events.deliveries import Delivery, RepeatFilter
from device_events.device_event import DeviceEvent
from device_events.selection import Selection
from device_events.starts import Start, from_offsets
from device_events.tasks import within
from device_events.typed_intake import TypedIntake
from device_events.window import Record

REACH = 5.0  # seconds within which the brokers answer
SILENCE = 10.0  # seconds without a record after which the brokers count as away
_POLL_MS = 500


async def current_state(
    kafka: KafkaConnection, selection: Selection, repeats: RepeatFilter, others: Start
) -> tuple[Start, AsyncIterator[DeviceEvent[Any]]]:
    """Where to go on afterwards, and the newest event of each device; the repeat filter then knows them.

    `others` is where other topics begin. Raises KafkaError, TimeoutError, and Rejected for an event at fault.
    """
    consumer = kafka.consumer(None)
    try:
        await within(REACH, consumer.start())
        partitions = await _partitions(consumer, kafka.name(DEVICE_STATUS_TOPIC))
        ends = await within(REACH, consumer.end_offsets(partitions))
        newest = await _newest(consumer, ends, TypedIntake({DEVICE_STATUS_CHANGED: _ignore}, selection, repeats))
    except BaseException:
        await close(consumer, limit=REACH)
        raise
    start = from_offsets({(DEVICE_STATUS_TOPIC, one.partition): offset for one, offset in ends.items()}, others)
    return start, _again(consumer, ends, newest, selection)


async def _newest(
    consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int], intake: TypedIntake
) -> dict[bytes | None, int]:
    """The offset of the newest event of each subject, which all lie in one partition."""
    newest: dict[bytes | None, int] = {}
    async for record in _read(consumer, ends):
        if (taken := intake.take(record)) is not None:
            taken[1].check()
            intake.handled(record, taken[1])
            newest[record.key] = record.offset
    return newest


async def _again(
    consumer: AIOKafkaConsumer,
    ends: Mapping[TopicPartition, int],
    newest: dict[bytes | None, int],
    selection: Selection,
) -> AsyncIterator[DeviceEvent[Any]]:
    # Twice over the log, so that only offsets are held and not the events of a whole fleet.
    intake = TypedIntake({DEVICE_STATUS_CHANGED: _ignore}, selection, RepeatFilter(Delivery.LATEST, 8, recording=False))
    try:
        async for record in _read(consumer, ends):
            if newest.get(record.key) == record.offset and (taken := intake.take(record)) is not None:
                yield taken[1]
    finally:
        await close(consumer, limit=REACH)


async def _read(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> AsyncIterator[Record]:
    """Every record from the beginning up to these ends. Raises TimeoutError when the brokers stop answering."""
    consumer.assign(list(ends))
    firsts = await within(REACH, consumer.beginning_offsets(list(ends)))
    for partition, first in firsts.items():
        consumer.seek(partition, first)
    left = {partition for partition, end in ends.items() if firsts[partition] < end}
    silent = 0
    while left:
        batches = await consumer.getmany(*left, timeout_ms=_POLL_MS)
        for partition, records in batches.items():
            for record in records:
                if record.offset < ends[partition]:
                    yield record
        # By position, not by the last record: compaction and transactions leave gaps before the end.
        left = {one for one in left if await within(REACH, consumer.position(one)) < ends[one]}
        silent = 0 if batches else silent + 1
        if silent * _POLL_MS >= SILENCE * 1000:
            raise TimeoutError(f"no records of {sorted({one.topic for one in left})}")


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    cluster = await within(REACH, consumer._client.fetch_all_metadata())
    numbers = cluster.partitions_for_topic(topic)
    if not numbers:
        raise UnknownTopicOrPartitionError(topic)
    return [TopicPartition(topic, number) for number in numbers]


async def _ignore(_: DeviceEvent[Any]) -> None:
    """Nobody handles here."""
