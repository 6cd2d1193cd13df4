"""Where a new group begins, and a reader without a group each time: the beginning, the end, a time or an offset."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from device_events.connection import KafkaConnection
from device_events.tasks import within

REACH = 5.0  # seconds within which the brokers say where a partition begins and ends


class Start(Protocol):
    """A place to begin at: BEGINNING, END, `at(time)` or `from_offsets(...)`."""

    async def offsets(
        self, consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition], connection: KafkaConnection
    ) -> dict[TopicPartition, int]:
        """The offset to go to in each of these partitions; what its group has committed comes first.

        Raises KafkaError and TimeoutError.
        """
        ...


class _Start:
    """Goes where the group was; `_first` says where it begins."""

    async def offsets(
        self, consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition], connection: KafkaConnection
    ) -> dict[TopicPartition, int]:
        """The committed offsets, and the first ones where nothing was committed."""
        found = await _committed(consumer, partitions) if partitions else {}
        if new := [partition for partition in partitions if partition not in found]:
            found |= await self._first(consumer, new, connection)
        return found

    async def _first(
        self, consumer: AIOKafkaConsumer, new: Collection[TopicPartition], connection: KafkaConnection
    ) -> Mapping[TopicPartition, int]:
        raise NotImplementedError


class _Beginning(_Start):
    async def _first(
        self, consumer: AIOKafkaConsumer, new: Collection[TopicPartition], connection: KafkaConnection
    ) -> Mapping[TopicPartition, int]:
        return dict(await within(REACH, consumer.beginning_offsets(new)))


class _End(_Start):
    async def _first(
        self, consumer: AIOKafkaConsumer, new: Collection[TopicPartition], connection: KafkaConnection
    ) -> Mapping[TopicPartition, int]:
        return dict(await within(REACH, consumer.end_offsets(new)))


class _At(_Start):
    def __init__(self, time: datetime) -> None:
        self._milliseconds = int(time.timestamp() * 1000)

    async def _first(
        self, consumer: AIOKafkaConsumer, new: Collection[TopicPartition], connection: KafkaConnection
    ) -> Mapping[TopicPartition, int]:
        # The ends first: an event that came between the two answers would lie before the end, and be found by no time.
        ends = await within(REACH, consumer.end_offsets(new))
        found = await within(REACH, consumer.offsets_for_times(dict.fromkeys(new, self._milliseconds)))
        return {one: found[one].offset if found.get(one) else ends[one] for one in new}


class _FromOffsets(_Start):
    def __init__(self, wanted: Mapping[tuple[str, int], int], others: Start) -> None:
        self._wanted = wanted
        self._others = others

    async def _first(
        self, consumer: AIOKafkaConsumer, new: Collection[TopicPartition], connection: KafkaConnection
    ) -> Mapping[TopicPartition, int]:
        named = {TopicPartition(connection.name(topic), number): at for (topic, number), at in self._wanted.items()}
        wanted = {partition: offset for partition, offset in named.items() if partition in new}
        ends = await within(REACH, consumer.end_offsets(list(wanted)))
        firsts = await within(REACH, consumer.beginning_offsets(list(wanted)))
        found = {one: max(min(offset, ends[one]), firsts[one]) for one, offset in wanted.items()}
        others = [partition for partition in new if partition not in wanted]
        return found | await self._others.offsets(consumer, others, connection)


BEGINNING: Start = _Beginning()
"""At the oldest event that is still kept."""

END: Start = _End()
"""Only what comes after the group was joined for the first time."""


def at(time: datetime) -> Start:
    """At the first event that the brokers received at this time or later, by their clock.

    Raises ValueError for a time without a zone.
    """
    if time.tzinfo is None:
        raise ValueError("a time to start at needs a zone, as datetime.now(UTC) has one")
    return _At(time)


def from_offsets(offsets: Mapping[tuple[str, int], int], others: Start = BEGINNING) -> Start:
    """At these offsets, by topic (named as in the catalogue) and partition; in other partitions at `others`.

    An event tells where it lies by its `topic`, `partition` and `offset`. An offset that is kept no more counts as the
    oldest that is, one past the end as the end. Raises ValueError for a negative one.
    """
    if wrong := [place for place, offset in offsets.items() if offset < 0]:
        raise ValueError(f"an offset is 0 or more, not so that of {wrong}")
    return _FromOffsets(dict(offsets), others)


async def _committed(consumer: AIOKafkaConsumer, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
    if consumer._group_id is None:
        return {}
    asked = list(partitions)
    found = await within(REACH, _all(consumer, asked))
    return {partition: offset for partition, offset in zip(asked, found, strict=True) if offset is not None}


async def _all(consumer: AIOKafkaConsumer, partitions: list[TopicPartition]) -> list[int | None]:
    return list(await asyncio.gather(*(consumer.committed(partition) for partition in partitions)))
