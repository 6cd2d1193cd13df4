"""An aggregate store that halts before each way to MongoDB, so that a test decides who goes next and who never does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pymongo.errors import AutoReconnect

from chassis.aggregates import AggregateStore
from chassis.decisions import Aggregate
from chassis.mongo import Document
from chassis.staging import Staged
from device_events.tasks import end

_TURNS = 20  # of the event loop, in which whoever is on the way to the gate arrives there


class Gate:
    """Open at first. Once closed, whoever comes waits for `open_once()`."""

    def __init__(self) -> None:
        self.moved = asyncio.Event()
        self._closed = False
        self._waiting: list[asyncio.Future[None]] = []
        self._beyond = 0

    def close(self) -> None:
        self._closed = True

    def open_once(self) -> None:
        """Let those through who wait now."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            future.set_result(None)

    @asynccontextmanager
    async def passage(self) -> AsyncIterator[None]:
        """Around one round trip to MongoDB."""
        if self._closed:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            self.moved.set()
            await future
        self._beyond += 1
        try:
            yield
        finally:
            self._beyond -= 1
            self.moved.set()

    async def at_rest(self) -> bool:
        """Whether somebody waits and nobody is beyond or about to arrive."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        return bool(self._waiting) and not self._beyond


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """The answer to the write of this number, from 1, does not arrive; `applied`: the write itself did."""

    number: int
    applied: bool


class SteppedStore(AggregateStore):
    """Reads, loads and writes go through `gate`; `lose` names an answer of MongoDB's that is to be lost."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.gate = Gate()
        self._writes = 0
        self._to_lose: LostAnswer | None = None

    def lose(self, answer: LostAnswer | None) -> None:
        """Counted from the next write."""
        self._writes, self._to_lose = 0, answer

    async def kill(self) -> None:
        """End at once, as if the process had: nothing more is written, and nobody is let in again."""
        self._stopped = True
        await end(self._committer, *self._commits)

    async def find(self, filter: Mapping[str, Any], **options: Any) -> list[Aggregate[Any]]:
        async with self.gate.passage():
            return await super().find(filter, **options)

    async def count(self, filter: Mapping[str, Any]) -> int:
        async with self.gate.passage():
            return await super().count(filter)

    async def _load(self, ids: set[str], **options: Any) -> dict[str, Document]:
        async with self.gate.passage():
            return await super()._load(ids, **options)

    async def _write(self, changed: list[Staged]) -> Mapping[int, Mapping[str, Any]]:
        async with self.gate.passage():
            self._writes += 1
            lost = self._to_lose
            if lost is None or lost.number != self._writes:
                return await super()._write(changed)
            if lost.applied:
                await super()._write(changed)
            raise AutoReconnect("the answer is lost")
