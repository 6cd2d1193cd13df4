"""Records in MongoDB: durable, shared by all members of the group, dated by the server's clock.

The only module here that needs PyMongo, the extra `mongodb`. A record is one document; it is forgotten `RECORD_DAYS`
after its last claim, which is longer than the topic keeps its event, so it cannot be needed again.
"""

import logging
import re
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from marshmallow import validate
from pymongo import ASCENDING, AsyncMongoClient, IndexModel, ReturnDocument, WriteConcern
from pymongo.errors import DuplicateKeyError, OperationFailure, PyMongoError, ServerSelectionTimeoutError
from pymongo.read_concern import ReadConcern

from device_events.errors import Away
from device_events.handlers.environment import setting
from device_events.handlers.event import CustomEvent
from device_events.handlers.records import Claim, Outcome, Records
from device_events.points import reached

log = logging.getLogger(__name__)
T = TypeVar("T")
Document = dict[str, Any]
TOPIC_DAYS = 7  # how long the custom-events topic keeps an event that could come again
INDEX = IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0)
_CERTIFICATE = re.compile(r"certificate verify failed: ([^(]+)")


@dataclass(frozen=True, kw_only=True)
class MongoSettings:
    """Where the records are; `record_days` is how long they are kept."""

    mongodb_uri: str = setting(secret=True)
    mongodb_database: str = setting("rollcall", validate=validate.Regexp(r"[A-Za-z0-9_-]{1,38}\Z"))
    record_days: int = setting(
        30,
        about=f"days that an outcome is remembered; more than the topic's {TOPIC_DAYS}",
        validate=validate.Range(min=TOPIC_DAYS + 1),
    )

    def mistakes(self) -> Mapping[str, str]:
        """Whether the driver can use the address and its files. Quotes no password."""
        problem = _uri_problem(self.mongodb_uri)
        return {"mongodb_uri": problem} if problem else {}


class MongoRecords(Records):
    """Each write is acknowledged by a journaled majority, and every wait has an end."""

    kind = "mongodb"

    def __init__(self, settings: MongoSettings, collection: str, *, application: str) -> None:
        self._client = _connect(settings.mongodb_uri, application)
        self._keep = _milliseconds(timedelta(days=settings.record_days).total_seconds())
        self._collection = self._client[settings.mongodb_database].get_collection(
            collection,
            write_concern=WriteConcern(w="majority", j=True, wtimeout=3_000),
            read_concern=ReadConcern("majority"),
        )

    async def prepare(self) -> None:
        """The index by which records are forgotten."""
        await self._asked(lambda: self._collection.create_indexes([INDEX]), "waiting_for_mongodb")

    async def answers(self) -> bool:
        try:
            await self._client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    async def stop(self) -> None:
        await self._client.close()

    async def claim(self, event: CustomEvent, owner: str, *, lease: float, again: bool) -> Claim:
        update = [{"$set": _claimed(event, owner, _milliseconds(lease), self._keep, again=again)}]
        found = await self._changed(event, update, upsert=True)
        if outcome := found.get("outcome"):
            return Claim(False, outcome, found.get("reason", ""))
        if found["owner"] == owner:
            return Claim(True)
        return Claim(False, wait=(found["held_until"] - found["asked_at"]).total_seconds())

    async def settle(self, event: CustomEvent, outcome: Outcome, reason: str = "") -> None:
        wanted = {"_id": event.idempotency_key, "outcome": {"$ne": "done"}}
        update = {"$set": {"outcome": outcome, "reason": reason}, "$unset": {"owner": "", "held_until": ""}}
        reached("before-commit")
        await self._asked(lambda: self._collection.update_one(wanted, update))
        reached("after-commit")

    async def put_off(self, event: CustomEvent, owner: str, seconds: float, *, counted: bool) -> float:
        ours = {"$and": [{"$eq": ["$owner", {"$literal": owner}]}, {"$not": [{"$ifNull": ["$outcome", False]}]}]}
        since = {"$ifNull": ["$put_off_at", "$$NOW"]} if counted else "$put_off_at"
        resting = {
            "held_until": _if(ours, {"$add": ["$$NOW", _milliseconds(seconds)]}, "$held_until"),
            "put_off_at": _if(ours, since, "$put_off_at"),
            "asked_at": "$$NOW",
        }
        found = await self._changed(event, [{"$set": resting}], upsert=False)
        first = found.get("put_off_at")
        return (found["asked_at"] - first).total_seconds() if counted and first else 0.0

    async def _changed(self, event: CustomEvent, update: list[Document], *, upsert: bool) -> Document:
        """The document as the update left it; nothing if there is none."""
        reached("before-commit")
        found = await self._asked(
            lambda: self._collection.find_one_and_update(
                {"_id": event.idempotency_key}, update, upsert=upsert, return_document=ReturnDocument.AFTER
            )
        )
        reached("after-commit")
        return found or {}

    @staticmethod
    async def _asked(ask: Callable[[], Awaitable[T]], waiting: str = "records_away") -> T:
        try:
            try:
                return await ask()
            except DuplicateKeyError:
                return await ask()  # two inserted it at once: now it is there
        except PyMongoError as error:
            log.warning(waiting, extra={"error": _why(error)})
            raise Away("the records do not answer") from error


