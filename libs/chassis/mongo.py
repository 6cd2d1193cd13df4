"""The one place that configures the MongoDB driver.

PyMongo's own asyncio client is used, not Motor: Motor reached its end of life in May 2026, and PyMongo's client needs
less CPU for a read. Defaults that would lose or invent data are set here: writes are acknowledged by a journaled
majority, reads see only what a majority has, and every wait has an end.
"""

from typing import Any

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, IndexModel, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]
MAJORITY = WriteConcern(w="majority", j=True, wtimeout=3_000)
CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)


def connect(uri: str, *, application: str) -> AsyncMongoClient[Document]:
    """A client with bounded waits (seconds: 2 to find a primary, 2 to connect, 4 for an answer)."""
    return AsyncMongoClient(
        uri,
        appname=application,
        tz_aware=True,
        retryWrites=True,
        retryReads=True,
        serverSelectionTimeoutMS=2_000,
        connectTimeoutMS=2_000,
        socketTimeoutMS=4_000,
        waitQueueTimeoutMS=2_000,
        maxPoolSize=20,
    )


def durable_collection(database: AsyncDatabase[Document], name: str) -> AsyncCollection[Document]:
    """The collection with our concerns: majority writes, majority reads, from the primary."""
    return database.get_collection(
        name,
        codec_options=CODEC,
        write_concern=MAJORITY,
        read_concern=ReadConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )


def relaxed(collection: AsyncCollection[Document]) -> AsyncCollection[Document]:
    """The same collection for bookkeeping whose loss only repeats an event: acknowledged by the primary alone."""
    return collection.with_options(write_concern=WriteConcern(w=1), read_concern=ReadConcern("local"))


async def ensure_indexes(collection: AsyncCollection[Document], indexes: list[IndexModel]) -> None:
    """Create what is missing; returns once all exist. Raises PyMongoError."""
    if indexes:
        await collection.create_indexes(indexes)


async def missing_indexes(collection: AsyncCollection[Document], indexes: list[IndexModel]) -> set[str]:
    """The names of those indexes that do not exist."""
    existing = await collection.index_information()
    return {str(index.document["name"]) for index in indexes} - set(existing)
