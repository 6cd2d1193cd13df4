"""Reconciling: gives documents sequences above those that Kafka holds, without taking anything else from them."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import BulkWriteError

from chassis.aggregates import DUPLICATE_KEY
from chassis.clock import Clock
from chassis.commands import Command, StoreLimits
from chassis.decisions import Aggregate, Decision
from chassis.errors import Unavailable
from chassis.mongo import Document
from chassis.outbox import Entry
from chassis.staging import decide as stage_decision
from chassis.staging import stage

S = TypeVar("S")
R = TypeVar("R")
_PAGE = 500
_TRIES = 20
_READ = {"state": 1, "version": 1, "sequence": 1, "outbox": 1}


async def lift(collection: AsyncCollection[Document], newest: Mapping[str, int]) -> None:
    """Raise the documents' sequences to at least these; a document that is missing is made, with nothing known in it.

    Their versions grow too, so that a write decided on a lower sequence loses its race. Raises PyMongoError; safe to
    repeat.
    """
    subjects = list(newest)
    for start in range(0, len(subjects), _PAGE):
        page = subjects[start : start + _PAGE]
        await collection.bulk_write([_making(subject, newest[subject]) for subject in page], ordered=False)
        await collection.bulk_write([_lifting(subject, newest[subject]) for subject in page], ordered=False)


async def decide_above(
    collection: AsyncCollection[Document],
    id: str,
    sequence: int,
    decide: Callable[[Aggregate[S]], Decision[S, R]],
    *,
    clock: Clock,
    keep_latest: bool,
) -> tuple[R, list[Entry]]:
    """Decide on a document as if its sequence were at least this; all in one write, as ever.

    Returns the result and what is to be published. Raises what the decision raises, Unavailable after too many lost
    races, and PyMongoError, after which it may have been done: it is safe to repeat.
    """
    for _try in range(_TRIES):
        nothing: Document = {"_id": id, "state": {}, "version": 0, "sequence": 0}
        document = await collection.find_one({"_id": id}, _READ) or nothing
        document["sequence"] = max(document["sequence"], sequence)
        staged = stage(id, document)
        command = Command(id, decide, asyncio.get_running_loop().create_future(), deadline=0.0)
        stage_decision(staged, command, now=clock.now(), limits=StoreLimits())
        for _command, error in staged.refused:
            raise error
        ((_, result),) = staged.deciders
        if not staged.changed:
            return result, []
        try:
            await collection.bulk_write([staged.update(keep_latest=keep_latest)])
        except BulkWriteError as error:
            if not _is_lost_race(error):
                raise
            continue
        return result, staged.entries
    raise Unavailable()


def _is_lost_race(error: BulkWriteError) -> bool:
    failures = (error.details or {}).get("writeErrors", [])
    return bool(failures) and all(one["code"] == DUPLICATE_KEY and "_id" in one["keyPattern"] for one in failures)


def _making(subject: str, sequence: int) -> UpdateOne:
    nothing: Document = {"state": {}, "version": 1, "sequence": sequence}
    return UpdateOne({"_id": subject}, {"$setOnInsert": nothing}, upsert=True)


def _lifting(subject: str, sequence: int) -> UpdateOne:
    return UpdateOne(
        {"_id": subject, "sequence": {"$lt": sequence}}, {"$set": {"sequence": sequence}, "$inc": {"version": 1}}
    )
