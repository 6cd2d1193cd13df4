"""rollcall dead-letters: look at what a consumer group has given up, hand it to that group again, or let it be."""

import argparse
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from chassis.kafka_settings import kafka_settings
from chassis.records import RecordReader, reading
from device_events import KafkaConnection
from device_events.catalog import dead_letter_topic
from device_events.publisher import OutgoingRecord, Publisher
from rollcall.letters import Letter, Settled, chosen, letters_in, unknown
from rollcall.members import require_reader
from rollcall.outcome import Exit, Misused, Outcome, Unfinished
from rollcall.parsing import add_group, add_parser

_ROUND = 100  # letters; replayed and marked together


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parsers."""
    group = add_group(commands, "dead-letters", "Look after the events that a consumer group has given up")
    lister = add_parser(
        group,
        "list",
        "List the letters that are not settled, without their payloads",
        examples=[
            "rollcall dead-letters list --group push-registry",
            "rollcall dead-letters list --group contacts --type rollcall.device.status-changed.v1 --json",
        ],
    )
    _add_filters(lister)
    lister.add_argument("--settled", action="store_true", help="the settled ones too")
    lister.set_defaults(run=_list)
    shower = add_parser(
        group,
        "show",
        "Show letters whole, payload and headers",
        description="A payload may hold personal data.",
        examples=["rollcall dead-letters show --group email-handlers --id rollcall.custom-events:2:1041"],
    )
    _add_filters(shower)
    shower.add_argument("--settled", action="store_true", help="the settled ones too")
    shower.set_defaults(run=_show)
    for name, settled, summary in (
        ("replay", "replayed", "Hand letters to their group again, and to no other"),
        ("discard", "discarded", "Settle letters without handing them to anybody; they can still be replayed by id"),
    ):
        settler = add_parser(
            group,
            name,
            summary,
            examples=[
                f"rollcall dead-letters {name} --group push-registry --id rollcall.device-status:3:17",
                f"rollcall dead-letters {name} --group push-registry --all",
            ],
        )
        _add_filters(settler)
        settler.add_argument("--all", action="store_true", help="every letter that is not settled")
        settler.set_defaults(run=_settle, settled=settled)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--group", required=True, help="the consumer group, such as push-registry")
    parser.add_argument("--topic", help="only those that came from this topic")
    parser.add_argument("--type", help="only events of this type")
    parser.add_argument("--id", action="append", default=[], help="only this letter, or this event; may be repeated")


async def _list(args: argparse.Namespace) -> Outcome:
    letters, missing = await _found(args)
    data = {"group": args.group, "letters": [letter.summary() for letter in letters], "notFound": missing}
    lines = [_line(letter) for letter in letters]
    return Outcome(data, [*lines, *_not_found(missing), f"{len(letters)} letters"], _exit(missing))


async def _show(args: argparse.Namespace) -> Outcome:
    letters, missing = await _found(args)
    whole = [letter.whole() for letter in letters]
    lines = [orjson.dumps(one, option=orjson.OPT_INDENT_2).decode() for one in whole]
    data = {"group": args.group, "letters": whole, "notFound": missing}
    return Outcome(data, [*lines, *_not_found(missing)], _exit(missing))


async def _settle(args: argparse.Namespace) -> Outcome:
    """Replay or discard. A letter that was named may have been discarded before; one that was replayed stays so."""
    settled: Settled = args.settled
    if not (args.all or args.id or args.topic or args.type):
        raise Misused(f"say which letters: --id, --topic, --type, or --all of {args.group}")
    connection = kafka_settings()
    async with _opened(connection, args.group) as (reader, letters):
        if settled == "replayed":
            await require_reader(connection, reader, args.group)
    missing = unknown(letters, args.id)
    wanted = list(chosen(letters, topic=_topic(connection, args), type=args.type, ids=args.id))
    due = [letter for letter in wanted if letter.settled is None or (args.id and _may_settle(letter, settled))]
    named = {letter.id for letter in due}
    before = [letter.id for letter in wanted if args.id and letter.id not in named]
    done = await _carry_out(connection, args.group, due, settled)
    data = {"group": args.group, settled: done, "settledBefore": before, "notFound": missing}
    lines = [f"{settled} {id}" for id in done] + [f"settled before {id}" for id in before]
    return Outcome(data, [*lines, *_not_found(missing), f"{len(done)} letters {settled}"], _exit(missing))


def _may_settle(letter: Letter, settled: Settled) -> bool:
    return letter.settled == "discarded" and settled == "replayed"


async def _carry_out(connection: KafkaConnection, group: str, letters: Sequence[Letter], settled: Settled) -> list[str]:
    """Hand over first and mark then: an interruption in between repeats an event, which every handler must bear."""
    done: list[str] = []
    publisher = Publisher(connection)
    try:
        for start in range(0, len(letters), _ROUND):
            due = letters[start : start + _ROUND]
            if settled == "replayed":
                handed = await publisher.publish([letter.retry(group) for letter in due])
                due = [letter for letter, acknowledged in zip(due, handed, strict=True) if acknowledged]
            marks: list[OutgoingRecord] = [letter.mark(group, settled) for letter in due]
            marked = await publisher.publish(marks) if marks else []
            done += [letter.id for letter, acknowledged in zip(due, marked, strict=True) if acknowledged]
            if len(done) < min(start + _ROUND, len(letters)):
                raise Unfinished(f"Kafka went away; {len(done)} of {len(letters)} letters {settled}, repeat the rest")
    finally:
        await publisher.stop()
    return done


async def _found(args: argparse.Namespace) -> tuple[list[Letter], list[str]]:
    """The letters asked for, and the ids that nothing has."""
    connection = kafka_settings()
    async with _opened(connection, args.group) as (_, letters):
        wanted = chosen(letters, topic=_topic(connection, args), type=args.type, ids=args.id)
        shown = [letter for letter in wanted if args.settled or args.id or letter.settled is None]
        return shown, unknown(letters, args.id)


@asynccontextmanager
async def _opened(connection: KafkaConnection, group: str) -> AsyncIterator[tuple[RecordReader, list[Letter]]]:
    async with reading(connection) as reader:
        topic = dead_letter_topic(group)
        if not await reader.partitions([topic]):
            raise Misused(f"there is no topic {connection.name(topic)}: is the group's name right?")
        yield reader, await letters_in(reader.read([topic]))


def _topic(connection: KafkaConnection, args: argparse.Namespace) -> str | None:
    """The topic of the filter as the broker names it, as letters do."""
    topic: str | None = args.topic
    if topic is None or topic.startswith(connection.topic_prefix):
        return topic
    return connection.name(topic)


def _line(letter: Letter) -> str:
    shown: dict[str, Any] = letter.summary()
    settled = f" [{letter.settled}]" if letter.settled else ""
    return f"{shown['id']}  {shown['time']}  {shown['type'] or '-'}  {shown['reason']}{settled}"


def _not_found(missing: Sequence[str]) -> list[str]:
    return [f"not found {id}" for id in missing]


def _exit(missing: Sequence[str]) -> Exit:
    return Exit.PARTLY if missing else Exit.DONE
