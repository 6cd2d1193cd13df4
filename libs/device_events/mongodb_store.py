"""MongoDBSeenStore: the repeat filter's memory in a MongoDB collection. Needs the extra `device-events[mongodb]`."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.collection import AsyncCollection

from device_events.seen_store import Name


class MongoDBSeenStore:
    """A SeenStore: one small document a device and group (LATEST), or an event and group (EVERY)."""

    def __init__(self, collection: AsyncCollection[dict[str, Any]], *, keep: timedelta = timedelta(days=30)) -> None:
        """`keep` is how long a name is kept after its last event: longer than the topics keep theirs.

        The collection is this store's alone; groups may share it. Its write concern decides what survives a failover.
        """
        self._collection = collection
        self._keep = keep
        self._ready = False

    async def load(self, group: str, names: Collection[Name]) -> Mapping[Name, int]:
        """The sequences of those names that are known. Raises PyMongoError."""
        if not self._ready:
            await self._collection.create_index("at", expireAfterSeconds=int(self._keep.total_seconds()))
            self._ready = True
        ids = {_id(group, name): name for name in names}
        found = self._collection.find({"_id": {"$in": list(ids)}}, {"sequence": 1})
        return {ids[document["_id"]]: document["sequence"] async for document in found}

    async def save(self, group: str, sequences: Mapping[Name, int]) -> None:
        """Keep these, a higher sequence before a lower one. Raises PyMongoError."""
        now = datetime.now(UTC)
        updates = [
            UpdateOne({"_id": _id(group, name)}, {"$max": {"sequence": sequence}, "$set": {"at": now}}, upsert=True)
            for name, sequence in sequences.items()
        ]
        if updates:
            await self._collection.bulk_write(updates, ordered=False)


def _id(group: str, name: Name) -> str:
    topic, key = name
    return f"{group} {topic} {key.decode('utf-8', 'backslashreplace')}"
