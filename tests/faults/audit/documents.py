"""The auditor's reading of MongoDB: every document of every service, and what in it is not finished."""

from collections.abc import Mapping
from typing import Any

from pymongo import AsyncMongoClient

Document = dict[str, Any]
COLLECTIONS: Mapping[str, str] = {
    "/rollcall/push-registry": "push_devices",
    "/rollcall/device-admin": "device_admin",
    "/rollcall/mobile-platform": "mobile_clients",
    "/rollcall/contacts": "contacts",
    "/rollcall/email-handlers": "email_triggers",  # no aggregates, but records of what was mailed
}
OPEN = ("PENDING", "PREPARING", "COMMITTING", "REJECTING")
UNSETTLED: Mapping[str, Document] = {
    "an outbox that is not empty": {"outbox.0": {"$exists": True}},
    "a transaction without an end": {"state.kind": "transaction", "state.status": {"$in": OPEN}},
    "a transaction that a service has not acknowledged": {
        "state.kind": "transaction",
        "state.waiting.0": {"$exists": True},
    },
    "a block whose status is not applied to the end": {
        "$expr": {
            "$lt": [{"$ifNull": ["$state.applied", 0]}, {"$ifNull": ["$state.statussequence", "$state.sequence"]}]
        },
        "_id": {"$regex": "/"},
        "state.status": {"$exists": True},
        "state.kind": {"$exists": False},
        "state.registrations": {"$exists": False},
    },
    "a trigger that is neither mailed nor given up": {
        "custom_event": {"$exists": True},
        "outcome": {"$exists": False},
    },
}


class Store:
    """A row's database."""

    def __init__(self, client: AsyncMongoClient[Document], database: str) -> None:
        self._database = client[database]

    async def documents(self) -> dict[tuple[str, str], Document]:
        """Every aggregate by source and id."""
        return {
            (source, document["_id"]): document
            for source, name in COLLECTIONS.items()
            async for document in self._database[name].find({"version": {"$exists": True}})
        }

    async def unsettled(self) -> list[str]:
        """What in the documents is not finished, a line each."""
        return [
            f"{name}/{document['_id']}: {what}"
            for name in COLLECTIONS.values()
            for what, filter in UNSETTLED.items()
            async for document in self._database[name].find(filter, {"_id": 1})
        ]
