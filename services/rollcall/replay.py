"""rollcall replay: hand a part of a topic to one consumer group again, and to no other."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition

from chassis.kafka_settings import kafka_settings
from chassis.records import RecordReader, Span, header, reading
from device_events import KafkaConnection
from device_events.catalog import dead_letter_topic, retry_topic
from device_events.publisher import OutgoingRecord, Publisher
from device_events.window import Record
from rollcall.filters import Filter, add_filters, short
from rollcall.letters import retry_of
from rollcall.members import require_reader
from rollcall.outcome import Exit, Misused, Outcome, Unfinished
from rollcall.parsing import add_parser
from rollcall.places import FORMS, place, places, written

ROUND, ROUND_BYTES = 1_000, 2_000_000  # what is handed over, and held in memory, at once
_SAYS_EVERY = 5.0  # seconds


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parser."""
    parser = add_parser(
        commands,
        "replay",
        "Hand a part of a topic to one consumer group again, and to no other",
        description=(
            "Records go as they came to GROUP.retries, which the group reads beside its topics; its offsets are not "
            f"touched, and it goes on reading. Repeating it is safe: handlers drop repeats. A place is {FORMS}."
        ),
        examples=[
            "rollcall replay --topic rollcall.push-registrations --from 2h --group device-admin --dry-run",
            "rollcall replay --topic rollcall.device-status --from 2026-11-22T09:30:00Z --to 2026-11-22T10:00:00Z \\",
            "    --group contacts --type device.status-changed --device myruntime/12345-6789",
            "rollcall replay --topic rollcall.custom-events --from 2:1041 --to 2:1042 --group email-handlers",
        ],
    )
    parser.add_argument("--topic", required=True, help="the topic to read, such as rollcall.push-registrations")
    parser.add_argument("--group", required=True, help="the consumer group to hand it to, such as device-admin")
    parser.add_argument("--from", dest="first", required=True, type=place, metavar="PLACE", help="the first record")
    parser.add_argument(
        "--to", dest="end", default="end", type=place, metavar="PLACE", help="the record after the last; else the end"
    )
    add_filters(parser)
    parser.add_argument("--dry-run", action="store_true", help="count only, hand nothing over")
    parser.set_defaults(run=_run)


@dataclass(slots=True)
class Handed:
    """What has been handed over, and the offset of each partition up to which that is all of it."""

    reached: dict[int, int]
    types: Counter[str] = field(default_factory=Counter)
    read: int = 0
    rounds: int = 0

    @property
    def count(self) -> int:
        return self.types.total()


async def _run(args: argparse.Namespace) -> Outcome:
    connection, begun = kafka_settings(), time.monotonic()
    async with reading(connection) as reader:
        spans = await _spans(connection, reader, args)
        handed = Handed({partition.partition: span.first for partition, span in spans.items()})
        wanted = Filter(types=args.type, device=args.device)
        publisher = None if args.dry_run else Publisher(connection)
        try:
            await _hand_over(reader, spans, wanted, publisher, args.group, handed)
        finally:
            if publisher:
                await publisher.stop()
                if any(handed.reached[partition.partition] < span.end for partition, span in spans.items()):
                    place = written(handed.reached)
                    print(f"{handed.count} records handed over; to go on: --from {place}", file=sys.stderr)
    return _outcome(args, spans, handed, time.monotonic() - begun)


async def _spans(
    connection: KafkaConnection, reader: RecordReader, args: argparse.Namespace
) -> dict[TopicPartition, Span]:
    topic = args.topic.removeprefix(connection.topic_prefix)
    if topic in (retry_topic(args.group), dead_letter_topic(args.group)):
        raise Misused(f"{args.topic} holds what the group has given up: see rollcall dead-letters")
    partitions = await reader.partitions([topic])
    if not partitions:
        raise Misused(f"there is no topic {connection.name(topic)}")
    await require_reader(connection, reader, args.group, topic)
    return await (await places(reader, partitions)).between(args.first, args.end)


async def _hand_over(
    reader: RecordReader,
    spans: Mapping[TopicPartition, Span],
    wanted: Filter,
    publisher: Publisher | None,
    group: str,
    handed: Handed,
) -> None:
    """Round after round: a key's records stand in one partition, are read in order and go out in that order."""
    said = time.monotonic()
    async for chosen, reached in _rounds(reader, spans, wanted, handed):
        if publisher and not all(await publisher.publish([_outgoing(record, group) for record in chosen])):
            raise Unfinished("Kafka went away, or does not let us write to the group's retries; repeat the rest")
        handed.types.update(header(record, "ce_type") or "-" for record in chosen)
        handed.reached.update(reached)
        handed.rounds += bool(chosen)
        if sys.stderr.isatty() and time.monotonic() - said > _SAYS_EVERY:
            said = time.monotonic()
            print(f"{handed.read} records read, {handed.count} handed over", file=sys.stderr)


async def _rounds(
    reader: RecordReader, spans: Mapping[TopicPartition, Span], wanted: Filter, handed: Handed
) -> AsyncIterator[tuple[list[Record], dict[int, int]]]:
    """Records that are wanted, a round at a time, and what has been read up to by the end of each."""
    chosen: list[Record] = []
    reached: dict[int, int] = {}
    size = 0
    async for record in reader.between(spans):
        handed.read += 1
        reached[record.partition] = record.offset + 1
        if wanted.takes(record):
            chosen.append(record)
            size += len(record.value or b"")
        if len(chosen) >= ROUND or size >= ROUND_BYTES:
            yield chosen, dict(reached)
            chosen, size = [], 0
    yield chosen, {one.partition: max(span.end, reached.get(one.partition, 0)) for one, span in spans.items()}


def _outgoing(record: Record, group: str) -> OutgoingRecord:
    return retry_of(record, group, f"{record.topic}:{record.partition}:{record.offset}")


def _outcome(args: argparse.Namespace, spans: Mapping[TopicPartition, Span], handed: Handed, seconds: float) -> Outcome:
    firsts = {str(partition.partition): span.first for partition, span in spans.items()}
    data: dict[str, Any] = {
        "topic": args.topic,
        "group": args.group,
        "dryRun": args.dry_run,
        "read": handed.read,
        "handed": 0 if args.dry_run else handed.count,
        "wanted": handed.count,
        "types": dict(sorted(handed.types.items())),
        "rounds": 0 if args.dry_run else handed.rounds,
        "from": firsts,
        "reached": {str(partition): offset for partition, offset in sorted(handed.reached.items())},
        "seconds": round(seconds, 3),
    }
    lines = [f"{count:>9,}  {short(type_)}" for type_, count in sorted(handed.types.items())]
    done = f"would be handed to {args.group}" if args.dry_run else f"handed to {args.group} in {seconds:.1f} s"
    lines.append(f"{handed.count:>9,}  of {handed.read:,} records of {args.topic} {done}")
    lines.append(f"reached {written(handed.reached)}")
    return Outcome(data, lines, Exit.DONE)
