"""rollcall indexes: makes the indexes of the services' collections, before an upgrade, or the first start.

Each service makes its own, too, before it is ready; on a large collection that is a wait which this takes out of a
rolling upgrade.
"""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from pymongo import IndexModel
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import NetworkTimeout, OperationFailure

import contacts.store
import device_admin.store
import mobile_platform.store
import push_registry.store
from chassis.mongo import Document, why
from chassis.outbox import pending_index
from rollcall.outcome import Exit, Outcome
from rollcall.parsing import add_parser
from rollcall.services import CONTACTS, DEVICE_ADMIN, MOBILE_PLATFORM, PUSH_REGISTRY
from rollcall.settings import Settings
from rollcall.workbench import collections

# Another index has that name or those fields, or documents break one that is unique: somebody has to look.
REFUSED = (85, 86, 11000)
INDEXES: Mapping[str, Sequence[IndexModel]] = {
    DEVICE_ADMIN.name: device_admin.store.INDEXES,
    PUSH_REGISTRY.name: push_registry.store.INDEXES,
    CONTACTS.name: contacts.store.INDEXES,
    MOBILE_PLATFORM.name: mobile_platform.store.INDEXES,
}


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The parser."""
    parser = add_parser(
        commands,
        "indexes",
        "Make the indexes that are missing in the services' collections",
        description="It waits until they are built. Each service does so itself before it is ready.",
        examples=["rollcall indexes"],
    )
    parser.set_defaults(run=_run)


async def _run(_: argparse.Namespace) -> Outcome:
    made: dict[str, dict[str, Any]] = {}
    async with collections(Settings.from_env().places) as found:
        for name, collection in found.items():
            try:
                made[name] = await make(collection, [*INDEXES[name], pending_index()])
            except OperationFailure as error:
                if error.code not in REFUSED:
                    raise
                made[name] = {"refused": why(error)}
    refused = any("refused" in one for one in made.values())
    return Outcome({"services": made}, [_line(*one) for one in made.items()], Exit(int(refused)))


async def make(collection: AsyncCollection[Document], indexes: Sequence[IndexModel]) -> dict[str, Any]:
    """How many were made, and how many there are; returns once all are built. Raises PyMongoError."""
    specifications = [index.document for index in indexes]
    while True:
        try:
            answer: Mapping[str, Any] = await collection.database.command(
                "createIndexes", collection.name, indexes=specifications
            )
        except NetworkTimeout:
            continue  # MongoDB goes on building, and the next call waits for the same indexes
        # A collection that was not there has had its index on _id by then.
        return {"made": answer["numIndexesAfter"] - answer["numIndexesBefore"], "indexes": answer["numIndexesAfter"]}


def _line(name: str, one: Mapping[str, Any]) -> str:
    if "refused" in one:
        return f"{name:<16} refused, and none of its indexes made: {one['refused']}"
    return f"{name:<16} {one['made']} made, {one['indexes']} in all"
