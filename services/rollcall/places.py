"""Places in a topic, as people name them: a time, an offset, the beginning, the end."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from aiokafka import TopicPartition

from chassis.records import RecordReader, Span
from rollcall.outcome import Misused

_AGE = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_OFFSET = re.compile(r"[0-9]{1,18}")
_OFFSETS = re.compile(r"[0-9]{1,6}:[0-9]{1,18}(,[0-9]{1,6}:[0-9]{1,18})*")
FORMS = "beginning, end, a time (2026-11-22T09:30:00Z), an age (10m, 2h, 7d), an offset, or partition:offset,…"

Place = Literal["beginning", "end"] | datetime | int | Mapping[int, int]


def place(text: str) -> Place:
    """The place that a text names. An offset by itself is one of every partition. Raises ArgumentTypeError."""
    match text:
        case "beginning":
            return "beginning"
        case "end":
            return "end"
    if _OFFSET.fullmatch(text):
        return int(text)
    if _OFFSETS.fullmatch(text):
        pairs = [pair.split(":") for pair in text.split(",")]
        offsets = {int(partition): int(offset) for partition, offset in pairs}
        if len(offsets) < len(pairs):
            raise argparse.ArgumentTypeError(f"{text!r} names a partition twice")
        return offsets
    try:
        return time(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"{text!r} is none of: {FORMS}") from None


def time(text: str) -> datetime:
    """The time that a text names, by itself or by its age. Raises ArgumentTypeError."""
    if age := _AGE.fullmatch(text):
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-22T09:30:00Z, 10m, 2h or 7d") from None
    return named if named.tzinfo else named.replace(tzinfo=UTC)


def written(offsets: Mapping[int, int]) -> str:
    """Offsets by partition, as `place` reads them."""
    return ",".join(f"{partition}:{offset}" for partition, offset in sorted(offsets.items()))


@dataclass(frozen=True, slots=True)
class Places:
    """What a topic's partitions hold now, and where a place is in each."""

    reader: RecordReader
    held: Mapping[TopicPartition, Span]

    async def between(self, first: Place, end: Place) -> dict[TopicPartition, Span]:
        """The spans from one place up to another, of the partitions that both name; what is gone is left out.

        Raises Misused for a partition that is not there, and for an end before its beginning.
        """
        if isinstance(first, datetime) and isinstance(end, datetime) and end < first:
            raise Misused("it ends before it begins")
        firsts, ends = await self.offsets(first), await self.offsets(end)
        spans = {}
        for partition in self.held:
            if partition in firsts and partition in ends:
                if _turned(first, end, partition):
                    raise Misused(f"partition {partition.partition} ends before it begins")
                first_offset, end_offset = firsts[partition], ends[partition]
                spans[partition] = Span(first_offset, max(first_offset, end_offset), is_exact=end != "end")
        return spans

    async def offsets(self, where: Place) -> dict[TopicPartition, int]:
        """The place's offset in each partition that it names, within what is there."""
        match where:
            case "beginning":
                return {partition: span.first for partition, span in self.held.items()}
            case "end":
                return {partition: span.end for partition, span in self.held.items()}
            case datetime():
                found = await self.reader.since(list(self.held), where)
                return {one: span.end if (at := found[one]) is None else at for one, span in self.held.items()}
            case int():
                return {partition: _within(span, where) for partition, span in self.held.items()}
        numbers = {partition.partition: partition for partition in self.held}
        if strange := sorted(set(where) - set(numbers)):
            raise Misused(f"there is no partition {strange[0]}; there are {len(numbers)}, from 0")
        return {numbers[one]: _within(self.held[numbers[one]], offset) for one, offset in where.items()}


async def places(reader: RecordReader, partitions: Sequence[TopicPartition]) -> Places:
    """The places of these partitions. Raises KafkaError and TimeoutError."""
    return Places(reader, await reader.ends(partitions))


def _turned(first: Place, end: Place, partition: TopicPartition) -> bool:
    """Whether two offsets that were given are the wrong way round."""
    begins, ends = (one.get(partition.partition) if isinstance(one, Mapping) else one for one in (first, end))
    return isinstance(begins, int) and isinstance(ends, int) and ends < begins


def _within(span: Span, offset: int) -> int:
    return min(max(span.first, offset), span.end)
