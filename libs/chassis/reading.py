"""Reading aggregates, always as a majority has them."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from chassis.decisions import Aggregate
from chassis.errors import Unavailable
from chassis.mongo import Document
from chassis.staging import aggregate_of

STATE = {"state": 1, "version": 1, "sequence": 1}  # the fields of an aggregate


class AggregateReader:
    """The reads of one service's collection."""

    def __init__(self, collection: AsyncCollection[Document]) -> None:
        self.collection = collection

    async def read(self, id: str) -> Aggregate[Any] | None:
        """The aggregate as a majority has it, or None. Raises Unavailable."""
        found = await self.find({"_id": id}, limit=1)
        return found[0] if found else None

    async def find(
        self,
        filter: Mapping[str, Any],
        *,
        sort: Sequence[tuple[str, int]] = (),
        limit: int = 0,
        skip: int = 0,
    ) -> list[Aggregate[Any]]:
        """The aggregates that match, as a majority has them; `limit` 0 is all. Raises Unavailable."""
        try:
            cursor = self.collection.find(filter, STATE, limit=limit, skip=skip, sort=list(sort) or None)
            return [aggregate_of(document) async for document in cursor]
        except PyMongoError as error:
            raise Unavailable() from error

    async def count(self, filter: Mapping[str, Any]) -> int:
        """How many aggregates match. Raises Unavailable."""
        try:
            return await self.collection.count_documents(filter)
        except PyMongoError as error:
            raise Unavailable() from error
