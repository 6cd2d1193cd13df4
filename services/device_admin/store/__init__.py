"""Reads and writes device-admin's collection; nobody else does. Devices, transactions and their counter live in it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pymongo import ASCENDING, DESCENDING, IndexModel

from chassis.aggregates import AggregateStore, Step
from chassis.decisions import Aggregate, Decision
from chassis.errors import Unavailable
from device_admin.model.device import DeviceState
from device_admin.model.page import Page, PageRequest, Place, SortedList, identity_of
from device_admin.model.transaction import TransactionState, TransactionStatus
from device_admin.store.counter import TRANSACTION_COUNTER, Counter
from device_events.statuses import DeviceStatus

R = TypeVar("R")

INDEXES = [
    IndexModel(
        [("state.runtime", ASCENDING), ("state.device_id", ASCENDING)],
        name="devices",
        partialFilterExpression={"state.kind": "device"},
    ),
    IndexModel(
        [("state.status", ASCENDING), ("state.last_accessed", ASCENDING)],
        name="devices_by_last_access",
        partialFilterExpression={"state.kind": "device"},
    ),
    IndexModel(
        [("state.runtime", ASCENDING), ("state.id", ASCENDING)],
        name="transactions",
        partialFilterExpression={"state.kind": "transaction"},
    ),
    IndexModel(
        [("state.status", ASCENDING), ("state.updated", ASCENDING)],
        name="transactions_open",
        partialFilterExpression={"state.open": True},
    ),
    IndexModel(
        [("state.device", ASCENDING), ("state.waiting", ASCENDING)],
        name="transactions_waiting",
        partialFilterExpression={"state.waiting": {"$exists": True}},
    ),
]
DEVICE_ORDERS: Mapping[str, str] = {
    "uid": "device_id",
    "friendlyName": "name",
    "deviceModel": "model",
    "deviceEnvironment": "platform",
    "status": "status",
    "lastAccessed": "last_accessed",
}
# Ids grow as transactions are accepted, so they are the order of creation.
TRANSACTION_ORDERS: Mapping[str, str] = {
    "created": "id",
    "updated": "updated",
    "type": "type",
    "status": "status",
    "user": "user",
    "server": "server",
}
_TYPES: Mapping[str, type] = {"id": int, "last_accessed": datetime, "updated": datetime}


class Store:
    """The collection, spoken of in devices and transactions."""

    def __init__(self, aggregates: AggregateStore) -> None:
        self._aggregates = aggregates
        self._counter = Counter(aggregates.collection, TRANSACTION_COUNTER)

    async def next_transaction_id(self) -> int:
        """An id that is greater than all given out before. Raises Unavailable."""
        return await self._counter.next()

    def remembered_device(self, key: str) -> DeviceState | None:
        """The device as this process wrote it last, if it remembers that; it may have changed since."""
        state: DeviceState | None = self._aggregates.remembered(key)
        return state

    async def device(self, key: str) -> DeviceState | None:
        """The device, if it has ever been known; a removed one is a tombstone."""
        found = await self._aggregates.read(key)
        return found.state if found else None

    async def decide_device(self, key: str, decide: Callable[[Aggregate[DeviceState]], Decision[DeviceState, R]]) -> R:
        """Decide on a device; returns the result once it is durable."""
        return await self._aggregates.execute(key, decide)

    async def transaction(self, runtime: str, transaction_id: str) -> TransactionState | None:
        """The transaction of this runtime, if there is one."""
        found = await self._aggregates.read(f"transaction:{transaction_id}")
        state: TransactionState | None = found.state if found else None
        return state if state and state["kind"] == "transaction" and state["runtime"] == runtime else None

    async def create_transaction(self, transaction: TransactionState) -> None:
        """Write a new transaction; returns once it is durable. Raises Unavailable when its id is taken after all.

        That takes a failover between the counter and this write, by which the counter has forgotten the id.
        """
        creation = _creation(transaction)
        await self._aggregates.execute(creation.id, creation.decide, new=creation.new)

    async def create_transaction_with(
        self, transaction: TransactionState, decide: Callable[[Aggregate[DeviceState]], Decision[DeviceState, R]]
    ) -> R:
        """Write a new transaction and then decide on its device, mostly by one write; returns what was decided.

        Raises what the decision raises, and Unavailable when the transaction could not be written; where its id was
        taken after all, the device may have been changed all the same, as after any write of unknown outcome.
        """
        created, decided = await self._aggregates.execute_in_order(
            _creation(transaction), Step(transaction["device"], decide)
        )
        if isinstance(created, BaseException):
            raise Unavailable() from created
        if isinstance(decided, BaseException):
            raise decided
        result: R = decided
        return result

    async def decide_transaction(
        self, transaction_id: int, decide: Callable[[TransactionState], TransactionState]
    ) -> TransactionState:
        """Decide on an existing transaction; returns it once that is durable."""

        def write(aggregate: Aggregate[TransactionState]) -> Decision[TransactionState, TransactionState]:
            if aggregate.state is None:
                raise LookupError(f"there is no transaction {transaction_id}")
            decided = decide(aggregate.state)
            return Decision(result=decided, state=None if decided is aggregate.state else decided)

        return await self._aggregates.execute(f"transaction:{transaction_id}", write)

    async def waiting_for(self, service: str, *, device: str) -> list[TransactionState]:
        """The transactions of a device that this service has yet to acknowledge."""
        return await self._states({"state.device": device, "state.waiting": service})

    async def left_in(self, status: TransactionStatus, *, before: datetime, limit: int) -> list[TransactionState]:
        """Unfinished transactions that have been in this state since before that time, oldest first."""
        filter = {"state.open": True, "state.status": status.value, "state.updated": {"$lt": before}}
        return await self._states(filter, sort=[("state.updated", ASCENDING)], limit=limit)

    async def inactive_since(self, cutoff: datetime, *, limit: int) -> list[str]:
        """Keys of ACTIVE devices without a contact since `cutoff`."""
        filter = {
            "state.kind": "device",
            "state.status": DeviceStatus.ACTIVE.value,
            "state.last_accessed": {"$lt": cutoff},
        }
        return [found.id for found in await self._aggregates.find(filter, limit=limit)]

    async def devices(self, runtime: str, *, query: str, page: PageRequest) -> Page[DeviceState]:
        """Devices of a runtime whose name, or the id of one of whose users, contains `query` in any case."""
        filter: dict[str, Any] = {"state.kind": "device", "state.runtime": runtime}
        if query:
            contains = {"$regex": re.escape(query), "$options": "i"}
            filter["$or"] = [{"state.name": contains}, {"state.users": contains}]
        return await self._page(filter, page, _sorted_by(DEVICE_ORDERS, page, "device_id"))

    async def transactions(self, runtime: str, *, failed_only: bool, page: PageRequest) -> Page[TransactionState]:
        """Transactions of a runtime."""
        filter: dict[str, Any] = {"state.kind": "transaction", "state.runtime": runtime}
        if failed_only:
            filter["state.status"] = TransactionStatus.FAILURE.value
        return await self._page(filter, page, _sorted_by(TRANSACTION_ORDERS, page, "id"))

    async def _page(self, filter: Mapping[str, Any], page: PageRequest, fields: Mapping[str, type]) -> Page[Any]:
        listing = SortedList(fields=fields, identity=identity_of(filter, page.order_by))
        place = listing.place(page.bookmark) if page.bookmark else Place(start=page.offset)
        descending = page.order_by.startswith("-") != place.backwards
        found = await self._states(
            {"$and": [filter, _beyond(list(fields), place.beside, descending=descending)]},
            sort=[(f"state.{name}", DESCENDING if descending else ASCENDING) for name in fields],
            limit=page.size + 1,
            skip=0 if page.bookmark else page.offset,
        )
        more, items, start = len(found) > page.size, found[: page.size], place.start
        if place.backwards:
            items.reverse()
            start = max(0, start - len(items)) if more else 0
        has_previous, has_next = (more, True) if place.backwards else (start > 0, more)
        return Page(
            items=items,
            start=start,
            size=page.size,
            total=await self._aggregates.count(filter),
            previous=listing.bookmark(items[0], start, backwards=True) if items and has_previous else None,
            next=listing.bookmark(items[-1], start + len(items)) if items and has_next else None,
        )

    async def _states(self, filter: Mapping[str, Any], **options: Any) -> list[Any]:
        return [found.state for found in await self._aggregates.find(filter, **options)]


def _creation(transaction: TransactionState) -> Step:
    def write(current: Aggregate[TransactionState]) -> Decision[TransactionState, None]:
        if current.state is not None:
            raise Unavailable()
        return Decision(result=None, state=transaction)

    return Step(f"transaction:{transaction['id']}", write, new=True)


def _sorted_by(orders: Mapping[str, str], page: PageRequest, tie: str) -> dict[str, type]:
    fields = [orders[page.order_by.lstrip("-")], tie]
    return {name: _TYPES.get(name, str) for name in fields}


def _beyond(fields: Sequence[str], values: Sequence[Any], *, descending: bool) -> dict[str, Any]:
    """What comes after the item with these values: later in a field, and equal in those before it."""
    after = "$lt" if descending else "$gt"
    choices = [
        {f"state.{fields[at]}": {after: value}, **{f"state.{fields[equal]}": values[equal] for equal in range(at)}}
        for at, value in enumerate(values)
    ]
    return {"$or": choices} if choices else {}
