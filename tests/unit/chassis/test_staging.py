"""Staging: a batch is decided in memory, and one bad command fails alone."""

from datetime import UTC, datetime
from typing import Any

import bson
import pytest

from chassis.commands import StoreLimits
from chassis.errors import InvalidPayload, Overloaded
from chassis.staging import COMMITS_KEPT, Staged, decide, finished_before, stage
from tests.unit.chassis.deciding import Decide, add, command, count, refuse

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
LIMITS = StoreLimits()


def staged(*decides: Decide, document: dict[str, Any] | None = None, limits: StoreLimits = LIMITS) -> Staged:
    one = stage("x", document)
    for each in decides:
        decide(one, command("x", each), now=NOW, limits=limits)
    return one


def stored(one: Staged) -> dict[str, Any]:
    assert one.raw_state is not None
    return bson.decode(one.raw_state.raw)


def document(*, outbox: int = 0, size: int = 10) -> dict[str, Any]:
    entries = [{"id": f"old-{n}", "data": {"text": "x" * size}} for n in range(outbox)]
    return {"_id": "x", "state": {"notes": [0]}, "version": 7, "sequence": 9, "outbox": entries}


async def test_commands_on_one_document_are_decided_in_turn_on_what_came_before() -> None:
    one = staged(add("a"), add("b"), add("c"))
    assert stored(one) == {"notes": ["a", "b", "c"]}
    assert [result for _, result in one.deciders] == [["a"], ["a", "b"], ["a", "b", "c"]]
    assert [entry["sequence"] for entry in one.entries] == [1, 2, 3]


async def test_sequences_and_version_go_on_from_what_was_read() -> None:
    one = staged(add("a", events=2), add("b"), document=document())
    assert [entry["sequence"] for entry in one.entries] == [10, 11, 12]
    update = one.update(keep_latest=False)
    assert update._filter == {"_id": "x", "version": 7}
    change: Any = update._doc
    assert change["$set"] | {"state": ...} == {"version": 8, "sequence": 12, "state": ...}
    assert change["$push"]["commits"] == {"$each": [one.commit_id], "$slice": -COMMITS_KEPT}


async def test_a_decision_that_raises_fails_alone() -> None:
    one = staged(add("a"), refuse(LookupError("no")), add("b"))
    assert stored(one) == {"notes": ["a", "b"]}
    assert [type(error) for _, error in one.refused] == [LookupError]
    assert len(one.deciders) == 2


@pytest.mark.parametrize(
    "note",
    [2**63, -(2**63) - 1, "\ud800", {"a\0b": 1}, {"\udfff": 1}, {1: "a number as a key"}, object(), {"set"}, [[2**64]]],
)
async def test_what_cannot_be_stored_is_refused_alone(note: Any) -> None:
    one = staged(add("a"), add(note), add("b"))
    assert stored(one) == {"notes": ["a", "b"]}
    assert [type(error) for _, error in one.refused] == [InvalidPayload]
    assert [entry["sequence"] for entry in one.entries] == [1, 2]


@pytest.mark.parametrize("note", [2**63 - 1, "\0", {"$set": 1, "a.b": 2, "__proto__": 3, "": 4}, "😀", NOW])
async def test_what_looks_like_syntax_is_stored_as_data(note: Any) -> None:
    one = staged(add(note))
    assert bson.decode(one.raw_state.raw, bson.CodecOptions(tz_aware=True)) == {"notes": [note]}  # type: ignore[union-attr]


async def test_a_document_only_looked_at_is_not_written() -> None:
    one = staged(count(), refuse(LookupError()), document=document())
    assert not one.changed
    assert [result for _, result in one.deciders] == [1]


async def test_a_refusal_rests_on_what_the_batch_has_decided_before_it() -> None:
    def once(aggregate: Any) -> Any:
        if aggregate.state:
            raise LookupError(aggregate.version)
        return add("a")(aggregate)

    one = staged(once, once)
    assert one.changed
    assert [str(error) for _, error in one.refused] == ["1"]


async def test_a_full_outbox_refuses_what_would_overfill_it() -> None:
    limits = StoreLimits(outbox_entries=5)
    one = staged(add("a", events=2), add("b", events=2), add("c"), document=document(outbox=2), limits=limits)
    assert stored(one) == {"notes": [0, "a", "c"]}
    assert [type(error) for _, error in one.refused] == [Overloaded]


async def test_the_bytes_of_the_outbox_are_bounded_with_those_already_there() -> None:
    one = staged(add("a"), document=document(outbox=3, size=100_000))
    assert [type(error) for _, error in one.refused] == [Overloaded]
    assert staged(add("a"), document=document(outbox=2, size=100_000)).changed


async def test_a_full_outbox_still_lets_a_document_be_looked_at() -> None:
    one = staged(count(), document=document(outbox=200))
    assert [result for _, result in one.deciders] == [1]


async def test_too_large_a_state_or_event_is_refused() -> None:
    limits = StoreLimits(state_bytes=1_000, outbox_bytes=500)
    one = staged(add("x" * 1_000, events=0), add("y" * 600), add("z"), limits=limits)
    assert [type(error) for _, error in one.refused] == [InvalidPayload, InvalidPayload]
    assert stored(one) == {"notes": ["z"]}


async def test_event_ids_stay_the_same_when_a_command_is_decided_again() -> None:
    again = command("x", add("a", events=2))
    first, second = stage("x", None), stage("x", document())
    for one in (first, second):
        decide(one, again, now=NOW, limits=LIMITS)
    assert [entry["id"] for entry in first.entries] == [entry["id"] for entry in second.entries]
    assert len({entry["id"] for entry in first.entries}) == 2
    assert first.commit_id != second.commit_id


async def test_the_newest_event_is_kept_beside_the_state_where_the_topic_is_compacted() -> None:
    def change(one: Staged, *, keep: bool) -> Any:
        update: Any = one.update(keep_latest=keep)
        return update._doc["$set"]

    one = staged(add("a", events=2))
    assert bson.decode(change(one, keep=True)["latest"].raw)["sequence"] == 2
    assert "latest" not in change(one, keep=False)
    assert "latest" not in change(staged(add("a", events=0)), keep=True)


async def test_a_commit_of_an_earlier_try_is_found_among_the_documents_commits() -> None:
    one = command("x")
    one.attempts = {2: "result"}
    assert finished_before(one, [1, 2, 3]) == 2
    assert finished_before(one, [1, 3]) is None