def _claimed(event: CustomEvent, owner: str, lease: int, keep: int, *, again: bool) -> Document:
    """The fields after a claim that may have failed: one update, so that two claims at once cannot both succeed."""
    settled = {"$ifNull": ["$outcome", False]}
    reopened: Document = {"$eq": ["$outcome", "failed"]} if again else {"$literal": False}
    held = {"$gt": [{"$ifNull": ["$held_until", "$$NOW"]}, "$$NOW"]}
    free = {"$cond": [settled, reopened, {"$or": [{"$eq": ["$owner", {"$literal": owner}]}, {"$not": [held]}]}]}
    return {
        "handler": {"$literal": event.handler},
        "custom_event": {"$literal": event.custom_event},
        "contact_id": {"$literal": event.contact_id},
        "owner": _if(free, {"$literal": owner}, "$owner"),
        "held_until": _if(free, {"$add": ["$$NOW", lease]}, "$held_until"),
        "expires_at": _if(free, {"$add": ["$$NOW", keep]}, "$expires_at"),
        "put_off_at": _if({"$and": [settled, free]}, "$$REMOVE", "$put_off_at"),
        "outcome": _if(free, "$$REMOVE", "$outcome"),
        "reason": _if(free, "$$REMOVE", "$reason"),
        "asked_at": "$$NOW",
    }


def _if(condition: Any, then: Any, otherwise: Any) -> Document:
    return {"$cond": [condition, then, otherwise]}


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1_000)


def _connect(uri: str, application: str) -> AsyncMongoClient[Document]:
    return AsyncMongoClient(
        uri,
        appname=application,
        tz_aware=True,
        retryWrites=True,
        serverSelectionTimeoutMS=2_000,
        connectTimeoutMS=2_000,
        socketTimeoutMS=4_000,
        waitQueueTimeoutMS=2_000,
    )


def _uri_problem(uri: str) -> str | None:
    if not re.match(r"mongodb(\+srv)?://\S+\Z", uri):
        return "must be mongodb://... or mongodb+srv://..."
    with warnings.catch_warnings():
        # An option that the driver would only warn of and pass over: `tls=ture` would send everything in the clear.
        warnings.simplefilter("error")
        try:
            _connect(uri, "settings")  # goes nowhere: the driver connects when it is first used
        except OSError as error:
            return f"{error.strerror}: {error.filename or 'a file of its options'}"
        except (PyMongoError, ValueError, UserWarning) as error:
            # The driver's own text may quote a part of the password.
            return f"cannot be used ({type(error).__name__}): are its options right, its password percent-encoded?"
    return None


def _why(error: PyMongoError) -> str:
    """The kind of failure for the log, as far as an operator needs it to mend it: never the driver's text."""
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
