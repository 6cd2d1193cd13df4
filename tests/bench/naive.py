"""push-registry without group commit, for comparison: `python -m tests.bench.naive`.

Only the store is another one. Each request reads its document, decides, writes it by one find_one_and_update that
requires the version it has read, and publishes the event itself before it answers. It keeps no outbox, so a crash
between write and publication loses the event: it is cheaper than what it is compared with would have to be.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from unittest.mock import patch

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo.errors import DuplicateKeyError, PyMongoError

from chassis.aggregates import AggregateStore, KeyConflict
from chassis.commands import Command
from chassis.decisions import Aggregate, Decision
from chassis.errors import Unavailable
from chassis.kafka_settings import kafka_settings
from chassis.outbox import Entry, encode_entry, entries_of
from chassis.serve import main
from device_events.catalog import PUSH_REGISTRY, topic_for
from push_registry.app import create_app
from push_registry.settings import Settings

S = TypeVar("S")
R = TypeVar("R")


class NaiveStore(AggregateStore):
    """One read, one find_one_and_update and one acknowledged publication a command."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kafka = kafka_settings()
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    def start(self) -> None:
        """Nothing runs beside the requests."""

    async def stop(self) -> None:
        """Leave the broker."""
        if self._producer:
            await self._producer.stop()

    async def execute(self, id: str, decide: Callable[[Aggregate[S]], Decision[S, R]], *, new: bool = False) -> R:
        """As AggregateStore.execute."""
        # A command takes up the request's correlation id and trace, which the events carry.
        command = Command(id, decide, asyncio.get_running_loop().create_future(), deadline=0)
        while True:
            try:
                before = await self.read(id) or Aggregate(id, None, 0, 0)
                decision: Decision[Any, R] = decide(before)
                if decision.state is None:
                    return decision.result
                entries = self._entries(command, before, decision)
                await self._update(before, decision, len(entries))
            except DuplicateKeyError as error:
                details = error.details or {}
                if "_id" in details.get("keyPattern", {}):
                    continue  # another request was quicker: read and decide again
                raise KeyConflict("", details.get("keyValue", {})) from error
            except PyMongoError as error:
                raise Unavailable() from error
            await self._publish(id, entries)
            return decision.result

    def _entries(self, command: Command, before: Aggregate[Any], decision: Decision[Any, Any]) -> list[Entry]:
        return entries_of(
            decision.events,
            command_id=command.command_id,
            sequence=before.sequence,
            time=self.clock.now(),
            correlationid=command.correlationid,
            traceparent=command.traceparent,
        )

    async def _update(self, before: Aggregate[Any], decision: Decision[Any, Any], announced: int) -> None:
        after = {"state": decision.state, "version": before.version + 1, "sequence": before.sequence + announced}
        await self.collection.find_one_and_update(
            {"_id": before.id, "version": before.version}, {"$set": after}, {"_id": 1}, upsert=True
        )

    async def _publish(self, subject: str, entries: list[Entry]) -> None:
        try:
            producer = await self._connected()
            for entry in entries:
                key, value, headers = encode_entry(PUSH_REGISTRY, subject, entry)
                topic = self._kafka.name(topic_for(entry["type"], PUSH_REGISTRY))
                await producer.send_and_wait(topic, value, key, headers=headers)
        except (KafkaError, OSError) as error:
            raise Unavailable() from error

    async def _connected(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                self._producer = self._kafka.producer()
                await self._producer.start()
        return self._producer


if __name__ == "__main__":
    with patch("chassis.service.AggregateStore", NaiveStore):
        main(Settings.from_env, create_app)
