"""Two commits in flight: one on other documents overtakes a slow one, one on the same document never does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest_asyncio

from chassis.staging import Staged
from device_events import KafkaConnection
from tests.integration.chassis.marking import KEYS, mark
from tests.support.polling import eventually
from tests.support.replicas import HeldStore, Replica, replica

NOWHERE = KafkaConnection(bootstrap_servers=("127.0.0.1:1",))


class SlowOnOne(HeldStore):
    """Holds only the commits that write r/slow."""

    async def _write(self, changed: list[Staged]) -> Mapping[int, Mapping[str, Any]]:
        if any(one.document_id == "r/slow" for one in changed):
            return await super()._write(changed)
        return await super(HeldStore, self)._write(changed)


@pytest_asyncio.fixture
async def one(mongodb_uri: str, database_name: str) -> AsyncIterator[Replica]:
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, indexes=[KEYS], kind=SlowOnOne) as made:
        made.store.hold()
        yield made


async def test_commands_on_other_documents_overtake_a_slow_commit(one: Replica) -> None:
    slow = asyncio.create_task(one.store.execute("r/slow", mark(1)))
    await one.store.found.wait()
    answers = await asyncio.gather(*(one.store.execute(f"r/{number}", mark(number)) for number in range(10)))
    assert answers == [[number] for number in range(10)]
    assert not slow.done()
    one.store.release()
    assert await slow == [1]


async def test_commands_on_the_same_document_wait_for_it_and_lose_no_race(one: Replica) -> None:
    slow = asyncio.create_task(one.store.execute("r/slow", mark(1)))
    await one.store.found.wait()
    later = [asyncio.create_task(one.store.execute("r/slow", mark(number))) for number in (2, 3)]
    assert await one.store.execute("r/other", mark(0)) == [0]
    await eventually(lambda: one.store.waiting == 2)
    assert not any(task.done() for task in (slow, *later))
    one.store.release()
    assert await asyncio.gather(slow, *later) == [[1], [1, 2], [1, 2, 3]]
    assert one.store.counts["races_lost"] == 0
    assert (await one.document("r/slow"))["version"] == 2
