"""Writes whose outcome is not known, and a MongoDB that is away: applied exactly once, or not acknowledged at all."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from pymongo.errors import BulkWriteError

from chassis.commands import StoreLimits
from chassis.errors import Unavailable
from chassis.staging import Staged
from device_events import KafkaConnection
from tests.integration.chassis.marking import mark, mark_once
from tests.support.polling import eventually
from tests.support.proxy import Proxy, proxied
from tests.support.replicas import HeldStore, Replica, replica

NOWHERE = KafkaConnection(bootstrap_servers=("127.0.0.1:1",))
SOON = StoreLimits(outcome=1.0)


class Doubtful(HeldStore):
    """Its writes are applied, and yet no majority is heard of for as long as `doubts` lasts."""

    doubts = 1

    async def _write(self, changed: list[Staged]) -> Mapping[int, Mapping[str, Any]]:
        errors = await super()._write(changed)
        if self.doubts:
            self.doubts -= 1
            raise BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "timed out"}]})
        return errors


@pytest_asyncio.fixture
async def proxy(mongodb_uri: str) -> AsyncIterator[Proxy]:
    async with proxied(mongodb_uri) as one:
        yield one


@pytest_asyncio.fixture
async def behind(proxy: Proxy, database_name: str) -> AsyncIterator[Replica]:
    """A replica that reaches MongoDB through the proxy."""
    async with replica(proxy.uri, database_name, NOWHERE, relaying=False) as made:
        yield made


@pytest_asyncio.fixture
async def direct(mongodb_uri: str, database_name: str) -> AsyncIterator[Replica]:
    """A replica that reaches MongoDB itself."""
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False) as made:
        yield made


async def applied_once(one: Replica, *ids: str) -> None:
    for id in ids:
        document = await one.document(id)
        assert (document["state"]["marks"], document["version"], document["sequence"]) == ([1], 1, 1)
        assert len(document["outbox"]) == len(document["commits"]) == 1


@pytest.mark.parametrize("answers_lost", [1, 2])
async def test_a_write_whose_answer_is_lost_is_applied_once_and_answered(
    proxy: Proxy, behind: Replica, direct: Replica, answers_lost: int
) -> None:
    # The driver tries a write twice by itself; what became of it after the second lost answer is ours to find out.
    await behind.store.execute("r/warm", mark(0))
    proxy.swallow = answers_lost
    answers = await asyncio.gather(*(behind.store.execute(f"r/{name}", mark(1)) for name in "abc"))
    assert answers == [[1], [1], [1]]
    assert proxy.swallowed == answers_lost
    await applied_once(direct, "r/a", "r/b", "r/c")


async def test_a_write_without_a_heard_majority_is_applied_once_and_answered(
    mongodb_uri: str, database_name: str
) -> None:
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, kind=Doubtful) as one:
        tasks = [one.store.execute("r/a", mark(1)), one.store.execute("r/b", mark_once(1))]
        assert await asyncio.gather(*tasks) == [[1], [1]]
        await applied_once(one, "r/a", "r/b")


async def test_several_commands_on_one_document_in_doubt_are_each_answered_once(
    mongodb_uri: str, database_name: str
) -> None:
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, kind=Doubtful) as one:
        answers = await asyncio.gather(*(one.store.execute("r/a", mark(n)) for n in range(4)))
        assert answers == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
        assert (await one.document("r/a"))["state"]["marks"] == [0, 1, 2, 3]


async def test_it_is_found_though_another_replica_has_written_since(
    mongodb_uri: str, database_name: str, direct: Replica
) -> None:
    class Overtaken(Doubtful):
        async def _load(self, ids: set[str], **kwargs: Any) -> Any:
            if not self.doubts:
                await direct.store.execute("r/a", mark(2))
            return await super()._load(ids, **kwargs)

    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, kind=Overtaken) as one:
        assert await one.store.execute("r/a", mark(1)) == [1]
        assert [mark for mark in (await one.document("r/a"))["state"]["marks"] if mark == 1] == [1]


async def test_an_outcome_that_stays_unknown_is_no_success(mongodb_uri: str, database_name: str) -> None:
    class Hopeless(Doubtful):
        doubts = 1_000_000

        async def _load(self, ids: set[str], **kwargs: Any) -> Any:
            if self.doubts < 1_000_000:
                raise BulkWriteError({"writeErrors": []})
            return await super()._load(ids, **kwargs)

    limits = {"limits": SOON, "kind": Hopeless}
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, **limits) as one:  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises(Unavailable):
            await one.store.execute("r/a", mark(1))
        assert time.monotonic() - began < 5


async def test_while_mongodb_is_away_nothing_is_acknowledged_and_everybody_is_told_in_time(
    proxy: Proxy, database_name: str, direct: Replica
) -> None:
    async with replica(proxy.uri, database_name, NOWHERE, relaying=False, limits=SOON) as behind:
        acknowledged = await asyncio.gather(*(behind.store.execute(f"r/{n}", mark(n)) for n in range(20)))
        proxy.cut()
        began = time.monotonic()
        tasks = [behind.store.execute(f"r/{n}", mark(n)) for n in range(20, 1_020)]
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert time.monotonic() - began < 10
        assert all(isinstance(answer, Unavailable) and answer.headers["Retry-After"] for answer in answers)
        with pytest.raises(Unavailable):
            await behind.store.read("r/0")
        assert await direct.store.count({"state.marks": {"$exists": True}}) == len(acknowledged)
        proxy.mend()

        async def writes_again() -> Any:
            return await behind.store.execute("r/back", mark(1))

        assert await eventually(writes_again, within=20)


async def test_writes_in_flight_when_mongodb_goes_are_each_applied_once_or_refused(
    proxy: Proxy, behind: Replica, direct: Replica
) -> None:
    tasks = [asyncio.create_task(behind.store.execute(f"r/{n}", mark(1))) for n in range(600)]
    await eventually(lambda: any(task.done() for task in tasks), every=0)
    proxy.cut()
    await asyncio.sleep(0.3)
    proxy.mend()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(answer) for answer in answers} <= {list, Unavailable}
    await applied_once(direct, *(f"r/{n}" for n, answer in enumerate(answers) if isinstance(answer, list)))
    twice = {"$expr": {"$gt": [{"$size": {"$ifNull": ["$state.marks", []]}}, 1]}}
    assert await direct.store.count(twice) == 0
