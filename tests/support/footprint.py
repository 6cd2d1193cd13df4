"""What a request could have changed, to prove that it has not: every document, and the end of every topic."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient

from device_events import KafkaConnection
from tests.support.polling import eventually


@dataclass(frozen=True)
class State:
    """The digest of each database, the end of each partition."""

    documents: Mapping[str, str]
    ends: Mapping[str, int]

    def changes(self, later: "State") -> list[str]:
        """What is different later."""
        pairs = [(self.documents, later.documents), (self.ends, later.ends)]
        return [name for before, after in pairs for name in {**before, **after} if before.get(name) != after.get(name)]


@dataclass
class Footprint:
    """Looks at `databases` (by what they are called in a test's failure) and `partitions`."""

    databases: Mapping[str, str]
    mongodb: AsyncMongoClient[dict[str, Any]]
    consumer: AIOKafkaConsumer
    partitions: list[TopicPartition]
    known: State | None = None

    async def state(self) -> State:
        """All documents and all ends, as they are now."""
        names = sorted(self.databases)
        digests = await asyncio.gather(*(self._digest(self.databases[name]) for name in names))
        ends = await self.consumer.end_offsets(self.partitions)
        return State(
            dict(zip(names, digests, strict=True)),
            {f"{partition.topic}/{partition.partition}": end for partition, end in ends.items()},
        )

    async def changes(self) -> list[str]:
        """What is different from the last time that this was asked."""
        earlier, self.known = self.known, await self.state()
        return earlier.changes(self.known) if earlier else []

    async def _digest(self, database: str) -> str:
        # The server's own digest of a database, all of its collections together.
        hashed = await self.mongodb[database].command("dbHash")
        return str(hashed["md5"])

    async def settle(self) -> None:
        """Wait until every announcement has gone out and been reacted to: nothing moves for half a second."""

        async def quiet() -> bool:
            await self.changes()
            await asyncio.sleep(0.5)
            return not await self.changes()

        await eventually(quiet, within=60)


@asynccontextmanager
async def watching(
    mongodb_uri: str, databases: Mapping[str, str], kafka: KafkaConnection, topics: Iterable[str]
) -> AsyncIterator[Footprint]:
    """A footprint of these databases and topics."""
    async with contextlib.AsyncExitStack() as stack:
        client = await stack.enter_async_context(AsyncMongoClient[dict[str, Any]](mongodb_uri))
        consumer = kafka.consumer(None)
        await consumer.start()
        stack.push_async_callback(consumer.stop)
        partitions = [TopicPartition(name, n) for name in topics for n in await _partitions(consumer, name)]
        yield Footprint(databases, client, consumer, partitions)


async def _partitions(consumer: Any, name: str) -> set[int]:
    await consumer._client.add_topic(name)
    return set(consumer.partitions_for_topic(name) or ())
