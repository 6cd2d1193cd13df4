"""The counter of transactions: one document, raised by as many as wait."""

import asyncio
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from chassis.errors import Unavailable
from chassis.mongo import Document, relaxed

TRANSACTION_COUNTER = "counter:transactions"


class Counter:
    """Gives out growing numbers from one document; requests that wait at the same time share one increment."""

    def __init__(self, collection: AsyncCollection[Document], id: str) -> None:
        # The majority write of what gets the number comes later in the same log, so it is never kept without this one.
        self._collection = relaxed(collection)
        self._id = id
        self._waiting: list[asyncio.Future[int]] = []
        self._turn: asyncio.Task[None] | None = None

    async def next(self) -> int:
        """The next number; some may never be used. Raises Unavailable."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        if self._turn is None or self._turn.done():
            self._turn = asyncio.create_task(self._serve(), name="counter")
        return await future

    async def _serve(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                last = await self._raise_by(len(batch))
            except Exception as error:  # whatever it is, nobody may wait for ever
                for future in batch:
                    if not future.done():
                        future.set_exception(Unavailable() if isinstance(error, PyMongoError) else error)
            else:
                for number, future in enumerate(batch, start=last - len(batch) + 1):
                    if not future.done():
                        future.set_result(number)

    async def _raise_by(self, count: int) -> int:
        document: Any = await self._collection.find_one_and_update(
            {"_id": self._id}, {"$inc": {"state.last": count}}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return int(document["state"]["last"])


async def raise_transaction_counter(collection: AsyncCollection[Document], last: int) -> None:
    """Have transaction ids go on after this one, should they not be past it yet. Raises PyMongoError."""
    await collection.update_one({"_id": TRANSACTION_COUNTER}, {"$max": {"state.last": last}}, upsert=True)
