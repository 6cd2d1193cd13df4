"""Progress: how far a member, and its group, have come in their topics. All ask the brokers, for 3 s at most."""

from collections.abc import Collection, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from device_events.tasks import within
from device_events.window import Window

REACH = 3.0  # seconds within which a broker that is there answers


def partitions(consumer: AIOKafkaConsumer, names: Sequence[str]) -> list[TopicPartition]:
    """All partitions of these topics, whoever has them; asks nobody."""
    return [TopicPartition(name, number) for name in names for number in consumer.partitions_for_topic(name) or ()]


async def unsettled(
    consumer: AIOKafkaConsumer, windows: Mapping[TopicPartition, Window], known: Collection[TopicPartition]
) -> int | None:
    """How many records of its partitions a member has not settled; None while it has none.

    `known` are partitions to ask the brokers about even then. Raises KafkaError, OSError and TimeoutError.
    """
    assigned = consumer.assignment()
    ends = await within(REACH, consumer.end_offsets(list(assigned or known)))
    total = 0
    for partition in assigned:
        read = 0 if partition in windows else await within(REACH, consumer.position(partition))
        window = windows.get(partition)  # looked for last: the first records may have come while that was asked
        settled = read if window is None else window.position or 0
        # Tansu counts a batch of records as one in the ends it reports; what has been read is known better.
        total += max(ends[partition] - settled, 0 if window is None else len(window))
    return total if assigned else None


async def has_committed(consumer: AIOKafkaConsumer, ends: Mapping[TopicPartition, int]) -> bool:
    """Whether the consumer's group has committed up to these offsets."""
    for partition, offset in ends.items():
        if offset > 0 and (await within(REACH, consumer.committed(partition)) or 0) < offset:
            return False
    return True


async def filled_ends(consumer: AIOKafkaConsumer, given: Sequence[TopicPartition]) -> dict[TopicPartition, int] | None:
    """The end offsets, as of now, of those of the partitions that hold records; None if none are given."""
    if not given:
        return None
    firsts = await within(REACH, consumer.beginning_offsets(given))
    ends = await within(REACH, consumer.end_offsets(given))
    return {partition: end for partition, end in ends.items() if end > firsts[partition]}
