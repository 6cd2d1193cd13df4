"""rollcall outbox: what has been saved and not yet announced, by service."""

import argparse
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection

from chassis.mongo import Document
from chassis.outbox import EPOCH
from rollcall.outcome import Exit, Outcome
from rollcall.parsing import add_parser, seconds
from rollcall.settings import Settings
from rollcall.workbench import collections


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parser."""
    parser = add_parser(
        commands,
        "outbox",
        "Count the events that are saved and not yet on Kafka, by service",
        examples=["rollcall outbox", "rollcall outbox --older-than 60 || echo 'events are waiting'"],
    )
    parser.add_argument(
        "--older-than", type=seconds, metavar="SECONDS", help="exit with 1 if an event has waited longer than this"
    )
    parser.set_defaults(run=_run)


async def _run(args: argparse.Namespace) -> Outcome:
    async with collections(Settings.from_env().places) as found:
        backlogs = {name: await backlog(collection) for name, collection in found.items()}
    late = args.older_than is not None and any(
        (one["oldestSeconds"] or 0.0) > args.older_than for one in backlogs.values()
    )
    return Outcome({"services": backlogs}, [_line(*one) for one in backlogs.items()], Exit(int(late)))


async def backlog(collection: AsyncCollection[Document]) -> dict[str, Any]:
    """Documents with pending events, those events, and the oldest one's age by the server's clock (None without any).

    Raises PyMongoError.
    """
    counted = await collection.aggregate(
        [
            {"$match": {"outbox.time": {"$gt": EPOCH}}},
            {
                "$group": {
                    "_id": None,
                    "documents": {"$sum": 1},
                    "events": {"$sum": {"$size": "$outbox"}},
                    "oldest": {"$min": {"$min": "$outbox.time"}},
                }
            },
            {"$set": {"age": {"$divide": [{"$subtract": ["$$NOW", "$oldest"]}, 1000]}}},
        ]
    )
    total = next(iter(await counted.to_list(1)), None)
    if total is None:
        return {"documents": 0, "events": 0, "oldestSeconds": None}
    return {"documents": total["documents"], "events": total["events"], "oldestSeconds": max(0.0, total["age"])}


def _line(name: str, one: dict[str, Any]) -> str:
    age = "" if one["oldestSeconds"] is None else f", the oldest for {one['oldestSeconds']:.1f} s"
    return f"{name:<16} {one['events']} events of {one['documents']} documents wait{age}"
