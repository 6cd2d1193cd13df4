"""Group commit on a real MongoDB: commands share a write, and one bad command fails alone."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from chassis.aggregates import KeyConflict
from chassis.commands import StoreLimits
from chassis.errors import InvalidPayload, Overloaded, Unavailable
from device_events import KafkaConnection
from tests.integration.chassis.marking import KEYS, Marked, look, mark, mark_once
from tests.support.polling import eventually
from tests.support.replicas import HeldStore, Replica, replica

NOWHERE = KafkaConnection(bootstrap_servers=("127.0.0.1:1",))


@pytest_asyncio.fixture
async def one(mongodb_uri: str, database_name: str) -> AsyncIterator[Replica]:
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, indexes=[KEYS]) as made:
        yield made


async def gathered(store: HeldStore, *commands: tuple[str, Any]) -> list[Any]:
    """Run these commands in one batch: all are in the queue before it is looked at."""
    return await asyncio.gather(*(store.execute(id, decide) for id, decide in commands), return_exceptions=True)


async def test_commands_that_arrive_during_a_commit_form_the_next_one(one: Replica) -> None:
    one.store.hold()
    first = asyncio.create_task(one.store.execute("r/a", mark(0)))
    await one.store.found.wait()
    waiting = [asyncio.create_task(one.store.execute("r/a", mark(n))) for n in range(1, 51)]
    await eventually(lambda: one.store.waiting == 50)
    one.store.release()
    assert await asyncio.gather(first, *waiting) == [list(range(n + 1)) for n in range(51)]
    assert one.store.counts["commits"] == 2


async def test_commands_of_one_commit_are_applied_in_their_order(one: Replica) -> None:
    answers = await gathered(one.store, *((f"r/{n % 5}", mark(n)) for n in range(100)))
    assert one.store.counts["commits"] == 1
    assert answers[99] == list(range(4, 100, 5))
    for thing in range(5):
        document = await one.document(f"r/{thing}")
        assert document["state"]["marks"] == list(range(thing, 100, 5))
        assert (document["version"], document["sequence"]) == (1, 20)
        assert [entry["sequence"] for entry in document["outbox"]] == list(range(1, 21))
        assert [json.loads(entry["data"])["transactionId"] for entry in document["outbox"]] == document["state"][
            "marks"
        ]


async def test_state_and_events_of_a_lone_command_are_saved_together(one: Replica) -> None:
    assert await one.store.execute("r/a", mark(1)) == [1]
    document = await one.document("r/a")
    assert document["state"] == {"marks": [1]}
    (entry,) = document["outbox"]
    assert entry["deviceid"] == "r/a"
    assert len(document["commits"]) == 1


async def test_a_refused_command_leaves_no_trace(one: Replica) -> None:
    answers = await gathered(one.store, ("r/a", mark(1)), ("r/a", mark_once(2)), ("r/b", mark_once(3)))
    assert answers[0] == [1]
    assert isinstance(answers[1], Marked)
    assert answers[2] == [3]
    assert len((await one.document("r/a"))["outbox"]) == 1


async def test_a_refusal_is_answered_only_when_what_it_rests_on_is_committed(one: Replica) -> None:
    store = one.store
    store.hold()
    tasks = [asyncio.create_task(store.execute("r/a", mark_once(n))) for n in (1, 2)]
    await store.found.wait()
    assert not any(task.done() for task in tasks)
    store.release()
    assert await tasks[0] == [1]
    with pytest.raises(Marked):
        await tasks[1]


async def test_a_key_that_another_document_holds_fails_one_command_of_the_batch(one: Replica) -> None:
    await one.store.execute("r/holder", mark(1, keys=["k"]))
    answers = await gathered(one.store, ("r/a", mark(1)), ("r/b", mark(2, keys=["k"])), ("r/c", mark(3, keys=["l"])))
    assert (answers[0], answers[2]) == ([1], [3])
    assert isinstance(answers[1], KeyConflict)
    assert (answers[1].index, dict(answers[1].key)) == ("thing_keys", {"state.keys": "k"})
    assert await one.document("r/b") == {}


async def test_two_new_holders_of_one_key_in_one_batch_leave_one_of_them(one: Replica) -> None:
    answers = await gathered(one.store, *((f"r/{n}", mark(n, keys=["k"])) for n in range(5)))
    assert sum(isinstance(answer, KeyConflict) for answer in answers) == 4
    assert await one.store.count({"state.keys": "k"}) == 1


async def test_of_several_commands_on_one_document_only_the_conflicting_one_fails(one: Replica) -> None:
    await one.store.execute("r/holder", mark(0, keys=["k"]))
    commands = [
        ("r/a", mark(1)),
        ("r/a", mark(2, keys=["k"])),
        ("r/a", mark(3)),
        ("r/a", mark_once(4)),
        ("r/b", mark(5)),
    ]
    answers = await gathered(one.store, *commands)
    assert isinstance(answers[1], KeyConflict)
    assert isinstance(answers[3], Marked)
    assert answers[4] == [5]
    document = await one.document("r/a")
    assert document["state"]["marks"] == [1, 3]
    assert [json.loads(entry["data"])["transactionId"] for entry in document["outbox"]] == [1, 3]


@pytest.mark.parametrize("bad", [2**63, "\ud800", {"a\0": 1}, {"$ref": "x", "$id": 1}])
async def test_what_cannot_be_stored_never_reaches_the_batch(one: Replica, bad: Any) -> None:
    answers = await gathered(one.store, ("r/a", mark(1)), ("r/a", mark(bad, silent=True)), ("r/b", mark(2)))
    assert (answers[0], answers[2]) == ([1], [2])
    assert isinstance(answers[1], InvalidPayload)


@pytest.mark.parametrize(
    "awkward",
    [
        {"$set": {"a": 1}, "$where": "1", "a.b": 1, "__proto__": {}, "": 2, "$": 3, "toString": 4},
        {"$ref": "x"},
        {"$id": 1},
        {"_id": {"$gt": ""}},
        ["$$NOW", "$state.marks"],
    ],
)
async def test_syntax_in_a_value_comes_back_as_it_was(one: Replica, awkward: Any) -> None:
    answers = await gathered(one.store, ("r/a", mark(awkward, silent=True)), ("r/b", mark(2)))
    assert answers[1] == [2]
    assert answers[0] == [awkward]
    found = await one.store.read("r/a")
    assert found
    assert found.existing["marks"] == [awkward]


async def test_a_command_runs_on_though_its_caller_has_left(one: Replica) -> None:
    one.store.hold()
    first = asyncio.create_task(one.store.execute("r/a", mark(0)))
    await one.store.found.wait()
    leaving = asyncio.create_task(one.store.execute("r/a", mark(1)))
    await eventually(lambda: one.store.waiting == 1)
    leaving.cancel()
    first.cancel()
    one.store.release()

    async def written() -> bool:
        return await one.store.count({"state.marks": [0, 1]}) == 1

    assert await eventually(written)


async def test_a_full_queue_refuses_at_once(mongodb_uri: str, database_name: str) -> None:
    limits = StoreLimits(queue=3)
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, limits=limits) as one:
        one.store.hold()
        first = asyncio.create_task(one.store.execute("r/a", mark(0)))
        await one.store.found.wait()
        tasks = [asyncio.create_task(one.store.execute("r/a", mark(n))) for n in range(1, 6)]
        refused = await eventually(lambda: [task for task in tasks if task.done()])
        assert len(refused) == 2
        assert all(isinstance(task.exception(), Overloaded) for task in refused)
        one.store.release()
        assert await asyncio.gather(first, *tasks[:3]) == [[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]


async def test_a_batch_too_large_in_bytes_is_committed_in_parts(mongodb_uri: str, database_name: str) -> None:
    limits = StoreLimits(batch_bytes=300_000)
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, limits=limits) as one:
        answers = await gathered(one.store, *((f"r/{n}", mark("x" * 100_000, silent=True)) for n in range(10)))
        assert not any(isinstance(answer, BaseException) for answer in answers)
        assert one.store.counts["commits"] > 3


async def test_a_full_outbox_refuses_until_it_is_emptied(mongodb_uri: str, database_name: str) -> None:
    limits = StoreLimits(outbox_entries=3)
    async with replica(mongodb_uri, database_name, NOWHERE, relaying=False, limits=limits) as one:
        for number in range(3):
            await one.store.execute("r/a", mark(number))
        with pytest.raises(Overloaded):
            await one.store.execute("r/a", mark(3))
        await one.collection.update_one({"_id": "r/a"}, {"$set": {"outbox": []}})
        assert await one.store.execute("r/a", mark(3)) == [0, 1, 2, 3]


async def test_stopping_commits_what_waits_and_then_takes_nothing_more(one: Replica) -> None:
    tasks = [asyncio.create_task(one.store.execute(f"r/{n}", mark(n))) for n in range(50)]
    await asyncio.sleep(0)
    await one.store.stop()
    assert await asyncio.gather(*tasks) == [[n] for n in range(50)]
    with pytest.raises(Unavailable):
        await one.store.execute("r/a", mark(1))


async def test_a_write_restores_no_entry_that_was_published_meanwhile(one: Replica) -> None:
    await one.store.execute("r/a", mark(1))
    one.store.hold()
    second = asyncio.create_task(one.store.execute("r/a", mark(2)))
    await one.store.found.wait()
    await one.collection.update_one({"_id": "r/a"}, {"$set": {"outbox": [], "claim": {"by": "x"}}})
    one.store.release()
    await second
    document = await one.document("r/a")
    assert [entry["sequence"] for entry in document["outbox"]] == [2]
    assert document["claim"] == {"by": "x"}


async def test_looking_writes_nothing(one: Replica) -> None:
    assert await one.store.execute("r/a", look) == []
    assert await one.store.read("r/a") is None
    await one.store.execute("r/a", mark(1))
    assert await one.store.execute("r/a", look) == [1]
    found = await one.store.find({"state.marks": 1})
    assert [(each.id, each.version, each.sequence) for each in found] == [("r/a", 1, 1)]
    assert found[0].existing == {"marks": [1]}
