"""rollcall events tail: the events as they are announced."""

import argparse
import asyncio
import contextlib
import select
import sys
from collections.abc import Callable
from datetime import UTC, date

import orjson

from chassis.kafka_settings import kafka_settings
from device_events.catalog import TOPICS
from rollcall.colours import DIM, Paint, add_colour, paint
from rollcall.filters import Filter, add_filters
from rollcall.follower import Follower
from rollcall.outcome import Outcome, PipeClosed, say
from rollcall.parsing import add_group, add_parser, positive
from rollcall.places import FORMS, place
from rollcall.sightings import Sighting, clock, plain, said, seen

QUIET = Outcome(None, [])


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parsers."""
    group = add_group(commands, "events", "See the events that the services announce: tail")
    parser = add_parser(
        group,
        "tail",
        "Show events as they are announced, until Ctrl-C",
        description=(
            "Reads in no consumer group, so nobody is disturbed. Times are UTC. While Kafka is away it waits. With "
            f"--json there is one object a line. A place is {FORMS}."
        ),
        examples=[
            "rollcall events tail",
            "rollcall events tail --from 10m --device myruntime/12345-6789",
            "rollcall events tail --type 'push.*' --type device.status-changed --application myapp",
            "rollcall events tail --from beginning --type device.status-changed --json | jq .data.status",
            "rollcall events tail --json --count 1 --type device.status-applied",
        ],
    )
    parser.add_argument(
        "--from", dest="first", type=place, default="end", metavar="PLACE", help="where to begin; else the end"
    )
    parser.add_argument("--count", type=positive, metavar="N", help="stop after so many")
    add_filters(parser)
    parser.add_argument("--runtime", help="only events of this runtime")
    parser.add_argument("--application", help="only events about registrations or clients of this application")
    parser.add_argument("--values", action="store_true", help="the values of contacts in custom events: personal data")
    add_colour(parser)
    parser.set_defaults(run=_run)


async def _run(args: argparse.Namespace) -> Outcome:
    wanted = Filter(types=args.type, device=args.device, runtime=args.runtime, application=args.application)
    follower = Follower(kafka_settings(), list(TOPICS), args.first, lambda word: print(word, file=sys.stderr))
    show = _json(args) if args.json else _lines(args)
    # Ctrl-C is how one ends it.
    with contextlib.suppress(asyncio.CancelledError):
        await _tail(follower, wanted, show, args.count)
    return QUIET


async def _tail(follower: Follower, wanted: Filter, show: Callable[[Sighting], None], count: int | None) -> None:
    prefix, shown, reader_is_gone = follower.connection.topic_prefix, 0, _watch_output()
    async with contextlib.aclosing(follower.batches()) as batches:
        async for batch in batches:
            if reader_is_gone():
                raise PipeClosed
            for record in batch:
                if not wanted.takes(record):
                    continue
                sighting = seen(record, record.topic.removeprefix(prefix))
                if not (wanted.takes_event(sighting.event) if sighting.event else not wanted.asks_payloads):
                    continue
                show(sighting)
                shown += 1
                if shown == count:
                    return


def _json(args: argparse.Namespace) -> Callable[[Sighting], None]:
    return lambda sighting: say(orjson.dumps(plain(sighting, values=args.values)).decode())


def _lines(args: argparse.Namespace) -> Callable[[Sighting], None]:
    """Lines for people, with the date before the first of each day."""
    painter: Paint = paint(args.color)
    day: date | None = None

    def show(sighting: Sighting) -> None:
        nonlocal day
        if (its := sighting.time.astimezone(UTC).date()) != day:
            day = its
            say(painter(f"{day} UTC", DIM))
        say(f"{painter(clock(sighting.time), DIM)}  {said(sighting, painter, values=args.values)}")

    return show


def _watch_output() -> Callable[[], bool]:
    """Whether whoever read our answers, such as head, has gone: nothing may come that we could notice it by."""
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return lambda: any(event & select.POLLERR for _, event in poll.poll(0))
