"""What a store remembers of its own writes spares reading, and never decides anything by itself."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chassis.commands import StoreLimits
from chassis.decisions import Aggregate, Decision
from device_events import KafkaConnection
from tests.integration.chassis.marking import Decide, Marked, Thing, look, mark
from tests.support.polling import eventually
from tests.support.replicas import Replica, replica

Pair = tuple[Replica, Replica]


@pytest_asyncio.fixture
async def pair(mongodb_uri: str, database_name: str, kafka: KafkaConnection) -> AsyncIterator[Pair]:
    """Two replicas; what the first remembers of "r/a" is old."""
    async with (
        replica(mongodb_uri, database_name, kafka) as one,
        replica(mongodb_uri, database_name, kafka) as other,
    ):
        await one.store.execute("r/a", mark(1))
        await other.store.execute("r/a", mark(2))
        yield one, other


def if_marked(number: int) -> Decide:
    """All marks, refused unless this one is among them."""

    def decide(aggregate: Aggregate[Thing]) -> Decision[Thing, object]:
        marks = (aggregate.state or {}).get("marks", [])
        if number not in marks:
            raise Marked(marks)
        return Decision(marks)

    return decide


async def test_a_write_on_what_is_old_is_decided_again(pair: Pair) -> None:
    one, _ = pair
    assert await one.store.execute("r/a", mark(3)) == [1, 2, 3]
    assert one.store.counts["races_lost"] == 1


async def test_a_result_without_a_write_rests_on_what_is_stored(pair: Pair) -> None:
    one, _ = pair
    assert await one.store.execute("r/a", look) == [1, 2]


async def test_a_refusal_rests_on_what_is_stored(pair: Pair) -> None:
    one, _ = pair
    assert await one.store.execute("r/a", if_marked(2)) == [1, 2]
    with pytest.raises(Marked):
        await one.store.execute("r/a", if_marked(3))


async def test_a_refusal_beside_a_write_rests_on_what_is_stored(pair: Pair) -> None:
    one, _ = pair
    written, found = await asyncio.gather(one.store.execute("r/a", mark(3)), one.store.execute("r/a", if_marked(2)))
    assert written == [1, 2, 3]
    assert found[:2] == [1, 2]


async def test_an_id_thought_new_that_is_taken_is_decided_on_what_is_there(pair: Pair) -> None:
    one, other = pair
    await other.store.execute("r/b", mark(1))
    assert await one.store.execute("r/b", mark(2), new=True) == [1, 2]


async def test_what_has_left_the_outbox_does_not_count_against_its_bound(
    mongodb_uri: str, database_name: str, kafka: KafkaConnection
) -> None:
    async with replica(mongodb_uri, database_name, kafka, limits=StoreLimits(outbox_entries=20)) as one:
        for ten in range(0, 100, 10):
            await asyncio.gather(*(one.store.execute("r/a", mark(ten + more)) for more in range(10)))
            await eventually(lambda: _is_empty(one))
        assert (await one.document("r/a"))["sequence"] == 100


async def _is_empty(one: Replica) -> bool:
    return not await one.pending()
