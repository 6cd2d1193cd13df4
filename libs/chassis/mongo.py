"""The one place that configures the MongoDB driver.

PyMongo's own asyncio client is used, not Motor: Motor reached its end of life in May 2026, and PyMongo's client needs
less CPU for a read. Defaults that would lose or invent data are set here: writes are acknowledged by a journaled
majority, reads see only what a majority has, and every wait has an end.
"""

import re
import warnings
from typing import Any
from urllib.parse import unquote

from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient, IndexModel, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError
from pymongo.read_concern import ReadConcern

Document = dict[str, Any]
MAJORITY = WriteConcern(w="majority", j=True, wtimeout=3_000)
_CERTIFICATE = re.compile(r"certificate verify failed: ([^(]+)")
CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True)


def connect(uri: str, *, application: str, connections: int = 20) -> AsyncMongoClient[Document]:
    """A client with bounded waits (seconds: 2 to find a primary, to connect, for a free connection; 4 for an answer).

    `connections` is how many operations there may be at once.
    """
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
        maxPoolSize=connections,
    )


def uri_problem(uri: str) -> str | None:
    """What keeps the driver from using this address, its files among them; None if nothing does. Quotes no password.

    An option that the driver does not know, or a value that it would pass over, is a problem too: `tls=ture` would
    send everything in the clear.
    """
    if not re.match(r"mongodb(\+srv)?://\S+\Z", uri):
        return "must be mongodb://... or mongodb+srv://..."
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            connect(uri, application="settings")  # goes nowhere: the driver connects when it is first used
        except OSError as error:
            return f"{error.strerror}: {error.filename or 'a file of its options'}"
        except (PyMongoError, ValueError, UserWarning) as error:
            return _without_password(str(error), uri)
    return None


def why(error: PyMongoError | TimeoutError) -> str:
    """The kind of failure for the log, told apart as far as an operator needs to mend it: never the driver's text."""
    if isinstance(error, OperationFailure):
        return str((error.details or {}).get("codeName") or error.code or type(error).__name__)
    if isinstance(error, ServerSelectionTimeoutError):
        if found := _CERTIFICATE.search(str(error)):
            return f"certificate not accepted: {found[1].strip()}"
        if "SSL" in str(error):
            return "no TLS connection"
        if "connection closed" in str(error):
            return "connection closed: it may want TLS"
    return type(error).__name__


def _without_password(text: str, uri: str) -> str:
    """The text, unless it has anything of the password, which unescaped is taken for a host, a database, an option."""
    password = uri.partition("://")[2].rpartition("@")[0].partition(":")[2]
    pieces = re.findall(r"\w{2,}", f"{password} {unquote(password)}")
    return "cannot be used: is its password percent-encoded?" if any(one in text for one in pieces) else text


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
