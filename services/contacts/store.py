"""Finds and writes this service's documents: contacts, and one block a device. Nobody else touches the collection."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from pymongo import ASCENDING, IndexModel

from chassis.aggregates import AggregateStore
from chassis.decisions import Aggregate, Decision
from contacts.model import Block, Contact

INDEXES: Sequence[IndexModel] = (
    # A device belongs to one contact a list; a document without devices has no key here.
    IndexModel([("state.device_keys", ASCENDING)], name="device_keys", unique=True, sparse=True),
    IndexModel([("state.match_keys", ASCENDING)], name="match_keys", sparse=True),
    IndexModel([("state.list_id", ASCENDING)], name="list_id", sparse=True),
)
R = TypeVar("R")


class ContactStore:
    """Contacts have the ids "contact:<list>:<hexadecimal>", blocks "runtime/deviceId": only these have a slash."""

    def __init__(self, aggregates: AggregateStore) -> None:
        self._aggregates = aggregates

    def now(self) -> datetime:
        """The database server's time."""
        return self._aggregates.clock.now()

    async def change(self, id: str, decide: Callable[[Aggregate[Contact]], Decision[Contact, R]]) -> R:
        """Decide on one contact. Raises KeyConflict when another has its device."""
        return await self._aggregates.execute(id, decide)

    async def change_block(
        self, device: str, decide: Callable[[Aggregate[Block]], Decision[Block, R]], *, new: bool = False
    ) -> R:
        """Decide on one device's block; `new` says that most likely there is none yet."""
        return await self._aggregates.execute(device, decide, new=new)

    async def read(self, id: str) -> Aggregate[Contact] | None:
        """One contact."""
        return await self._aggregates.read(id)

    async def matching(self, match_keys: Iterable[str], *, limit: int) -> list[Aggregate[Contact]]:
        """The contacts that have all of these values."""
        return await self._aggregates.find({"state.match_keys": {"$all": list(match_keys)}}, limit=limit)

    async def holding(self, device_keys: Iterable[str]) -> list[Aggregate[Contact]]:
        """The contacts that have any of these devices."""
        return await self._aggregates.find({"state.device_keys": {"$in": list(device_keys)}})

    async def blocks(self, devices: Iterable[str]) -> Mapping[str, Block]:
        """The blocks of those of these devices that have one."""
        found: list[Aggregate[Block]] = await self._aggregates.find({"_id": {"$in": list(devices)}})
        return {one.id: one.state for one in found if one.state is not None}

    async def count(self, list_id: int) -> int:
        """How many contacts a list has; counted in the index."""
        return await self._aggregates.count({"state.list_id": list_id})


def contact_key(list_id: int, contact_id: str) -> str:
    """The document's id of a contact."""
    return f"contact:{list_id}:{contact_id}"


def contact_id_of(key: str) -> str:
    """The contact's own id, hexadecimal."""
    return key.rpartition(":")[2]
