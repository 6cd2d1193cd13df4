"""Two replicas on one document: both writes are applied, none is lost, and events number on without a gap.

The first replica is held between its find and its write. In one process the batch would put both in order.
"""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from device_events import KafkaConnection
from tests.integration.chassis.marking import KEYS, Marked, mark, mark_once
from tests.support.replicas import Replica, replica

NOWHERE = KafkaConnection(bootstrap_servers=("127.0.0.1:1",))
Pair = tuple[Replica, Replica]


@pytest_asyncio.fixture
async def pair(mongodb_uri: str, database_name: str) -> AsyncIterator[Pair]:
    async with (
        replica(mongodb_uri, database_name, NOWHERE, relaying=False, indexes=[KEYS]) as first,
        replica(mongodb_uri, database_name, NOWHERE, relaying=False, indexes=[KEYS]) as second,
    ):
        yield first, second


@pytest.mark.parametrize("existing", [True, False])
async def test_the_loser_of_a_race_decides_again_on_what_the_winner_wrote(pair: Pair, existing: bool) -> None:
    first, second = pair
    before = [0] if existing else []
    if existing:
        await first.store.execute("r/a", mark(0))
    first.store.hold()
    losing = asyncio.create_task(first.store.execute("r/a", mark(1)))
    await first.store.found.wait()
    assert await second.store.execute("r/a", mark(2)) == [*before, 2]
    first.store.release()
    assert await losing == [*before, 2, 1]
    document = await first.document("r/a")
    assert document["state"]["marks"] == [*before, 2, 1]
    assert document["version"] == document["sequence"] == len(before) + 2
    assert [entry["sequence"] for entry in document["outbox"]] == list(range(1, len(before) + 3))
    assert first.store.counts["races_lost"] == 1


async def test_only_the_document_in_dispute_is_decided_again(pair: Pair) -> None:
    first, second = pair
    first.store.hold()
    tasks = [asyncio.create_task(first.store.execute(f"r/{name}", mark(1))) for name in "ab"]
    await first.store.found.wait()
    await second.store.execute("r/a", mark(2))
    first.store.release()
    assert await asyncio.gather(*tasks) == [[2, 1], [1]]
    assert (await first.document("r/b"))["version"] == 1


async def test_a_decision_that_the_winner_has_made_impossible_is_refused(pair: Pair) -> None:
    first, second = pair
    first.store.hold()
    losing = asyncio.create_task(first.store.execute("r/a", mark_once(1)))
    await first.store.found.wait()
    await second.store.execute("r/a", mark_once(2))
    first.store.release()
    with pytest.raises(Marked):
        await losing
    document = await first.document("r/a")
    assert document["state"]["marks"] == [2]
    assert len(document["outbox"]) == 1


async def test_a_refusal_in_a_lost_race_is_looked_at_again(pair: Pair) -> None:
    first, second = pair
    first.store.hold()
    tasks = [asyncio.create_task(first.store.execute("r/a", mark_once(number))) for number in (1, 3)]
    await first.store.found.wait()
    await second.store.execute("r/a", mark_once(2))
    first.store.release()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["[2]", "[2]"]


async def test_both_hold_and_both_win_in_the_end(pair: Pair) -> None:
    for one in pair:
        one.store.hold()
    tasks = [asyncio.create_task(one.store.execute("r/a", mark(number))) for number, one in enumerate(pair)]
    for one in pair:
        await one.store.found.wait()
    for one in pair:
        one.store.release()
    await asyncio.gather(*tasks)
    assert sorted((await pair[0].document("r/a"))["state"]["marks"]) == [0, 1]


async def test_a_storm_of_two_replicas_loses_nothing(pair: Pair) -> None:
    tasks = [pair[number % 2].store.execute(f"r/{number % 7}", mark(number)) for number in range(700)]
    await asyncio.gather(*tasks)
    for thing in range(7):
        document = await pair[0].document(f"r/{thing}")
        assert sorted(document["state"]["marks"]) == list(range(thing, 700, 7))
        assert [entry["sequence"] for entry in document["outbox"]] == list(range(1, 101))
        assert [json.loads(entry["data"])["transactionId"] for entry in document["outbox"]] == document["state"][
            "marks"
        ]
    assert sum(one.store.counts["races_lost"] for one in pair) > 0


async def test_a_key_taken_meanwhile_by_the_other_replica_is_a_conflict(pair: Pair) -> None:
    first, second = pair
    first.store.hold()
    losing = asyncio.create_task(first.store.execute("r/a", mark(1, keys=["k"])))
    await first.store.found.wait()
    await second.store.execute("r/b", mark(2, keys=["k"]))
    first.store.release()
    with pytest.raises(Exception, match="thing_keys"):
        await losing
    assert await first.document("r/a") == {}
