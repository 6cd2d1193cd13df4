"""Decisions given together: by one write where that can be, never the later before the earlier, or neither."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from chassis.aggregates import Step
from chassis.commands import StoreLimits
from chassis.errors import InvalidPayload, Overloaded
from chassis.staging import Staged
from device_events import KafkaConnection
from tests.integration.chassis.marking import KEYS, Marked, look, mark, mark_once
from tests.support.polling import eventually
from tests.support.replicas import HeldStore, Replica, replica

NOWHERE = KafkaConnection(bootstrap_servers=("127.0.0.1:1",))


class Recording(HeldStore):
    """Keeps what each write held, in its order."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.writes: list[list[str]] = []

    async def _write(self, changed: list[Staged]) -> Mapping[int, Mapping[str, Any]]:
        self.writes.append([one.document_id for one in changed])
        return await super()._write(changed)


@pytest_asyncio.fixture
async def one(mongodb_uri: str, database_name: str) -> AsyncIterator[Replica]:
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, indexes=[KEYS], kind=Recording) as made:
        yield made


def writes(one: Replica) -> list[list[str]]:
    assert isinstance(one.store, Recording)
    return one.store.writes


async def test_both_are_written_by_one_write_in_their_order(one: Replica) -> None:
    await one.store.execute("r/b", mark(0))
    answers = await one.store.execute_in_order(Step("r/a", mark(1), new=True), Step("r/b", mark(2)))
    assert answers == [[1], [0, 2]]
    assert writes(one) == [["r/b"], ["r/a", "r/b"]]


async def test_the_second_waits_for_a_first_that_is_in_flight(one: Replica) -> None:
    one.store.hold()
    held = asyncio.create_task(one.store.execute("r/a", mark(0)))
    await one.store.found.wait()
    both = asyncio.create_task(one.store.execute_in_order(Step("r/a", mark(1)), Step("r/b", mark(2))))
    await eventually(lambda: one.store.waiting == 2)
    one.store.release()
    assert await asyncio.gather(held, both) == [[0], [[0, 1], [2]]]
    assert writes(one) == [["r/a"], ["r/a", "r/b"]]


async def test_if_the_first_is_refused_neither_is_written(one: Replica) -> None:
    await one.store.execute("r/a", mark(0))
    first, second = await one.store.execute_in_order(Step("r/a", mark_once(1)), Step("r/b", mark(2)))
    assert isinstance(first, Marked)
    assert second is first
    assert await one.document("r/b") == {}
    assert (await one.document("r/a"))["state"] == {"marks": [0]}


async def test_if_the_first_cannot_be_stored_neither_is_written(one: Replica) -> None:
    answers = await one.store.execute_in_order(Step("r/a", mark(2**70), new=True), Step("r/b", mark(2)))
    assert [type(answer) for answer in answers] == [InvalidPayload, InvalidPayload]
    assert await one.document("r/a") == await one.document("r/b") == {}


async def test_if_the_second_is_refused_the_first_is_written(one: Replica) -> None:
    await one.store.execute("r/b", mark(0))
    first, second = await one.store.execute_in_order(Step("r/a", mark(1), new=True), Step("r/b", mark_once(2)))
    assert first == [1]
    assert isinstance(second, Marked)
    assert (await one.document("r/a"))["state"] == {"marks": [1]}


async def test_a_first_that_is_there_after_all_is_decided_again_and_the_second_stands(one: Replica) -> None:
    await one.store.execute("r/a", mark(0))
    await one.store.execute("r/c", mark(0))
    one.store._recent.forget("r/a")  # as at another replica
    answers = await one.store.execute_in_order(Step("r/a", mark(1), new=True), Step("r/b", mark(2)))
    assert answers == [[0, 1], [2]]
    assert (await one.document("r/b"))["version"] == 1


async def test_without_room_for_both_neither_is_begun(mongodb_uri: str, database_name: str) -> None:
    limits = StoreLimits(queue=1)
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, limits=limits) as small:
        with pytest.raises(Overloaded):
            await small.store.execute_in_order(Step("r/a", mark(1)), Step("r/b", mark(2)))
        assert await small.store.execute("r/b", look) == []


async def test_what_is_remembered_is_what_was_written_here(one: Replica) -> None:
    assert one.store.remembered("r/a") is None
    await one.store.execute("r/a", mark(1))
    assert one.store.remembered("r/a") == {"marks": [1]}
