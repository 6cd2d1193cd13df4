"""The counter of transactions: one increment for all who wait, and never an id twice."""

import asyncio
from typing import Any

import pytest
from pymongo.errors import AutoReconnect

from chassis.errors import Unavailable
from device_admin.store.counter import Counter


class FakeCollection:
    """One counter document; raises what it is told to."""

    def __init__(self) -> None:
        self.last = 0
        self.increments: list[int] = []
        self.failures: list[Exception] = []

    def with_options(self, **_: Any) -> "FakeCollection":
        """The same counter, whatever its concerns."""
        return self

    async def find_one_and_update(self, _: Any, update: Any, **__: Any) -> dict[str, Any]:
        """Raise the counter."""
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop()
        count = update["$inc"]["state.last"]
        self.increments.append(count)
        self.last += count
        return {"state": {"last": self.last}}


def a_counter() -> tuple[Counter, FakeCollection]:
    """A counter and what it counts in."""
    collection = FakeCollection()
    return Counter(collection, "counter"), collection  # type: ignore[arg-type]


async def test_those_who_wait_together_share_an_increment_in_their_order() -> None:
    counter, collection = a_counter()
    assert await counter.next() == 1
    assert await asyncio.gather(*(counter.next() for _ in range(50))) == [*range(2, 52)]
    assert collection.increments == [1, 50]


async def test_who_comes_during_an_increment_gets_the_next_one() -> None:
    counter, collection = a_counter()
    first = asyncio.create_task(counter.next())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [await counter.next(), await first] == [2, 1]
    assert collection.increments == [1, 1]


async def test_an_outage_refuses_those_who_wait_and_nobody_after_it() -> None:
    counter, collection = a_counter()
    collection.failures = [AutoReconnect("gone")]
    answers = await asyncio.gather(counter.next(), counter.next(), return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable, Unavailable]
    assert await counter.next() == 1


async def test_a_caller_who_leaves_takes_no_id_from_others() -> None:
    counter, _ = a_counter()
    leaving = asyncio.create_task(counter.next())
    staying = asyncio.create_task(counter.next())
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await staying == 2
